"""The main job on the real reviews, against the tutorial's published numbers."""

from collections import Counter
from functools import partial

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier
from sklearn_imdb.datasets import fetch_imdb
from sklearn_imdb.inspection import nearest_words, token_contributions

SEEDS = (0, 1, 2)

FIRST_REVIEW_BEGINS = [1, 14, 22, 16, 43, 530, 973, 1622, 1385, 65, 458, 4468]
FIRST_REVIEW_ENDS = [113, 103, 32, 15, 16, 5345, 19, 178, 32]


def first_review(imdb_train):
    (row,) = np.flatnonzero(imdb_train.filenames == "train/pos/576_10.txt")
    return imdb_train.data[row]


def fit_with_seeds(preset, train, test):
    """Return the vectorizer, which draws no numbers, and the test accuracy with each seed."""
    vectorizer, classifier = (step for _, step in make_text_classifier(preset).steps)
    X, X_test = vectorizer.fit_transform(train.data, train.target), vectorizer.transform(test.data)
    classifiers = [clone(classifier).set_params(random_state=seed) for seed in SEEDS]
    return vectorizer, [c.fit(X, train.target).score(X_test, test.target) for c in classifiers]


# -- encoding ---------------------------------------------------------------------------------


def test_the_tutorials_first_review(imdb_train, word_index, keras_words, keras_encode):
    review = first_review(imdb_train)
    vectorizer = SequenceVectorizer(vocabulary=word_index).fit([review])
    (sequence,) = vectorizer.transform([review])
    assert sequence.shape == (256,)
    assert sequence[:12].tolist() == FIRST_REVIEW_BEGINS
    assert sequence[209:218].tolist() == FIRST_REVIEW_ENDS
    assert np.count_nonzero(sequence[:218]) == 218
    assert_array_equal(sequence[218:], 0)
    assert sequence.tolist() == keras_encode(keras_words(review), word_index)
    (decoded,) = vectorizer.inverse_transform([sequence])
    assert decoded.startswith("<START> this film was just brilliant casting location scenery")


def test_index_lists_as_keras_ships_them_pass_through(imdb_train, word_index, keras_words):
    """Keras ships each review as a list with the start and every word's index, none left out."""
    reviews = imdb_train.data[:500]
    encoded = [
        [1, *(word_index[word] + 3 for word in keras_words(review) if word in word_index)]
        for review in reviews
    ]
    (as_lists,) = {
        SequenceVectorizer().fit_transform(kind).tobytes()
        for kind in (encoded, [np.array(indices) for indices in encoded])
    }
    from_texts = SequenceVectorizer(vocabulary=word_index, num_words=None, oov_char=None)
    expected = from_texts.fit_transform(reviews)
    expected[expected >= 10_000] = 2
    assert as_lists == expected.tobytes()


@pytest.mark.filterwarnings("ignore:Keras's encoded reviews are made from the texts")
def test_index_lists_are_keras_own(imdb_home):
    """The lengths are those published for `keras.datasets.imdb.load_data`."""
    load = partial(fetch_imdb, encoding="index", data_home=imdb_home, download_if_missing=False)
    train, test = load(subset="train"), load(subset="test")
    assert sum(map(len, train.data)) / 25_000 == 238.71364
    assert sum(map(len, test.data)) / 25_000 == 230.80420
    assert (min(map(len, train.data)), max(map(len, train.data))) == (11, 2494)
    assert (min(map(len, test.data)), max(map(len, test.data))) == (7, 2315)
    assert max(map(max, train.data)) == 88_587
    (first,) = np.flatnonzero(train.filenames == "train/pos/576_10.txt")
    limited = load(subset="train", num_words=10_000).data[first]
    assert len(limited) == 218
    assert (limited[:12], limited[-9:]) == (FIRST_REVIEW_BEGINS, FIRST_REVIEW_ENDS)


def test_all_50000_reviews_encode_as_keras_encodes_them(
    imdb_train, imdb_test, word_index, keras_words, keras_encode
):
    limits = (10_000, None)
    vectorizers = [SequenceVectorizer(vocabulary=word_index, num_words=n).fit([]) for n in limits]
    for reviews in (imdb_train.data, imdb_test.data):
        assert len(reviews) == 25_000
        encoded = [vectorizer.transform(reviews).tolist() for vectorizer in vectorizers]
        for review, *sequences in zip(reviews, *encoded, strict=True):
            words = keras_words(review)
            for sequence, num_words in zip(sequences, limits, strict=True):
                assert sequence == keras_encode(words, word_index, num_words or 10**9)


def test_the_words_of_the_training_reviews_are_keras_words(imdb_train, word_index, keras_words):
    vocabulary = SequenceVectorizer(num_words=None).fit(imdb_train.data).vocabulary_
    assert len(vocabulary) == 88_582
    counts = dict.fromkeys(vocabulary, 0)
    for review in imdb_train.data:
        for word in keras_words(review):
            counts[word] += 1
    assert [counts[word] for word in ("the", "and", "a")] == [336_148, 164_097, 163_040]
    assert np.all(np.diff(list(counts.values())) <= 0)
    # Counts never rise along Keras's ranks either, for the words its index holds. It was made with
    # ASCII-only lower-casing and has 21 words, such as "À", that str.lower makes into others; two
    # of those, "à" and "amélie", it has as well, with the smaller counts of their own.
    capitals = {word for word in word_index if word != word.lower()}
    merged = {word.lower() for word in capitals} & word_index.keys()
    assert (len(capitals), merged) == (21, {"à", "amélie"})
    assert word_index.keys() - vocabulary.keys() == capitals
    words = sorted(vocabulary.keys() & word_index.keys() - merged, key=word_index.get)
    assert len(words) == 88_561
    assert np.all(np.diff([counts[word] for word in words]) <= 0)


