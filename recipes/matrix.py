"""`make matrix`: the core, and extras, with the lowest and the highest versions that pyproject.toml allows.

    python -m recipes.matrix --pythons 3.11,3.13 --extras report,app
    python -m recipes.matrix --table

For each interpreter and both ends, an environment of its own, of wheels only: where an interpreter has no wheel of the
lowest version, the lowest that it has. The tests of that extra run in it. What was run goes into the file of results,
where a cell replaces the same cell of an earlier run, and into the tables of docs/reference/versions.md. Needs uv,
which finds the interpreters and fetches those that are not there if it may.

torch is the version of constraints.txt at both ends, in its build without CUDA: for Linux, that is found where
UV_TORCH_BACKEND or UV_FIND_LINKS says.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wepsam import markdown
from wepsam.files import write_text

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "results" / "matrix" / "versions.json"
PAGE = ROOT / "docs" / "reference" / "versions.md"
PYTHONS = "3.11,3.12,3.13,3.14"
ENDS = {"lowest": "lowest-direct", "highest": "highest"}
# What shows that the core and an extra work; tests that need more than them are not among these.
TESTS = {
    "core": (
        "tests/metrics/test_auc.py", "tests/metrics/test_distribution.py", "tests/metrics/test_fixation.py",
        "tests/test_maps.py", "tests/test_images.py", "tests/test_overlays.py", "tests/test_cards.py",
        "tests/prediction/test_folder.py", "tests/attention/test_shares.py", "tests/attention/test_hot_spots.py",
        "tests/drawing/test_drawings.py", "tests/test_portable.py", "tests/datasets/readers/test_own.py",
    ),
    "classical": ("tests/classical/test_gbvs.py", "tests/classical/test_bms.py", "tests/datasets/readers/test_nus.py",
                  "tests/datasets/test_mat_files.py", "tests/metrics/test_numba_passes.py",
                  "tests/metrics/test_transport.py"),
    "report": ("tests/reporting/test_report.py",),
    "app": ("tests/service/test_service.py", "tests/app/test_application.py"),
    "video": ("tests/video/test_reading.py", "tests/video/test_folder.py"),
    "heif": ("tests/test_heic.py",),
    "hub": ("tests/hub/test_fetching.py", "tests/hub/test_publishing.py"),
    "train": ("tests/training/test_losses.py", "tests/networks/test_lite.py", "tests/deploy/test_to_onnx.py",
              "tests/weak/test_store.py", "tests/test_torch_metrics.py"),
}  # fmt: skip
BESIDE = {
    "core": (),
    "classical": (),
    "report": ("jsonschema", "onnx"),
    "app": ("httpx", "jsonschema", "onnx", "av"),
    "video": (),
    "heif": (),
    "hub": (),
    "train": (),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pythons", default=PYTHONS, help="versions, or paths of interpreters")
    parser.add_argument("--extras", default=",".join(TESTS), help=f"of {', '.join(TESTS)}")
    parser.add_argument("--ends", default=",".join(ENDS))
    parser.add_argument("--table", action="store_true", help="only write the tables anew")
    asked = parser.parse_args()
    failed, ran = False, asked.table
    for python in [] if asked.table else asked.pythons.split(","):
        for extra in asked.extras.split(","):
            for end in asked.ends.split(","):
                with tempfile.TemporaryDirectory() as folder:
                    cell, text = one(python, extra, end, Path(folder))
                print(" | ".join([cell["python"], extra, end, cell["outcome"], str(cell["versions"])]), flush=True)
                if cell["outcome"] == "failed":
                    print(text[-4000:])
                failed |= cell["outcome"] == "failed"
                ran |= cell["outcome"] == "passed"
                if cell["versions"]:
                    keep(cell)
    for name, table in tables(kept()).items():
        markdown.insert(PAGE, name, table)
    sys.exit(1 if failed or not ran else 0)


def one(python: str, extra: str, end: str, folder: Path) -> tuple[dict[str, Any], str]:
    """Install and test one cell.

    Args:
        python: a version, or the path of an interpreter.
        extra: of TESTS.
        end: of ENDS.
        folder: for the environment.

    Returns:
        The cell: "python", "extra", "end", "outcome" ("passed", "failed", "no such Python" or "not installable"),
        "tests" (those that passed) and "versions" (of what the core and the extra ask for); and the output.
    """
    cell: dict[str, Any] = {"python": python, "extra": extra, "end": end, "outcome": "", "tests": 0, "versions": {}}
    place = folder / "venv"
    if _uv("venv", "--quiet", "--python", python, str(place)).returncode:
        return cell | {"outcome": "no such Python"}, ""
    inside = str(place / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    cell["python"] = _run(inside, "-c", "import platform; print(platform.python_version())").stdout.strip()
    # Compiled as pip does it: of what the compiler warns in a library, the tests need not hear.
    install = ("pip", "install", "--quiet", "--compile-bytecode", "--python", inside)
    install += ("--only-binary", ":all:", "--no-binary", "wepsam")
    torch = folder / "torch.txt"
    torch.write_text(_torch(), encoding="utf-8")
    project = ("-r", str(ROOT / "pyproject.toml"), *(() if extra == "core" else ("--extra", extra)))
    first = _uv(*install, "--resolution", ENDS[end], "--constraint", str(torch), *project)
    if first.returncode:
        return cell | {"outcome": "not installable"}, first.stdout
    # Beside what was chosen, which stays as it is.
    frozen = folder / "frozen.txt"
    frozen.write_text(_uv("pip", "freeze", "--quiet", "--python", inside).stdout, encoding="utf-8")
    beside = ("pytest", "hypothesis", *BESIDE[extra], "--constraint", str(frozen))
    for packages in (beside, ("--no-deps", str(ROOT))):
        second = _uv(*install, *packages)
        if second.returncode:
            return cell | {"outcome": "not installable"}, second.stdout
    found = dict(line.split("==") for line in frozen.read_text(encoding="utf-8").splitlines() if "==" in line)
    cell["versions"] = {name: version for name, version in found.items() if name.lower() in bounds(extra)}
    # An old library among new ones is deprecated; that it still works is what is asked here.
    old = ("-W", "ignore::DeprecationWarning", "-W", "ignore::PendingDeprecationWarning") if end == "lowest" else ()
    options = ("--tb=short", "--maxfail=5", "-p", "no:cacheprovider", *old)
    text = _run(inside, "-m", "pytest", *options, *TESTS[extra]).stdout
    counts = {kind: int(number) for number, kind in re.findall(r"(\d+) (passed|failed|error)", text[-400:])}
    passed = set(counts) == {"passed"}
    return cell | {"outcome": "passed" if passed else "failed", "tests": counts.get("passed", 0)}, text


def bounds(extra: str) -> dict[str, str]:
    """The lowest allowed version of each package that the core and an extra ask for.

    Args:
        extra: its name; "core" is the core alone.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *([] if extra == "core" else project["optional-dependencies"][extra])]
    found = {}
    for requirement in asked:
        if own := re.match(r"wepsam\[(\w+)\]", requirement):
            found |= bounds(own[1])
        else:
            name, _, version = requirement.partition(">=")
            found[name.lower()] = version
    return found


