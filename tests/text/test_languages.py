"""The default pipeline on generated texts of ten languages, two classes told by words."""

from random import Random

import numpy as np
import pytest

from sklearn_imdb import make_text_classifier

# Neutral words, words of the first class, words of the second, and what stands between words.
LANGUAGES = {
    "English": (
        "the film and its story with that actor on screen tonight we saw again".split(),
        "dull boring weak silly awful slow".split(),
        "superb lovely strong clever moving great".split(),
        " ",
    ),
    "German": (
        "der Film und seine Geschichte mit dem Schauspieler im Kino gestern gesehen".split(),
        "langweilig schwach albern furchtbar zäh öde".split(),
        "großartig schön stark klug rührend spannend".split(),
        " ",
    ),
    "Russian": (
        "этот фильм и его история с актёром на экране вчера мы видели".split(),
        "скучный слабый глупый ужасный вялый пустой".split(),
        "отличный красивый сильный умный трогательный яркий".split(),
        " ",
    ),
    "Turkish": (
        "bu film ve onun öyküsü ile oyuncu dün akşam perdede izledik".split(),
        "sıkıcı zayıf aptalca berbat İĞRENÇ yavaş".split(),
        "harika güzel güçlü zekice dokunaklı ÇOK_İYİ".split(),
        " ",
    ),
    "Vietnamese": (
        "bộ phim và câu chuyện của diễn viên trên màn ảnh hôm qua".split(),
        "chán yếu ngớ tệ chậm nhạt".split(),
        "tuyệt đẹp mạnh khéo cảm_động hay".split(),
        " ",
    ),
    "Arabic": (
        "هذا الفيلم وقصته مع الممثل على الشاشة أمس شاهدنا".split(),
        "مُمِلّ ضَعِيف سَخِيف سَيِّئ بَطِيء فَارِغ".split(),
        "رَائِع جَمِيل قَوِيّ ذَكِيّ مُؤَثِّر مُمْتَاز".split(),
        " ",
    ),
    "Hindi": (
        "यह फ़िल्म और उसकी कहानी अभिनेता के साथ परदे पर कल देखी".split(),
        "उबाऊ कमज़ोर बेतुकी ख़राब धीमी फीकी".split(),
        "शानदार सुंदर मज़बूत चतुर मार्मिक बढ़िया".split(),
        " ",
    ),
    "Chinese": (
        "这部 电影 和 它的 故事 演员 昨天 我们 看了 银幕".split(),
        "无聊 很差 愚蠢 糟糕 拖沓 平淡".split(),
        "精彩 美丽 有力 聪明 感人 出色".split(),
        "",
    ),
    "Japanese": (
        "この 映画 と その 物語 俳優 昨日 みんなで 見た スクリーン".split(),
        "退屈 弱い くだらない ひどい 遅い 平凡".split(),
        "すばらしい 美しい 強い 賢い 感動的 見事".split(),
        "",
    ),
    "Thai": (
        "หนัง เรื่อง นี้ และ นักแสดง ของ มัน เมื่อวาน เรา ดู".split(),
        "น่าเบื่อ อ่อน งี่เง่า แย่ ช้า จืด".split(),
        "ยอดเยี่ยม สวย แข็งแรง ฉลาด ประทับใจ สนุก".split(),
        "",
    ),
}


def texts_of(language, n_texts=240):
    """Return texts of 12 words, of which two or three tell the class, and the classes."""
    neutral, *telling, space = LANGUAGES[language]
    rng = Random(0)
    texts, y = [], []
    for number in range(n_texts):
        label = number % 2
        words = [rng.choice(neutral) for _ in range(9)]
        for _ in range(rng.choice([2, 3])):
            words.insert(rng.randrange(len(words) + 1), rng.choice(telling[label]))
        texts.append(space.join(words))
        y.append(label)
    return texts, np.array(y)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_default_learns_any_language(language):
    texts, y = texts_of(language)
    pipeline = make_text_classifier(random_state=0).fit(texts[:160], y[:160])
    assert pipeline.score(texts[160:], y[160:]) > 0.95
