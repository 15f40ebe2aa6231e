import random
import re
import time
import unicodedata

import pytest

from sklearn_imdb._text import unicode_tokens
from sklearn_imdb._text.tokens import UnicodeTokenizer

tokenizer = UnicodeTokenizer(lowercase=True)

# What the n-gram preset used until now.
PATTERN = re.compile(r"(?:<br />)*('\w+|\w+|(?:(?!<br />)[^\w\s'])+)")

LONG = 80_000
"""Bytes of a text that takes minutes where time is quadratic."""


def random_texts(alphabet, n_texts, max_length, seed=0):
    rng = random.Random(seed)
    for _ in range(n_texts):
        yield "".join(rng.choices(alphabet, k=rng.randrange(max_length)))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("A fine play, really...", ["a", "fine", "play", ",", "really", "..."]),
        ("I don't know", ["i", "don", "'t", "know"]),
        ("the '90s, 'hello'", ["the", "'90s", ",", "'hello"]),
        ("rock ' roll ''n'' x'", ["rock", "roll", "'n", "x"]),
        (".'.'a", [".", ".", "'a"]),
        ("10/10 (snake_case)!?", ["10", "/", "10", "(", "snake_case", ")!?"]),
        ("a.. ..b", ["a", "..", "..", "b"]),
        ("", []),
        (" '\n' ", []),
    ],
)
def test_english(text, tokens):
    assert tokenizer.split(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("这部电影2020年很好看。", [*"这部电影", "2020", *"年很好看", "。"]),  # Chinese
        ("面白いコーヒー!", [*"面白いコーヒー", "!"]),  # Japanese
        ("หนังดี ๑๒", ["ห", "นั", "ง", "ดี", "๑๒"]),  # Thai
        ("정말 좋은 영화", ["정말", "좋은", "영화"]),  # Korean
        ("अच्छी हिन्दी फ़िल्म।", ["अच्छी", "हिन्दी", "फ़िल्म", "।"]),  # Hindi
        ("நல்ல திரைப்படம்", ["நல்ல", "திரைப்படம்"]),  # Tamil
        ("فِيلْمٌ جَمِيلٌ، جدا", ["فِيلْمٌ", "جَمِيلٌ", "،", "جدا"]),  # Arabic with vowels
        ("خیلی می\u200cخواهم", ["خیلی", "می\u200cخواهم"]),  # Persian with its joiner
        ("Хороший фильм, ёлка", ["хороший", "фильм", ",", "ёлка"]),  # Russian
        ("Schöne Größe — müde", ["schöne", "grösse", "—", "müde"]),  # German
        ("Çok güzel IŞIK, İyi", ["çok", "güzel", "işik", ",", "iyi"]),  # Turkish
        ("Một bộ phim rất hay", ["một", "bộ", "phim", "rất", "hay"]),  # Vietnamese
        ("L’été, c'est", ["l", "'été", ",", "c", "'est"]),  # French
        ("ΚΑΛΗ ταινίας", ["καλη", "ταινίασ"]),  # Greek, without its final sigma
        ("ល្អ", ["ល្", "អ"]),  # Khmer
        ("ကောင်း", ["ကော", "င်း"]),  # Burmese
        ("𠀀𠮷", ["𠀀", "𠮷"]),  # Han beyond the basic plane
    ],
)
def test_languages(text, tokens):
    tokens = [unicodedata.normalize("NFKC", token) for token in tokens]
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert tokenizer.split(unicodedata.normalize(form, text)) == tokens


def test_no_thai_mark_is_lost_where_nfkc_takes_a_vowel_apart():
    assert tokenizer.split("น้ำ") == ["น้\u0e4d", "า"]


@pytest.mark.parametrize(
    "space",
    [
        *"\t\n\r\x0b\x0c\x00\x1b\x1c\x1f\x7f\x85\xa0\u1680\u2003\u2028\u202f\u3000\u200b\ufeff",
        "\r\n",
        "<br />",
        "<br>",
        "<BR/>",
        "<br /><br />",
        " <br /> ",
    ],
)
def test_what_separates_is_no_token(space):
    assert tokenizer.split(f"fine{space}play") == ["fine", "play"]
    assert tokenizer.split(f"schöne{space}play{space}") == ["schöne", "play"]
    assert tokenizer.split(f"{space}好{space}play") == ["好", "play"]


def test_what_is_no_break_of_html_is_symbols_and_letters():
    assert tokenizer.split("<br <brx> <br  />") == ["<", "br", "<", "brx", ">", "<", "br", "/>"]