def kept() -> list[dict[str, Any]]:
    """The cells that were run, in the order of the table."""
    return json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else []


def keep(cell: Mapping[str, Any]) -> None:
    """Put a cell into the file of results, in the place of the same cell of an earlier run."""
    cells = [*(other for other in kept() if _place(other) != _place(cell)), cell]
    lines = ",\n".join(json.dumps(each) for each in sorted(cells, key=_place))
    write_text(RESULT, f"[\n{lines}\n]\n")


def tables(cells: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The tables of the page, by the names of their places: tests that passed, and the versions that they ran with.

    Args:
        cells: as `one` returns them.
    """
    pythons = sorted({_python(cell) for cell in cells})
    shown = {(_python(cell), cell["end"], cell["extra"]): _shown(cell) for cell in cells}
    columns = [(python, end) for python in pythons for end in ENDS]
    rows = [[extra, *(shown.get((*column, extra), "") for column in columns)] for extra in TESTS]
    ran = markdown.table(["", *(f"3.{python}, {end}" for python, end in columns)], rows)
    allowed = {name: bound for extra in TESTS for name, bound in bounds(extra).items()}
    rows = [
        [name, bound, *(" to ".join(_ends(name, [c for c in cells if _python(c) == python])) for python in pythons)]
        for name, bound in allowed.items()
    ]
    versions = markdown.table(["package", "lowest allowed", *(f"with Python 3.{python}" for python in pythons)], rows)
    return {"matrix": ran, "matrix-versions": versions}


def _ends(name: str, cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """The lowest and the highest version of a package that passed; once if they are one."""
    versions = {v for c in cells if c["outcome"] == "passed" for n, v in c["versions"].items() if n.lower() == name}
    ordered = sorted(versions, key=order)
    return ordered if len(ordered) < 2 else [ordered[0], ordered[-1]]


def order(version: str) -> list[int]:
    """The numbers of a version, by which versions are compared."""
    return [int(part) for part in re.findall(r"\d+", version)]


def _shown(cell: Mapping[str, Any]) -> str:
    # Not how many: that grows with the tests, and cells are run on different days.
    return "passed" if cell["outcome"] == "passed" else f"**{cell['outcome']}**"


def _python(cell: Mapping[str, Any]) -> int:
    return int(cell["python"].split(".")[1])


def _place(cell: Mapping[str, Any]) -> tuple[int, int, int]:
    return _python(cell), [*TESTS].index(cell["extra"]), [*ENDS].index(cell["end"])


def _torch() -> str:
    """The requirement of torch without CUDA. PyPI has that for Windows and macOS."""
    (pinned,) = re.findall(r"^torch==.*", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    return f"{pinned}+cpu" if sys.platform == "linux" else pinned


def _uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    return _run(sys.executable, "-m", "uv", *arguments)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    # A PYTHONPATH would let the tests find the sources instead of what was installed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


if __name__ == "__main__":
    main()