# -- the tutorial -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tutorial_runs(imdb_train, imdb_test):
    """The tutorial with default parameters: 10,000 reviews to validate on, 15,000 to train."""
    vectorizer = SequenceVectorizer().fit(imdb_train.data[10_000:])
    X, X_test = vectorizer.transform(imdb_train.data), vectorizer.transform(imdb_test.data)
    y = imdb_train.target
    runs = []
    for seed in SEEDS:
        classifier = EmbeddingAverageClassifier(random_state=seed)
        classifier.fit(X[10_000:], y[10_000:], X_val=X[:10_000], y_val=y[:10_000])
        runs.append((classifier, classifier.score(X_test, imdb_test.target)))
    return runs


def test_the_validation_loss_falls_and_rises_as_in_the_tutorial(tutorial_runs):
    """The tutorial printed .2864 at epoch 25 and .3181 at epoch 40."""
    for classifier, _ in tutorial_runs:
        losses = classifier.history_["val_loss"]
        assert len(losses) == 40
        assert min(losses) < 0.30
        assert 20 <= classifier.best_epoch_ == np.argmin(losses) + 1 <= 32
        assert losses[-1] - min(losses) >= 0.012


def test_the_tutorials_accuracy(tutorial_runs):
    """The tutorial printed .8696."""
    assert np.mean([accuracy for _, accuracy in tutorial_runs]) >= 0.866


def test_stopping_early_on_all_reviews_does_better(imdb_train, imdb_test):
    _, accuracies = fit_with_seeds("tutorial", imdb_train, imdb_test)
    assert np.mean(accuracies) >= 0.880


# -- inspection -------------------------------------------------------------------------------


def test_words_that_everyone_would_call_good_or_bad_contribute_most(imdb_train):
    texts, y = imdb_train.data[:8000], imdb_train.target[:8000]
    pipeline = make_text_classifier("tutorial", random_state=0).fit(texts, y)
    sums, counts = Counter(), Counter()
    for explained in token_contributions(pipeline, texts[:2000]):
        for token, contribution in zip(explained.tokens, explained.contributions, strict=True):
            sums[token] += contribution
            counts[token] += 1
    often = [token for token, count in counts.items() if count >= 20]
    often.sort(key=lambda token: sums[token] / counts[token])
    assert (often[0], often[-1]) == ("worst", "excellent")
    assert {"waste", "awful", "boring"} < set(often[:12])
    assert {"perfect", "great", "superb"} < set(often[-12:])
    assert {"waste", "awful"} < {word for word, _ in nearest_words(pipeline, "worst")}


# -- composition ------------------------------------------------------------------------------


def test_five_fold_cross_validation_on_raw_texts_is_stratified(imdb_train):
    texts, y = imdb_train.data[:6000], imdb_train.target[:6000]
    pipeline = make_text_classifier("tutorial", random_state=0)
    done = cross_validate(pipeline, texts, y, cv=5, return_indices=True, scoring="roc_auc")
    for rows, (_, expected) in zip(
        done["indices"]["test"], StratifiedKFold(5).split(texts, y), strict=True
    ):
        assert_array_equal(rows, expected)
    assert len(done["test_score"]) == 5
    assert done["test_score"].min() > 0.88


def test_a_grid_searchs_winner_survives_a_new_process(imdb_train, imdb_test, tmp_path, run_python):
    search = GridSearchCV(
        make_text_classifier("tutorial", random_state=0),
        {"vectorizer__num_words": [500, 10_000], "classifier__embedding_dim": [4, 16]},
        cv=3,
        n_jobs=2,
    )
    search.fit(imdb_train.data[:6000], imdb_train.target[:6000])
    assert search.best_params_["vectorizer__num_words"] == 10_000
    assert search.best_score_ > 0.8

    texts = imdb_test.data[:200]
    joblib.dump(search.best_estimator_, tmp_path / "pipeline.joblib")
    joblib.dump(texts, tmp_path / "texts.joblib")
    script = (
        "import sys, joblib, numpy as np\n"
        "pipeline, texts = (joblib.load(f'{sys.argv[1]}/{n}.joblib') for n in "
        "('pipeline', 'texts'))\n"
        "np.save(sys.argv[1] + '/probabilities.npy', pipeline.predict_proba(texts))\n"
    )
    run_python(script, tmp_path)
    expected = search.predict_proba(texts)
    assert_array_equal(np.load(tmp_path / "probabilities.npy"), expected)


def test_the_ngram_preset_gets_over_92_percent(imdb_train, imdb_test):
    vectorizer, accuracies = fit_with_seeds("ngram", imdb_train, imdb_test)
    assert np.mean(accuracies) >= 0.922
    assert (vectorizer.min_df_, vectorizer.subword_range_) == (3, None)
    # Few reviews are cut off: what is not padding ends before the sequence does.
    ends = np.count_nonzero(vectorizer.transform(imdb_test.data[:5_000]), axis=1)
    assert np.mean(ends < vectorizer.maxlen_) == pytest.approx(0.99, abs=0.005)
    assert list(vectorizer.vocabulary_)[:2] == ["worst", "the worst"]
