"""The probability of one text through a fitted pipeline, as a service answers it."""

import contest

options = contest.start(__doc__)

import itertools

from scikeras.wrappers import KerasClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_imdb import SequenceVectorizer, make_text_classifier

texts, y, test_texts, _, source = contest.reviews(options)
TURN = 100  # Texts that one turn answers, one by one.


pipelines = {
    "default": make_text_classifier(random_state=0),
    "tutorial": make_text_classifier("tutorial", random_state=0),
    "Tfidf + LogisticRegression": make_pipeline(TfidfVectorizer(), LogisticRegression()),
    "scikeras": make_pipeline(
        SequenceVectorizer(), KerasClassifier(contest.tutorial_model, epochs=1, verbose=0)
    ),
}


def answering(pipeline):
    """Return a job that answers the next texts, each on its own."""
    upcoming = itertools.cycle(test_texts)

    def answer():
        for text in itertools.islice(upcoming, TURN):
            pipeline.predict_proba([text])

    return answer


contenders = {name: answering(pipe.fit(texts, y)) for name, pipe in pipelines.items()}
for job in contenders.values():
    job()
seconds = contest.interleaved(contenders, max(options.rounds, 5))
each = {name: [turn / TURN for turn in turns] for name, turns in seconds.items()}
contest.report(options, "one text", {"one text": each}, f"{source}, {TURN} texts a turn")
