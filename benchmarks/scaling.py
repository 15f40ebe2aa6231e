"""Time and memory of fitting and predicting, against the number of reviews: straight lines?

From 1,000 to 1,000,000 generated reviews, each size in a process of its own, so that its peak
memory is its own; drawn into `scaling.png`. `--small` ends at 10,000, and keeps no picture.
"""

import contest

options = contest.start(__doc__, rounds=1)

import sys
import time
from pathlib import Path

SIZES = ("1000", "3000", "10000", "30000", "100000", "300000", "1000000")

if options.contender:
    from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer
    from sklearn_imdb.datasets import make_reviews

    texts, y = make_reviews(int(options.contender), mean_length=50, random_state=0)
    stages = {}

    def timed(name, job):
        """Run a job and keep its seconds."""
        begin = time.perf_counter()
        result = job()
        stages[name] = time.perf_counter() - begin
        return result

    vectorizer = SequenceVectorizer(maxlen=64)
    timed("counting", lambda: vectorizer.fit(texts))
    X = timed("encoding", lambda: vectorizer.transform(texts))
    classifier = EmbeddingAverageClassifier(epochs=2, random_state=0)
    timed("training, 2 epochs", lambda: classifier.fit(X, y))
    timed("predicting", lambda: classifier.predict(X))
    print(";".join(f"{name}={seconds}" for name, seconds in stages.items()))
    sys.exit()

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt

sizes = SIZES[:3] if options.small else SIZES
measured = contest.processes(__file__, options, sizes)
stages = {}
for size in sizes:
    for item in measured[size]["output"][0].strip().split(";"):
        name, seconds = item.split("=")
        stages.setdefault(name, []).append(float(seconds))
figure, (left, right) = plt.subplots(ncols=2, figsize=(9.6, 3.6), layout="constrained")
numbers = [int(size) for size in sizes]
for (name, seconds), style in zip(stages.items(), ("-", "--", "-.", ":"), strict=True):
    left.loglog(numbers, seconds, style, marker=".", label=name)
left.set(xlabel="Reviews", ylabel="Seconds")
left.legend()
# Not in logarithms, where what a process takes at its start would bend a straight line.
right.plot(numbers, [measured[size]["megabytes"][0] for size in sizes], marker=".")
right.set(xlabel="Reviews", ylabel="Peak memory of the process, MB", ylim=(0, None))
right.ticklabel_format(axis="x", style="plain")
if not options.small:
    figure.savefig(Path(__file__).with_name("scaling.png"), dpi=100)
for name, seconds in stages.items():
    each = [round(1e6 * value / number, 1) for value, number in zip(seconds, numbers, strict=True)]
    print(f"{name}, microseconds a review:", dict(zip(numbers, each, strict=True)))
print("MB", {size: round(measured[size]["megabytes"][0]) for size in sizes})
