"""What is published: one version, whole files, notes of licenses that are those of the cards, workflows that exist."""

from __future__ import annotations

import re
import tomllib

import pytest

import wepsam
from helpers import ROOT
from recipes import dist, license_notes, matrix
from wepsam import markdown

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_version_has_one_place() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "src/wepsam/__init__.py"
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {wepsam.__version__}\n" in citation
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## [{wepsam.__version__}]" in changes


def test_the_changes_are_in_the_form_of_keep_a_changelog() -> None:
    headings = re.findall(r"^(##+) (.*)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert headings[0] == ("##", "[Unreleased]")
    for level, text in headings:
        if level == "##":
            assert re.fullmatch(r"\[(Unreleased|\d+\.\d+\.\d+)\]( - (\d{4}-\d\d-\d\d|not yet released))?", text), text
        else:
            assert text.partition(":")[0] in kinds, text


def test_the_license_notes_are_those_of_the_cards() -> None:
    assert license_notes.PAGE.read_text(encoding="utf-8") == license_notes.page(), "python -m recipes.license_notes"


def test_every_file_of_numbers_has_its_license_notes() -> None:
    page = license_notes.page()
    for path in license_notes.PACKAGE.rglob("*"):
        if path.suffix in (".onnx", ".npz", ".npy"):
            assert path.name in page, path


GOOD = [
    *("wepsam/__init__.py", "wepsam/py.typed", "wepsam-1.0.0.dist-info/METADATA"),
    *(f"wepsam/weights/{name}{suffix}" for name in dist.WEIGHTS for suffix in (".onnx", ".json")),
    *(f"wepsam-1.0.0.dist-info/licenses/{name}" for name in dist.LICENSES),
]


def test_a_wheel_with_all_it_needs() -> None:
    assert dist.complaints_about_wheel(GOOD) == []
    shipped = {path.stem for path in (ROOT / "src" / "wepsam" / "weights").glob("*.onnx")}
    assert shipped == set(dist.WEIGHTS)


@pytest.mark.parametrize(
    ("added", "removed", "complaint"),
    [
        ("wepsam/tests/test_a.py", None, "stray: tests/test_a.py"),
        ("tests/test_a.py", None, "stray: tests/test_a.py"),
        ("wepsam/weights/.wepsam-0.tmp.onnx", None, "stray: weights/.wepsam-0.tmp.onnx"),
        ("wepsam/classical/__pycache__/a.nbi", None, "stray: classical/__pycache__/a.nbi"),
        ("wepsam/photo.jpg", None, "stray: photo.jpg"),
        (None, "wepsam/weights/mr_cnn.json", "missing: weights/mr_cnn.json"),
        (None, "wepsam-1.0.0.dist-info/licenses/LICENSE-WEIGHTS.md", "missing: licenses/LICENSE-WEIGHTS.md"),
    ],
)
def test_what_a_wheel_may_not_have_or_lack(added: str | None, removed: str | None, complaint: str) -> None:
    names = [name for name in [*GOOD, *([added] if added else [])] if name != removed]
    assert dist.complaints_about_wheel(names) == [complaint]


def test_the_tests_of_the_matrix_exist() -> None:
    assert set(matrix.TESTS) - {"core"} <= set(PROJECT["project"]["optional-dependencies"])
    assert set(matrix.TESTS) == set(matrix.BESIDE)
    for paths in matrix.TESTS.values():
        for path in paths:
            assert (ROOT / path).is_file(), path


def test_workflows_and_contributing_name_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = [*(ROOT / ".github").rglob("*.yml"), *(ROOT / ".github").rglob("*.md"), ROOT / "CONTRIBUTING.md"]
    assert len(pages) >= 5
    named = {
        target
        for page in pages
        for target in re.findall(r"(?:run: |^|`)make (\w+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"test", "check", "dist", "matrix"} <= named <= targets


def test_the_recipes_name_files_that_exist() -> None:
    """In CONTRIBUTING.md: every path between backticks, but those of what is to be made, which have capitals."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = [path for path in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if path == path.lower()]
    assert len(paths) > 15
    for path in paths:
        assert (ROOT / path).exists() or (ROOT / "src" / "wepsam" / path).exists(), path


def test_the_tables_of_versions_are_those_of_the_runs() -> None:
    for name, table in matrix.tables(matrix.kept()).items():
        assert markdown.insert(matrix.PAGE, name, table, write=False), "run: make matrix MATRIX=--table"


def test_the_lowest_allowed_versions_were_tested_with_the_oldest_python() -> None:
    """Whoever changes a bound runs the matrix again."""
    for cell in matrix.kept():
        if cell["python"].startswith("3.11.") and cell["end"] == "lowest":
            for name, bound in matrix.bounds(cell["extra"]).items():
                (found,) = [version for other, version in cell["versions"].items() if other.lower() == name]
                assert matrix.order(found) >= matrix.order(bound), (cell["extra"], name)
