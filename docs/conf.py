"""Settings of Sphinx; `python -m sphinx -W docs docs/_build` builds the site."""

import sys
from pathlib import Path

import sklearn_imdb

sys.path.insert(0, str(Path(__file__).parent))  # For gallery.py.

project = "sklearn_imdb"
author = "The sklearn_imdb developers"
copyright = f"2026, {author}"
release = version = sklearn_imdb.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "myst_parser",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_templates"]
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = project
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": False, "show_prev_next": False}

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "examples",
    "ignore_pattern": "^_",
    "within_subsection_order": "gallery.position",
    # A cluster of its own is not for the process of Sphinx.
    "filename_pattern": r"/(?!grid_search_dask)\w+\.py$",
    "reset_argv": "gallery.arguments",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
    "remove_config_comments": True,
}
