"""Every error as one line: what came, what was expected, what to do; and its exit code."""

import difflib
from typing import Any

import typer

from wepsam import extras
from wepsam.cli import layout, output

# click's UsageError. Typer brings its own copy of click, or depends on it, by version: reach it by inheritance.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]
HANDLED = (ValueError, ImportError, OSError, FloatingPointError, UsageError, typer.Abort)
LONGEST = 1000  # characters of a line
FAILED, MISTAKE, INTERRUPTED = 1, 2, 130


def exit_code(error: Exception) -> int:
    """2 for the caller's mistake, 130 for an interruption, 1 for everything else."""
    if isinstance(error, typer.Abort):
        return INTERRUPTED
    mistake = isinstance(error, (ValueError, UsageError)) and not isinstance(error, OSError)
    return MISTAKE if mistake else FAILED


def one_line(error: Exception) -> str:
    """What went wrong, without a line break."""
    if isinstance(error, UsageError):
        return _usage(error)
    if isinstance(error, ModuleNotFoundError):
        error = extras.missing(error, "this command")
    named = isinstance(error, OSError) and error.filename and error.strerror
    text = " ".join((f"{error.filename}: {error.strerror}" if named else str(error)).split())  # type: ignore[attr-defined]
    text = output.printable(text)
    # A stranger's file may hold names of any length, and messages repeat them.
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 200]} [...] {text[-190:]}"


def _usage(error: Any) -> str:
    """A complaint of the parser: the command, the argument or option, and where to read more."""
    context, param = error.ctx, getattr(error, "param", None)
    if context is None:
        return " ".join(error.format_message().split())
    kind = type(error).__name__
    if kind == "NoSuchOption":
        close = difflib.get_close_matches(error.option_name, [o for p in context.command.params for o in p.opts], 1)
        text = f"no option {error.option_name}" + (f"; did you mean {close[0]}?" if close else "")
    elif kind == "MissingParameter" and param is not None:
        about = param.help.partition(". ")[0].rstrip(".")
        text = f"{layout.name(param)} is missing: {about[:1].lower()}{about[1:]}"
    elif param is not None:
        text = f"{layout.name(param)}: {_complaint(error)}"
    else:
        text = " ".join(error.format_message().split()).rstrip(".")
        text = text[:1].lower() + text[1:]
        if commands := getattr(context.command, "commands", None):
            text += f": {' or '.join(commands)}"
    return layout.mistake(context.command_path, text)


def _complaint(error: Any) -> str:
    """What is wrong with a value, and the value."""
    text = " ".join(error.message.split()).partition(", unable to")[0].rstrip(".")
    # Recent versions of Typer do not repeat the value.
    details: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    if details and repr(value := details[0].get("input")) not in text:
        text += f", not {value!r}"
    return text[:1].lower() + text[1:]
