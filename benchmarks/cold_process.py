"""From a new process to 25,000 predictions: imports, fit and predict on raw texts, and its memory.

Against Tfidf + LogisticRegression, and the tutorial in Keras with the same number of epochs.
The texts are read from one file, which every contender reads alike. A turn's number is its seed.
"""

import contest

options = contest.start(__doc__)

import pickle
import statistics
import sys
import tempfile
from pathlib import Path

FILE = Path(tempfile.gettempdir()) / f"cold_process_{options.small}.pkl"


def here(texts, y, test_texts, seed):
    """Fit the preset."""
    from sklearn_imdb import make_text_classifier

    pipeline = make_text_classifier("tutorial", random_state=seed).fit(texts, y)
    return pipeline.predict(test_texts), pipeline[-1].n_iter_


def tfidf(texts, y, test_texts, seed):
    """Fit scikit-learn's usual baseline."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression(random_state=seed))
    return pipeline.fit(texts, y).predict(test_texts), 0


def in_keras(texts, y, test_texts, seed):
    """Take the tutorial's steps, as many epochs as the preset takes on these reviews."""
    import keras

    keras.utils.set_random_seed(seed)
    tokenizer = keras.layers.TextVectorization(max_tokens=10_000, output_sequence_length=256)
    tokenizer.adapt(texts)
    X, X_test = tokenizer(texts).numpy(), tokenizer(test_texts).numpy()
    model = contest.tutorial_model()
    model.fit(X, y, epochs=EPOCHS, batch_size=64, verbose=0)
    return model.predict(X_test, verbose=0)[:, 0] > 0.5, EPOCHS


CONTENDERS = {"sklearn_imdb": here, "Tfidf + LogisticRegression": tfidf, "Keras": in_keras}
EPOCHS = 7

if options.contender:
    texts, y, test_texts, y_test = pickle.loads(FILE.read_bytes())
    predicted, epochs = CONTENDERS[options.contender](texts, y, test_texts, seed=options.turn)
    print((predicted == y_test).mean(), epochs)
    sys.exit()

*data, source = contest.reviews(options)
FILE.write_bytes(pickle.dumps(data))
del data
measured = contest.processes(__file__, options, CONTENDERS)
FILE.unlink()
rows = {
    "whole process": {name: found["seconds"] for name, found in measured.items()},
    "peak memory": {name: found["megabytes"] for name, found in measured.items()},
    "test accuracy": {
        name: [float(output.split()[0]) for output in found["output"]]
        for name, found in measured.items()
    },
}
contest.report(options, "cold process", rows, f"{source}, {EPOCHS} epochs in Keras")
assert statistics.median(rows["test accuracy"]["sklearn_imdb"]) > 0.8
