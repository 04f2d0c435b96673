"""`make dist`: the wheel and the sdist, built twice with the same bytes, checked, and tried in a bare environment.

    python -m recipes.dist --out dist

Writes OUT/wepsam-VERSION.tar.gz, the wheel and wepsam-VERSION.cdx.json, the parts that the core installs (CycloneDX).
The first of two builds makes the wheel from the sdist, the second from this folder: the sdist is complete if they are
equal. Needs build, hatchling, twine and cyclonedx-bom.
"""

import argparse
import filecmp
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST = 260  # MB that the core may take, with what it installs
# What a wheel may hold, by suffix, below wepsam/. Anything else has strayed in.
SUFFIXES = {".py", ".typed", ".json", ".onnx", ".npy", ".npz", ".txt", ".js", ".css", ".html", ".svg", ".jinja"}
WEIGHTS = ("wepsam-lite", "wepsam-paper", "mr_cnn", "cnn_vlm-lite0")
LICENSES = ("LICENSE", "LICENSE-APACHE-2.0", "LICENSE-WEIGHTS.md")
STRAY = re.compile(r"(^|/)(tests?|__pycache__|\.[^/]*)(/|$)")  # tests, caches, hidden files
# What README's first screen does, with the core alone.
TRIAL = """
import sys
from PIL import Image
Image.radial_gradient("L").resize((320, 240)).convert("RGB").save("street.jpg")
import wepsam
model = wepsam.load()
saliency_map = model("street.jpg")
wepsam.save_overlay("overlay.png", "street.jpg", saliency_map)
assert saliency_map.shape == (240, 320) and saliency_map.dtype == "float32", saliency_map
assert Image.open("overlay.png").size == (320, 240)
assert not {"torch", "scipy", "cv2", "numba"} & set(sys.modules)
print(wepsam.__version__)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for old in [*out.glob("wepsam-*.whl"), *out.glob("wepsam-*.tar.gz"), *out.glob("wepsam-*.cdx.json")]:
        old.unlink()
    built = build(out)
    for kind, path in built.items():
        print(f"{kind}: {path.name}, {path.stat().st_size / 1e6:.1f} MB, the same bytes twice")
    _run(sys.executable, "-m", "twine", "check", "--strict", *map(str, built.values()))
    with zipfile.ZipFile(built["wheel"]) as wheel:
        names = wheel.namelist()
    with tarfile.open(built["sdist"]) as sdist:
        _refuse(complaints_about_sdist([name.partition("/")[2] for name in sdist.getnames()]))
    _refuse(complaints_about_wheel(names))
    print(f"the wheel has {len(names)} files, none of them stray")
    with tempfile.TemporaryDirectory() as folder:
        print(try_out(built["wheel"], Path(folder), out))


def build(out: Path) -> dict[str, Path]:
    """Build both files twice; "sdist" and "wheel" in `out`. Exits with a line if their bytes differ."""
    epoch = {"SOURCE_DATE_EPOCH": _epoch()}
    command = [sys.executable, "-m", "build", "--no-isolation", str(ROOT), "--outdir"]
    with tempfile.TemporaryDirectory() as again:
        _run(*command, str(out), **epoch)
        _run(*command, again, "--sdist", "--wheel", **epoch)
        built = {"sdist": next(out.glob("wepsam-*.tar.gz")), "wheel": next(out.glob("wepsam-*.whl"))}
        for path in built.values():
            if not filecmp.cmp(path, Path(again, path.name), shallow=False):
                sys.exit(f"{path.name} has other bytes when it is built again")
    return built


def _epoch() -> str:
    """Seconds of the last commit; without git, a fixed time: that of hatchling."""
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "1580601600"


def complaints_about_wheel(names: Sequence[str]) -> list[str]:
    """What is missing in the wheel, and what should not be in it.

    Args:
        names: of its files.
    """
    package = {name.removeprefix("wepsam/") for name in names if name.startswith("wepsam/")}
    about = {name.partition("/")[2] for name in names if ".dist-info/" in name}
    wanted = {f"weights/{name}{suffix}" for name in WEIGHTS for suffix in (".onnx", ".json")} | {"py.typed"}
    missing = sorted(wanted - package) + sorted({f"licenses/{name}" for name in LICENSES} - about)
    stray = [name for name in package if STRAY.search(name) or Path(name).suffix not in SUFFIXES]
    stray += [name for name in names if not name.startswith("wepsam/") and ".dist-info/" not in name]
    return [f"missing: {name}" for name in missing] + [f"stray: {name}" for name in sorted(stray)]


def complaints_about_sdist(names: Sequence[str]) -> list[str]:
    """Tracked files that the sdist lacks; none are known without git.

    Args:
        names: of its files, below its folder.
    """
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True)
    tracked = listed.stdout.splitlines() if listed.returncode == 0 else []
    return [f"missing: {name}" for name in sorted(set(tracked) - set(names))]


def try_out(wheel: Path, folder: Path, out: Path) -> str:
    """Install the wheel alone and do what README's first screen says; the line that says how large it is.

    Args:
        wheel: the file.
        folder: an empty one, to be thrown away.
        out: for the list of parts.
    """
    place, work = folder / "bare", folder / "work"
    work.mkdir()
    venv.create(place, with_pip=False)
    programs = place / ("Scripts" if os.name == "nt" else "bin")
    python = str(programs / "python")
    constraints = str(ROOT / "constraints.txt")
    _run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--constraint", constraints, str(wheel))
    _run(python, "-c", TRIAL, cwd=work)
    command = [str(programs / "wepsam"), "predict", "street.jpg", "--out", "maps", "--save", "map,overlay", "--sheet"]
    _run(*command, cwd=work)
    if not list((work / "maps").rglob("*.png")):
        sys.exit("wepsam predict wrote no map")
    # What is installed: the interpreter beside it is a copy on some systems and a link on others.
    installed = next(place.rglob("site-packages")).rglob("*")
    size = sum(path.stat().st_size for path in installed if path.is_file() and not path.is_symlink()) / 1e6
    if size > MOST:
        sys.exit(f"the core takes {size:.0f} MB, at most {MOST} are allowed")
    parts = out / f"{'-'.join(wheel.name.split('-')[:2])}.cdx.json"
    _run(
        *(sys.executable, "-m", "cyclonedx_py", "environment", python, "--pyproject", str(ROOT / "pyproject.toml")),
        *("--output-reproducible", "--output-format", "JSON", "--output-file", str(parts)),
    )
    return f"the core takes {size:.0f} MB with what it installs, at most {MOST} are allowed; its parts: {parts.name}"


def _run(*command: str, cwd: Path | None = None, **variables: str) -> None:
    # A PYTHONPATH would let pip and the trial find the sources.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | variables
    done = subprocess.run(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\n{' '.join(command)[:300]}: exit code {done.returncode}")


def _refuse(complaints: Sequence[str]) -> None:
    if complaints:
        sys.exit("\n".join(complaints))


if __name__ == "__main__":
    main()
