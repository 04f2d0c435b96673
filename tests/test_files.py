"""Names that must not become paths, temporary names, and errors that name their file."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from wepsam.evaluation.figures import plot
from wepsam.evaluation.results import Evaluation
from wepsam.files import TEMPORARY, PlaceError, as_seen, below, replacing


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "..", "../x", "a/../../x", "a/..", "/etc/x", "//server/x", "\\\\server\\x", "..\\x", "a\\..\\..\\x",
        "C:/x", "c:x", "a\0b", "x" * 256, f"a/{'é' * 200}", "\ud800", "out/x", "out/deep/x", None, 5,
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused_in_a_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "out").symlink_to(tmp_path)
    with pytest.raises(PlaceError, match="cannot be the name of a file in") as caught:
        below(tmp_path / "results", name)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "name", ["x", "a/b/c.jpg", "...", "..x", "x..", "caf\udce9.jpg", "a b [1].jpg", "in/x", "é" * 127]
)
def test_an_ordinary_name_is_a_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "really").mkdir()
    (tmp_path / "in").symlink_to("really")
    assert below(tmp_path, name) == tmp_path / name
    assert below(tmp_path / "not yet there", "a/b") == tmp_path / "not yet there" / "a" / "b"


def test_a_file_itself_that_is_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").symlink_to(tmp_path / "victim")
    with replacing(below(tmp_path / "out", "x")) as temporary:
        assert TEMPORARY.fullmatch(temporary.name)
        temporary.write_text("new")
    assert (tmp_path / "victim").read_text() == "mine"
    assert (tmp_path / "out" / "x").read_text() == "new"


@pytest.mark.parametrize(
    "raised", [OSError(errno.ENOSPC, "No space left on device"), OSError("1000 requested and 24 written")]
)
def test_a_full_disk_names_the_file(tmp_path: Path, raised: OSError) -> None:
    def write() -> None:
        with replacing(tmp_path / "map.npy") as temporary:
            temporary.write_bytes(b"half")
            raise raised

    with pytest.raises(OSError, match=r"map\.npy") as caught:
        write()
    assert ".tmp" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def made(model: str, dataset: str) -> Evaluation:
    about = {"model": model, "dataset": dataset, "split": "all", "pictures": 2, "protocol": "mit"}
    return Evaluation(({"id": "a", "nss": 1.0}, {"id": "b", "nss": 2.0}), about)


def test_results_lead_nowhere_else(tmp_path: Path) -> None:
    """`dataset: "../../../ESC"` in a results JSON, and a model whose name is a path."""
    results = tmp_path / "results"
    for model in ("gbvs", "own"):
        made(model, "../../../ESC").save(results)
    with pytest.raises(ValueError, match=r"'\.\./\.\./\.\./ESC-all' cannot be the name"):
        plot(results, tmp_path / "a" / "b" / "figures")
    assert {path.name for path in tmp_path.rglob("*")} == {"results", "gbvs.csv", "gbvs.json", "own.csv", "own.json"}
    for model in ("../x", "/x", "a/b", "./x", "x\0"):
        with pytest.raises(ValueError, match="cannot be the name"):
            made(model, "osie").save(results)


def test_any_text_of_a_file_can_be_written_as_a_name() -> None:
    """Names of disks hold undecodable bytes as lone surrogates; JSON can hold any lone surrogate."""
    assert as_seen("cafe\u0301.jpg") == "caf\u00e9.jpg"
    assert as_seen("caf\udce9.jpg") == "caf\u00e9.jpg"
    assert as_seen("\ud800.jpg") == "\\ud800.jpg"