@pytest.mark.parametrize("text", ["it’s", "it‘s", "itʼs", "it´s", "it\u1ffds", "it＇s", "it\x92s"])
def test_apostrophes_are_the_same(text):
    assert tokenizer.split(text) == ["it", "'s"]


def test_typographic_and_straight_quotes_are_the_same():
    assert tokenizer.split("“Fine”, „so“") == tokenizer.split('"Fine", "so"')


def test_full_width_and_half_width_forms_are_the_same():
    assert tokenizer.split("ＦＩＮＥ，　ｐｌａｙ") == ["fine", ",", "play"]
    assert tokenizer.split("ｶﾞｰ") == tokenizer.split("ガー") == ["ガ", "ー"]


@pytest.mark.parametrize("unseen", ["\u00ad", "\u2060", "\u200e", "\ufe0f"])
def test_what_is_not_seen_makes_no_difference(unseen):
    assert tokenizer.split(f"{unseen}re{unseen}read❤{unseen}") == ["reread", "❤"]


@pytest.mark.parametrize("emoji", ["👨\u200d👩\u200d👧", "👍🏽", "🇫🇷", "🏴\U000e0067\U000e007f"])
def test_an_emoji_of_several_characters_is_whole(emoji):
    assert tokenizer.split(f"so{emoji}fine") == ["so", emoji, "fine"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("👍👍👎", ["👍", "👍", "👎"]),
        ("so👍!!", ["so", "👍", "!!"]),
        ("👍🏽👍🏿👍", ["👍🏽", "👍🏿", "👍"]),
        ("👩\u200d🚀👩\u200d🚀", ["👩\u200d🚀", "👩\u200d🚀"]),
        ("❤\ufe0f\u200d🔥❤\ufe0f", ["❤\u200d🔥", "❤"]),
        ("🇩🇪🇫🇷🇮", ["🇩🇪", "🇫🇷", "🇮"]),
        ("1\ufe0f\u20e32\ufe0f\u20e3", ["1\u20e3", "2\u20e3"]),
        ("🏽 👍\u200d \u200d", ["🏽", "👍"]),
        ("★★☆", ["★", "★", "☆"]),
        ("\U0001fae9\U0001faff", ["\U0001fae9", "\U0001faff"]),  # Newer than some Pythons.
        (":-) ->> ©®", [":-)", "->>", "©®"]),  # Symbols that are no emoji are a run.
    ],
)
def test_emoji_in_a_row_are_tokens_of_their_own(text, tokens):
    assert tokenizer.split(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("7½cup", ["7", "1", "⁄", "2", "cup"]),
        ("Kindle™", ["kindle", "tm"]),
        ("№5", ["no", "5"]),
        ("city¹", ["city", "1"]),
        ("m² H₂O", ["m", "2", "h", "2", "o"]),
        ("①②", ["1", "2"]),
        ("5㎏", ["5", "kg"]),
        ("Ｋindle ﬁne 1ª Ⅳ", ["kindle", "fine", "1a", "iv"]),
    ],
)
def test_signs_that_become_letters_or_digits_stand_apart(text, tokens):
    assert tokenizer.split(text) == tokens


def test_all_such_signs_are_known():
    for character in map(chr, range(0x110000)):
        plain = unicodedata.normalize("NFKC", character)
        is_sign = unicodedata.category(character) in ("So", "No") and plain != character
        if is_sign and any(map(str.isalnum, plain)):
            assert tokenizer.split(f"x{character}y")[0] == "x"


def test_a_mark_with_nothing_in_front_is_a_symbol():
    assert tokenizer.split("a \u0301\u200db '\u0301c") == ["a", "\u0301\u200d", "b", "\u0301", "c"]


def test_lone_surrogates_are_symbols():
    assert tokenizer.split("fine\ud83dplay \udc00") == ["fine", "\ud83d", "play", "\udc00"]


def test_without_lowercase():
    assert UnicodeTokenizer(lowercase=False).split("Fine<BR>PLAY") == ["Fine", "PLAY"]
    assert UnicodeTokenizer(lowercase=False).split("Größe ΣΑΣ") == ["Größe", "ΣΑΣ"]


def test_first_and_last():
    first, last = (
        lambda text, n, end=end: tokenizer.split_part(text, n, end) for end in ("post", "pre")
    )
    assert first("a b c", 2) == ["a", "b"]
    assert last("a b c", 2) == ["b", "c"]
    assert last("a b c", 9) == first("a b c", 9) == ["a", "b", "c"]
    assert last("a b c", 0) == first("a b c", 0) == []


