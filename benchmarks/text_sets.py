"""Cross-validation on public text sets: the presets beside what one would use instead.

The sets are files NAME.jsonl.xz, each line `[text, label]`, in the folder of `--sets`. They are not
part of the project: where they are not, this says so and ends. A set whose labels are lists, and
one whose name ends in `_ratings`, have tables of their own. fastText takes part if it is installed
(`pip install fasttext`). Every contender has the same folds. Seconds are of the process's CPU time,
to fit and to predict. Memory is the peak of a process of its own that learns and predicts one fold.
"""

import contest

contest.limit_threads(1)  # A thread that waits takes CPU time, too.

import argparse
import json
import lzma
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import f1_score, log_loss, precision_recall_curve, r2_score
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.svm import LinearSVC

from sklearn_imdb import make_text_classifier, make_text_regressor

OURS = ["default", "tutorial"]
UNSPACED = ["chinese_takeaway", "thai_opinions", "korean_films"]  # And Korean, whose words inflect.
METRICS = [  # Each with its factor and its decimals.
    ("accuracy, %", 100, 1),
    ("macro-F1, %", 100, 1),
    ("log loss", 1, 2),
    ("peak memory, MB", 1, 0),
    ("CPU seconds of a fold", 1, 1),
]
SECONDS = -1


class LogCountRatios(TransformerMixin, BaseEstimator):
    """Multiply binary counts by their log-count ratio (Wang & Manning, ACL 2012)."""

    def fit(self, X, y):
        positive, negative = (np.asarray(X[y == label].sum(axis=0)).ravel() + 1 for label in (1, 0))
        self.ratios_ = np.log(positive / positive.sum()) - np.log(negative / negative.sum())
        return self

    def transform(self, X):
        return X.multiply(self.ratios_).tocsr()


def fasttext_line(text):
    """Return a text as fastText's tutorial prepares it: lower-cased, punctuation set apart."""
    return " ".join(re.sub(r"([.!?,'/()])", r" \1 ", text.lower()).split())


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
                file.write(f"__label__{number[label]} {fasttext_line(text)}\n")
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
                fasttext_line(text) + "\n", len(self.classes_), 0.0, "strict"
            )
            for p, label in found:
                proba[row, int(label.removeprefix("__label__"))] = p
        return proba / np.maximum(proba.sum(axis=1, keepdims=True), 1e-12)

    def predict(self, texts):
        return self.classes_[self.predict_proba(texts).argmax(axis=1)]


def contenders(seed=0):
    """Return a function that makes each contender, by name; the first are the presets."""
    words = {"ngram_range": (1, 2)}

    def words_and_characters():
        characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 5))
        return make_union(TfidfVectorizer(**words), characters)

    made = {
        "default": lambda: make_text_classifier(random_state=seed),
        "tutorial": lambda: make_text_classifier("tutorial", random_state=seed),
        "Tfidf + LogisticRegression": lambda: make_pipeline(
            TfidfVectorizer(), LogisticRegression(max_iter=1000)
        ),
        "Tfidf(1, 2) + LinearSVC": lambda: make_pipeline(TfidfVectorizer(**words), LinearSVC()),
        "Tfidf(1, 2), char_wb(4, 5) + LinearSVC": lambda: make_pipeline(
            words_and_characters(), LinearSVC()
        ),
        "Tfidf(1, 2), char_wb(4, 5) + LogisticRegression": lambda: make_pipeline(
            words_and_characters(), LogisticRegression(C=10, max_iter=1000)
        ),
        "Tfidf char(1, 3) + LinearSVC": lambda: make_pipeline(
            TfidfVectorizer(analyzer="char", ngram_range=(1, 3)), LinearSVC()
        ),
        "NBSVM(1, 2)": lambda: make_pipeline(
            CountVectorizer(binary=True, token_pattern=r"\w+|[^\w\s]+", **words),
            OneVsRestClassifier(make_pipeline(LogCountRatios(), LinearSVC(C=0.1))),
        ),
    }
    if find_spec("fasttext"):
        made["fastText"] = FastText
    return made


