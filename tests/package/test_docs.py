"""The site's pages and the Markdown files: every public name has a page, every link a target."""

import importlib
import pkgutil
import re
import runpy
import sys
from pathlib import Path
from types import ModuleType

import pytest

import sklearn_imdb

ROOT = Path(__file__).parents[2]
PAGES = [
    path
    for folder in (ROOT, *map(ROOT.joinpath, ("benchmarks", "docs/guide", "examples", ".github")))
    for path in sorted(folder.glob("*.md"))
]
LINK = re.compile(r"\]\(([^)\s]+)\)")
EXPORTING = "exporting"  # To import it takes Keras.

pytestmark = pytest.mark.skipif(not (ROOT / "docs").exists(), reason="needs a checkout")


def public_names():
    """Yield the public names as the API reference writes them."""
    yield from set(sklearn_imdb.__all__) - {"__version__"}
    for module in pkgutil.iter_modules(sklearn_imdb.__path__):
        if module.name.startswith("_") or module.name == EXPORTING:
            continue
        for name in importlib.import_module(f"sklearn_imdb.{module.name}").__all__:
            if name not in sklearn_imdb.__all__:
                yield f"{module.name}.{name}"
    yield f"{EXPORTING}.to_keras"


def test_the_api_reference_has_every_public_name():
    listed = re.findall(r"^   (\w[\w.]*)$", (ROOT / "docs/api.rst").read_text(), re.M)
    assert sorted(listed) == sorted(public_names())


def headings(page):
    """Return the anchors of a Markdown page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_page_has_a_target(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match("https?:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), f"{link} is not there"
        if anchor:
            assert anchor in headings(target), f"{link} has no such heading"


@pytest.mark.parametrize("page", sorted((ROOT / "docs/guide").glob("*.rst")), ids=lambda p: p.stem)
def test_every_page_of_the_guide_is_listed(page):
    if page.stem != "index":
        assert page.stem in (ROOT / "docs/guide/index.rst").read_text().split()
        assert f"]({page.name})" in (ROOT / "docs/guide/README.md").read_text()


def test_the_packaged_readme_links_to_nothing_that_only_a_checkout_has(monkeypatch):
    interface = ModuleType("interface")  # Hatchling is installed where a package is built.
    interface.MetadataHookInterface = object
    for name in ("", ".metadata", ".metadata.plugin", ".metadata.plugin.interface"):
        monkeypatch.setitem(sys.modules, f"hatchling{name}", interface)
    hook = runpy.run_path(str(ROOT / "hatch_build.py"))
    readme = hook["without_relative_links"]((ROOT / "README.md").read_text(encoding="utf-8"))
    links = LINK.findall(readme)
    assert links
    assert all(link.startswith("https://") for link in links)
    assert "\nCONTRIBUTING.md says how to set up" in readme.replace("- ", "")
