"""What the benchmarks share: options, reviews, interleaved turns, and the report.

Every contender takes its turn in every round, so that whatever else the machine does meets them all
alike; and in another order each round, because some leave work behind for whoever comes next, such
as threads that still tidy up. What counts is the ratio of their medians.
"""

import argparse
import atexit
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

REPORT = Path(__file__).with_name("README.md")
PACKAGES = "numpy scipy scikit-learn tensorflow keras scikeras".split()


def start(doc, **defaults):
    """Return the options, and keep to so many cores.

    Call it before NumPy or TensorFlow is imported, which look at the cores there are.
    """
    parser = argparse.ArgumentParser(description=doc.partition("\n")[0])
    parser.add_argument("--data-home", help="folder that has IMDB's reviews; else generated ones")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each; default: %(default)s")
    parser.add_argument("--cores", type=int, default=2, help="default: %(default)s")
    parser.add_argument("--small", action="store_true", help="few reviews, to try it out")
    parser.add_argument("--contender", help=argparse.SUPPRESS)
    parser.add_argument("--turn", type=int, default=0, help=argparse.SUPPRESS)
    parser.set_defaults(**defaults)
    options = parser.parse_args()
    os.sched_setaffinity(0, range(options.cores))
    limit_threads(options.cores)
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if options.contender:
        atexit.register(lambda: print(peak()))  # For `processes`, behind what it prints itself.
    return options


def limit_threads(n_threads):
    """Keep NumPy and SciPy to so many threads. Call it before they are imported."""
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = str(n_threads)


def reviews(options):
    """Return train.data, train.target, test.data, test.target, and what they are."""
    from sklearn_imdb.datasets import fetch_imdb, make_reviews

    try:
        halves = [
            fetch_imdb(subset=subset, data_home=options.data_home, download_if_missing=False)
            for subset in ("train", "test")
        ]
        texts, labels = [half.data for half in halves], [half.target for half in halves]
        source = "IMDB's reviews"
    except OSError:
        n = 1_000 if options.small else 25_000
        data, y = make_reviews(2 * n, mean_length=230, random_state=0)
        texts, labels = [data[:n], data[n:]], [y[:n], y[n:]]
        source = "generated reviews"
    n = 1_000 if options.small else None
    return texts[0][:n], labels[0][:n], texts[1][:n], labels[1][:n], source


def tutorial_model(embedding_dim=16, hidden_units=16, jit_compile="auto"):
    """Return the tutorial's network as the tutorial writes it, in these sizes."""
    import keras

    model = keras.Sequential([keras.Input((256,)), keras.layers.Embedding(10_000, embedding_dim)])
    model.add(keras.layers.GlobalAveragePooling1D())
    if hidden_units:
        model.add(keras.layers.Dense(hidden_units, activation="relu"))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile(
        optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"], jit_compile=jit_compile
    )
    return model


def shuffled(contenders, turn):
    """Return the names of the contenders in the order of a round."""
    return random.Random(turn).sample(list(contenders), len(contenders))


def interleaved(contenders, rounds):
    """Return the seconds of every turn of every contender, functions by name."""
    seconds = {name: [] for name in contenders}
    for turn in range(rounds):
        for name in shuffled(contenders, turn):
            begin = time.perf_counter()
            contenders[name]()
            seconds[name].append(time.perf_counter() - begin)
        print(f"round {turn + 1} of {rounds}", file=sys.stderr, flush=True)
    return seconds


def report(options, section, rows, notes):
    """Print a table and put it into the report, in place of the one of the last run.

    `rows` maps a job to its measurements, a list of numbers for each contender; the first
    contender is the one that the others are compared with.
    """
    contenders = list(next(iter(rows.values())))
    lines = [
        f"| {options.cores} core{'s' * (options.cores > 1)} | {' | '.join(contenders)} |",
        "| --- |" + " ---: |" * len(contenders),
    ]
    for job, measured in rows.items():
        medians = {name: statistics.median(values) for name, values in measured.items()}
        first = medians[contenders[0]]
        if "accuracy" in job:
            cells = [
                f"{statistics.mean(values):.4f}"
                + (f" ± {statistics.stdev(values):.4f}" if len(values) > 1 else "")
                for values in measured.values()
            ]
        else:
            cells = [_cell(job, first)]
            cells += [
                f"{_cell(job, medians[name])} ({medians[name] / first:.2f} ×)"
                for name in contenders[1:]
            ]
        lines.append(f"| {job} | {' | '.join(cells)} |")
    lines += ["", f"{circumstances()}; {notes}; medians of {options.rounds} runs."]
    text = "\n".join(lines)
    print(text)
    if not options.small:
        write(f"{section}, {options.cores} cores", text)


def circumstances():
    """Return when, which commit of the package, and on what is measured."""
    log = ["git", "log", "-1", "--format=%h", "--", "sklearn_imdb"]
    found = subprocess.run(
        log, cwd=REPORT.parents[1], check=True, stdout=subprocess.PIPE, text=True
    )
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{time.strftime('%Y-%m-%d')}, commit {found.stdout.strip()}, {_processor()}, "
        f"Python {platform.python_version()}, {packages}"
    )


def write(section, text):
    """Put a text into the report, in place of what the last run wrote."""
    begin, end = (f"<!-- {section}: {word} -->" for word in ("from", "to"))
    old = REPORT.read_text(encoding="utf-8")
    block = f"{begin}\n{text}\n{end}"
    new, n = re.subn(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: block, old, flags=re.S)
    if n != 1:
        raise ValueError(f"{REPORT.name} must have one place {begin} ... {end}, has {n}.")
    REPORT.write_text(new, encoding="utf-8")


def _cell(job, value):
    if "memory" in job:
        return f"{value:.0f} MB"
    return f"{value * 1e3:.3f} ms" if value < 0.1 else f"{value:.2f} s"


def _processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()


def peak(pid="self"):
    """Return the megabytes that a process has held at most.

    Not by getrusage, whose peak a process begins with is that of its parent.
    """
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def processes(script, options, contenders):
    """Run every contender in a process of its own, in turns; return seconds, MB and output.

    The process is the script with `--contender NAME --turn N`; N counts from 0.
    """
    measured = {name: {"seconds": [], "megabytes": [], "output": []} for name in contenders}
    for turn in range(options.rounds):
        for name in shuffled(contenders, turn):
            command = [sys.executable, script, *sys.argv[1:]]
            command += ["--contender", name, "--turn", str(turn)]
            begin = time.perf_counter()
            child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            output, _ = child.communicate()
            if child.returncode:
                raise RuntimeError(f"{name} ended with {child.returncode}: {output}")
            measured[name]["seconds"].append(time.perf_counter() - begin)
            *lines, megabytes = output.splitlines()
            measured[name]["megabytes"].append(float(megabytes))
            measured[name]["output"].append("\n".join(lines))
        print(f"round {turn + 1} of {options.rounds}", file=sys.stderr, flush=True)
    return measured
