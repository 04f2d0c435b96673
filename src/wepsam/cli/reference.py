"""The reference of all commands as a page. To write it: python -m wepsam.cli.reference docs/commands.md"""

import sys
from collections.abc import Iterator
from typing import Any

import typer

from wepsam import cli, files

HEAD = """# Commands

The help of every command, as `wepsam COMMAND --help` prints it. This page is generated: `python -m wepsam.cli.reference
docs/commands.md`.
"""


def contexts(command: Any = None, parent: Any = None) -> Iterator[typer.Context]:
    """A context for each command, groups before their commands; `.command_path` is its name, `.command` its parser."""
    command = command or typer.main.get_command(cli.app)
    width = {} if parent else {"terminal_width": 100}
    context = typer.Context(command, info_name=command.name, parent=parent, **command.context_settings | width)
    yield context
    for below in getattr(command, "commands", {}).values():
        yield from contexts(below, context)


def page() -> str:
    """The page as Markdown."""
    sections = []
    for context in contexts():
        level = "#" * (2 + context.command_path.count(" "))
        sections.append(f"{level} {context.command_path}\n\n```text\n{context.get_help()}\n```\n")
    return "\n".join([HEAD, *sections])


if __name__ == "__main__":
    files.write_text(sys.argv[1], page())
