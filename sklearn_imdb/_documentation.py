"""Where scikit-learn's HTML representation of an estimator links to for its documentation."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, metadata

_LABELS = ("documentation", "homepage", "repository")


class DocumentationLinkMixin:
    """Have the representation link to the project's documentation, where it names one.

    With a link, scikit-learn shows beside each parameter and fitted attribute what its docstring
    says, too. It has hooks for the link: these two names, which are scikit-learn's.
    """

    _doc_link_module = "sklearn_imdb"

    @property
    def _doc_link_template(self) -> str:
        return documentation_url()


@cache
def documentation_url() -> str:
    """Return the first of the project URLs of pyproject.toml that is about it; "" for none."""
    try:
        entries = metadata("sklearn-imdb").get_all("Project-URL") or []
    except PackageNotFoundError:  # Run from its files, without having been installed.
        return ""
    urls = {}
    for entry in entries:
        label, _, url = entry.partition(",")
        urls[label.strip().lower()] = url.strip()
    return next((urls[label] for label in _LABELS if label in urls), "")
