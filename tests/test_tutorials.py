"""The tutorials run as they stand, and their pages show what they gave."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from PIL import Image

from helpers import ROOT
from recipes import site, tutorials

pytest.importorskip("jupytext")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
BASH = "no bash, in which the cells are written" if os.name == "nt" or shutil.which("bash") is None else ""
PAGES = sorted(set((ROOT / "docs" / "tutorials").glob("*.md")) - {ROOT / "docs" / "tutorials" / "index.md"})


def make(out: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the recipe in a process of its own: Jupyter's libraries warn of more than our own do."""
    return subprocess.run(
        [sys.executable, "-m", "recipes.tutorials", out, *arguments],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True,
        encoding="utf-8", timeout=600,
    )  # fmt: skip


@pytest.mark.skipif(bool(BASH), reason=BASH)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_runs_and_shows_pictures(page: Path, pictures: Path, tmp_path: Path) -> None:
    if "curl " in page.read_text(encoding="utf-8") and shutil.which("curl") is None:
        pytest.skip("no curl")
    result = make(tmp_path, page.stem)
    assert result.returncode == 0, result.stderr
    text = (tmp_path / page.name).read_text(encoding="utf-8")
    shown = re.findall(r"^!\[(.+)\]\((.+\.png)\)$", text, re.MULTILINE)
    assert shown
    for alt, name in shown:
        assert len(alt) > 15
        with Image.open(tmp_path / name) as picture:
            assert min(picture.size) > 50, name
            assert max(picture.size) < 2500, name
    assert tempfile.gettempdir() not in text
    assert "\x1b" not in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_prompt_of_python_takes_each_block_as_it_stands(page: Path) -> None:
    """A blank line ends a loop or a function there, and nothing else does."""
    for block in re.findall(r"^```python.*?\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        lines = [*block.splitlines(), ""]
        for statement in ast.parse(block).body:
            assert statement.end_lineno
            if hasattr(statement, "body"):
                assert all(lines[statement.lineno : statement.end_lineno]), f"a blank line in {block}"
                following = lines[statement.end_lineno]
                assert not following, f"no blank line before {following!r}"


def test_every_tutorial_ends_with_where_to_go_next() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert "\n## Where next\n" in text, page.name
        assert "```python\n" in text or "```bash\n" in text, page.name


@pytest.mark.skipif(bool(BASH), reason=BASH)
def test_a_page_shows_what_its_cells_gave(pictures: Path, tmp_path: Path) -> None:
    cells = {
        "bash": ["echo '| a |'; echo '|---|'; echo; echo plain; printf '10 %%\\r100 %%\\n'", "ls -a; echo $PICTURES"],
        "python": [
            'import warnings\nwarnings.warn("doubtful")',
            "from IPython.display import Markdown\nMarkdown('**bold**')",
            "f'{6 * 7}'",
        ],
    }
    blocks = [f"```{language}\n{code}\n```" for language, codes in cells.items() for code in codes]
    (tmp_path / "one.md").write_text("# One\n\n" + "\n\n".join(blocks) + "\n\n```json\n{}\n```\n", encoding="utf-8")
    (tmp_path / "words.md").write_text("# Words\n\nNothing runs.\n", encoding="utf-8")
    result = make(tmp_path / "out", "--pages", tmp_path)
    assert result.returncode == 0, result.stderr
    begin = "``` { .text .output }"
    given = [
        f"| a |\n|---|\n\n{begin}\nplain\n100 %\n```",
        f"{begin}\n.\n..\n{ROOT / '.venv' / 'pictures'}\n```",
        f"{begin}\nUserWarning: doubtful\n```",
        "**bold**",
        f"{begin}\n'42'\n```",
    ]
    pairs = [f"{block}\n\n{each}" for block, each in zip(blocks, given, strict=True)]
    expected = "# One\n\n" + "\n\n".join(pairs) + "\n\n```json\n{}\n```\n"
    assert (tmp_path / "out" / "one.md").read_text(encoding="utf-8") == expected
    assert (tmp_path / "out" / "words.md").read_text(encoding="utf-8") == "# Words\n\nNothing runs.\n"


@pytest.mark.skipif(bool(BASH), reason=BASH)
@pytest.mark.parametrize(
    "cell", ["```python\nassert 1 > 2\n```", "```bash\nfalse\ntrue\n```", "```bash\nfalse | cat\n```"]
)
def test_a_claim_that_does_not_hold_ends_the_run(cell: str, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.md").write_text(f"# Wrong\n\n{cell}\n", encoding="utf-8")
    result = make(tmp_path / "out", "wrong", "--pages", tmp_path)
    assert result.returncode == 1
    assert "wrong.md" in result.stderr
    assert not (tmp_path / "out" / "wrong.md").exists()


@pytest.mark.skipif(bool(BASH), reason=BASH)
def test_what_a_failing_tutorial_has_started_is_ended(pictures: Path, tmp_path: Path) -> None:
    psutil = pytest.importorskip("psutil")
    code = f"""import subprocess
from pathlib import Path
Path({str(tmp_path / "pid")!r}).write_text(str(subprocess.Popen(["sleep", "600"]).pid))
assert False"""
    (tmp_path / "wrong.md").write_text(f"```python\n{code}\n```\n", encoding="utf-8")
    assert make(tmp_path / "out", "--pages", tmp_path).returncode == 1
    try:
        status = psutil.Process(int((tmp_path / "pid").read_text())).status()
    except psutil.NoSuchProcess:
        return
    assert status == psutil.STATUS_ZOMBIE


def test_what_is_missing_is_one_line(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    pages = tmp_path / "pages"
    pages.mkdir()
    for arguments, line in (
        ([tmp_path / "out", "nothing"], "no tutorial "),
        ([tmp_path / "out", "--pages", pages], "no tutorial "),
        ([tmp_path / "file"], f"{tmp_path / 'file'}: File exists"),
        ([tutorials.PAGES], f"{tutorials.PAGES} holds the tutorials themselves"),
    ):
        done = make(arguments[0], *arguments[1:])
        assert done.returncode == 1
        assert done.stderr.startswith(line)
        assert done.stderr.count("\n") == 1


def test_the_libraries_are_missed_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tutorials, "LIBRARIES", ("jupytext", "nolibrary"))
    with pytest.raises(SystemExit, match=r"^nolibrary is missing: pip install -e '.\[docs\]'$"):
        site.main()
