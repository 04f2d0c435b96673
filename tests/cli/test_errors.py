"""A mistake is one line on stderr that says what came, what was expected and what to do."""

from __future__ import annotations

import pytest

from helpers import Run
from wepsam.cli import errors

MISTAKES = {
    "look": "no command 'look'; expected one of predict, ",
    "pedict": "no command 'pedict'; did you mean predict? see wepsam --help",
    "models --loud": "models: no option --loud; see wepsam models --help",
    "predict a --out b --qality fast": "predict: no option --qality; did you mean --quality? see wepsam predict --help",
    "predict a": "predict: --out FOLDER is missing: folder for the results; ",
    "predict": "predict: IMAGES... is missing: pictures, ",
    "predict a --out b --workers many": "predict: --workers N: ",
    "label a b --part-size 0": "label: --part-size N: ",
    "models one": "models: got unexpected extra argument",
    "submit": "submit: missing command: write or check; see wepsam submit --help",
    "submit wepsam-paper MIT300 -b mit300": "submit: no command 'wepsam-paper'; expected one of write, check; see",
    "compare . --into nowhere.md": "compare: --into FILE: file 'nowhere.md' does not exist; see wepsam compare --help",
    "adapt nowhere --out b": "adapt: PICTURES: dir",
}


@pytest.mark.parametrize("call", MISTAKES)
def test_a_mistake_is_one_line(call: str, wepsam_command: Run) -> None:
    code, out, err = wepsam_command(*call.split())
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith(f"wepsam: {MISTAKES[call]}")


def test_a_wrong_value_is_repeated(wepsam_command: Run) -> None:
    assert "'many'" in wepsam_command("predict", "a", "--out", "b", "--workers", "many")[2]


def test_a_long_name_does_not_bury_the_message() -> None:
    line = errors.one_line(ValueError(f"a.csv has no column x, found {'y' * 200_000}; look at its first line"))
    assert len(line) <= errors.LONGEST
    assert line.startswith("a.csv has no column x")
    assert line.endswith("look at its first line")


@pytest.mark.parametrize("kind", [ValueError, FileNotFoundError])
def test_names_neither_break_the_line_nor_steer_the_terminal(kind: type[Exception]) -> None:
    name = "a\nb\x1b[31m\u202ec"
    error = kind(2, "No such file or directory", name) if issubclass(kind, OSError) else kind(f"{name}: missing")
    line = errors.one_line(error)
    assert line.isprintable()
    assert line.startswith("a b\\x1b[31m\\u202ec: ")
