"""The terms of a text: the analyzer, and counting and looking up held against it."""

import pickle
from collections import Counter
from random import Random

import pytest
from sklearn.exceptions import NotFittedError

from sklearn_imdb import SequenceVectorizer

WORDS = "a b ab Ünder dog's don't 👍🏽 电影 good GOOD 12 m² x" + " w" * 45 + " ﬁn"
RECIPES = [
    {
        "ngram_range": Random(seed).choice([(1, 1), (1, 2), (2, 3), (1, 4)]),
        "subword_range": Random(seed + 100).choice([None, None, (1, 2), (3, 5)]),
        "tokenizer": Random(seed + 200).choice(["keras", "unicode", str.split]),
        "binary": Random(seed + 300).random() < 0.4,
        "lowercase": Random(seed + 400).random() < 0.7,
        "min_df": Random(seed + 500).choice([1, 2, 5]),
        "oov_char": Random(seed + 600).choice([None, 2]),
        "start_char": Random(seed + 700).choice([None, 1]),
    }
    for seed in range(40)
]


def draw_texts(seed):
    random = Random(seed)
    return [
        " ".join(random.choices(WORDS.split(), k=random.randrange(12)))
        + random.choice(["", "!", "?!", ", "])
        for _ in range(120)
    ]


@pytest.mark.parametrize("seed", range(40))
def test_what_is_counted_is_what_the_analyzer_returns(seed):
    texts, parameters = draw_texts(seed), RECIPES[seed]
    vectorizer = SequenceVectorizer(num_words=None, **parameters)
    analyze = vectorizer.build_analyzer()
    terms = [analyze(text) for text in texts]
    document_frequency = Counter(term for of_text in terms for term in set(of_text))
    kept = {term for term, count in document_frequency.items() if count >= parameters["min_df"]}
    vectorizer.fit(texts)
    assert vectorizer.vocabulary_.keys() == kept
    occurrences = Counter(term for of_text in terms for term in of_text)
    ranked = [occurrences[term] for term in vectorizer.vocabulary_]
    assert ranked == sorted(ranked, reverse=True)


@pytest.mark.parametrize("seed", range(40))
def test_a_row_has_the_terms_that_the_analyzer_returns(seed):
    texts, parameters = draw_texts(seed), RECIPES[seed]
    vectorizer = SequenceVectorizer(num_words=None, maxlen=None, **parameters)
    at_once = vectorizer.fit_transform(texts)
    assert (vectorizer.transform(texts) == at_once).all()
    others = [*texts[:20], *draw_texts(seed + 1000)]
    X = vectorizer.set_params(maxlen=2000).transform(others)
    index_of = {term: rank + 3 for term, rank in vectorizer.vocabulary_.items()}
    unknown = parameters["oov_char"] if parameters["ngram_range"] == (1, 1) else None
    analyze = vectorizer.build_analyzer()
    for row, text in zip(X.tolist(), others, strict=True):
        terms = analyze(text)
        words = [term for term in terms if not term.startswith(" ")]
        expected = [] if parameters["start_char"] is None else [1]
        expected += [index_of.get(term, unknown) for term in words]
        if parameters["subword_range"] is not None:
            expected += [3, *(index_of.get(term) for term in terms[len(words) :])]
        expected = [index for index in expected if index is not None]
        assert row == expected + [0] * (2000 - len(expected))


def test_terms_come_in_the_order_of_a_row_and_subwords_behind_them():
    analyze = SequenceVectorizer(ngram_range=(1, 2), subword_range=(4, 4)).build_analyzer()
    assert analyze("Not bad, not") == [
        *("not", "not bad", "bad", "bad not", "not"),
        *("  not", " not ", "  bad", " bad ", "  not", " not "),
    ]
    once = SequenceVectorizer(ngram_range=(1, 2), binary=True).build_analyzer()
    assert once("not bad not bad") == ["not", "not bad", "bad", "bad not"]


def test_nothing_is_cut_and_nothing_is_added():
    vectorizer = SequenceVectorizer(maxlen=2, num_words=5, subword_range=(3, 3))
    assert vectorizer.build_analyzer()("one two three")[:3] == ["one", "two", "three"]


def test_an_analyzer_needs_a_fit_where_subwords_are_chosen_by_it():
    vectorizer = SequenceVectorizer(subword_range="auto", min_df="auto", maxlen="auto")
    with pytest.raises(NotFittedError):
        vectorizer.build_analyzer()
    analyze = vectorizer.fit(["a film"] * 3).build_analyzer()
    assert analyze("film") == ["film", "  fil", " film", " ilm ", "  film", " film "]
    assert pickle.loads(pickle.dumps(analyze))("film") == analyze("film")
    with pytest.raises(ValueError, match="ngram_range must be"):
        SequenceVectorizer(ngram_range=(2, 1)).build_analyzer()


@pytest.mark.parametrize("oov_char", [2, None])
def test_beside_ngrams_no_unknown_term_takes_a_place(oov_char):
    vectorizer = SequenceVectorizer(ngram_range=(1, 3), oov_char=oov_char, min_df=2, maxlen="auto")
    X = vectorizer.fit_transform(["a fine film", "a fine play"] * 60)
    assert vectorizer.maxlen_ == X.shape[1] == 7  # a, a fine, a fine film, fine, fine film, ...
    assert vectorizer.transform(["a new film"]).tolist()[0][:4] == [
        1,
        *(vectorizer.vocabulary_[word] + 3 for word in ("a", "film")),
        0,
    ]