def read(path):
    """Return the texts and labels of a set."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        texts, labels = zip(*map(json.loads, file), strict=True)
    return np.array(texts, object), labels


def measure(model, texts, y, train, test):
    """Return the metrics of a fold, but for the memory."""
    begin = time.process_time()
    model.fit(texts[train].tolist(), y[train])
    predicted = model.predict(texts[test].tolist())
    seconds = time.process_time() - begin
    loss = np.nan
    if hasattr(model, "predict_proba"):
        known = np.isin(y[test], model.classes_)
        proba = model.predict_proba(texts[test][known].tolist())
        loss = log_loss(y[test][known], np.clip(proba, 1e-6, 1), labels=model.classes_)
    macro = f1_score(y[test], predicted, average="macro")
    return np.mean(predicted == y[test]), macro, loss, seconds


def peak_memory(options, name, contender):
    """Return the peak memory in MB of a process that learns and predicts one fold of a set."""
    command = [sys.executable, __file__, "--sets", options.sets, "--only", name]
    command += ["--folds", str(options.folds)]
    found = subprocess.run([*command, "--alone", contender], check=True, stdout=subprocess.PIPE)
    return float(found.stdout)


def classes_of_a_text(options, sets):
    """Cross-validate on sets with one class a text, and print a table for each metric."""
    results = defaultdict(dict)
    for name, (texts, labels) in sets.items():
        y = np.array([str(label) for label in labels])
        splitter = StratifiedKFold(options.folds, shuffle=True, random_state=0)
        folds = list(splitter.split(texts, y))
        for contender in contenders():
            if "char(1, 3)" in contender and name not in UNSPACED:
                continue
            seeds = range(options.seeds if contender in OURS else 1)
            if options.alone:
                if contender == options.alone:
                    measure(contenders()[contender](), texts, y, *folds[0])
                    print(contest.peak())
                continue
            each = [
                measure(contenders(seed)[contender](), texts, y, *fold)
                for fold in folds
                for seed in seeds
            ]
            memory = peak_memory(options, name, contender)
            results[contender][name] = np.array([[*found, memory, cpu] for *found, cpu in each])
            print(name, contender, np.mean(results[contender][name], 0).round(4), file=sys.stderr)
    if results:
        report(options, results)


def report(options, results):
    """Print the tables: each metric on each set, and the means, which the report keeps."""
    names = list(results["default"])
    peers = [contender for contender in results if contender not in OURS]
    for column, (title, scale, digits) in enumerate(METRICS):
        lines = [f"| {title} | {' | '.join(results)} |", "| --- |" + " ---: |" * len(results)]
        for name in names:
            measured = [
                scale * found[name][:, column].mean() if name in found else np.nan
                for found in results.values()
            ]
            cells = ["" if np.isnan(v) else f"{v:.{digits}f}" for v in measured]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        if not column:
            lines[:2] = f"{lines[0]} default minus best other |", f"{lines[1]} ---: |"
            for row, name in enumerate(names, 2):
                best = max(
                    (results[peer][name][:, 0] for peer in peers if name in results[peer]),
                    key=np.mean,
                )
                ours = results["default"][name][:, 0].reshape(options.folds, -1).mean(axis=1)
                points = scale * (ours - best)
                error = points.std(ddof=1) / np.sqrt(options.folds)
                lines[row] += f" {points.mean():+.1f} ± {error:.1f} |"
            accuracies = "\n".join(lines)
        print("", *lines, sep="\n")
    lines = [
        f"| mean of all sets | {' | '.join(title for title, *_ in METRICS[:SECONDS])} | CPU time |",
        "| --- |" + " ---: |" * len(METRICS),
    ]
    for contender, found in results.items():
        if found.keys() == set(names):
            each = np.array([found[name].mean(axis=0) for name in names])
            ratios = each[:, SECONDS] / [results["default"][n][:, SECONDS].mean() for n in names]
            cells = [
                "" if np.isnan(mean) else f"{scale * mean:.{digits}f}"
                for mean, (_, scale, digits) in zip(each.mean(axis=0), METRICS, strict=True)
            ]
            cells[SECONDS] = f"{np.exp(np.log(ratios).mean()):.2f} ×"
            lines.append(f"| {contender} | {' | '.join(cells)} |")
    means = "\n".join(lines)
    seeds = ", ".join(map(str, range(options.seeds)))
    notes = f"{options.folds} folds, seeds of the presets: {seeds}"
    text = f"{accuracies}\n\n{means}\n\n{contest.circumstances()}; {notes}."
    print("", means, sep="\n")
    if not options.only:
        contest.write("text sets", text)


def scores(model, texts):
    """Return what the labels of texts are ranked by."""
    texts = texts.tolist()
    has_proba = hasattr(model, "predict_proba")
    return model.predict_proba(texts) if has_proba else model.decision_function(texts)


def thresholds(ranked, y):
    """Return the threshold of each label that has the best F1."""
    best = []
    for label in range(y.shape[1]):
        precision, recall, bounds = precision_recall_curve(y[:, label], ranked[:, label])
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        best.append(bounds[f1[:-1].argmax()])
    return np.array(best)


def labels_of_a_text(options, name, texts, labels):
    """Print the F1 of several labels, by thresholds that a fifth of each training part chooses."""
    y = MultiLabelBinarizer().fit_transform(labels)
    words = {"ngram_range": (1, 2)}
    made = {
        "default": lambda seed: make_text_classifier(random_state=seed),
        "OneVsRest, Tfidf(1, 2) + LinearSVC": lambda seed: make_pipeline(
            TfidfVectorizer(**words), OneVsRestClassifier(LinearSVC())
        ),
        "OneVsRest, Tfidf(1, 2) + LogisticRegression": lambda seed: make_pipeline(
            TfidfVectorizer(**words), OneVsRestClassifier(LogisticRegression(max_iter=1000))
        ),
    }
    print(f"\n| {name} | micro-F1 | macro-F1 |\n| --- | ---: | ---: |")
    for contender, make in made.items():
        found = []
        for train, test in KFold(options.folds, shuffle=True, random_state=0).split(texts):
            inner, held_out = train_test_split(train, test_size=0.2, random_state=0)
            for seed in range(options.seeds if contender in OURS else 1):
                model = make(seed).fit(texts[inner].tolist(), y[inner])
                bounds = thresholds(scores(model, texts[held_out]), y[held_out])
                model = make(seed).fit(texts[train].tolist(), y[train])
                predicted = scores(model, texts[test]) >= bounds
                found.append([f1_score(y[test], predicted, average=a) for a in ("micro", "macro")])
        micro, macro = 100 * np.mean(found, axis=0)
        print(f"| {contender} | {micro:.1f} | {macro:.1f} |", flush=True)


def numbers_of_a_text(options, name, texts, labels):
    """Print how well a number is predicted: by the default regressor, and by Ridge."""
    y = np.array(labels, dtype=float)
    ridge = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 3)), RidgeCV(alphas=(1, 3, 10))
    )
    print(f"\n| {name} | Spearman | R² |\n| --- | ---: | ---: |")
    contenders = {
        "default": lambda seed: make_text_regressor(random_state=seed),
        "Tfidf char(1, 3) + Ridge": lambda seed: ridge,
    }
    for contender, make in contenders.items():
        found = []
        splitter = StratifiedKFold(options.folds, shuffle=True, random_state=0)
        for train, test in splitter.split(texts, y):
            for seed in range(options.seeds if contender in OURS else 1):
                model = make(seed).fit(texts[train].tolist(), y[train])
                predicted = model.predict(texts[test].tolist())
                found.append([spearmanr(y[test], predicted)[0], r2_score(y[test], predicted)])
        rank, r2 = np.mean(found, axis=0)
        print(f"| {contender} | {rank:.3f} | {r2:.3f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sets", type=Path, default=Path(__file__).parents[2] / "shared/data/sets")
    parser.add_argument("--only", nargs="+", help="names of some sets")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=1, help="of the presets; peers have none")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    options = parser.parse_args()
    paths = sorted(options.sets.glob("*.jsonl.xz"))
    if not paths:
        sys.exit(f"No text sets NAME.jsonl.xz are in {options.sets}: pass their folder as --sets.")
    if not find_spec("fasttext"):
        print("fastText is not installed and is left out.", file=sys.stderr)
    warnings.filterwarnings("ignore", category=UserWarning)
    sets = {path.name.removesuffix(".jsonl.xz"): path for path in paths}
    sets = {name: read(path) for name, path in sets.items() if name in (options.only or sets)}
    several = [name for name, (_, labels) in sets.items() if isinstance(labels[0], list)]
    ratings = [name for name in sets if name.endswith("_ratings")]
    one_class = {name: sets[name] for name in sets if name not in [*several, *ratings]}
    classes_of_a_text(options, one_class)
    for name in several:
        labels_of_a_text(options, name, *sets[name])
    for name in ratings:
        numbers_of_a_text(options, name, *sets[name])


if __name__ == "__main__":
    main()
