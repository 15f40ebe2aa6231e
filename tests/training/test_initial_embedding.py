"""Word vectors that were learned elsewhere, from mappings and from files."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer
from sklearn_imdb.vectors import initial_embedding

TEXTS = ["a fine play", "a dull play"] * 20
VECTORS = {"fine": [1.0, 2.0], "dull": [-1.0, -2.0], "other": [9.0, 9.0]}


@pytest.fixture
def vectorizer():
    return SequenceVectorizer(maxlen=4).fit(TEXTS)


class KeyedVectors:
    """What gensim's class has of a mapping: it is none by its bases."""

    def __contains__(self, word):
        return word in VECTORS

    def __getitem__(self, word):
        return np.array(VECTORS[word], np.float32)


@pytest.mark.parametrize("vectors", [VECTORS, KeyedVectors()], ids=["dict", "gensim"])
def test_vectors_stand_at_the_indices_of_their_words(vectorizer, vectors):
    found = initial_embedding(vectorizer, vectors)
    assert (found.n_found, found.n_words) == (2, 4)
    assert found.embedding.dtype == np.float32
    # Indices: 0 to 3 reserved, then a, play, fine, dull.
    assert_array_equal(found.embedding, [*[[0, 0]] * 6, [1, 2], [-1, -2]])


@pytest.mark.parametrize(
    "content",
    [
        "fine 1 2\ndull -1.0 -2e0\n",
        "3 2\nfine 1 2 \ndull -1 -2\nother 9 9",
        "fine 1 2\nx y 0 0\ndull -1 -2",
    ],
    ids=["GloVe", "word2vec", "a word with a space"],
)
def test_vectors_are_read_from_a_text_file(vectorizer, tmp_path, content):
    path = tmp_path / "vectors.txt"
    path.write_text(content)
    expected = initial_embedding(vectorizer, VECTORS)
    assert_array_equal(initial_embedding(vectorizer, path).embedding, expected.embedding)
    assert initial_embedding(vectorizer, str(path)).n_found == 2


def test_ngrams_are_looked_up_and_subwords_are_not():
    vectorizer = SequenceVectorizer(ngram_range=(1, 2), subword_range=(4, 5)).fit(TEXTS)
    found = initial_embedding(vectorizer, {"fine play": [3.0]})
    assert found.n_found == 1
    assert found.n_words == sum(not term.startswith(" ") for term in vectorizer.vocabulary_)
    assert found.embedding[vectorizer.vocabulary_["fine play"] + 3] == 3
    assert len(found.embedding) == len(vectorizer.vocabulary_) + 4


def test_a_word_with_two_vectors_counts_once(vectorizer, tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("fine 1 2\nfine 3 4\n")
    found = initial_embedding(vectorizer, path)
    assert found.n_found == 1
    assert found.embedding[vectorizer.vocabulary_["fine"] + 3].tolist() == [3, 4]


def test_training_starts_from_them(vectorizer):
    start = initial_embedding(vectorizer, VECTORS)
    classifier = EmbeddingAverageClassifier(
        initial_embedding=start.embedding, embedding_dim="auto", epochs=1, learning_rate=1e-9
    ).fit(vectorizer.transform(TEXTS), [1, 0] * 20)
    np.testing.assert_allclose(classifier.embedding_, start.embedding, atol=1e-6)


@pytest.mark.parametrize(
    ("vectors", "error", "message"),
    [
        ({"fine": [1.0], "dull": [1.0, 2.0]}, ValueError, "for 'dull'"),
        ({"fine": [np.nan]}, ValueError, "finite numbers"),
        ({"Fine": [1.0]}, ValueError, "has none of the 4 words of the vocabulary, such as 'a'"),
        ([1.0], TypeError, "got a list"),
        (None, TypeError, "got a NoneType"),
    ],
)
def test_what_is_no_vectors_is_named(vectorizer, vectors, error, message):
    with pytest.raises(error, match=message):
        initial_embedding(vectorizer, vectors)


def test_a_line_without_numbers_is_named(vectorizer, tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("other 1 2\nfine 1 two\n")
    with pytest.raises(ValueError, match="line 2: expected a word and 2 numbers, got 'fine 1 two"):
        initial_embedding(vectorizer, path)


def test_a_missing_file_and_a_vectorizer_without_words_are_named(vectorizer, tmp_path):
    with pytest.raises(FileNotFoundError):
        initial_embedding(vectorizer, tmp_path / "none.txt")
    with pytest.raises(NotFittedError):
        initial_embedding(SequenceVectorizer(), VECTORS)
    with pytest.raises(ValueError, match="knows no words"):
        initial_embedding(SequenceVectorizer().fit([[1, 4]]), VECTORS)


def test_training_starts_from_the_given_embeddings(quick, sequences):
    X, y = sequences
    table = np.random.RandomState(0).normal(size=(X.max() + 5, 6))
    classifier = quick(
        initial_embedding=table, embedding_dim="auto", learning_rate=1e-9, epochs=1
    ).fit(X, y)
    assert_allclose(classifier.embedding_, table, atol=1e-6)
    assert_array_equal(table, np.random.RandomState(0).normal(size=table.shape))
    assert clone(classifier).fit(X, y).embedding_dim_ == 6


@pytest.mark.parametrize(
    ("table", "parameters", "message"),
    [
        (
            np.zeros((500, 5)),
            {},
            r"the shape \(500, 5\), .* ask for \(500, 8\): set input_dim=None",
        ),
        (np.zeros((2, 8)), {}, "2 rows"),
        (np.zeros((500, 8)), {"input_dim": 600}, "set input_dim=None and embedding_dim='auto'"),
        (np.full((500, 8), np.nan), {}, r"initial_embedding must be an array .*NaN"),
        (np.zeros((5, 8)), {}, "beyond input_dim=5"),
        (["a"], {}, "initial_embedding must be an array of shape"),
    ],
)
def test_embeddings_that_do_not_fit_are_named(quick, sequences, table, parameters, message):
    X, y = sequences
    with pytest.raises(ValueError, match=message):
        quick(initial_embedding=table, **parameters).fit(np.minimum(X, 499), y)
