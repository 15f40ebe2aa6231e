"""Cross-validation on public text sets: the presets beside what one would use instead.

The sets are files NAME.jsonl.xz, each line `[text, label]`, in the folder of `--sets`. They are not
part of the project: where they are not, this says so and ends. fastText takes part if it is
installed (`pip install fasttext`). Every contender has the same folds. Seconds are of the process's
CPU time, to fit and to predict.
"""

import argparse
import json
import lzma
import statistics
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from sklearn_imdb import make_text_classifier

OURS = ["default", "tutorial"]


class LogCountRatios(TransformerMixin, BaseEstimator):
    """Multiply binary counts by their log-count ratio (Wang & Manning, ACL 2012)."""

    def fit(self, X, y):
        positive, negative = (np.asarray(X[y == label].sum(axis=0)).ravel() + 1 for label in (1, 0))
        self.ratios_ = np.log(positive / positive.sum()) - np.log(negative / negative.sum())
        return self

    def transform(self, X):
        return X.multiply(self.ratios_).tocsr()


class FastText(BaseEstimator):
    """fastText's supervised mode, on words and pairs of words."""

    def fit(self, texts, y):
        import fasttext

        self.classes_ = np.unique(y)
        number = {label: n for n, label in enumerate(self.classes_)}
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            # In the order of the set, which may be that of the classes, it learns little.
            for row in np.random.RandomState(0).permutation(len(texts)):
                text, label = texts[row], y[row]
                file.write(f"__label__{number[label]} {' '.join(text.lower().split())}\n")
            file.flush()
            self.model_ = fasttext.train_supervised(
                file.name, lr=0.5, epoch=25, wordNgrams=2, thread=1, verbose=0
            )
        return self

    def predict_proba(self, texts):
        proba = np.zeros((len(texts), len(self.classes_)))
        for row, text in enumerate(texts):
            # Not by its NumPy wrapper, which fails with NumPy 2.
            found = self.model_.f.predict(
                " ".join(text.lower().split()) + "\n", len(self.classes_), 0.0, "strict"
            )
            for p, label in found:
                proba[row, int(label.removeprefix("__label__"))] = p
        return proba / np.maximum(proba.sum(axis=1, keepdims=True), 1e-12)

    def predict(self, texts):
        return self.classes_[self.predict_proba(texts).argmax(axis=1)]


def contenders():
    """Return a function that makes each contender, by name; the first are the presets."""
    words = {"ngram_range": (1, 2)}
    made = {
        "default": lambda: make_text_classifier(random_state=0),
        "tutorial": lambda: make_text_classifier("tutorial", random_state=0),
        "Tfidf + LogisticRegression": lambda: make_pipeline(
            TfidfVectorizer(), LogisticRegression(max_iter=1000)
        ),
        "Tfidf(1, 2) + LinearSVC": lambda: make_pipeline(TfidfVectorizer(**words), LinearSVC()),
        "Tfidf(1, 2), char_wb(4, 5) + LinearSVC": lambda: make_pipeline(
            make_union(
                TfidfVectorizer(**words), TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 5))
            ),
            LinearSVC(),
        ),
        "NBSVM(1, 2)": lambda: make_pipeline(
            CountVectorizer(binary=True, token_pattern=r"\w+|[^\w\s]+", **words),
            OneVsRestClassifier(make_pipeline(LogCountRatios(), LinearSVC(C=0.1))),
        ),
    }
    if find_spec("fasttext"):
        made["fastText"] = FastText
    else:
        print("fastText is not installed and is left out.", file=sys.stderr)
    return made


def read(path):
    """Return the texts and labels of a set."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return np.array([text for text, _ in rows], object), np.array([str(y) for _, y in rows])


def measure(make, texts, y, folds):
    """Return accuracy, macro-F1, log loss and seconds, each a mean over the folds."""
    found = []
    for train, test in folds:
        begin = time.process_time()
        model = make().fit(texts[train].tolist(), y[train])
        predicted = model.predict(texts[test].tolist())
        seconds = time.process_time() - begin
        loss = np.nan
        if hasattr(model, "predict_proba"):
            known = np.isin(y[test], model.classes_)
            proba = model.predict_proba(texts[test][known].tolist())
            loss = log_loss(y[test][known], np.clip(proba, 1e-6, 1), labels=model.classes_)
        accuracy = np.mean(predicted == y[test])
        found.append((accuracy, f1_score(y[test], predicted, average="macro"), loss, seconds))
    return np.mean(found, axis=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sets", type=Path, default=Path(__file__).parents[2] / "shared/data/sets")
    parser.add_argument("--only", nargs="+", help="names of some sets")
    parser.add_argument("--folds", type=int, default=3)
    options = parser.parse_args()
    paths = sorted(options.sets.glob("*.jsonl.xz"))
    if not paths:
        sys.exit(f"No text sets NAME.jsonl.xz are in {options.sets}: pass their folder as --sets.")
    warnings.filterwarnings("ignore", category=UserWarning)
    results = defaultdict(dict)
    for path in paths:
        name = path.name.removesuffix(".jsonl.xz")
        if options.only and name not in options.only:
            continue
        texts, y = read(path)
        split = StratifiedKFold(options.folds, shuffle=True, random_state=0).split(texts, y)
        folds = list(split)
        for contender, make in contenders().items():
            results[contender][name] = measure(make, texts, y, folds)
            print(name, contender, results[contender][name].round(4), file=sys.stderr, flush=True)
    names = list(results["default"])
    for title, column, scale, best in (
        ("accuracy, %", 0, 100, max),
        ("macro-F1, %", 1, 100, max),
        ("log loss", 2, 1, min),
        ("CPU seconds of a fold", 3, 1, min),
    ):
        print(f"\n| {title} | {' | '.join(names)} | mean | wins |")
        print("| --- |" + " ---: |" * (len(names) + 2))
        table = {c: [scale * found[n][column] for n in names] for c, found in results.items()}
        digits = 1 if column in (0, 1, 3) else 2
        for contender, row in table.items():
            if np.isnan(row).any():
                continue
            wins = sum(
                row[n] == best(other[n] for other in table.values() if not np.isnan(other[n]))
                for n in range(len(names))
            )
            cells = " | ".join(f"{value:.{digits}f}" for value in [*row, statistics.mean(row)])
            print(f"| {contender} | {cells} | {wins} |")
    peers = [name for name in results if name not in OURS]
    print("\nLosses of the default, in points of accuracy behind the best peer:")
    for n in names:
        behind = 100 * (max(results[p][n][0] for p in peers) - results["default"][n][0])
        if behind > 0:
            print(f"- {n}: {behind:.1f}")


if __name__ == "__main__":
    main()
