"""What the examples start with: their options, the look of their pictures, and the reviews."""

import argparse
import sys
from pathlib import Path

import numpy as np

from sklearn_imdb.datasets import fetch_imdb, make_reviews

RATINGS = np.array([1, 2, 3, 4, 7, 8, 9, 10])


def parse_options(doc, *, data_home=True, pictures=True, **more):
    """Return the options of the command line, and set the look of the pictures.

    `data_home` and `pictures` tell whether an example has these options. Each option in `more` is
    given by its default and what it means.
    """
    parser = argparse.ArgumentParser(description=doc.partition("\n")[0])
    if data_home:
        home = "folder of the reviews; default: ~/scikit_learn_data"
        parser.add_argument("--data-home", help=home)
    if pictures:
        folder = "folder for the pictures; default: ."
        parser.add_argument("--pictures", type=Path, default=Path(), help=folder)
    small = "few texts, and no download, to try it out"
    parser.add_argument("--small", action="store_true", help=small)
    for name, (default, meaning) in more.items():
        text = f"{meaning}; default: {default}"
        parser.add_argument(f"--{name}", type=type(default), default=default, help=text)
    # In a notebook the command line is the kernel's.
    is_notebook = Path(sys.argv[0]).name == "ipykernel_launcher.py"
    options = parser.parse_args([] if is_notebook else None)
    if pictures:
        # Examples without pictures run where matplotlib is not installed.
        import matplotlib.pyplot as plt

        if not is_notebook:
            plt.switch_backend("agg")  # Pictures go to files.
        plt.style.use(Path(__file__).with_name("style.mplstyle"))
        options.pictures.mkdir(parents=True, exist_ok=True)
    options.is_generated = False  # Until `say_generated`.
    return options


def load_reviews(options, *subsets, n=None, n_small=1_000, ratings=False):
    """Return the texts and labels of each subset of IMDB, or else of generated reviews.

    Each subset ends after `n` reviews, or `n_small` with ``--small``. None keeps all of them.
    With `ratings` the labels are the ratings, not whether a review is positive.
    """
    n = n_small if options.small else n
    print("Reading the reviews of IMDB; the first time this takes a while ...", flush=True)
    try:
        bunches = [
            fetch_imdb(
                subset=subset,
                data_home=options.data_home,
                download_if_missing=not options.small,
                verbose=1,
            )
            for subset in subsets
        ]
    except OSError as error:
        n = min(n or 10_000, 10_000)
        say_generated(options, error, n * len(subsets))
        n_classes = len(RATINGS) if ratings else 2
        texts, y = make_reviews(
            n * len(subsets), n_classes=n_classes, mean_length=200, random_state=0
        )
        y = RATINGS[y] if ratings else y
        starts = range(0, n * len(subsets), n)
        return [column[at : at + n] for at in starts for column in (texts, y)]
    labels = "ratings" if ratings else "target"
    return [column[:n] for bunch in bunches for column in (bunch.data, bunch[labels])]


def say_generated(options, error, n):
    """Say that the reviews of IMDB are missing, and what takes their place."""
    print(f"\nNO REAL DATA: {error}\n")
    print(f"Going on with {n:,} GENERATED reviews. The figures below are theirs, not IMDB's.")
    print("Files are named so too, as in imdb_sentiment_generated.png.\n")
    options.is_generated = True


def name_file(options, path):
    """Return the path of a file to write, which tells whether the reviews are generated."""
    return path.with_stem(f"{path.stem}_generated") if options.is_generated else path


def save_picture(figure, options, name):
    """Save a picture, which tells by its name and title that reviews are generated."""
    if options.is_generated:
        figure.suptitle("generated reviews, not IMDB", fontsize="medium")
    path = name_file(options, options.pictures / name)
    figure.savefig(path)
    return path
