"""From a new process to 25,000 predictions: imports, fit and predict on raw texts, and its memory.

Both presets against what one would use instead: Tfidf with a linear model, fastText on words and on
n-grams, and the tutorial in Keras with early stopping. Every contender reads the texts from the
same file. A turn's number is its seed. fastText takes part if it is installed (`pip install
fasttext`).
"""

import contest

options = contest.start(__doc__)

import pickle
import runpy
import statistics
import sys
import tempfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"
FILE = Path(tempfile.gettempdir()) / f"cold_process_{options.small}.pkl"


def preset(name, texts, y, test_texts, seed):
    """Fit a preset."""
    from sklearn_imdb import make_text_classifier

    pipeline = make_text_classifier(name, random_state=seed).fit(texts, y)
    return pipeline.predict(test_texts)


def tfidf(classifier, n, texts, y, test_texts, seed, characters=()):
    """Fit scikit-learn's usual baselines."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    kinds = {"LogisticRegression": LogisticRegression, "LinearSVC": LinearSVC}
    vectorizer = TfidfVectorizer(ngram_range=(1, n))
    if characters:
        of_characters = TfidfVectorizer(analyzer="char_wb", ngram_range=characters)
        vectorizer = make_union(vectorizer, of_characters)
    pipeline = make_pipeline(vectorizer, kinds[classifier](random_state=seed))
    return pipeline.fit(texts, y).predict(test_texts)


def of_example(name):
    """Return what an example defines; it imports the module `_start` beside it."""
    sys.path.insert(0, str(EXAMPLES))
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


def nbsvm(texts, y, test_texts, seed):
    """Fit the NBSVM of an example, whose C was chosen on the training reviews."""
    pipeline = of_example("ngram_accuracy")["contenders"](seed)["NBSVM"]
    return pipeline.fit(texts, y).predict(test_texts)


def unlabelled():
    """Return IMDB's reviews without labels."""
    from sklearn_imdb.datasets import fetch_imdb

    where = {"data_home": options.data_home, "download_if_missing": False}
    return fetch_imdb(subset="unsupervised", **where).data


def self_trained(texts, y, test_texts, seed):
    """Fit the default preset on the labelled reviews, and then on those without labels too."""
    train = of_example("unlabelled_reviews")["self_trained"]
    return train(texts, y, unlabelled(), seed).predict(test_texts)


def fast_text(n, texts, y, test_texts, seed):
    """Train fastText as its own tutorial does for n-grams, on rows in random order."""
    import random
    import re

    import fasttext
    import numpy as np

    def line(text):
        # Lower-cased, with punctuation set apart, as that tutorial prepares its texts.
        return " ".join(re.sub(r"([.!?,'/()])", r" \1 ", text.lower()).split())

    rows = list(zip(texts, y, strict=True))
    random.Random(seed).shuffle(rows)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.writelines(f"__label__{label} {line(text)}\n" for text, label in rows)
        file.flush()
        model = fasttext.train_supervised(
            file.name, lr=0.5, epoch=5, wordNgrams=n, thread=options.cores, verbose=0, seed=seed
        )
    # Not by its NumPy wrapper, which fails with NumPy 2.
    found = [model.f.predict(line(text) + "\n", 1, 0.0, "strict")[0] for text in test_texts]
    return np.array([int(label.removeprefix("__label__")) for _, label in found])


def in_keras(texts, y, test_texts, seed):
    """Take the tutorial's steps, with the batches and the early stopping of the preset."""
    import keras
    import numpy as np

    keras.utils.set_random_seed(seed)
    tokenizer = keras.layers.TextVectorization(max_tokens=10_000, output_sequence_length=256)
    tokenizer.adapt(texts)
    X, X_test = tokenizer(texts).numpy(), tokenizer(test_texts).numpy()
    model = contest.tutorial_model()
    early = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    held_out = {"validation_split": 0.1, "callbacks": [early]}
    rows = np.random.RandomState(seed).permutation(len(y))  # The last ones are held out.
    model.fit(X[rows], y[rows], epochs=40, batch_size=64, verbose=0, **held_out)
    return model.predict(X_test, verbose=0)[:, 0] > 0.5


CONTENDERS = {
    "default preset": partial(preset, "ngram"),
    "default, self-trained": self_trained,
    "preset tutorial": partial(preset, "tutorial"),
    "Tfidf + LogisticRegression": partial(tfidf, "LogisticRegression", 1),
    "Tfidf(1, 2) + LinearSVC": partial(tfidf, "LinearSVC", 2),
    "Tfidf(1, 2), char_wb(4, 5) + LinearSVC": partial(tfidf, "LinearSVC", 2, characters=(4, 5)),
    "NBSVM(1, 3)": nbsvm,
    "Keras": in_keras,
}
if find_spec("fasttext"):
    CONTENDERS |= {"fastText": partial(fast_text, 1), "fastText(1, 3)": partial(fast_text, 3)}
else:
    print("fastText is not installed and is left out.", file=sys.stderr)

if options.contender:
    texts, y, test_texts, y_test = pickle.loads(FILE.read_bytes())
    predicted = CONTENDERS[options.contender](texts, y, test_texts, seed=options.turn)
    print((predicted == y_test).mean())
    sys.exit()

*data, source = contest.reviews(options)
FILE.write_bytes(pickle.dumps(data))
del data
try:
    unlabelled()
except OSError as error:
    print(f"Without reviews that have no labels: {error}", file=sys.stderr)
    del CONTENDERS["default, self-trained"]
measured = contest.processes(__file__, options, CONTENDERS)
FILE.unlink()
rows = {
    "whole process": {name: found["seconds"] for name, found in measured.items()},
    "peak memory": {name: found["megabytes"] for name, found in measured.items()},
    "test accuracy": {
        name: [float(output.split()[-1]) for output in found["output"]]
        for name, found in measured.items()
    },
}
contest.report(options, "cold process", rows, source)
assert statistics.median(rows["test accuracy"]["default preset"]) > 0.8
