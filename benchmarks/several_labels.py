"""Several labels per text: one network for all of them against one for each, on the same pipeline.

Run it with ``python benchmarks/several_labels.py``. It prints micro and macro F1 on other texts,
and the ratio of the CPU times of fitting, in interleaved rounds. Each round has another seed; F1
is the mean of the rounds.
"""

import contest

contest.limit_threads(1)  # A thread that waits takes CPU time, too.

import time
from statistics import mean, median

from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier

from sklearn_imdb import make_text_classifier
from sklearn_imdb.datasets import make_multilabel_reviews

ROUNDS = 3
NAMES = ("one network", "OneVsRestClassifier")

texts, Y = make_multilabel_reviews(6_000, n_labels=8, random_state=0)
train, test = slice(0, 3_000), slice(3_000, 6_000)
seconds, micro, macro = ({name: [] for name in NAMES} for _ in range(3))
for number in range(ROUNDS):
    for name in NAMES[:: 1 if number % 2 else -1]:
        classifier = make_text_classifier(random_state=number)
        if name == "OneVsRestClassifier":
            classifier = OneVsRestClassifier(classifier)
        start = time.process_time()
        classifier.fit(texts[train], Y[train])
        seconds[name].append(time.process_time() - start)
        predicted = classifier.predict(texts[test])
        micro[name].append(f1_score(Y[test], predicted, average="micro"))
        macro[name].append(f1_score(Y[test], predicted, average="macro"))
for name in NAMES:
    print(
        f"{name:20} {median(seconds[name]):6.2f} CPU s  "
        f"micro F1 {mean(micro[name]):.4f}  macro F1 {mean(macro[name]):.4f}"
    )
ratio = median(seconds["OneVsRestClassifier"]) / median(seconds["one network"])
print(f"one network is {ratio:.1f} times as fast")
