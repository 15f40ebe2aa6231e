"""Several labels a text: one network for all of them against one for each, on the same pipeline.

Run it with ``python benchmarks/several_labels.py``. It prints micro and macro F1 on other texts,
and the ratio of the CPU times of fitting, in interleaved rounds.
"""

import time
from statistics import median

from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier

from sklearn_imdb import make_text_classifier
from sklearn_imdb.datasets import make_multilabel_reviews

ROUNDS = 3

texts, Y = make_multilabel_reviews(6_000, n_labels=8, random_state=0)
train, test = slice(0, 3_000), slice(3_000, 6_000)
pipeline = make_text_classifier(random_state=0)
contenders = {"one network": pipeline, "OneVsRestClassifier": OneVsRestClassifier(pipeline)}
seconds = {name: [] for name in contenders}
for number in range(ROUNDS):
    for name in list(contenders)[:: 1 if number % 2 else -1]:
        start = time.process_time()
        contenders[name].fit(texts[train], Y[train])
        seconds[name].append(time.process_time() - start)
for name, classifier in contenders.items():
    predicted = classifier.predict(texts[test])
    micro, macro = (f1_score(Y[test], predicted, average=kind) for kind in ("micro", "macro"))
    print(
        f"{name:20} {median(seconds[name]):6.2f} CPU s  micro F1 {micro:.4f}  macro F1 {macro:.4f}"
    )
ratio = median(seconds["OneVsRestClassifier"]) / median(seconds["one network"])
print(f"one network is {ratio:.1f} times as fast")
