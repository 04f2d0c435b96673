"""How fast the shipped models answer: python -m benchmarks.predict PICTURES [--model NAME|FILE.onnx]...

One picture on one core, decoded before and while the clock runs; the command from a cold start; a folder on all cores.
Each row has a limit or a peer: decoding is the limit of what answers for a JPEG, the network in torch the peer of the
file, importing the libraries the limit of a cold start, the network alone on all cores that of a folder.
"""

import argparse
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import wepsam
from benchmarks.common import LONGEST, as_jpeg, processor_time, table, timed
from wepsam import cards
from wepsam.classical import gbvs
from wepsam.images import read_image
from wepsam.prediction.folder import predict_files
from wepsam.prediction.predictor import weights_file
from wepsam.sources import find_images

Rows = list[tuple[str, str, str]]
Clock = Callable[[], float]
LIBRARIES = "import numpy, PIL.Image, onnxruntime, typer"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="*", default=[".venv/pictures"], help="pictures or folders")
    parser.add_argument("--most", type=int, default=20, help="how many pictures")
    parser.add_argument("--model", action="append", help="shipped weights or an .onnx file; by default all shipped")
    parser.add_argument("--card", action="store_true", help="write the milliseconds into the models' cards")
    parser.add_argument("--cpu", action="store_true", help="processor time, where other work shares the machine")
    options = parser.parse_args()
    clock = processor_time if options.cpu else time.perf_counter
    jpegs = [as_jpeg(path) for path in find_images(options.pictures)[: options.most]]
    names = options.model or [*wepsam.models()]
    models = [wepsam.load(name, threads=1, quality="fast") for name in names]
    command = shlex.join(["python", "-m", "benchmarks.predict", *sys.argv[1:]])
    print("# Prediction\n")
    print(f"`{command}`: {len(jpegs)} JPEGs of at most {LONGEST} px, {machine()}{', processor time' * options.cpu}.\n")
    rows, milliseconds = one_picture(models, jpegs, clock)
    print(table(["one picture, one core", "ms", "compared"], rows), "\n")
    print(table(["from the cold", "ms", "compared"], cold(names, jpegs[0], clock)), "\n")
    print(table([f"a folder, {os.cpu_count()} cores", "pictures/s", "compared"], folder(models, jpegs, clock)))
    for name, model in zip(names, models, strict=True) if options.card else ():
        cards.add_speed(weights_file(name), milliseconds[model.name], "one forward, one core", machine())


def one_picture(models: list[wepsam.Predictor], jpegs: list[bytes], clock: Clock) -> tuple[Rows, dict[str, float]]:
    """The rows, and each network's milliseconds for a forward."""
    pictures = [read_image(jpeg) for jpeg in jpegs]
    decoding = 1e3 * timed(lambda: [read_image(j) for j in jpegs], len(jpegs), clock=clock)
    rows: Rows = [("decode a JPEG", f"{decoding:.2f}", "the limit")]
    alone = {}
    for model in models:
        whole = 1e3 * timed(lambda model=model: [model(j) for j in jpegs], len(jpegs), clock=clock)
        decoded = 1e3 * timed(lambda model=model: [model(p) for p in pictures], len(jpegs), clock=clock)
        forward, peer = forwards(model)
        # In turn with torch, so that what else the machine does meets both.
        ours, theirs = (1e3 * timed(work, 1, 30, clock) for work in (forward, peer))
        alone[model.name] = ours
        rows += [
            (f"{model.name}: JPEG -> map at full size", f"{whole:.2f}", f"{whole / decoding:.1f} x decode"),
            (f"{model.name}: picture -> map at full size", f"{decoded:.2f}", f"{decoded / ours:.1f} x the network"),
            (f"{model.name}: the network alone", f"{ours:.2f}", f"{theirs / ours:.1f} x as fast as torch"),
            (f"{model.name}: the same network in torch, eager", f"{theirs:.2f}", "the peer"),
        ]
        best = wepsam.load(Path(model.__reduce__()[1][0]), 1, "best")
        if "views" in model.card:
            slow = 1e3 * timed(lambda best=best: [best(p) for p in pictures], len(jpegs), 2, clock)
            rows.append((f"{model.name}, best: picture -> map", f"{slow:.2f}", f"{slow / decoded:.1f} x fast"))
    slow = 1e3 * timed(lambda: [gbvs(p) for p in pictures], len(jpegs), 2, clock)
    return [*rows, ("GBVS: picture -> map at full size", f"{slow:.2f}", f"{slow / decoding:.1f} x decode")], alone


