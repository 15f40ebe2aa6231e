"""A new process that loads a pickled pipeline and classifies one text, against scikeras."""

import contest

options = contest.start(__doc__)

import sys
import tempfile
from pathlib import Path

import joblib

FOLDER = Path(tempfile.gettempdir())
CONTENDERS = ("default", "tutorial", "scikeras")

if options.contender:
    pipeline = joblib.load(FOLDER / f"loading_{options.contender}.joblib")
    print(pipeline.predict(["A moving story, well told."]))
    sys.exit()

from scikeras.wrappers import KerasClassifier
from sklearn.pipeline import make_pipeline

from sklearn_imdb import SequenceVectorizer, make_text_classifier

texts, y, _, _, source = contest.reviews(options)
fitted = {
    "default": make_text_classifier(random_state=0).fit(texts, y),
    "tutorial": make_text_classifier("tutorial", random_state=0).fit(texts, y),
}
in_keras = fitted["tutorial"][-1].model_
in_keras.compile(loss="binary_crossentropy", metrics=["accuracy"])
fitted["scikeras"] = make_pipeline(
    SequenceVectorizer(), KerasClassifier(in_keras, epochs=1, verbose=0)
).fit(texts[:1000], y[:1000])
for name, pipeline in fitted.items():
    joblib.dump(pipeline, FOLDER / f"loading_{name}.joblib")
measured = contest.processes(__file__, options, CONTENDERS)
for name in CONTENDERS:
    (FOLDER / f"loading_{name}.joblib").unlink()
seconds = {name: found["seconds"] for name, found in measured.items()}
contest.report(options, "loading", {"load and classify one": seconds}, source)
