"""The rooms of the package: arrows point down only, and one file knows Keras."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sklearn_imdb"
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}


def imported(path):
    """Return the names of the modules that a file imports, for types too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} has a relative import in line {node.lineno}"
            modules = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            # `from sklearn_imdb import _base` takes nothing of the package but that module.
            names |= modules if len(modules) == len(node.names) else {node.module, *modules}
    return names


def floor(module):
    """Count up: what every room stands on, rooms, what explains, public files, the top."""
    _, *parts = module.split(".")
    if not parts:
        return 4
    if len(parts) == 1 and MODULES[module].name != "__init__.py":
        return 0 if parts[0].startswith("_") else 3
    return 2 if parts[0] == "_explain" else 1


@pytest.mark.parametrize("module", MODULES)
def test_arrows_point_down(module):
    for other in imported(MODULES[module]) & MODULES.keys():
        assert floor(other) <= floor(module), other
        is_room = floor(other) == floor(module) == 1
        assert not is_room or other.split(".")[1] == module.split(".")[1], other


def test_there_is_no_circle():
    arrows = {module: imported(path) & MODULES.keys() for module, path in MODULES.items()}
    while arrows:
        lowest = {module for module, below in arrows.items() if not below & arrows.keys()}
        assert lowest, f"a circle among {sorted(arrows)}"
        arrows = {module: below for module, below in arrows.items() if module not in lowest}


def test_an_import_of_the_package_itself_is_an_arrow(tmp_path):
    script = tmp_path / "one.py"
    script.write_text("from sklearn_imdb import SequenceVectorizer\nimport sklearn_imdb._base")
    assert imported(script) == {"sklearn_imdb", "sklearn_imdb._base"}
    script.write_text("if TYPE_CHECKING:\n    from sklearn_imdb import _base, _checks")
    assert imported(script) == {"sklearn_imdb._base", "sklearn_imdb._checks"}


@pytest.mark.parametrize("module", MODULES)
def test_the_files_of_keras_alone_know_keras(module):
    libraries = {name.partition(".")[0] for name in imported(MODULES[module])}
    knows_keras = bool(libraries & {"keras", "tensorflow", "scikeras"})
    assert knows_keras == module.startswith("sklearn_imdb._training.keras_")


@pytest.mark.parametrize("module", MODULES)
def test_files_are_short(module):
    longest = 650 if module in ("sklearn_imdb.classifier", "sklearn_imdb.text") else 500
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= longest