def test_a_key_is_its_word():
    assert tokenizer.words(tokenizer.split("Größe’s")) == ["grösse", "'s"]
    assert tokenizer.key("grösse") == tokenizer.split("GRO\u0308ẞE")[0]


@pytest.mark.parametrize("lowercase", [True, False])
def test_the_fast_ways_give_the_same_tokens(lowercase):
    tokenizer = UnicodeTokenizer(lowercase)
    ascii_characters = [chr(code) for code in range(128)]
    dense = [*"ab'_.,!<>/ \n\x1c\0", "<br />", "<br>", "<BR/>", "br", "'", "'"]
    latin = [*dense, *map(chr, range(0x80, 0x300)), *"ДяёΑςΣ’“”…½İ"]
    for alphabet in (ascii_characters, dense, latin):
        for text in random_texts(alphabet, 2_000, 60):
            plain = unicode_tokens._blank_breaks(unicode_tokens.normalize(text, lowercase))
            slow = [plain[slice(*token.span())] for token in unicode_tokens._find_tokens(plain)]
            assert tokenizer.split(text) == slow


def test_classes_of_the_easy_scripts_are_those_of_regular_expressions():
    for character in filter(unicode_tokens._EASY.fullmatch, map(chr, range(0x110000))):
        found = unicode_tokens._CLASSES[ord(character)]
        if found == "w":
            assert re.match(r"\w", character)
        elif found == "s":
            assert unicode_tokens._EASY_TOKEN.match(character)
            assert not re.match(r"\w", character)
        else:
            # A soft hyphen, the one mark, is taken out beforehand.
            assert not unicode_tokens._EASY_TOKEN.match(character) or character == "\xad"


def test_english_tokens_are_those_of_the_pattern_used_before():
    # A break before white space was cut into "br" and "/>" by the pattern, by its mistake.
    alphabet = [*"abcxyz019_", *" \n\t", *".,;:!?-\"()/*&'", "'", "'s", "<br />x", "x<br /><br />y"]
    for text in random_texts(alphabet, 5_000, 60):
        assert tokenizer.split(text) == PATTERN.findall(text)


def test_canonically_equal_characters_give_equal_tokens():
    for character in map(chr, range(0x110000)):
        decomposed = unicodedata.normalize("NFD", character)
        if decomposed != character and not 0xAC00 <= ord(character) <= 0xD7A3:
            assert tokenizer.split(f"x{character}y") == tokenizer.split(f"x{decomposed}y")


def test_canonically_equal_texts_give_equal_tokens():
    alphabet = [*"aAoJσΣİi' <", "é", "ẫ", "ǰ", "한", "≯", "น", "ำ", "か", "ﾞ", "字"]
    alphabet += ["\u0301", "\u0323", "\u030c", "\u0307", "\u0338", "\u0f73", "\u00ad", "<br />"]
    for text in random_texts(alphabet, 3_000, 80):
        tokens = tokenizer.split(text)
        assert tokenizer.split(unicodedata.normalize("NFC", text)) == tokens
        assert tokenizer.split(unicodedata.normalize("NFD", text)) == tokens


def test_a_pile_of_marks_has_its_canonical_order():
    text = "caf\u00e9" + "\u0301\u0323\u0327\u0f73\u3099\u0345" * 50
    assert tokenizer.split(text) == [
        unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    ]
    assert tokenizer.split(unicodedata.normalize("NFD", text)) == tokenizer.split(text)


def test_capitals_and_small_letters_give_equal_tokens():
    assert tokenizer.split("J\u030c") == tokenizer.split("ǰ") == ["ǰ"]
    for text in ("iyi", "İyi", "İYİ", "I\u0307YI\u0307", "i\u0307yi"):
        assert tokenizer.split(text) == ["iyi"]
    for text in ("STRASSE", "Straße", "STRAẞE"):
        assert tokenizer.split(text) == ["strasse"]
    assert tokenizer.split("ΣΊΣΥΦΟΣ") == tokenizer.split("Σίσυφος")


