"""A service: from a training script to answers without TensorFlow
==================================================================

Training may happen anywhere, with any backend. The service that answers afterwards needs one file,
NumPy, SciPy and scikit-learn. This example trains and saves a pipeline. It starts a small web
service in a process in which TensorFlow cannot be imported, and asks it.

Run it with ``python examples/service.py``. It takes about 5 seconds on two cores.
"""

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

from _start import load_reviews, parse_options, save_picture
from sklearn_imdb import make_text_classifier

options = parse_options(__doc__)

# %%
# The reviews
# -----------
# The last 500 are kept, to ask the service about.

texts, y = load_reviews(options, "train", n=10_000, n_small=1_500)
print(f"{len(texts)} reviews.")

fit_texts, y_fit, asked_texts, y_asked = texts[:-500], y[:-500], texts[-500:], y[-500:]

# %%
# Where it is trained
# -------------------
# The whole pipeline, from texts to probabilities, goes into one file. A file of joblib can run code
# when it is loaded, as a pickle can: load only files that you trust. The file format of skops
# cannot run code.

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
# the first lines of the service take their place: no import of the three can succeed.

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
# One review is sent at a time, as people would. The service answers what the pipeline here would.

opener = build_opener(ProxyHandler({}))  # The service is on this machine, behind no proxy.


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
print(f"Accuracy: {np.mean((np.array(answers) > 0.5) == y_asked):.4f}")
print(f"The median time of an answer is {np.median(milliseconds):.1f} ms, transport included.")

# %%
# How long an answer takes
# ------------------------

figure, ax = plt.subplots(figsize=(5.4, 3.6), layout="constrained")
ax.hist(milliseconds, bins=np.linspace(0, np.quantile(milliseconds, 0.98), 40), color="C0")
ax.axvline(np.median(milliseconds), color="0.1", linestyle=":", label="median")
ax.set(xlabel="Milliseconds from question to answer", ylabel="Answers")
ax.legend()
picture = save_picture(figure, options, "service.png")
print(f"How long an answer takes: {picture}")
