"""From a training script to a service that answers without TensorFlow.

Training may happen anywhere, with any backend. What answers afterwards needs one file, NumPy, SciPy
and scikit-learn. This script trains, saves, starts a small web service in another process in which
TensorFlow cannot be imported, and asks it.

Run it with ``python examples/service.py``; it needs matplotlib, the extra ``sklearn-imdb[plot]``.
Where the reviews are not to be had it goes on with generated ones.
"""

# %%
# Options
# -------

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import ProxyHandler, Request, build_opener

import joblib
import matplotlib.pyplot as plt
import numpy as np

from sklearn_imdb import make_text_classifier
from sklearn_imdb.datasets import fetch_imdb, make_reviews

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--data-home", help="folder of the data; default: ~/scikit_learn_data")
parser.add_argument("--pictures", type=Path, default=Path(), help="folder for them; default: .")
parser.add_argument(
    "--small", action="store_true", help="few reviews, and no download, to try it out"
)
options = parser.parse_args()
options.pictures.mkdir(parents=True, exist_ok=True)
plt.switch_backend("agg")  # Pictures go to files.
plt.style.use(Path(__file__).with_name("style.mplstyle"))

# %%
# The reviews
# -----------
# The last 500 are kept, to ask the service about.

try:
    train = fetch_imdb(data_home=options.data_home, download_if_missing=not options.small)
    texts, y = train.data, train.target
except OSError as error:
    print(f"\nNO REAL DATA: {error}\n\nGoing on with GENERATED reviews.\n")
    texts, y = make_reviews(4_000, mean_length=200, random_state=0)
n_reviews = 1_500 if options.small else 10_000
texts, y = texts[:n_reviews], y[:n_reviews]
print(f"{len(texts)} reviews.")

fit_texts, y_fit, asked_texts, y_asked = texts[:-500], y[:-500], texts[-500:], y[-500:]

# %%
# Where it is trained
# -------------------
# The whole pipeline, from texts to probabilities, goes into one file. joblib's files, like
# pickle's, can run code when they are loaded: load none that you have not made. skops has a format
# that cannot; `EmbeddingAverageClassifier` tells how.

pipeline = make_text_classifier("tutorial", random_state=0)
pipeline.set_params(classifier__learning_rate=0.005)
pipeline.fit(fit_texts, y_fit)
folder = TemporaryDirectory()
path = Path(folder.name) / "sentiment.joblib"
joblib.dump(pipeline, path)
print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")

# %%
# Where it answers
# ----------------
# A server installs the library without TensorFlow, Keras and scikeras, as the README tells. Here
# the first lines have their place: with them no import of the three can succeed.

SERVICE = """
import sys
sys.modules.update(dict.fromkeys(["tensorflow", "keras", "scikeras"]))

import json
from http.server import BaseHTTPRequestHandler, HTTPServer

import joblib

pipeline = joblib.load(sys.argv[1])


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = json.dumps(pipeline.predict_proba(texts)[:, 1].tolist()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
start = time.perf_counter()
service = subprocess.Popen([sys.executable, "-c", SERVICE, path], stdout=subprocess.PIPE, text=True)
port = int(service.stdout.readline())
print(f"The service is up after {time.perf_counter() - start:.1f} s.")

# %%
# Asking it
# ---------
# One review at a time, as people send them. It answers what the pipeline here would.

opener = build_opener(ProxyHandler({}))  # It is on this machine: no proxy has to do with it.


def ask(texts):
    """Return the probability that each text is positive, from the service."""
    request = Request(f"http://127.0.0.1:{port}", json.dumps(texts).encode(), method="POST")
    with opener.open(request, timeout=30) as response:
        return json.load(response)


answers, milliseconds = [], []
try:
    for text in asked_texts:
        start = time.perf_counter()
        answers += ask([text])
        milliseconds.append((time.perf_counter() - start) * 1e3)
    print("{:.0%} positive: {}".format(*ask(["A moving story, well told."]), "A moving story ..."))
finally:
    service.terminate()
    service.communicate()
    folder.cleanup()
same = np.allclose(answers, pipeline.predict_proba(asked_texts)[:, 1], rtol=0, atol=1e-6)
print(f"The same answers as here: {same}")
print(f"Right: {np.mean((np.array(answers) > 0.5) == y_asked):.4f}")
print(f"Half of the answers took less than {np.median(milliseconds):.1f} ms, the way included.")

# %%
# How long an answer takes
# ------------------------

figure, ax = plt.subplots(figsize=(5.4, 3.6), layout="constrained")
ax.hist(milliseconds, bins=np.linspace(0, np.quantile(milliseconds, 0.98), 40), color="C0")
ax.axvline(np.median(milliseconds), color="0.1", linestyle=":", label="median")
ax.set(xlabel="Milliseconds from question to answer", ylabel="Answers")
ax.legend()
picture = options.pictures / "service.png"
figure.savefig(picture)
print(f"How long an answer takes: {picture}")