def test_the_form_of_a_form_is_the_form():
    for character in map(chr, range(0x110000)):
        if unicodedata.category(character) in ("Cn", "Co"):
            continue  # Characters without a meaning have no other form.
        word = f"x{character}y"
        form = unicode_tokens.normalize(word, True)
        if form != word:  # Else the form is its own.
            assert unicode_tokens.normalize(form, True).split() == form.split()


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Fine,  play's", [(0, 4), (4, 5), (7, 11), (11, 13)]),
        ("a<br />b <br>' c", [(0, 1), (7, 8), (15, 16)]),
        ("cafe\u0301 bar", [(0, 5), (6, 9)]),
        ("İİ x", [(0, 2), (3, 4)]),
        ("ﬁne co\u00adop…", [(0, 3), (4, 9), (9, 10)]),
        ("好看!", [(0, 1), (1, 2), (2, 3)]),
        ("\u200eab", [(1, 3)]),
        # One character that gives two tokens belongs to the first.
        ("น้ำ", [(0, 3), (3, 3)]),
        ("7½", [(0, 1), (1, 2), (2, 2), (2, 2)]),
        ("\u1112\u1161\u11ab x", [(0, 3), (4, 5)]),
    ],
)
def test_spans(text, spans):
    assert tokenizer.find_spans(text) == spans


def test_spans_are_in_order_and_as_many_as_the_tokens():
    kinds = [*map(chr, range(0x250)), *"\u0301\u0323\u200d\ud83d\ufdfa½ำ각ㅏ𠀀ΣςJ\u030c", "<br />"]
    anything = [chr(code) for code in range(0x30000) if code % 7 == 0] + ["'", " ", "<br />"]
    for text in [*random_texts(kinds, 500, 60), *random_texts(anything, 500, 60)]:
        normal = unicode_tokens.normalize(text, True)
        assert len(unicode_tokens._find_origins(text, True)) == len(normal)
        spans = tokenizer.find_spans(text)
        assert len(spans) == len(tokenizer.split(text))
        places = [place for span in spans for place in span]
        assert places == sorted(places)
        assert all(0 <= place <= len(text) for place in places)


def test_the_part_of_a_text_at_a_span_gives_the_token():
    # Of these no character gives two tokens, and none is lower-cased by what stands around it.
    alphabet = [*"aBé😀字ไทยก한.,! \n", "นั้", "e\u0301", "ﬁ", "İ", "’s", "J\u030c", "…", "<br />"]
    for text in random_texts(alphabet, 1_000, 60):
        found = [tokenizer.split(text[begin:end]) for begin, end in tokenizer.find_spans(text)]
        assert found == [[token] for token in tokenizer.split(text)]


HOSTILE = {
    "breaks": "<br />",
    "breaks before a space": "<br /> ",
    "beginnings of breaks": "<br ",
    "quotes": '"',
    "typographic quotes": "“",
    "apostrophes": "'",
    "typographic apostrophes": "’",
    "clitics": "'a",
    "one mark": "\u0301",
    "marks in no order": "\u0301\u0323",
    "marks that decompose": "\u0f73",
    "half-width marks": "ﾞ\u0323",
    "just too few marks": "a" + "\u0301\u0323" * 15,
    "one word": "a",
    "a letter that lower-cases to two": "İ",
    "sigmas": "Σ\u0301",
    "jamo": "\u1112\u1161\u11ab",
    "ligature of eighteen": "\ufdfa",
    "kana in a square": "㌖",
    "numbers in brackets": "⒇",
    "fractions": "½",
    "emoji": "👨\u200d👩",
    "scripts": "a字กé😀'น้ำ한.",
    "lone surrogates": "\ud83da",
    "nul": "\0",
    "soft hyphens": "\u00ad",
    "spaces": " ",
}


@pytest.mark.parametrize("start", ["", "é", "字"])
@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_a_long_text_of_anything_takes_moderate_time(start, unit):
    text = start + unit * (LONG // len(unit.encode("utf-8", "surrogatepass")))
    began = time.process_time()
    tokenizer.split(text)
    assert time.process_time() - began < 1.5


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_spans_of_a_hostile_text_take_moderate_time(unit):
    text = "é" + unit * (LONG // 4 // len(unit.encode("utf-8", "surrogatepass")))
    began = time.process_time()
    assert len(tokenizer.find_spans(text)) == len(tokenizer.split(text))
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("term", "spelt"),
    [
        ("很 好", "很好"),
        ("很 好 。", "很好。"),
        ("好 iphone", "好 iphone"),
        ("ดี มา ก", "ดีมาก"),
        ("と て も", "とても"),
        ("아주 좋다", "아주 좋다"),
        ("is superb .", "is superb ."),
        ("हिन्दी ।", "हिन्दी ।"),
        ("a  b", "a  b"),
    ],
)
def test_scripts_without_spaces_are_written_without_them(term, spelt):
    assert unicode_tokens.spell(term) == spelt
