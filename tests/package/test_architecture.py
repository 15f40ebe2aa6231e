"""The layers of the package: imports go one way, and two files import Keras."""

import ast
import tokenize
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "sklearn_imdb"
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}

NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENCODING, tokenize.ENDMARKER),
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


def layer(module):
    """Count up: shared private files, sub-packages, `_explain`, public files, `__init__`."""
    _, *parts = module.split(".")
    if not parts:
        return 4
    if len(parts) == 1 and MODULES[module].name != "__init__.py":
        return 0 if parts[0].startswith("_") else 3
    return 2 if parts[0] == "_explain" else 1


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module):
    for other in imported(MODULES[module]) & MODULES.keys():
        assert layer(other) <= layer(module), other
        are_in_sub_packages = layer(other) == layer(module) == 1
        assert not are_in_sub_packages or other.split(".")[1] == module.split(".")[1], other


def test_no_imports_are_circular():
    imports = {module: imported(path) & MODULES.keys() for module, path in MODULES.items()}
    while imports:
        lowest = {module for module, below in imports.items() if not below & imports.keys()}
        assert lowest, f"circular imports among {sorted(imports)}"
        imports = {module: below for module, below in imports.items() if module not in lowest}


def test_imports_of_the_package_itself_are_found(tmp_path):
    script = tmp_path / "one.py"
    script.write_text("from sklearn_imdb import SequenceVectorizer\nimport sklearn_imdb._base")
    assert imported(script) == {"sklearn_imdb", "sklearn_imdb._base"}
    script.write_text("if TYPE_CHECKING:\n    from sklearn_imdb import _base, _checks")
    assert imported(script) == {"sklearn_imdb._base", "sklearn_imdb._checks"}


@pytest.mark.parametrize("module", MODULES)
def test_only_the_files_named_after_keras_import_it(module):
    libraries = {name.partition(".")[0] for name in imported(MODULES[module])}
    imports_keras = bool(libraries & {"keras", "tensorflow", "scikeras"})
    assert imports_keras == module.startswith("sklearn_imdb._training.keras_")


def n_code_lines(path):
    """Count the lines that hold code: a limit on documentation would cut an estimator in two."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lines = set()
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            if token.type not in NO_CODE:
                lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_text and isinstance(node.value.value, str):
            lines -= set(range(node.lineno, node.end_lineno + 1))
    return len(lines)


@pytest.mark.parametrize("module", MODULES)
def test_files_are_short(module):
    assert n_code_lines(MODULES[module]) <= 400