def forwards(model: wepsam.Predictor) -> tuple[Callable[[], object], Callable[[], object]]:
    """One forward of the file, and of the same network in torch: a 4:3 picture, the paper's with its mirror image."""
    import torch

    from wepsam.networks.build import build

    torch.set_num_threads(1)
    network = build(model.card["network"]).eval()
    shape, mirrored = model._views[0]
    height, width = shape(480, 640)
    stimuli = np.zeros((2 if mirrored else 1, height, width, 3), np.uint8)
    pixels = torch.zeros(len(stimuli), 3, height, width)

    def peer() -> object:
        with torch.inference_mode():
            return network(pixels)

    return lambda: model._run(stimuli), peer


def cold(names: list[str], jpeg: bytes, clock: Clock) -> Rows:
    """Commands in processes of their own, the files in the disk's cache."""
    with tempfile.TemporaryDirectory() as out:
        picture = Path(out) / "one.jpg"
        picture.write_bytes(jpeg)
        commands = {"python, and the import of the libraries": ["-c", LIBRARIES]}
        for name in names:
            commands[f"wepsam predict one.jpg, {Path(name).stem}"] = [
                *["-m", "wepsam", "predict", str(picture), "--out", out, "--model", name]
            ]
        found = {what: 1e3 * timed(lambda line=line: started(line), 1, 5, clock) for what, line in commands.items()}
    limit, *_ = found.values()
    return [(what, f"{ms:.0f}", "the limit" if ms == limit else f"{ms / limit:.1f} x") for what, ms in found.items()]


def started(line: list[str]) -> None:
    subprocess.run([sys.executable, *line], check=True, capture_output=True)


def folder(models: list[wepsam.Predictor], jpegs: list[bytes], clock: Clock) -> Rows:
    """`wepsam predict` without its start, and what it would be if there were the network alone."""
    rows: Rows = []
    cores, many = os.cpu_count() or 1, 4 * len(jpegs)
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(cores) as pool:
        photos = Path(place) / "photos"
        photos.mkdir()
        for k in range(many):
            (photos / f"{k:04d}.jpg").write_bytes(jpegs[k % len(jpegs)])
        for model in models:
            forward, _ = forwards(model)
            limit = rate(lambda forward=forward: list(pool.map(lambda _: forward(), range(many))), many, clock)
            rows.append((f"{model.name}: the network alone", f"{limit:.1f}", "the limit"))
            for kinds in ((), ("npy",), ("map",), ("map", "overlay")):
                got = rate(
                    lambda model=model, kinds=kinds: predict_files(
                        [photos], Path(place) / "out", model, kinds, workers=-1
                    ),
                    many,
                    clock,
                )
                what = f"{model.name}: --save {','.join(kinds)}" if kinds else f"{model.name}: maps, not saved"
                rows.append((what, f"{got:.1f}", f"{got / limit:.0%}"))
    return rows


def rate(work: Callable[[], object], pictures: int, clock: Clock) -> float:
    """Pictures a second, the best of three; in processor time as if every core computed all the time."""
    cores = 1 if clock is time.perf_counter else os.cpu_count() or 1
    return cores / timed(work, pictures, 3, clock)


def machine() -> str:
    """What it runs on: the processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
