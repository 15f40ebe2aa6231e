"""Settings of Sphinx; `python -m sphinx -W docs docs/_build` builds the site."""

import sys
from pathlib import Path
from urllib.request import urlopen

import sklearn_imdb

sys.path.insert(0, str(Path(__file__).parent))  # For gallery.py and pictures.py.

import gallery

import pictures

project = "sklearn_imdb"
author = "The sklearn_imdb developers"
copyright = f"2026, {author}"
release = version = sklearn_imdb.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "myst_parser",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["guide/README.md", "_build", "_made", "_templates"]
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
toc_object_entries_show_parents = "hide"

# Pages of others are linked to where their inventories can be had; a build needs no network.
OTHERS = {
    "numpy": "https://numpy.org/doc/stable/",
    "scipy": "https://docs.scipy.org/doc/scipy/",
    "sklearn": "https://scikit-learn.org/stable/",
}


def has_inventory(address):
    """Return whether the inventory of a site can be read."""
    try:
        with urlopen(f"{address}objects.inv", timeout=3) as inventory:
            return inventory.readline().startswith(b"# Sphinx inventory")
    except OSError:  # No network, or no answer in time.
        return False


intersphinx_mapping = {name: (url, None) for name, url in OTHERS.items() if has_inventory(url)}
if intersphinx_mapping:
    extensions.append("sphinx.ext.intersphinx")

html_theme = "pydata_sphinx_theme"
html_title = f"{project} {version}"
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {
    "logo": {"text": f"{project} {version}"},
    "navigation_with_keys": False,
    "show_prev_next": True,
}
html_sidebars = {"index": [], "changelog": [], "examples/*": []}

# Code is copied without its prompts, and without what it prints.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_selector = "div:not(.sphx-glr-script-out) > div.highlight > pre"

gallery.write_copies(Path(__file__).parent / "_made" / "examples")
sphinx_gallery_conf = {
    "examples_dirs": "_made/examples",
    "gallery_dirs": "examples",
    "backreferences_dir": "api/_examples",
    "doc_module": ("sklearn_imdb",),
    "reference_url": {"sklearn_imdb": None},
    "first_notebook_cell": gallery.notebook_cell,
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


def setup(app):
    """Have the pictures made before the pages are read, and the examples introduced."""
    app.connect("builder-inited", pictures.make_all)
    app.connect("source-read", gallery.introduce)
