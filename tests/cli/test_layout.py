"""The help of all registered commands: it teaches, its examples are valid, its defaults are those of the library."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import wepsam
from helpers import ROOT, Run
from wepsam import cli
from wepsam.cli import reference
from wepsam.training.devices import UNDIVIDED

COMMANDS = {context.command_path: context for context in reference.contexts()}
LEAVES = {path: context for path, context in COMMANDS.items() if not hasattr(context.command, "commands")}


def examples(context: typer.Context) -> list[str]:
    """The lines of a help that can be typed."""
    return [line.strip() for line in context.get_help().splitlines() if line.startswith("      wepsam ")]


def options(context: typer.Context) -> Iterator[Any]:
    yield from (param for param in context.command.params if not param.hidden)


def parse(arguments: list[str]) -> typer.Context:
    """The context of a command line, parsed but not run."""
    command: Any = typer.main.get_command(cli.app)
    while arguments and hasattr(command, "commands"):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    return command.make_context(command.name, list(arguments))


def test_the_commands_stand_in_the_order_of_the_pipeline(wepsam_command: Run) -> None:
    assert " ".join(path.removeprefix("wepsam ") for path in LEAVES) == (
        "predict draw models areas scores benchmark crop report compare-pictures gate page app serve label inspect "
        "pretrain finetune adapt export publish evaluate compare plot table1 reproduce datasets list datasets check "
        "gaze import gaze check gaze draw submit write submit check"
    )
    for arguments in (["--help"], ["-h"]):
        code, out, err = wepsam_command(*arguments)
        assert (code, err) == (0, "")
        assert "Where will people look in this picture?" in out
        stages = [out.index(f"\n{stage}:\n") for stage in cli.STAGES]
        assert stages == sorted(stages)
    code, out, err = wepsam_command()
    assert (code, out) == (2, "")
    assert err.startswith("Usage: wepsam COMMAND")


def test_the_version(wepsam_command: Run) -> None:
    assert wepsam_command("--version") == (0, f"{wepsam.__version__}\n", "")


@pytest.mark.parametrize("path", COMMANDS)
def test_a_help_has_a_sentence_a_paragraph_and_examples(path: str, wepsam_command: Run) -> None:
    code, out, err = wepsam_command(*path.split()[1:], "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: {path} ")
    sentence, paragraph, *_ = COMMANDS[path].command.help.split("\n\n")
    assert sentence[0].isupper()
    assert sentence.endswith((".", "?", "(WEPSAM)."))
    assert not paragraph.startswith(("wepsam ", " "))
    assert any(example.startswith(path) for example in examples(COMMANDS[path]))


@pytest.mark.parametrize("path", COMMANDS)
def test_the_lines_of_a_help_are_whole(path: str) -> None:
    """No example is joined to another, no line of an example is wrapped, and no markup is left."""
    context = COMMANDS[path]
    for example in examples(context):
        assert example.count("wepsam ") == 1, example
        assert len(example) <= 100
        assert example in context.command.help
    text = context.get_help()
    assert not re.search(r"Traceback|\[/?(bold|dim|red)|│|\x08", text)
    assert all(len(line) <= 100 for line in text.splitlines())


@pytest.mark.parametrize("path", COMMANDS)
def test_the_examples_can_be_typed(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for example in examples(COMMANDS[path]):
        arguments = shlex.split(example)[1:]
        for word in arguments:  # what is named exists: FOLDER/, file.suffix
            place = Path(word.partition("=")[2] or word)
            if "://" in word or word.startswith("-"):
                continue
            if place.suffix:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.touch()
            elif word.endswith("/"):
                place.mkdir(parents=True, exist_ok=True)
        parse(arguments)


@pytest.mark.parametrize("path", LEAVES)
def test_every_option_says_what_it_is_for(path: str) -> None:
    for param in options(LEAVES[path]):
        assert len(param.help) > 20, param.name
        assert param.help.endswith((".", "?")), param.help
        assert (param.metavar or "").isupper() or param.param_type_name == "option", param.name


FUNCTIONS = (
    "predict",
    "report",
    "benchmark",
    "models",
    "label",
    "inspect",
    "pretrain",
    "finetune",
    "adapt",
    "export",
    "publish",
    "evaluate",
    "compare",
)
PUBLIC = {f"wepsam {name}": getattr(wepsam, name) for name in FUNCTIONS}
PUBLIC |= {"wepsam submit write": wepsam.submit, "wepsam areas": wepsam.attend, "wepsam crop": wepsam.crop_pictures}
PYTHON_ONLY = {("wepsam evaluate", "name"), ("wepsam areas", "name"), ("wepsam areas", "reference")}
PYTHON_ONLY |= {("wepsam publish", "ask")}  # --yes leaves it out
OWN_DEFAULTS = {("wepsam evaluate", "out")}  # the command always saves its results; the function returns them


@pytest.mark.parametrize("path", PUBLIC)
def test_options_and_defaults_are_those_of_the_library(path: str) -> None:
    library = inspect.signature(PUBLIC[path]).parameters
    command = {param.name: param for param in options(LEAVES[path])}
    assert {(path, missing) for missing in set(library) - set(command)} <= PYTHON_ONLY
    for param in command.values():
        if param.name in library and not param.required and (path, param.name) not in OWN_DEFAULTS:
            assert _plain(param.default) == _plain(library[param.name].default), param.name


def _plain(value: Any) -> Any:
    """A default as one types it: several values with commas, numbers as text, nothing as None."""
    if value in (None, (), "", False, UNDIVIDED):
        return None
    return ",".join(value) if isinstance(value, tuple) else str(value)


def test_the_page_of_commands_is_up_to_date() -> None:
    assert (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8") == reference.page()
