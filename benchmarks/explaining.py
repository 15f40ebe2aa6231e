"""The explanation of one review of 256 words, as numbers and as a page."""

import contest

options = contest.start(__doc__)

import itertools

from sklearn_imdb import make_text_classifier
from sklearn_imdb.inspection import explain_html, token_contributions

texts, y, test_texts, _, source = contest.reviews(options)
pipeline = make_text_classifier("tutorial", random_state=0).fit(texts, y)
N_WORDS = 256
TURN = 20  # Reviews that one turn explains, one by one.

# Long reviews, cut to as many words; a word is what Keras's steps make one.
shown = pipeline["vectorizer"].inverse_transform(pipeline["vectorizer"].transform(test_texts))
long_texts = [text for text in shown if text.count(" ") == N_WORDS - 1]
reviews = [" ".join(text.split(" ")[1:]) + " end" for text in long_texts]


def leave_out_each_word(text):
    """Explain by the change of the logit where a word is missing, as one does without a formula."""
    words = text.split(" ")
    without = [" ".join(words[:i] + words[i + 1 :]) for i in range(len(words))]
    return pipeline.decision_function([text])[0] - pipeline.decision_function(without)


jobs = {
    "token_contributions": lambda text: token_contributions(pipeline, [text]),
    "explain_html": lambda text: explain_html(pipeline, text),
    "leaving out each word": leave_out_each_word,
}


def explaining(explain):
    """Return a job that explains the next reviews."""
    upcoming = itertools.cycle(reviews)

    def run():
        for text in itertools.islice(upcoming, TURN):
            explain(text)

    return run


contenders = {name: explaining(explain) for name, explain in jobs.items()}
for job in contenders.values():
    job()
seconds = contest.interleaved(contenders, max(options.rounds, 5))
each = {name: [turn / TURN for turn in turns] for name, turns in seconds.items()}
notes = f"{source}, {TURN} of {N_WORDS} words a turn"
contest.report(options, "explaining", {"one review explained": each}, notes)
