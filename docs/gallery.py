"""How the site runs and orders the examples: on few texts, without a download."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

_pictures = TemporaryDirectory()
_page = Path(__file__).parents[1] / "examples" / "README.md"
_names = re.findall(r"\]\((\w+\.py)\)", _page.read_text(encoding="utf-8"))


def arguments(gallery_conf, script_vars):
    """Return the command line of an example."""
    draws = "pictures=False" not in Path(script_vars["src_file"]).read_text(encoding="utf-8")
    return ["--small", *(["--pictures", _pictures.name] if draws else [])]


def position(name):
    """Return where an example stands in the order of the examples' own page."""
    return _names.index(name)
