"""Your own CSV file: texts of several classes
==============================================

This example starts from a CSV file with a column of texts and a column of labels, four kinds of
support tickets here. It fits a pipeline and looks at its errors. It lists the words that speak for
each class, explains one prediction, and saves the pipeline.

Run it with ``python examples/own_csv.py``. It takes about 5 seconds on two cores.
It needs pandas, and writes the CSV file itself.
"""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import joblib
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.metrics import ConfusionMatrixDisplay, classification_report
from sklearn.model_selection import train_test_split

from _start import parse_options
from sklearn_imdb import make_text_classifier
from sklearn_imdb.inspection import ClassWordsDisplay, class_words, explain_html

options = parse_options(__doc__, data_home=False)

# %%
# A file of tickets
# -----------------
# You have your file already, so skip to the next section. Each ticket here has a sentence or two
# about its topic, between sentences about nothing in particular. Some tickets mention another topic
# too, so that not all of them can be told apart.

TOPICS = {
    "account": "password login profile username newsletter membership email address".split(),
    "billing": "invoice refund payment receipt discount fee charge voucher".split(),
    "delivery": "parcel courier shipment tracking box address pickup van".split(),
    "technical": "screen battery update app charger display button cable".split(),
}
ABOUT_A_TOPIC = """The {word} is wrong.|There is a problem with my {word}.|Where is the {word}?
I have waited {number} days for the {word}.|The {word} of the {thing} does not work.
Can you change the {word}?|Nobody answers my questions about the {word}.|The {word} again!
My {word} disappeared after {number} hours.|I want another {word} for the {thing}."""
SMALL_TALK = """Hello.|Good morning, I need help.|I bought a {thing} in your shop.|Thanks.
Please answer soon.|This is the second time I write.|My order number is {number}.
I have been a customer for {number} years.|Kind regards.|I am not happy about this."""
THINGS = "headset lamp camera kettle speaker watch printer radio".split()


def sentence(templates, topic, rng):
    """Write a sentence from one of the templates."""
    return rng.choice(templates.replace("\n", "|").split("|")).format(
        word=rng.choice(TOPICS[topic]), thing=rng.choice(THINGS), number=rng.randint(2, 99)
    )


def write_tickets(path, n_tickets):
    """Write a CSV file with the columns "text" and "topic"."""
    rng = Random(0)
    rows = []
    for topic in rng.choices(list(TOPICS), weights=[15, 35, 30, 20], k=n_tickets):
        about = [topic] * rng.randint(1, 2)
        if rng.random() < 0.4:
            about.append(rng.choice(list(TOPICS)))
        sentences = [sentence(ABOUT_A_TOPIC, one, rng) for one in about]
        sentences += [sentence(SMALL_TALK, topic, rng) for _ in range(rng.randint(1, 3))]
        rng.shuffle(sentences)
        rows.append({"text": " ".join(sentences), "topic": topic})
    pd.DataFrame(rows).to_csv(path, index=False)


folder = TemporaryDirectory()
path = Path(folder.name) / "tickets.csv"
write_tickets(path, 600 if options.small else 2_000)

# %%
# Reading the file
# ----------------
# Two columns are enough: a text and a label for each row. Labels may be strings. Rows without a
# text are dropped, because the pipeline refuses missing texts.

tickets = pd.read_csv(path).dropna(subset="text")
print(tickets.head().to_string(max_colwidth=80))
print(tickets["topic"].value_counts().to_string())

# %%
# Training and test rows
# ----------------------
# A quarter of the rows is for testing. ``stratify`` keeps the shares of the classes in both parts.

train, test = train_test_split(tickets, test_size=0.25, stratify=tickets["topic"], random_state=0)
pipeline = make_text_classifier(random_state=0)
pipeline.fit(train["text"], train["topic"])

# %%
# How good is it?
# ---------------
# Precision is the share of right answers among the tickets sent to a class. Recall is the share of
# right answers among the tickets of a class.

predicted = pipeline.predict(test["text"])
print(classification_report(test["topic"], predicted, digits=3))

# %%
# Which classes does it confuse?
# ------------------------------
# A row of the matrix is the true topic, a column the predicted one.

figure, ax = plt.subplots(figsize=(5.2, 4.2), layout="constrained")
ConfusionMatrixDisplay.from_predictions(
    test["topic"], predicted, ax=ax, cmap="cividis", colorbar=False
)
picture = options.pictures / "own_csv.png"
figure.savefig(picture)
print(f"True and predicted topics: {picture}")

# %%
# The errors themselves tell most. Look at some of them before you change a parameter.

errors = test.assign(predicted=predicted).query("topic != predicted")
print(errors.head().to_string(max_colwidth=100))

# %%
# Words of each class
# -------------------
# These are the words and n-grams that speak most for each class. Words that should not matter, such
# as names or numbers, show up here if the classes differ in them by accident.

words = class_words(pipeline, n=8)
for label in pipeline.classes_:
    print(f"{label}: {', '.join(words.word[words.label == label])}")
display = ClassWordsDisplay.from_estimator(pipeline, n=8)
picture = options.pictures / "own_csv_words.png"
display.figure_.savefig(picture)
print(f"Words of each class: {picture}")

# %%
# One prediction explained
# ------------------------
# Which words spoke for the most probable class, rather than for the next one? The page tints them.
# A notebook shows it by itself.

ticket = "Good morning. The invoice is wrong, and the parcel with the lamp has not arrived."
[probabilities] = pipeline.predict_proba([ticket])
for label, probability in zip(pipeline.classes_, probabilities, strict=True):
    print(f"{probability:6.1%} {label}")
second, first = pipeline.classes_[probabilities.argsort()[-2:]]
page = options.pictures / "own_csv.html"
explanation = explain_html(pipeline, ticket, label=first, against=second)
explanation.save(page)
print(f"Why {first} rather than {second}: {page}")
explanation

# %%
# Saving and loading
# ------------------
# The file holds the vocabulary and the labels too. The loaded pipeline takes raw texts.

saved = Path(folder.name) / "tickets.joblib"
joblib.dump(pipeline, saved)
loaded = joblib.load(saved)
print(f"{saved.name}, {saved.stat().st_size / 1e6:.1f} MB: {loaded.predict([ticket])}")
folder.cleanup()
