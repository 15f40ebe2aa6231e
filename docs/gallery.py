"""How the site runs, orders and shows the examples: on few texts, without a download.

The site shows copies. A copy has the helpers of `_start.py` in it, so that a script, notebook or
zip that is downloaded from the site runs alone.
"""

import re
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"
_HELPERS = (EXAMPLES / "_start.py").read_text(encoding="utf-8").partition('"""\n\n')[2]
_INDEX = (EXAMPLES / "README.md").read_text(encoding="utf-8")
_IMPORT = re.compile(r"^from _start import (.*)$", re.MULTILINE)
# Sphinx-Gallery hides the helpers, and their comments with them.
_IN_THE_SCRIPT = """\
# From the script below: {names}
# sphinx_gallery_start_ignore
{helpers}
# sphinx_gallery_end_ignore"""
_FEW_REVIEWS = """
.. note::

   The output on this page is of few, generated reviews, so that the page can be made without a
   download. Its figures are no measurements. Run the script for those of IMDB's reviews.
"""
_FEW_TEXTS = """
.. note::

   The output on this page is of few texts. Run the script for the whole example.
"""
_FULL_RUN = """
.. figure:: {picture}
   :alt: What a full run draws

   A full run on {texts} draws this.
"""

names = re.findall(r"\]\((\w+\.py)\)", _INDEX)
pictures = dict(re.findall(r"\]\((\w+\.py)\).*\((pictures/\w+\.png)\)", _INDEX))
# Small pictures in the overview; some examples draw nothing, and borrow one.
thumbnails = {name: f"../examples/{picture}" for name, picture in pictures.items()} | {
    "streaming.py": "../benchmarks/scaling.png",
    "grid_search_dask.py": "../examples/pictures/grid_search.png",
}
notebook_cell = f"# What the examples share: their options, and the reviews.\n{_HELPERS}"


def has_reviews(source):
    """Return whether an example takes the reviews of IMDB."""
    return "data_home=False" not in source


def arguments(gallery_conf, script_vars):
    """Return the command line of an example."""
    source = Path(script_vars["src_file"]).read_text(encoding="utf-8")
    return ["--small", *(["--generated"] if has_reviews(source) else [])]


def position(name):
    """Return where an example stands in the order of the examples' own page."""
    return names.index(name)


def write_copies(folder):
    """Write the examples to a folder, each with the helpers that it imports."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        source = (EXAMPLES / name).read_text(encoding="utf-8")
        source = _IMPORT.sub(
            lambda found: _IN_THE_SCRIPT.format(names=found[1], helpers=_HELPERS), source
        )
        source += f"\n# sphinx_gallery_thumbnail_path = '{thumbnails[name]}'\n"
        (folder / name).write_text(source, encoding="utf-8")
    header = (EXAMPLES / "GALLERY_HEADER.txt").read_text(encoding="utf-8")
    (folder / "GALLERY_HEADER.txt").write_text(header, encoding="utf-8")


def introduce(app, docname, source):
    """Say on the page of an example what its output is of, and show the picture of a full run."""
    folder, _, stem = docname.rpartition("/")
    name = f"{stem}.py"
    if folder != "examples" or name not in names:
        return
    example = (EXAMPLES / name).read_text(encoding="utf-8")
    is_of_reviews = has_reviews(example)
    added = _FEW_REVIEWS if is_of_reviews else _FEW_TEXTS
    if name in pictures:
        added += _FULL_RUN.format(
            picture=f"../../examples/{pictures[name]}",
            texts="IMDB's reviews" if is_of_reviews else "all texts",
        )
    # Behind the title.
    source[0] = re.sub(r"(\n=+\n)", lambda line: line[0] + added, source[0], count=1)
