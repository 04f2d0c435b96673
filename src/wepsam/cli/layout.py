"""How commands are registered and how their help looks: plain text, stages as headings, one example per line."""

import difflib
import inspect
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

Command = Callable[..., None] | typer.Typer


class _PlainHelp:
    """Help without boxes. It does not depend on the version of Typer, and does without Rich, 0.1 s to import."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        command: Any = self
        params = [p for p in command.get_params(ctx) if not p.hidden]
        arguments = [p for p in params if p.param_type_name == "argument"]
        options = [p for p in params if p.param_type_name == "option"]
        needed = [name(p) for p in [*arguments, *options] if p.required]
        rest = ["COMMAND ..."] if isinstance(command, TyperGroup) else ["[OPTIONS]"]
        formatter.write_usage(ctx.command_path, " ".join([*needed, *rest]))
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_keep_lines(command.help or ""))
        sections = {"Arguments": [_row(p) for p in arguments], "Options": [_row(p) for p in options]}
        for title, rows in (sections | self.stages()).items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def stages(self) -> dict[str, list[tuple[str, str]]]:
        """The commands below this one, with their first sentences, by stage."""
        return {}


class PlainCommand(_PlainHelp, TyperCommand):
    """A command."""


class PlainGroup(_PlainHelp, TyperGroup):
    """A group of commands. It answers a mistyped name with the closest one."""

    def stages(self) -> dict[str, list[tuple[str, str]]]:
        """See `_PlainHelp.stages`."""
        rows: dict[str, list[tuple[str, str]]] = {}
        for word, command in self.commands.items():
            first = " ".join((command.help or "").split("\n\n")[0].split())
            rows.setdefault(getattr(command, "rich_help_panel", None) or "Commands", []).append((word, first))
        return rows

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first argument names.

        Raises:
            ValueError: there is none; the message has the closest name.
        """
        word = args[0]
        if word not in self.commands and not word.startswith("-"):
            close = difflib.get_close_matches(word, self.commands, 1)
            hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(self.commands)}"
            raise ValueError(mistake(ctx.command_path, f"no command {word!r}; {hint}"))
        return super().resolve_command(ctx, args)


def group(word: str, text: str) -> typer.Typer:
    """A group of commands with a text above them."""
    return typer.Typer(
        name=word,
        help=inspect.cleandoc(text),
        cls=PlainGroup,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )


def add(app: typer.Typer, command: Command, stage: str | None = None, word: str | None = None) -> None:
    """Register a command or a group under a stage. A function's name is the command's, its docstring is the help."""
    if isinstance(command, typer.Typer):
        app.add_typer(command, rich_help_panel=stage)
    else:
        text = inspect.cleandoc(command.__doc__ or "")
        app.command(word, cls=PlainCommand, help=text, rich_help_panel=stage)(command)


def name(param: Any) -> str:
    """How a parameter is written on the command line: PHOTOS..., or --out FOLDER."""
    metavar = param.metavar or param.name.upper()
    if param.param_type_name == "argument":
        return metavar + ("..." if param.nargs == -1 else "")
    longest = max(param.opts, key=len)
    return longest if param.is_flag else f"{longest} {metavar}"


def mistake(path: str, text: str) -> str:
    """A line about a wrong call of the command at `path`, "wepsam" or "wepsam submit write"."""
    command = path.partition(" ")[2]
    return f"{command}{': ' if command else ''}{text}{'' if text.endswith('?') else ';'} see {path} --help"


def _row(param: Any) -> tuple[str, str]:
    """A parameter in two columns: how it is written; what it does, with its default."""
    written = name(param)
    if param.param_type_name == "option":
        written = ", ".join([*(o for o in param.opts if o != max(param.opts, key=len)), written])
        written = " / ".join([written, *param.secondary_opts])
    default = _default(param)
    return written, param.help + (" [required]" if param.required else f" [default: {default}]" if default else "")


def _default(param: Any) -> str:
    if isinstance(param.show_default, str):
        return param.show_default
    if param.param_type_name == "option" and param.secondary_opts:
        return (param.opts if param.default else param.secondary_opts)[0]
    is_obvious = param.required or param.default is None or param.default is False or param.default == ""
    return "" if is_obvious else str(param.default)


def _keep_lines(text: str) -> str:
    """Mark indented paragraphs, the examples, so that their lines are not joined."""
    return "\n\n".join(f"\b\n{p}" if p.startswith(" ") else p for p in text.split("\n\n"))
