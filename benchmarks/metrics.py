"""How fast scoring is: python -m benchmarks.metrics [--pysaliency PYTHON] [--into docs/explanation/metrics.md]

Maps of 1024x768 with 100 fixations each, the fixations of ten other pictures, a density and a center bias, all random
with a fixed seed. Each metric alone, then all metrics of a protocol by `score`, on one core and on all cores. The peer
is pysaliency's own code for the same maps, run by the given interpreter; its results are checked against `tuebingen`.
"""

import argparse
import json
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from benchmarks.common import timed
from wepsam import maps
from wepsam.cores import usable
from wepsam.markdown import insert, table
from wepsam.metrics import ON_REQUEST, PROTOCOLS, score

SHAPE = (768, 1024)
FIXATIONS, OTHERS = 100, 10  # fixations per picture; other pictures, as many as on the MIT board
SECONDS = 4  # of timing for all cores

Picture = dict[str, np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=8, help="number of pictures")
    parser.add_argument("--pysaliency", metavar="PYTHON", help="a Python interpreter with pysaliency")
    parser.add_argument("--into", type=Path, help="Markdown file in which to replace the table")
    options = parser.parse_args()
    pictures = random_pictures(options.pictures)
    ours = {protocol: alone(pictures, protocol) for protocol in PROTOCOLS}
    peers = in_pysaliency(options.pysaliency, pictures) if options.pysaliency else {}
    rows = [(f"`{name}`", *cells(name, ours, peers)) for name in ours["mit"]]
    for protocol in PROTOCOLS:
        ours[protocol]["all"] = timed(partial(all_of, pictures, protocol), len(pictures))
    rows.append(("**all but `emd`, by `score`**", *cells("all", ours, peers)))
    cores = usable()
    together = {protocol: {"all": on_cores(options.pictures, protocol, cores)} for protocol in PROTOCOLS}
    rows.append((f"the same on {cores} cores", *cells("all", together, {})))
    columns = ["", "`mit`, ms a picture", "`tuebingen`, ms a picture"]
    if peers:
        columns += ["pysaliency, ms a picture", "`tuebingen` is x faster"]
    else:
        rows = [row[:3] for row in rows]
    command = shlex.join(["python", "-m", "benchmarks.metrics", *sys.argv[1:]])
    text = table(columns, rows) + (
        f"\n\n`{command}`: {len(pictures)} maps of {SHAPE[1]}x{SHAPE[0]} (float32) with {FIXATIONS} fixations each and "
        f"{OTHERS * FIXATIONS} of other pictures, one core of {platform.machine()} unless stated otherwise."
        + (" pysaliency gets float64 maps; its scores equal `tuebingen` to 1e-9." if peers else "")
    )
    print(text)
    if options.into:
        insert(options.into, "metrics-speed", text)


def random_pictures(count: int) -> list[Picture]:
    """Pictures with three centers of fixations, and maps that know two of them."""
    rng = np.random.default_rng(0)
    size = np.array(SHAPE[::-1])

    def points(centers: np.ndarray, number: int) -> np.ndarray:
        around = centers[rng.integers(0, len(centers), number)] + rng.normal(0, 40, (number, 2))
        return around.clip(0, size - 1)

    pictures = []
    for _ in range(count):
        centers = rng.normal(0.5, 0.15, (3, 2)) * size
        fixations, predicted = points(centers, FIXATIONS), points(centers[:2], FIXATIONS)
        others = points(rng.normal(0.5, 0.15, (3 * OTHERS, 2)) * size, OTHERS * FIXATIONS)
        # Like a network's output: a small map, enlarged.
        small = maps.enlarge(maps.density(predicted, SHAPE, 40.0), (32, 32)) + 1e-7 * rng.random((32, 32))
        pictures.append({
            "saliency_map": maps.enlarge(small / small.max(), SHAPE),
            "fixations": fixations,
            "density": maps.density(fixations, SHAPE, 32.0),
            "other_fixations": others,
            "baseline": maps.density(others, SHAPE, 40.0),
        })  # fmt: skip
    return pictures


def alone(pictures: list[Picture], protocol: str) -> dict[str, float]:
    """Seconds per picture of each metric's own function; emd on one picture only, because it is slow."""
    seconds = {}
    for name, metric in (PROTOCOLS[protocol] | ON_REQUEST).items():
        if name.endswith("_density"):  # stand-ins where there are no points
            continue
        some = pictures[:1] if name in ON_REQUEST else pictures

        def work(metric=metric, some=some) -> None:  # type: ignore[no-untyped-def]
            for p in some:
                metric.function(p["saliency_map"], *(p[need] for need in metric.needs))

        seconds[name] = timed(work, len(some))
    return seconds


def all_of(pictures: list[Picture], protocol: str) -> list[dict[str, float]]:
    """All metrics of a protocol, by `score`."""
    return [score(**picture, protocol=protocol) for picture in pictures]


def score_for(count: int, protocol: str, seconds: float) -> int:
    """Number of pictures that one worker scores in this time."""
    pictures = random_pictures(count)
    done, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        score(**pictures[done % count], protocol=protocol)
        done += 1
    return done


def on_cores(count: int, protocol: str, workers: int) -> float:
    """Seconds per picture of all workers together."""
    pool = Parallel(workers, backend="loky", inner_max_num_threads=1)
    for seconds in (0.5, SECONDS):  # the first round starts the processes
        done = sum(pool(delayed(score_for)(count, protocol, seconds) for _ in range(workers)))
    return SECONDS / done


def in_pysaliency(python: str, pictures: list[Picture]) -> dict[str, float]:
    """Seconds per picture in pysaliency, of each metric and of all; its scores have to equal `tuebingen`."""
    with tempfile.TemporaryDirectory() as folder:
        for k, picture in enumerate(pictures):
            np.savez(Path(folder, f"{k}.npz"), **picture)
        program = Path(__file__).with_name("metrics_pysaliency.py")
        process = subprocess.run([python, program, folder], capture_output=True, text=True, check=False)
    if process.returncode:
        raise SystemExit(f"pysaliency failed in {python}: {process.stderr.strip()[-300:]}")
    answer = json.loads(process.stdout.splitlines()[-1])
    for ours, theirs in zip(all_of(pictures, "tuebingen"), answer["scores"], strict=True):
        for name, value in theirs.items():
            if not np.isclose(ours[name], value, rtol=0, atol=1e-9):
                raise SystemExit(f"pysaliency's {name} is {value:.12g}, ours {ours[name]:.12g}")
    return answer["seconds"] | {"all": sum(answer["seconds"].values())}


def cells(name: str, ours: dict[str, dict[str, float]], peers: dict[str, float]) -> tuple[str, ...]:
    """Milliseconds of a metric in `mit`, `tuebingen` and pysaliency, and the speed of `tuebingen` over that."""

    def milliseconds(seconds: float | None) -> str:
        return "" if seconds is None else f"{1e3 * seconds:.2f}"

    mine, theirs = ours["tuebingen"].get(name), peers.get(name)
    ratio = f"{theirs / mine:.1f}" if mine and theirs else ""
    return milliseconds(ours["mit"].get(name)), milliseconds(mine), milliseconds(theirs), ratio


if __name__ == "__main__":
    main()
