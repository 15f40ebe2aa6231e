"""The preset "ngram" against NBSVM and others: accuracy, time and memory from raw texts.

Each contender of `examples/ngram_accuracy.py` in a process of its own, imports included; a turn's
number is its seed. Where IMDB's unlabelled reviews are to be had, `examples/unlabelled_reviews.py`
as well. On generated reviews of other kinds as well, of 2 and 5 classes, few and many,
short and long, against Tfidf + LogisticRegression.
"""

import contest

options = contest.start(__doc__, rounds=3)

import pickle
import runpy
import sys
import tempfile
from pathlib import Path

from sklearn_imdb.datasets import fetch_imdb, make_reviews

FILE = Path(tempfile.gettempdir()) / f"accuracy_{options.small}.pkl"
EXAMPLES = Path(__file__).parents[1] / "examples"
SELF_TRAINED = "ngram, self-trained"
sys.path.insert(0, str(EXAMPLES))  # The examples import the module `_start` beside them.
contenders = runpy.run_path(str(EXAMPLES / "ngram_accuracy.py"))["contenders"]


def unlabelled():
    """Return IMDB's unlabelled reviews."""
    options_of = {"data_home": options.data_home, "download_if_missing": False}
    return fetch_imdb(subset="unsupervised", **options_of).data


if options.contender:
    texts, y, test_texts, y_test = pickle.loads(FILE.read_bytes())
    if options.contender == SELF_TRAINED:
        self_trained = runpy.run_path(str(EXAMPLES / "unlabelled_reviews.py"))["self_trained"]
        pipeline = self_trained(texts, y, unlabelled(), options.turn)
    else:
        pipeline = contenders(seed=options.turn)[options.contender].fit(texts, y)
    print(pipeline.score(test_texts, y_test))
    sys.exit()

*data, source = contest.reviews(options)
FILE.write_bytes(pickle.dumps(data))
del data
names = list(contenders(seed=0))
try:
    unlabelled()
    names.append(SELF_TRAINED)
except OSError as error:
    print(f"Without unlabelled reviews: {error}", file=sys.stderr)
measured = contest.processes(__file__, options, names)
FILE.unlink()
rows = {
    "whole process": {name: found["seconds"] for name, found in measured.items()},
    "peak memory": {name: found["megabytes"] for name, found in measured.items()},
    "test accuracy": {
        name: [float(output.split()[-1]) for output in found["output"]]
        for name, found in measured.items()
    },
}
contest.report(options, "accuracy", rows, f"{source}, 1-3-grams")

rows = {}
for n_classes in (2, 5):
    for mean_length in (20, 60, 230):
        for n_texts in (500, 4_000):
            job = f"{n_classes} classes, {mean_length} words, {n_texts:,} texts, test accuracy"
            rows[job] = {"preset ngram": [], "Tfidf + LogisticRegression": []}
            for seed in range(options.rounds):
                texts, y = make_reviews(
                    n_texts + 4_000, n_classes=n_classes, mean_length=mean_length, random_state=seed
                )
                for name, measured in rows[job].items():
                    pipeline = contenders(seed)[name].fit(texts[:n_texts], y[:n_texts])
                    measured.append(pipeline.score(texts[n_texts:], y[n_texts:]))
            print(job, rows[job], file=sys.stderr, flush=True)
contest.report(options, "other texts", rows, "generated reviews")
