"""The documents name what exists: rooms, modules and functions of the package, and lines that one can read."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from helpers import ROOT

PACKAGE = ROOT / "src" / "wepsam"
ARCHITECTURE = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "results" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WIDTH = 110  # characters


def names(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def dotted_names() -> list[str]:
    """The names such as weak.store.select in the page about the architecture."""
    return sorted({name for name in names(ARCHITECTURE) if re.fullmatch(r"[a-z_]+(\.\w+)+", name)} - {"street.jpg"})


def exists(name: str) -> bool:
    """Whether this is a module of the package, or something in one of its modules."""
    path, parts = PACKAGE, name.split(".")
    while parts and ((path / parts[0]).is_dir() or (path / f"{parts[0]}.py").is_file()):
        path /= parts.pop(0)
    module = import_module(".".join(["wepsam", *path.relative_to(PACKAGE).parts]))
    return path != PACKAGE and len(parts) < 2 and all(hasattr(module, part) for part in parts)


@pytest.mark.parametrize("name", dotted_names())
def test_the_architecture_names_what_exists(name: str) -> None:
    assert exists(name)


def test_a_name_that_does_not_exist_is_noticed() -> None:
    assert len(dotted_names()) > 15
    assert not any(
        map(exists, ("weak.pictures.find_pictures", "weak.selection.reject", "classical.nothing", "nothing"))
    )


def test_the_architecture_has_every_room() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    named = {name.rstrip("/") for name in names(ARCHITECTURE) if re.fullmatch(r"[a-z_]+/", name)}
    assert rooms <= named
    for name in named:
        assert (PACKAGE / name).is_dir() or (ROOT / name).is_dir(), name


def test_the_pipeline_names_files_that_exist() -> None:
    """In the table of the steps: the last column is where each step is in the code."""
    steps = (ROOT / "docs" / "explanation" / "pipeline.md").read_text(encoding="utf-8").split("| in the code |")[1]
    paths = [
        path for row in steps.split("\n\n")[0].splitlines()[2:] for path in names(row.rstrip("|").rpartition("|")[2])
    ]
    assert len(paths) > 8
    for path in paths:
        assert (PACKAGE / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_lines_have_a_readable_width(page: Path) -> None:
    """Rows of tables are longer; they need a viewer."""
    lines = page.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if len(line) > WIDTH and not line.lstrip().startswith("|")]
