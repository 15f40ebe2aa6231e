"""From a new process to 25,000 predictions: imports, fit and predict on raw texts, and its memory.

Both presets against what one would use instead: Tfidf with a linear model, fastText on words and on
n-grams, and the tutorial in Keras with as many epochs. Every contender reads the texts from the
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


def nbsvm(texts, y, test_texts, seed):
    """Fit the NBSVM of the examples, whose C was chosen on the training reviews."""
    sys.path.insert(0, str(EXAMPLES))  # They import the module `_start` beside them.
    made = runpy.run_path(str(EXAMPLES / "ngram_accuracy.py"))["contenders"](seed)["NBSVM"]
    return made.fit(texts, y).predict(test_texts)


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
    """Take the tutorial's steps, as many epochs as the preset takes on these reviews."""
    import keras

    keras.utils.set_random_seed(seed)
    tokenizer = keras.layers.TextVectorization(max_tokens=10_000, output_sequence_length=256)
    tokenizer.adapt(texts)
    X, X_test = tokenizer(texts).numpy(), tokenizer(test_texts).numpy()
    model = contest.tutorial_model()
    model.fit(X, y, epochs=EPOCHS, batch_size=64, verbose=0)
    return model.predict(X_test, verbose=0)[:, 0] > 0.5


EPOCHS = 7
CONTENDERS = {
    "default preset": partial(preset, "ngram"),
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
measured = contest.processes(__file__, options, CONTENDERS)
FILE.unlink()
rows = {
    "whole process": {name: found["seconds"] for name, found in measured.items()},
    "peak memory": {name: found["megabytes"] for name, found in measured.items()},
    "test accuracy": {
        name: [float(output) for output in found["output"]] for name, found in measured.items()
    },
}
contest.report(options, "cold process", rows, f"{source}, {EPOCHS} epochs in Keras")
assert statistics.median(rows["test accuracy"]["default preset"]) > 0.8
