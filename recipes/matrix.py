"""`make matrix`: the core, and extras, with the lowest and the highest versions that pyproject.toml allows.

    python -m recipes.matrix --pythons 3.11,3.13 --extras report,app

For each interpreter and both ends, an environment of its own, of wheels only: where an interpreter has no wheel of the
lowest version, the lowest that it has. The tests of that extra run in it, and a table says what was run. Extras that
bring torch are left out unless they are named: their wheels for Linux take gigabytes. Needs uv, which finds the
interpreters, and fetches those that are not there if it may.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
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
    "heif": ("tests/test_heic.py",),
    "hub": ("tests/hub/test_fetching.py", "tests/hub/test_publishing.py"),
    "train": ("tests/training/test_losses.py", "tests/networks/test_lite.py", "tests/deploy/test_to_onnx.py",
              "tests/weak/test_store.py", "tests/test_torch_metrics.py"),
}  # fmt: skip
BESIDE = {
    "core": (),
    "classical": (),
    "report": ("jsonschema", "onnx"),
    "app": ("httpx", "jsonschema", "onnx"),
    "heif": (),
    "hub": (),
    "train": (),
}
USUAL = "core,classical,report,app,heif,hub"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pythons", default=PYTHONS, help="versions, or paths of interpreters")
    parser.add_argument("--extras", default=USUAL, help=f"of {', '.join(TESTS)}")
    parser.add_argument("--ends", default=",".join(ENDS))
    asked = parser.parse_args()
    failed, ran = False, 0
    print("python | versions | extra | outcome | with")
    for python in asked.pythons.split(","):
        for extra in asked.extras.split(","):
            for end in asked.ends.split(","):
                with tempfile.TemporaryDirectory() as folder:
                    outcome, versions, text = one(python, extra, end, Path(folder))
                print(f"{python} | {end} | {extra} | {outcome} | {versions}", flush=True)
                failed |= outcome == "failed"
                ran += outcome == "passed"
                if outcome == "failed":
                    print(text[-4000:])
    sys.exit(1 if failed or not ran else 0)


def one(python: str, extra: str, end: str, folder: Path) -> tuple[str, str, str]:
    """Install and test one cell of the table.

    Args:
        python: a version, or the path of an interpreter.
        extra: of TESTS.
        end: of ENDS.
        folder: for the environment.

    Returns:
        "passed", "failed", "no such Python" or "not installable"; the versions of the core; the output.
    """
    place = folder / "venv"
    if _uv("venv", "--quiet", "--python", python, str(place)).returncode:
        return "no such Python", "", ""
    inside = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = ("pip", "install", "--quiet", "--python", str(inside), "--only-binary", ":all:", "--no-binary", "wepsam")
    project = ("-r", str(ROOT / "pyproject.toml"), *(() if extra == "core" else ("--extra", extra)))
    first = _uv(*install, "--resolution", ENDS[end], *project)
    if first.returncode:
        return "not installable", " ".join(first.stdout.split())[:300], first.stdout
    # Beside what was chosen, which stays as it is.
    frozen = folder / "frozen.txt"
    listed = _uv("pip", "freeze", "--quiet", "--python", str(inside)).stdout
    frozen.write_text(listed, encoding="utf-8")
    beside = ("pytest", "hypothesis", *BESIDE[extra], "--constraint", str(frozen))
    for packages in (beside, ("--no-deps", str(ROOT))):
        second = _uv(*install, *packages)
        if second.returncode:
            return "not installable", " ".join(second.stdout.split())[:300], second.stdout
    core = ("numpy", "pillow", "onnxruntime", "typer")
    versions = " ".join(line for line in listed.splitlines() if line.partition("==")[0] in core)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # An old library among new ones is deprecated; that it still works is what is asked here.
    old = ("-W", "ignore::DeprecationWarning") if end == "lowest" else ()
    command = [
        str(inside),
        "-m",
        "pytest",
        "-q",
        "--tb=short",
        "--maxfail=5",
        "-p",
        "no:cacheprovider",
        *old,
        *TESTS[extra],
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return "passed" if done.returncode == 0 else "failed", versions, done.stdout


def _uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "uv", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


if __name__ == "__main__":
    main()
