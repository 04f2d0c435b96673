"""The tutorials as pages that show what their code gives: python -m recipes.tutorials OUT [NAME ...]

A tutorial is a page of docs/tutorials/, which jupytext reads as a notebook: its blocks of python and bash are the
cells. They run from the first to the last, in an empty folder. OUT/NAME.md is the page with what each cell gave below
it, and OUT/NAME/ has the pictures. A cell that ends with a picture says what it shows: ```python alt="The map".

The photographs are those of `make demo`. The folder that holds them is $PICTURES in the cells.
"""

import argparse
import base64
import os
import re
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from itertools import count, groupby
from pathlib import Path
from typing import Any

from wepsam.files import write_text

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "tutorials"
PICTURES = ROOT / ".venv" / "pictures"
LIBRARIES = ("jupytext", "nbclient", "ipykernel")
BASH = "%%bash\n"
PYTHON = "---\njupyter:\n  jupytext:\n    main_language: python\n---\n\n"  # otherwise that of most cells
SECONDS = 300  # for one cell

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
OVERWRITTEN = re.compile(r"[^\n]*\r(?!\n)")  # what a bar has drawn before its last state
PROGRESS = re.compile(  # the lines of `wepsam.progress`, which say how fast this machine is
    r"^.+: (?:about .+ at .+/(?:s|min)|finished .+ in [\d:]+|[\d,/]+, .*/(?:s|min)\b.*)(?:\n|$)", re.MULTILINE
)
WARNING = re.compile(r"^\S+:\d+: (\w+Warning: .*)\n(?:  .*\n?)?", re.MULTILINE)  # with its place in a cell


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("names", nargs="*", metavar="NAME", help="such as first-map; by default all pages")
    parser.add_argument("--pages", type=Path, default=PAGES, metavar="FOLDER", help="where the pages lie")
    options = parser.parse_args()
    if reason := lacking():
        sys.exit(reason)
    pages = [options.pages / f"{name}.md" for name in options.names] or sorted(options.pages.glob("*.md"))
    if lost := [page for page in pages if not page.is_file()] or ([] if pages else [options.pages / "*.md"]):
        sys.exit(f"no tutorial {lost[0]}")
    if options.out.resolve() == options.pages.resolve():
        sys.exit(f"{options.out} holds the tutorials themselves; choose another folder for what they give")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(f"{options.out}: {error.strerror}")
    for page in pages:
        write(page, options.out)


def lacking() -> str:
    """What is missing to run tutorials, in one line; "" if nothing is."""
    if missing := [name for name in LIBRARIES if find_spec(name) is None]:
        return f"{', '.join(missing)} is missing: pip install -e '.[docs]'"
    return "" if PICTURES.is_dir() else f"no photographs in {PICTURES}: `make .venv/pictures` unpacks them"


def write(page: Path, out: Path) -> None:
    """Execute a page and write it to OUT/NAME.md with its pictures; a cell that fails ends the program."""
    import nbclient

    try:
        write_text(out / page.name, run(page, out))
    except (nbclient.exceptions.CellExecutionError, nbclient.exceptions.CellTimeoutError) as error:
        sys.exit(f"{page}: {ANSI.sub('', str(error))}")


def run(page: Path, out: Path) -> str:
    """Execute a page, and write its pictures to OUT/NAME/.

    Returns:
        The page as Markdown, with what each cell gave below it.

    Raises:
        CellExecutionError: a cell failed.
    """
    import jupytext

    notebook = jupytext.reads(PYTHON + page.read_text(encoding="utf-8"), "md")
    blocks: list[str] = []
    numbers = count(1)
    for cell, source in zip(notebook.cells, execute(notebook), strict=True):
        blocks.append(source)
        for kind, parts in groupby(results(cell), lambda result: result[0]):
            if kind == "text":
                blocks.append("``` { .text .output }\n" + "\n".join(text for _, text in parts) + "\n```")
            elif kind == "markdown":
                blocks += [text for _, text in parts]
            else:
                blocks += [
                    picture(encoded, cell.metadata["alt"], out / page.stem / f"{next(numbers)}.png")
                    for _, encoded in parts
                ]
    return "\n\n".join(blocks) + "\n"


def execute(notebook: Any) -> list[str]:
    """Run the cells with this Python, whatever kernels the machine has. A line of bash that fails ends the run.

    Returns:
        Each cell as Markdown, without what it gave.
    """
    import nbclient
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    sources = []
    for cell in notebook.cells:
        is_bash = cell.source.startswith(BASH)
        code = cell.source.removeprefix(BASH)
        sources.append(f"```{'bash' if is_bash else 'python'}\n{code}\n```" if cell.cell_type == "code" else code)
        if is_bash:
            cell.source = f"%%bash -e -o pipefail\nexec 2>&1\n{code}"  # in the order of a terminal
    if not any(cell.cell_type == "code" for cell in notebook.cells):
        return sources
    kernel = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    with tempfile.TemporaryDirectory() as settings, tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "PYTHONPATH": str(ROOT / "src"), "PICTURES": str(PICTURES), "IPYTHONDIR": settings, "OMP_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1", "COLUMNS": "100", "TERMINAL_WIDTH": "100",
        }  # fmt: skip
        groups: list[int] = []
        client = nbclient.NotebookClient(
            notebook, km=kernel, timeout=SECONDS, resources={"metadata": {"path": folder}},
            extra_arguments=["--IPKernelApp.log_level=ERROR"], coalesce_streams=True,
            on_notebook_start=lambda notebook: groups.append(kernel.provisioner.pgid),
        )  # fmt: skip
        try:
            client.execute(env=environment)
        finally:  # what cells have started, such as a service, if one of them failed
            for group in filter(None, groups):
                with suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)
    return sources


def picture(encoded: str, alt: str, path: Path) -> str:
    """Write a PNG that comes in base64; the Markdown that shows it on the page beside its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(base64.b64decode(encoded))
    return f"![{alt}]({path.parent.name}/{path.name})"


def results(cell: Any) -> Iterator[tuple[str, str]]:
    """What a cell gave: "text", "markdown" (tables are), or "picture" with a PNG in base64."""
    for output in cell.get("outputs", ()):
        data = output.get("data", {"text/plain": output.get("text", "")})
        if "image/png" in data:
            yield "picture", data["image/png"]
        elif "text/markdown" in data:
            yield "markdown", data["text/markdown"]
        else:
            text = PROGRESS.sub("", OVERWRITTEN.sub("", ANSI.sub("", data["text/plain"])))
            lines = WARNING.sub(r"\1\n", text).strip("\n").splitlines()
            for is_table, block in groupby(lines, lambda line: line.startswith("|")):
                yield "markdown" if is_table else "text", "\n".join(block).strip("\n")


if __name__ == "__main__":
    main()
