"""How long the first map takes on a bare machine: python -m benchmarks.first_map [--from-results]

Does what README.md says first: `make demo` in a fresh clone of the last commit, without pip's cache. Then a command as
a newcomer types it. The seconds go into results/speed/first-map.json and the sentence of README.md. Most of them are
spent on downloads, so they say as much about the network as about the machine.
"""

import argparse
import json
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wepsam.files import write_json
from wepsam.markdown import insert

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "results" / "speed" / "first-map.json"
FIRST = "make demo"
NEXT = ".venv/bin/wepsam predict .venv/pictures/coffee.png --out maps/"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from-results", action="store_true", help="write the sentence, measure nothing")
    if not parser.parse_args().from_results:
        RESULT.parent.mkdir(exist_ok=True)
        write_json(RESULT, measured())
    insert(ROOT / "README.md", "first-map", sentence(json.loads(RESULT.read_text(encoding="utf-8"))))


def measured() -> dict[str, Any]:
    """Seconds of each command, and the size of the environment in bytes."""
    with tempfile.TemporaryDirectory() as parent:
        clone = Path(parent) / "wepsam"
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", clone], check=True)
        environment = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
        environment |= {"PIP_NO_CACHE_DIR": "1"}
        seconds = {}
        for command in (FIRST, NEXT):
            begin = time.perf_counter()
            subprocess.run(command.split(), cwd=clone, env=environment, check=True, stdout=subprocess.DEVNULL)
            seconds[command] = time.perf_counter() - begin
        assert list((clone / "maps").iterdir())
        size = sum(path.lstat().st_size for path in (clone / ".venv").rglob("*") if path.is_file())
    return {"seconds": seconds, "bytes": size, "cores": os.cpu_count(), "python": platform.python_version()}


def sentence(found: Mapping[str, Any]) -> str:
    first, following = (found["seconds"][command] for command in (FIRST, NEXT))
    return (
        f"On a bare machine with {found['cores']} cores, `{FIRST}` takes {first:.0f} s with its downloads, and the\n"
        f"environment has {found['bytes'] / 1e6:.0f} MB. After that, a picture takes {following:.1f} s as a command."
    )


if __name__ == "__main__":
    main()
