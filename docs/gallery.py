"""How the site runs the examples: on few texts, without a download, and drawing elsewhere."""

from pathlib import Path
from tempfile import TemporaryDirectory

_pictures = TemporaryDirectory()


def arguments(gallery_conf, script_vars):
    """Return the command line of an example."""
    draws = "options.pictures" in Path(script_vars["src_file"]).read_text(encoding="utf-8")
    return ["--small", *(["--pictures", _pictures.name] if draws else [])]
