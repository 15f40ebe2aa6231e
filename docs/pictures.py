"""Pictures of the guide, drawn when the site is built: of small runs, and of the benchmarks."""

import re
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt

from sklearn_imdb import TrainingHistoryDisplay, make_text_classifier
from sklearn_imdb.datasets import make_reviews
from sklearn_imdb.inspection import ClassWordsDisplay, explain_html

ROOT = Path(__file__).parents[1]
STYLE = {"axes.spines.top": False, "axes.spines.right": False, "savefig.dpi": 160}
OURS, OTHERS = "#0072B2", "0.7"


def make_all(app):
    """Write all pictures into the folder `_made`, which the pages take them from."""
    folder = Path(app.srcdir) / "_made"
    folder.mkdir(parents=True, exist_ok=True)
    with plt.rc_context(STYLE):
        explain(folder)
        stop_early(folder)
        compare(folder)
    plt.close("all")


def explain(folder):
    """Show a sentence with tinted words, and the words of both classes."""
    pipeline = make_text_classifier(random_state=0).fit(*make_reviews(2000, random_state=0))
    sentence = "I found the cast superb, the plot dull."
    explanation = explain_html(pipeline, sentence, target_names=["negative", "positive"])
    apart = f'<div style="margin-bottom:1rem">{explanation.html}</div>'
    (folder / "explained.html").write_text(apart, encoding="utf-8")
    display = ClassWordsDisplay.from_estimator(pipeline, n=8, target_names=["negative", "positive"])
    display.figure_.savefig(folder / "class_words.png")


def stop_early(folder):
    """Draw a training that goes on for long, and mark the epoch that early stopping keeps."""
    texts, y = make_reviews(1000, random_state=0)
    pipeline = make_text_classifier("tutorial", random_state=0)
    pipeline.set_params(classifier__learning_rate=0.01, classifier__patience=8).fit(texts, y)
    figure, axes = plt.subplots(ncols=2, figsize=(8, 3), layout="constrained")
    TrainingHistoryDisplay.from_estimator(pipeline, ax=axes)
    figure.savefig(folder / "early_stopping.png")


def compare(folder):
    """Draw the accuracies on the public text sets."""
    page = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    table = re.search(r"^\| accuracy, % \|.*?\n\n", page, re.MULTILINE | re.DOTALL)[0]
    header, _, *rows = (
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n")[:-2]
    )
    sets = [name for name, *_ in rows]
    accuracies = {
        method: [float(row[column] or "nan") for row in rows]
        for column, method in enumerate(header)
        if 0 < column < len(header) - 1
    }
    figure, (upper, lower) = plt.subplots(nrows=2, figsize=(7.2, 7), layout="constrained")
    means = {method: sum(each) / len(sets) for method, each in accuracies.items()}
    errors = {method: 100 - mean for method, mean in means.items() if mean == mean}
    colours = [OURS if method == "default" else OTHERS for method in errors]
    bars = upper.barh(list(errors), list(errors.values()), color=colours)
    upper.bar_label(bars, fmt="%.1f %%", padding=3)
    upper.invert_yaxis()
    upper.set(title="Errors, mean of the sets", xlim=(0, 50))
    for method in reversed(accuracies):  # The first on top of the others.
        lower.plot(accuracies[method], sets, "o", color=OURS if method == "default" else OTHERS)
    lower.invert_yaxis()
    lower.set(title="Accuracy on each set, %")
    figure.savefig(folder / "comparison.png")
