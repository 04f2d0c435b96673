"""The pages about files and errors are true: tables are those of files that are made, examples can be read."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from recipes import file_formats
from recipes.file_formats import ERRORS, PAGE
from wepsam import card_fields
from wepsam.attention.reading import read_areas
from wepsam.calibration import presets
from wepsam.cli import errors
from wepsam.cli.reference import contexts
from wepsam.markdown import insert

TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A small file of each kind."""
    return file_formats.make(tmp_path_factory.mktemp("files"))


def test_the_tables_are_those_of_files_that_are_made(made: Path) -> None:
    tables = file_formats.tables(made)
    assert [name for name, text in tables.items() if not insert(PAGE, name, text, write=False)] == []
    assert set(tables) == set(re.findall("<!-- table:(.+?) -->", TEXT)) == set(file_formats.FIELDS) | {"weak-part"}


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))
def test_the_code_reads_such_files(code: str, made: Path, monkeypatch) -> None:
    monkeypatch.chdir(made)
    exec(code, {})


def test_a_field_that_nobody_explains_is_noticed() -> None:
    with pytest.raises(ValueError, match="does not say what new is"):
        file_formats.fields({"old": 1, "new": 2}, {"old": "a number"})
    with pytest.raises(ValueError, match="no file has gone"):
        file_formats.fields({"old": 1}, {"old": "a number", "gone": "a number"})
    rows = file_formats.fields(
        {"a": {"x": 1.0, "y": 2.0}, "b": [{"c": "d"}]}, {"a.*": "of each", "b[].c": "of an entry"}
    )
    assert rows == [("a.*", "number", "of each"), ("b[].c", "text", "of an entry")]


def test_the_examples_can_be_read(tmp_path) -> None:
    card, calibration, areas = EXAMPLES
    card_fields.check(card)
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(calibration), encoding="utf-8")
    assert presets.read(path).calibration.power == 1.2
    assert [area.label for area in read_areas(areas, (480, 640))] == ["title", "face", "sky"]


def test_the_table_of_errors_is_up_to_date() -> None:
    assert insert(ERRORS, "errors", file_formats.errors(), write=False)


def test_the_exit_codes_are_those_of_the_commands() -> None:
    codes = [int(code) for code in re.findall(r"^\| (\d+) \| ", ERRORS.read_text(encoding="utf-8"), re.M)]
    assert codes == [0, errors.FAILED, errors.MISTAKE, errors.INTERRUPTED, 128 + signal.SIGTERM]


@pytest.mark.parametrize("page", [PAGE, ERRORS], ids=lambda page: page.name)
def test_the_commands_exist(page) -> None:
    options = {c.command_path: {o for p in c.command.params for o in p.opts} for c in contexts()}
    named = re.findall(r"`(wepsam [^`]+)`", " ".join(page.read_text(encoding="utf-8").split()))
    assert named
    for call in named:
        command = max((name for name in options if f"{call} ".startswith(f"{name} ")), key=len)
        assert command != "wepsam", call
        assert set(re.findall(r"--[\w-]+", call)) <= options[command], call
