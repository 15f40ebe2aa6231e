"""Training that goes on: chunk after chunk, and from a warm start."""

import pickle

import pytest
from numpy.testing import assert_array_equal


def weights(classifier):
    return [classifier.embedding_, *classifier.coefs_, *classifier.intercepts_]


def test_warm_start_goes_on(quick, sequences):
    X, y = sequences
    classifier = quick(warm_start=True).fit(X, y)
    first = classifier.history_["loss"]
    classifier.fit(X, y)
    assert classifier.history_["loss"][0] < first[-1] * 1.1 < first[0]
    assert quick().fit(X, y).history_["loss"] == first
    with pytest.raises(ValueError, match=r"embedding_dim.*has been changed"):
        classifier.set_params(embedding_dim=3).fit(X, y)


def test_partial_fit_learns_chunk_after_chunk_and_from_a_pickle(quick, sequences):
    X, y = sequences
    chunks = [slice(start, start + 100) for start in range(0, 600, 100)] * 5
    straight, pickled = quick(dropout=0.1), quick(dropout=0.1)
    for chunk in chunks:
        straight.partial_fit(X[chunk], y[chunk], classes=[0, 1])
        pickled.partial_fit(X[chunk], y[chunk], classes=[0, 1])
        pickled = pickle.loads(pickle.dumps(pickled))
    assert_array_equal(straight.embedding_, pickled.embedding_)
    assert straight.n_iter_ == len(straight.history_["loss"]) == 30
    assert straight.score(X, y) > 0.75


def test_partial_fit_on_everything_is_an_epoch_of_fit(quick, sequences):
    X, y = sequences
    by_epoch = quick()
    for _ in range(3):
        by_epoch.partial_fit(X, y, classes=[0, 1])
    at_once = quick(epochs=3).fit(X, y)
    assert_array_equal(by_epoch.embedding_, at_once.embedding_)
    assert by_epoch.history_ == at_once.history_


def test_partial_fit_after_fit_keeps_the_bias_of_all_rows(quick, sequences):
    X, y = sequences
    classifier = quick(pooling="evidence", hidden_units=0).fit(X, y)
    bias, weighing = classifier.intercepts_[0], classifier.token_weights_
    of_one_class = X[y == 1][:50]
    for _ in range(3):
        classifier.partial_fit(of_one_class, [1] * 50)
        assert_array_equal(classifier.intercepts_[0], bias)
    assert_array_equal(classifier.token_weights_, weighing)


def test_partial_fit_knows_its_classes_and_its_table(quick, sequences):
    X, y = sequences
    with pytest.raises(ValueError, match="classes must list all labels in the first call"):
        quick().partial_fit(X, y)
    classifier = quick().partial_fit(X[y == 0], y[y == 0], classes=[0, 1])
    assert_array_equal(classifier.classes_, [0, 1])
    classifier.partial_fit(X + 1, y)  # Indices beyond the first chunk's count as unknown.
    assert len(classifier.embedding_) == X[y == 0].max() + 1
    with pytest.raises(ValueError, match="not those of the first call"):
        classifier.partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=r"y holds labels.*\[0, 1\]: \[2\]"):
        classifier.partial_fit(X, y + 1)


@pytest.mark.parametrize(
    "parameters", [{"class_weight": "balanced"}, {"learning_rate_schedule": "cosine"}], ids=str
)
def test_partial_fit_is_there_only_where_it_can_work(quick, sequences, parameters):
    X, y = sequences
    ((name, value),) = parameters.items()
    classifier = quick()
    taken_before = classifier.partial_fit
    classifier.set_params(**parameters)
    assert not hasattr(classifier, "partial_fit")
    with pytest.raises(AttributeError, match="has no attribute 'partial_fit'") as raised:
        _ = classifier.partial_fit
    assert f"{name}={value!r} needs" in str(raised.value.__cause__)
    with pytest.raises(ValueError, match=f"{name}={value!r} needs"):
        taken_before(X, y, classes=[0, 1])
    assert hasattr(
        classifier.set_params(class_weight={0: 2}, learning_rate_schedule="constant"), "partial_fit"
    )


def test_weights_learned_are_never_updated_in_place(quick, sequences):
    X, y = sequences
    classifier = quick(warm_start=True).partial_fit(X, y, classes=[0, 1])
    kept = weights(classifier)
    copies = [array.copy() for array in kept]
    classifier.partial_fit(X, y)
    classifier.fit(X, y)
    for array, expected in zip(kept, copies, strict=True):
        assert_array_equal(array, expected)
