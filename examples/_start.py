"""What the examples start with: their options, the look of their pictures, and the reviews."""

import argparse
import sys
from pathlib import Path

import numpy as np

from sklearn_imdb.datasets import fetch_imdb, make_reviews

RATINGS = np.array([1, 2, 3, 4, 7, 8, 9, 10])

# The palette of Okabe & Ito (2008), which colour-blind readers can tell apart.
COLOURS = ["#0072B2", "#D55E00", "#E69F00", "#009E73", "#CC79A7"]
STYLE = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "image.cmap": "cividis",
    "savefig.dpi": 200,
}


def parse_options(doc, *, data_home=True, pictures=True, **more):
    """Return the options of the command line, and set the look of the pictures.

    `data_home` and `pictures` tell whether an example has these options. Each option in `more` is
    given by its default and what it means.
    """
    parser = argparse.ArgumentParser(description=doc.partition("\n")[0])
    if data_home:
        home = "folder of the reviews; default: ~/scikit_learn_data"
        parser.add_argument("--data-home", help=home)
        generated = "generated reviews in place of IMDB's, and no download"
        parser.add_argument("--generated", action="store_true", help=generated)
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
        plt.rcParams.update(STYLE, **{"axes.prop_cycle": plt.cycler(color=COLOURS)})
        options.pictures.mkdir(parents=True, exist_ok=True)
    options.is_generated = False  # Until `fetch_reviews` finds none.
    return options


def load_reviews(options, *subsets, n=None, n_small=1_000, ratings=False):
    """Return the texts and labels of each subset of IMDB, or else of generated reviews.

    Each subset ends after `n` reviews, or `n_small` with ``--small``. None keeps all of them.
    With `ratings` the labels are the ratings, not whether a review is positive.
    """
    n = n_small if options.small else n
    n_generated = min(n or 5_000, 5_000)
    bunches = fetch_reviews(options, *subsets, n_generated=n_generated * len(subsets), verbose=1)
    if bunches is None:
        n_classes = len(RATINGS) if ratings else 2
        texts, y = make_reviews(
            n_generated * len(subsets), n_classes=n_classes, mean_length=200, random_state=0
        )
        y = RATINGS[y] if ratings else y
        starts = range(0, len(texts), n_generated)
        return [column[at : at + n_generated] for at in starts for column in (texts, y)]
    labels = "ratings" if ratings else "target"
    return [column[:n] for bunch in bunches for column in (bunch.data, bunch[labels])]


def fetch_reviews(options, *subsets, n_generated, **parameters):
    """Return each subset of IMDB, or None where generated reviews have to take their place."""
    if options.generated:
        print(f"{n_generated:,} generated reviews, not IMDB's. The figures below are theirs.\n")
    else:
        print("Reading the reviews of IMDB; the first time this takes a while ...", flush=True)
        parameters |= {"data_home": options.data_home, "download_if_missing": not options.small}
        try:
            return [fetch_imdb(subset=subset, **parameters) for subset in subsets]
        except OSError as error:
            print(f"\nNO REAL DATA: {error}\n")
        print(f"Going on with {n_generated:,} GENERATED reviews.")
        print("The figures below are theirs, not IMDB's.")
        print("Files are named so too, as in imdb_sentiment_generated.png.\n")
    options.is_generated = True
    return None


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
