"""What Windows and macOS do otherwise, as far as it can be seen here.

Text files have a stated encoding and the same ends of lines, workers are spawned, no path of Unix is taken for granted,
names of pictures have slashes everywhere, and no file is replaced or removed while it is open.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest

import wepsam
from helpers import ROOT, Paint, Run, Write
from wepsam import files
from wepsam.datasets.reading import stem_below
from wepsam.evaluation.running import PartialRows

PACKAGE = ROOT / "src" / "wepsam"
SOURCES = sorted(PACKAGE.rglob("*.py"))
UNIX_MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "pty", "posix"}
UNIX_PATHS = {"cores.py", "datasets/_mat_process.py"}  # /proc, if it is there
UNIX_CALLS = {"fork", "forkpty", "getuid", "setsid", "killpg", "mkfifo", "nice", "chown", "wait", "waitpid", "uname"}

# Functions of these names that open no text file of their own, and ours, which states both.
OTHERS = (
    *("os.open", "Image.", "tarfile.", "zipfile.", "gzip.", "archive.", "system.", "av.", "pyav()."),
    *("formatter.", "write_text", "files.write_text"),
)


def complaints(source: str) -> Iterator[tuple[int, str]]:
    """Line and kind of what would differ between systems."""
    tree = ast.parse(source)
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            modules = [statement.module] if isinstance(statement, ast.ImportFrom) else [a.name for a in statement.names]
            if UNIX_MODULES & set(modules):
                yield statement.lineno, "module"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from ((node.lineno, kind) for kind in _of_call(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value.startswith(("/tmp", "/var/", "/home/", "/proc", "/dev/", "/usr/")):
                yield node.lineno, "path"
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os" and node.attr in UNIX_CALLS:
            yield node.lineno, "call"


def _of_call(call: ast.Call) -> Iterator[str]:
    function, given = ast.unparse(call.func), {keyword.arg for keyword in call.keywords}
    name = function.rpartition(".")[2]
    if name in ("read_text", "write_text") and not function.startswith(OTHERS):
        if "encoding" not in given:
            yield "encoding"
        if name == "write_text" and "newline" not in given:
            yield "newline"
    if name in ("open", "fdopen") and not function.startswith(OTHERS):
        mode = next((a.value for a in call.args if isinstance(a, ast.Constant) and _is_mode(a.value)), "r")
        if "b" not in mode:
            if "encoding" not in given:
                yield "encoding"
            if set(mode) & set("wax+") and not {"newline", "closefd"} & given:
                yield "newline"
    if name == "get_context" and ast.unparse(call.args[0]) != "'spawn'":
        yield "fork"
    # A context is checked where it is made.
    if (
        name in ("ProcessPoolExecutor", "Pool", "Process")
        and not function.startswith("context.")
        and not {"mp_context"} & given
        and len(call.args) < 2
    ):
        yield "fork"


def _is_mode(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 3 and set(value) <= set("rwaxbt+")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_the_source_takes_nothing_of_one_system_for_granted(source: Path) -> None:
    found = set(complaints(source.read_text(encoding="utf-8")))
    if source.relative_to(PACKAGE).as_posix() in UNIX_PATHS:
        found = {(line, kind) for line, kind in found if kind != "path"}
    assert not found


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("path.read_text()", "encoding"),
        ("open(path, 'w', encoding='utf-8')", "newline"),
        ("path.open()", "encoding"),
        ("temporary.write_text(text, encoding='utf-8')", "newline"),
        ("os.fork()", "call"),
        ("import fcntl", "module"),
        ("folder = '/tmp/maps'", "path"),
        ("multiprocessing.get_context('fork')", "fork"),
        ("ProcessPoolExecutor(4)", "fork"),
    ],
)
def test_what_would_be_noticed(source: str, kind: str) -> None:
    assert kind in [found for _, found in complaints(source)]
    assert not list(complaints("path.read_bytes(); open(path, 'rb'); open(path, newline='', encoding='ascii')"))


def test_ids_have_slashes_on_windows_too() -> None:
    folder = PureWindowsPath(r"C:\data\OSIE")
    assert stem_below(folder / "stimuli" / "a.b" / "1001.jpg", folder) == "stimuli/a.b/1001"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name", [r"C:\x.png", "C:x.png", r"\\server\share\x.png", r"..\x.png", r"a\..\..\x.png", r"\x"]
)
def test_a_name_that_leads_elsewhere_on_windows_is_refused_everywhere(name: str, tmp_path: Path) -> None:
    with pytest.raises(files.PlaceError, match="cannot be the name of a file"):
        files.below(tmp_path, name)


@pytest.mark.parametrize(
    "name",
    ["CON", "nul.png", "a/Aux.tar.gz", "COM1", "lpt\u00b9.txt", "a.", "a ", "b. /c", "x<y", "x?.png", "tab\t.png"],
)
def test_names_that_windows_keeps_for_itself(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert files.below(tmp_path, name) == tmp_path / name  # a usual name elsewhere
    monkeypatch.setattr(files, "WINDOWS", True)
    with pytest.raises(files.PlaceError, match="cannot be the name of a file"):
        files.below(tmp_path, name)


@pytest.mark.parametrize(
    "name", ["console.png", "a/b.c.png", "com10.jpg", "./x", ".hidden", "\u00e9t\u00e9.jpg", "nulls"]
)
def test_names_that_are_usual_on_windows_too(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "WINDOWS", True)
    assert files.below(tmp_path, name) == tmp_path / name


# ---- disks for which A.JPG and a.jpg are one file


@pytest.mark.parametrize(
    ("command", "rest"),
    [
        ("predict", ["--model", "center-gaussian"]), ("draw", ["--as", "heat", "--model", "center-gaussian"]),
        ("crop", ["--aspect", "1:1", "--model", "center-gaussian"]), ("gaze", []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("names", [("A.JPG", "a.jpg"), ("\u00e9.png", "e\u0301.png")])
def test_results_never_share_a_name_on_such_disks(
    command: str,
    rest: list[str],
    names: tuple[str, str],
    tmp_path: Path,
    wepsam_command: Run,
    paint: Paint,
    write: Write,
) -> None:
    for name in names:
        write(tmp_path / "in" / name, paint(0, 48, 64))
    if len([*(tmp_path / "in").iterdir()]) < 2:
        pytest.skip("this disk is one of them")
    call = [command, tmp_path / "in", *rest]
    if command == "gaze":
        rows = [f"{name},{who},{x},20,0.2,{x / 40}" for name in names for who in "ab" for x in (24, 32, 40)]
        (tmp_path / "log.csv").write_text(
            "image,observer,x,y,duration,onset\n" + "\n".join(rows) + "\n", encoding="utf-8"
        )
        call = ["gaze", "import", tmp_path / "log.csv", "--stimuli", tmp_path / "in"]
    code, _, err = wepsam_command(*map(str, [*call, "--out", tmp_path / "out"]))
    assert code == 2
    assert "rename one of them" in err
    assert not [*(tmp_path / "out").rglob("*.*")]


# ---- Windows neither replaces nor removes a file that is open.


def _open_files() -> set[str]:
    return {os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")}


@pytest.fixture
def closed_first(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """os.replace, os.unlink and os.link, which fail for files that this process holds open; the paths are listed."""
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("this system does not list the open files of a process")
    seen: list[str] = []
    for name in ("replace", "unlink", "link", "rename"):
        original = getattr(os, name)

        def checked(*paths, _original=original, **options):  # type: ignore[no-untyped-def]
            for path in paths:
                real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
                assert real not in _open_files(), f"{real} is open"
                seen.append(os.path.basename(real))
            return _original(*paths, **options)

        monkeypatch.setattr(os, name, checked)
    return seen


def test_the_check_notices_an_open_file(tmp_path: Path, closed_first: list[str]) -> None:
    with (tmp_path / "a").open("wb"), pytest.raises(AssertionError, match="is open"):
        os.replace(tmp_path / "a", tmp_path / "b")


def test_outputs_are_closed_before_they_are_renamed(
    tmp_path: Path, closed_first: list[str], wepsam_command: Run, paint: Paint, write: Write
) -> None:
    picture = write(tmp_path / "a.png", paint(0, 64, 96))
    for arguments in (
        ["predict", picture, "--out", tmp_path / "maps", "--save", "map,overlay,npy", "--sheet", "--quality", "fast"],
        ["predict", picture, "--out", tmp_path / "maps", "--save", "map", "--quality", "fast"],
        ["crop", picture, "--aspect", "1:1", "--out", tmp_path / "crops"],
        ["draw", picture, "--as", "heat,contours", "--out", tmp_path / "drawn"],
    ):
        code, _, err = wepsam_command(*map(str, arguments))
        assert code == 0, err
    assert any(name.endswith(".png") for name in closed_first)


def test_kept_rows_are_closed_before_they_are_removed(tmp_path: Path, closed_first: list[str]) -> None:
    path = tmp_path / ".m.partial.csv"
    for _ in range(2):  # the second one finds the first one's rows
        rows = PartialRows(path, {"model": "m"}, 1)
        rows.add(len(rows.rows), [0.5])
        rows.close()
    rows = PartialRows(path, {"model": "m"}, 1)
    assert rows.rows == {0: [0.5], 1: [0.5]}
    rows.remove()
    assert not path.exists()


def test_a_picture_is_free_when_it_has_been_read(tmp_path: Path, paint: Paint, write: Write) -> None:
    path = write(tmp_path / "a.png", paint(0, 32, 48))
    if os.path.isdir("/proc/self/fd"):
        assert isinstance(wepsam.read_image(path), np.ndarray)
        assert str(path.resolve()) not in _open_files()
