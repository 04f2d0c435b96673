"""Memory and rate of long jobs: python -m benchmarks.scale PHOTOS [--entries 20000 200000] [--into docs/labelling.md]

A list of many entries (the photographs again and again, under different ids) is labelled by the command; meanwhile the
memory of all its processes is watched, and the parts are counted. Beside it, smaller jobs tell how the rate grows with
the number of workers, and from that how long ImageNet takes.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from benchmarks.common import table
from wepsam.evaluation.table import insert
from wepsam.sources import find_images
from wepsam.weak.pictures import find_pictures
from wepsam.weak.store import finish, read_manifest

IMAGENET = 1_281_167
CORES = (2, 16, 256)
EVERY = 0.5  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, help="folder of photographs")
    parser.add_argument("--entries", type=int, nargs="+", default=[20_000, 200_000], help="lengths of the lists")
    parser.add_argument("--into", type=Path, help="Markdown file to put the tables into; the figure goes beside it")
    options = parser.parse_args()
    count = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        jobs = [job(options.photos, entries, count, Path(folder)) for entries in options.entries]
        one = job(options.photos, min(options.entries), 1, Path(folder))
    memory = table(
        ["pictures", "seconds", "pictures/s", "first quarter", "last quarter", "peak of the command (MiB)",
         "peak of a worker (MiB)"],
        [told(j) for j in jobs],
    )  # fmt: skip
    # What one more worker adds, as measured from one to all cores; more than were measured is an extrapolation.
    rate, single = jobs[-1]["rate"], one["rate"]
    efficiency = min(1.0, rate / single / count)
    alone = jobs[-1]["alone"] / jobs[-1]["entries"] * IMAGENET
    rows = []
    for cores in CORES:
        labels = IMAGENET / (single * cores * efficiency)
        rows.append((f"{cores}", duration(labels), duration(alone), duration(labels + alone)))
    projection = table(["cores", "labels", "list and counts", f"{IMAGENET:,} pictures"], rows) + (
        f"\n\nOne worker {single:.0f} pictures/s, {count} workers {rate:.0f}: {efficiency:.0%} of {count} times one, "
        f"which is extrapolated beyond {count} cores, for storage that keeps up. The command alone makes the list and, "
        f"when all parts are there, their counts: timed for {jobs[-1]['entries']:,} pictures."
    )
    command = shlex.join(["python", "-m", "benchmarks.scale", *sys.argv[1:]])
    memory += f"\n\n`{command}`, {count} workers; photographs of 144 px on their shorter side."
    for name, text in {"memory": memory, "projection": projection}.items():
        print(f"\n{text}")
        if options.into:
            insert(options.into, name, text)
    if options.into:
        figure(jobs[-1], options.into.with_name("labelling-rate.png"))


def job(photos: Path, entries: int, workers: int, folder: Path) -> dict:
    """One run of the command; parts and memory over time."""
    paths = find_images(photos)
    links, weak, listed = folder / f"links{entries}", folder / f"weak{entries}-{workers}", folder / f"{entries}.txt"
    links.mkdir(exist_ok=True)
    lines = []
    for copy in range(-(-entries // len(paths))):
        link = links / f"copy{copy:03}"
        if not link.exists():
            link.symlink_to(photos.resolve())
        lines += [f"{link}/{path.relative_to(photos)}" for path in paths]
    listed.write_text("\n".join(lines[:entries]) + "\n")
    begin = time.time()
    command = [sys.executable, "-m", "wepsam", "label", str(listed), str(weak), "--workers", str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    parent = psutil.Process(process.pid)
    times, parts, own, others = [], [], [], []
    while process.poll() is None:
        try:
            own.append(parent.memory_info().rss)
            others.append(max((c.memory_info().rss for c in parent.children(recursive=True)), default=0))
        except psutil.NoSuchProcess:
            break
        times.append(time.time() - begin)
        parts.append(sum(1 for name in os.listdir(weak) if name.startswith("part-")) if weak.is_dir() else 0)
        time.sleep(EVERY)
    seconds = time.time() - begin
    if process.wait():
        raise SystemExit(f"wepsam label failed after {seconds:.0f} s")
    begin = time.time()
    pictures = find_pictures(listed)
    pictures.fingerprint()
    finish(weak, read_manifest(weak))
    alone = time.time() - begin
    done = np.array(parts) * 500
    quarters = [np.interp(q * seconds, times, done) for q in (0, 0.25, 0.75, 1)]
    return {
        "entries": entries, "seconds": seconds, "rate": entries / seconds, "times": times, "done": done,
        "first": quarters[1] / (seconds / 4), "last": (entries - quarters[2]) / (seconds / 4),
        "alone": alone, "own": np.array(own) / 2**20, "worker": np.array(others) / 2**20,
    }  # fmt: skip


def told(job: dict) -> tuple[str, ...]:
    return (
        f"{job['entries']:,}", f"{job['seconds']:.1f}", f"{job['rate']:.0f}", f"{job['first']:.0f}",
        f"{job['last']:.0f}", f"{job['own'].max():.0f}", f"{job['worker'].max():.0f}",
    )  # fmt: skip


def duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def figure(job: dict, path: Path) -> None:
    """Rate and memory over time."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(7, 3.2), layout="constrained")
    left, right = fig.subplots(1, 2)
    times, done = np.array(job["times"]), job["done"]
    even = np.arange(0, times[-1], 1.0)
    labelled = np.interp(even + 10, times, done) - np.interp(even, times, done)  # over ten seconds
    left.plot(even[even < times[-1] - 10] + 5, labelled[even < times[-1] - 10] / 10, color="#7a3b8f")
    left.set(xlabel="seconds", ylabel="pictures/s", ylim=(0, None), title="rate over time")
    right.plot(times, job["own"], color="0.3", label="the command")
    right.plot(times, job["worker"], color="#7a3b8f", label="its largest worker")
    right.set(xlabel="seconds", ylabel="MiB", ylim=(0, None), title="memory over time")
    right.legend(frameon=False)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    fig.savefig(path, dpi=130)


if __name__ == "__main__":
    main()
