"""Every example runs top to bottom, in its small mode."""

import re
import runpy
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("[a-z]*.py"))
NEEDED = {"streaming": "pyarrow", "grid_search_dask": "distributed", "own_csv": "pandas"}
HAVE_TEXTS = {"own_csv", "several_labels"}
"""Examples that write their texts themselves."""
CLUSTERS = {"grid_search_dask"}
"""Examples whose workers import the main module of the process that starts them."""
DRAW_NOTHING = {"streaming", "grid_search_dask"}
SAID = {
    "grid_search_dask": "The same as at once: True",
    "regularization": "the same predictions to the last bit: True",
    "service": "The same answers as here: True",
    "streaming": "The same pipeline as before: True",
}
"""What an example finds, whatever the reviews are."""


EXPECTED = (
    "Retry downloading",
    "Keras's encoded reviews are made from the texts",
    "__array__ implementation doesn't accept a copy keyword",  # Keras's own, with NumPy 2.
)
"""Warnings that are no errors."""


def run(example, *arguments, cwd=None):
    """Run an example in a process of its own, with other warnings as errors."""
    ignored = [option for message in EXPECTED for option in ("-W", f"ignore:{message}")]
    done = subprocess.run(
        [sys.executable, "-W", "error", *ignored, example, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def run_small(monkeypatch, capsys):
    """Run an example in its small mode in this process, where all it imports is there already."""
    pyplot = pytest.importorskip("matplotlib.pyplot")

    def run(example, *arguments, cwd):
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", [str(example), "--small", *map(str, arguments)])
        monkeypatch.syspath_prepend(example.parent)  # For `_start.py` beside it.
        with pyplot.rc_context():
            runpy.run_path(str(example), run_name="__main__")
        pyplot.close("all")
        return capsys.readouterr().out

    return run


pytestmark = pytest.mark.usefixtures("new_process")


@pytest.fixture
def no_network(monkeypatch):
    """Have every download fail at once, in processes started here too."""
    for scheme in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(scheme, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")


def figures(output):
    """Return the test accuracies of the library and of its peer, and the test loss."""
    names = (r"make_text_classifier\(\)", r"Tfidf\(1, 2\) \+ LinearSVC")
    accuracies = [float(re.search(rf"^{name} +(\.?\d\S*)", output, re.M)[1]) for name in names]
    return *accuracies, float(re.search(r"Test loss: +(\S+)", output)[1])


@pytest.mark.usefixtures("no_network")
@pytest.mark.filterwarnings(*(f"ignore:{message}" for message in EXPECTED))
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_without_the_real_data(example, tmp_path, run_small):
    if example.stem in NEEDED:
        pytest.importorskip(NEEDED[example.stem], reason="needs the extra: pip install '.[dask]'")
    home, pictures = tmp_path / "home", tmp_path / "pictures"
    home.mkdir()
    pictures.mkdir()
    data_home = [] if example.stem in HAVE_TEXTS else ["--data-home", home]
    run_it = (
        partial(run, example, "--small")
        if example.stem in CLUSTERS
        else partial(run_small, example)
    )
    output = run_it(*data_home, cwd=pictures)
    assert ("NO REAL DATA" in output) == bool(data_home)
    assert (str(home) in output) == bool(data_home)
    assert list(home.iterdir()) == []
    assert SAID.get(example.stem, "") in output
    # What it says it has drawn is there.
    names = sorted(re.findall(r"(\w+\.(?:png|html))$", output, flags=re.MULTILINE))
    assert bool(names) == (example.stem not in DRAW_NOTHING)
    others = {"sentiment_generated.joblib"} if example.stem == "imdb_sentiment" else set()
    assert sorted([*names, *others]) == sorted(path.name for path in pictures.iterdir())
    # Nothing generated passes for IMDB's.
    assert all(path.stem.endswith("_generated") == bool(data_home) for path in pictures.iterdir())


@pytest.mark.usefixtures("no_network")
def test_the_main_job_on_generated_reviews(tmp_path):
    example = Path(__file__).parents[2] / "examples" / "imdb_sentiment.py"
    output = run(example, "--data-home", tmp_path, "--pictures", tmp_path, cwd=tmp_path)
    assert "Going on with 10,000 GENERATED reviews" in output
    accuracy, peer_accuracy, loss = figures(output)
    assert accuracy > peer_accuracy > 0.88
    assert loss < 0.3


@pytest.mark.usefixtures("no_network")
def test_the_tutorial_on_the_real_reviews(imdb_home, tmp_path):
    example = Path(__file__).parents[2] / "examples" / "imdb_tutorial.py"
    output = run(example, "--data-home", imdb_home, "--pictures", tmp_path)
    assert (tmp_path / "imdb_tutorial_history.png").exists()
    assert len(re.findall(r"^Epoch \d+/40 - loss: .* - val_accuracy", output, re.MULTILINE)) == 40
    assert "<START> this film was just brilliant casting location" in output
    assert "Multi-hot (25000, 10000): 1,000 MB as float32" in output
    assert "Padded (25000, 256): 26 MB as int32" in output
    rows = re.findall(r"^(\S.*?) {2,}([\d.,]+) +([\d.,]+)$", output, re.MULTILINE)
    table = {name: [float(n.replace(",", "")) for n in pair] for name, *pair in rows}
    for name in ("words of the first review", "length after padding", "parameters of the network"):
        published, here = table.pop(name)
        assert published == here
    for name, tolerance in {
        "lowest validation loss": 0.03,
        "validation loss, epoch 40": 0.03,
        "validation accuracy, epoch 40": 0.02,
        "test accuracy": 0.01,
    }.items():
        published, here = table[name]
        assert abs(published - here) < tolerance


def test_the_index_has_every_example_with_its_pictures():
    folder = EXAMPLES[0].parent
    index = (folder / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"\]\((\w+\.py)\)", index)
    assert sorted(listed) == [example.name for example in EXAMPLES]
    shown = re.findall(r"!\[.+\]\(pictures/(\w+\.png)\)", index)
    assert set(shown) <= {picture.name for picture in (folder / "pictures").iterdir()}


@pytest.mark.usefixtures("no_network")
def test_generated_reviews_are_no_failure_to_find_real_ones(tmp_path, run_small):
    example = EXAMPLES[0].with_name("encodings.py")
    output = run_small(example, "--generated", cwd=tmp_path)
    assert "600 generated reviews, not IMDB's." in output
    assert "NO REAL DATA" not in output
    assert [path.name for path in tmp_path.iterdir()] == ["encodings_generated.png"]


AS_IN_A_NOTEBOOK = "import sys; exec(open(sys.argv.pop(1), encoding='utf-8').read())"
"""Runs a script in a process that has no `__file__`."""


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", ["explaining.py", "several_labels.py"])
def test_what_the_site_has_to_download_runs_alone(name, tmp_path):
    pages = EXAMPLES[0].parents[1] / "docs"
    if not pages.exists():
        # An installed package and its tests come without the files around them.
        pytest.skip("docs/gallery.py is in a checkout alone")
    copies, elsewhere = tmp_path / "copies", tmp_path / "elsewhere"
    elsewhere.mkdir()
    runpy.run_path(str(pages / "gallery.py"))["write_copies"](copies)
    generated = ["--generated"] if name == "explaining.py" else []
    output = run("-c", AS_IN_A_NOTEBOOK, copies / name, "--small", *generated, cwd=elsewhere)
    assert str(tmp_path) not in output
    pictures = {path.name for path in elsewhere.iterdir()}
    assert pictures == set(re.findall(r"(\w+\.(?:png|html))$", output, flags=re.MULTILINE))


def test_the_copies_of_the_site_import_no_helpers(tmp_path):
    gallery = runpy.run_path(str(EXAMPLES[0].parents[1] / "docs" / "gallery.py"))
    gallery["write_copies"](tmp_path)
    copies = sorted(tmp_path.glob("*.py"))
    assert [copy.name for copy in copies] == [example.name for example in EXAMPLES]
    for copy in copies:
        assert "from _start" not in copy.read_text(encoding="utf-8")
