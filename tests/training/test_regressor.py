"""The regressor: a distribution over the values of y, or over quantile bins."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_imdb import EmbeddingAverageRegressor, SequenceVectorizer, make_text_regressor
from sklearn_imdb.datasets import make_reviews
from sklearn_imdb.inspection import class_words, explain_html, token_contributions
from sklearn_imdb.streaming import fit_stream


@pytest.fixture(scope="module")
def ratings():
    """Texts with ratings of one to five stars, halves among them."""
    texts, stars = make_reviews(900, n_classes=5, mean_length=30, random_state=0)
    halves = np.random.RandomState(0).randint(2, size=900) / 2
    return texts, 1 + stars + halves


@pytest.fixture(scope="module")
def fitted(ratings):
    texts, y = ratings
    pipeline = make_text_regressor(random_state=0).set_params(regressor__n_bins=10)
    return pipeline.fit(texts[:600], y[:600])


def test_ratings_are_learned_beyond_their_mean(ratings, fitted):
    texts, y = ratings
    assert fitted.score(texts[600:], y[600:]) > 0.2
    assert cross_val_score(make_text_regressor(random_state=0), texts, y, cv=2).min() > 0.1


def bin_probabilities(regressor, X):
    """Return what the network gives, before the expected value is taken of it."""
    keras = pytest.importorskip("keras")
    model = regressor.model_
    return np.asarray(keras.Model(model.input, model.get_layer("output").output)(X))


@pytest.mark.usefixtures("keras")
@pytest.mark.parametrize("kind", ["two values", "few values", "many values"])
def test_the_network_in_keras_predicts_the_number(ratings, kind):
    texts, y = ratings
    if kind == "two values":
        y = np.where(y > 3, 1.5, -2)
    elif kind == "many values":
        y = y + np.linspace(0, 1, len(y))
    pipeline = make_text_regressor(random_state=0).fit(texts, y)
    found = np.asarray(pipeline["regressor"].model_(pipeline["vectorizer"].transform(texts[:50])))
    assert_allclose(found, pipeline.predict(texts[:50])[:, np.newaxis], atol=1e-5)


@pytest.mark.usefixtures("keras")
def test_few_values_are_the_bins_and_the_prediction_is_the_expected_one(ratings, fitted):
    texts, y = ratings
    regressor = fitted["regressor"]
    assert_array_equal(regressor.bin_values_, np.unique(y[:600]))
    X = fitted["vectorizer"].transform(texts[600:])
    expected = bin_probabilities(regressor, X) @ np.unique(y[:600])
    assert_allclose(fitted.predict(texts[600:]), expected, atol=1e-5)


def test_many_values_are_divided_at_their_quantiles(ratings):
    texts, y = ratings
    prices = np.exp(y + np.random.RandomState(1).normal(0, 0.3, len(y)))
    pipeline = make_text_regressor(random_state=0).set_params(regressor__n_bins=6)
    regressor = pipeline.fit(texts, prices)["regressor"]
    assert len(regressor.bin_values_) == 6
    edges = regressor.bin_edges_
    assert_allclose(edges, np.quantile(prices, np.linspace(0, 1, 7)), rtol=1e-12)
    inside = [prices[(prices >= low) & (prices < high)] for low, high in pairwise(edges)]
    assert_allclose(regressor.bin_values_[:-1], [part.mean() for part in inside[:-1]])
    assert pipeline.score(texts, prices) > 0.2


@pytest.mark.parametrize("seed", range(40))
def test_no_bin_is_empty(seed):
    # Nine values in eight bins: quantiles lie between the values, and on them.
    halves = np.random.RandomState(seed).choice(np.arange(2, 11) / 2, 150)
    X = np.random.RandomState(seed).randint(4, 9, (150, 3))
    regressor = EmbeddingAverageRegressor(epochs=1).fit(X, halves)
    assert np.isfinite(regressor.bin_values_).all()
    assert np.isfinite(regressor.predict(X[:5])).all()


def test_intervals_hold_what_they_promise(ratings, fitted):
    texts, y = ratings
    low, middle, high = (
        fitted["regressor"]
        .predict_quantiles(fitted["vectorizer"].transform(texts[600:]), [0.05, 0.5, 0.95])
        .T
    )
    assert (low <= middle).all()
    assert (middle <= high).all()
    assert 0.8 < np.mean((low <= y[600:]) & (y[600:] <= high)) <= 1
    assert set(middle) <= set(fitted["regressor"].bin_values_)


@pytest.mark.usefixtures("keras")
def test_quantiles_of_bins_lie_evenly_between_their_edges():
    X, y = np.arange(4, 404)[:, np.newaxis] % 2 + 4, np.linspace(0, 1, 400)
    regressor = EmbeddingAverageRegressor(n_bins=4, epochs=1, random_state=0).fit(X, y)
    regressor.embedding_[:] = 0  # Then all rows have the same distribution.
    [reached] = np.cumsum(bin_probabilities(regressor, X[:1]), axis=1)
    q = [0, reached[0] / 2, reached[0], 1]
    edges = regressor.bin_edges_
    expected = [edges[0], (edges[0] + edges[1]) / 2, edges[1], edges[-1]]
    assert_allclose(regressor.predict_quantiles(X[:1], q)[0], expected, atol=1e-6)
    assert regressor.predict_quantiles(X[:5], 0.5).shape == (5,)
    with pytest.raises(ValueError, match="q must hold probabilities between 0 and 1, got 5"):
        regressor.predict_quantiles(X, 5)


@pytest.mark.usefixtures("keras")
def test_both_backends_agree(ratings):
    texts, y = ratings
    predictions = [
        make_text_regressor(random_state=0)
        .set_params(regressor__backend=backend)
        .fit(texts, y)
        .predict(texts)
        for backend in ("scipy", "keras")
    ]
    assert_allclose(*predictions, atol=1e-3)


@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2)])
def test_a_stream_teaches_what_fit_does(ratings, ngram_range):
    texts, y = ratings
    pipeline = make_text_regressor(random_state=0)
    pipeline.set_params(vectorizer__ngram_range=ngram_range)
    whole = clone(pipeline).fit(texts, y)
    streamed = fit_stream(clone(pipeline), [(texts, y)])
    assert list(streamed[0].vocabulary_) == list(whole[0].vocabulary_)
    assert_array_equal(streamed[1].embedding_, whole[1].embedding_)
    chunks = [(texts[rows], y[rows]) for rows in (slice(0, 300), slice(300, 900))]
    in_chunks = fit_stream(pipeline, chunks, X_val=texts[:50], y_val=y[:50])
    assert list(in_chunks[0].vocabulary_) == list(whole[0].vocabulary_)
    assert len(in_chunks[1].history_["val_loss"]) == in_chunks[1].n_iter_


def test_early_stopping_watches_the_bins(ratings):
    texts, y = ratings
    X = SequenceVectorizer(maxlen=60).fit_transform(texts)
    regressor = EmbeddingAverageRegressor(
        pooling="masked_mean", learning_rate=0.01, batch_size=32, epochs=60, early_stopping=True
    )
    regressor.fit(X[:600], y[:600], X_val=X[600:], y_val=y[600:] + 0.1)
    assert regressor.kept_epoch_ < regressor.n_iter_ < 60
    with pytest.raises(ValueError, match=r"'monitor' parameter .* str among .* Got 'val_r2'"):
        regressor.set_params(monitor="val_r2").fit(X, y)


def test_it_is_saved_and_goes_on(ratings, fitted):
    texts, y = ratings
    loaded = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(loaded.predict(texts), fitted.predict(texts))
    X = loaded["vectorizer"].transform(texts)
    before = loaded["regressor"].bin_values_
    again = loaded["regressor"].set_params(warm_start=True, epochs=1).fit(X, y * 2)
    assert_array_equal(again.bin_values_, before)
    assert again.transform(X).shape == (900, again.embedding_dim_)


def test_a_constant_warns_and_is_predicted(ratings):
    texts, _ = ratings
    with pytest.warns(UserWarning, match=r"y is constant, 2.5"):
        pipeline = make_pipeline(
            SequenceVectorizer(maxlen=9), EmbeddingAverageRegressor(epochs=1)
        ).fit(texts, np.full(900, 2.5))
    assert_allclose(pipeline.predict(texts[:3]), [2.5] * 3)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["good", "bad"] * 20, "y must hold a number .* or use EmbeddingAverageClass"),
        ([1.0, np.nan] * 20, r"y\[1\] = nan"),
        ([1.0, np.inf] * 20, r"y must be finite, got y\[1\] = inf"),
        (None, "needs y, got None|requires y"),
        (np.ones((40, 2)), r"one number for each row, got shape \(40, 2\): .*MultiOutputReg"),
    ],
)
def test_what_is_no_number_is_named(y, message):
    with pytest.raises(ValueError, match=message):
        make_text_regressor().fit(["a film", "a play"] * 20, y)


def test_chunks_cannot_be_ranked_by_bins():
    with pytest.raises(ValueError, match="'target_evidence' needs all documents at once: use fit"):
        SequenceVectorizer(rank_by="target_evidence").partial_fit(["a"], [1.5])


@pytest.mark.parametrize("hidden_units", [0, 5])
@pytest.mark.parametrize("n_bins", [2, 10])
def test_contributions_are_in_the_units_of_y_and_add_up(ratings, hidden_units, n_bins):
    texts, y = ratings
    pipeline = make_text_regressor(random_state=0)
    pipeline.set_params(regressor__hidden_units=hidden_units, regressor__n_bins=n_bins)
    pipeline.fit(texts, y)
    for explained, predicted in zip(
        token_contributions(pipeline, texts[:9]), pipeline.predict(texts[:9]), strict=True
    ):
        assert explained.logit == pytest.approx(predicted, abs=1e-5)
        total = explained.baseline + explained.contributions.sum()
        assert total == pytest.approx(explained.logit, abs=1e-6)
    with pytest.raises(ValueError, match="label and against are for classes"):
        token_contributions(pipeline, texts[:1], label=1)


def test_what_explains_classes_refuses_numbers(fitted):
    with pytest.raises(TypeError, match="predicts numbers, not classes: use token_contributions"):
        class_words(fitted)
    with pytest.raises(TypeError, match="predicts numbers, not classes: use token_contributions"):
        explain_html(fitted, "A film.")
