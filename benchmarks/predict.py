"""Speed of the shipped models: python -m benchmarks.predict PICTURES [--model NAME|FILE.onnx]...

Measured are one picture on one core, with and without decoding; the command from a cold start; a folder on all cores.
Each row is compared with a limit or a peer of the same run:

- prediction for a JPEG with decoding it,
- the .onnx file with the same network in torch,
- a cold start with importing the libraries,
- a folder with the network alone on all cores.
"""

import argparse
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
from benchmarks.common import LONGEST, as_jpeg, processor_time, timed
from wepsam import cards, offline, shapes
from wepsam.classical import gbvs
from wepsam.cores import usable
from wepsam.images import read_image
from wepsam.markdown import table
from wepsam.sources import find_images

Rows = list[tuple[str, str, str]]
Clock = Callable[[], float]
LIBRARIES = "import numpy, PIL.Image, onnxruntime, typer"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="*", default=[".venv/pictures"], help="pictures or folders")
    parser.add_argument("--most", type=int, default=20, help="use at most so many pictures")
    parser.add_argument(
        "--model", action="append", help="shipped weights or an .onnx file; by default all shipped ones"
    )
    parser.add_argument("--card", action="store_true", help="write the milliseconds into the models' cards")
    parser.add_argument(
        "--cpu", action="store_true", help="measure processor time; use it if other work shares the machine"
    )
    options = parser.parse_args()
    clock = processor_time if options.cpu else time.perf_counter
    jpegs = [as_jpeg(path) for path in find_images(options.pictures)[: options.most]]
    names = options.model or [*wepsam.models()]
    models = [wepsam.load(name, threads=1, quality="fast") for name in names]
    command = shlex.join(["python", "-m", "benchmarks.predict", *sys.argv[1:]])
    print("# Prediction\n")
    print(f"`{command}`:\n{len(jpegs)} JPEGs of at most {LONGEST} px, {machine()}{', processor time' * options.cpu}.\n")
    rows, milliseconds = one_picture(models, jpegs, clock)
    print(table(["one picture, one core", "ms", "compared"], rows) + "\n")
    print(table(["from the cold", "ms", "compared"], cold(names, jpegs[0], clock)) + "\n")
    print(table([f"a folder, {usable()} cores", "pictures/s", "compared"], folder(models, jpegs, clock)))
    for model in models if options.card else ():
        cards.add_speed(model.weights, milliseconds[model.name], "one forward, one core", machine())


def one_picture(models: list[wepsam.Predictor], jpegs: list[bytes], clock: Clock) -> tuple[Rows, dict[str, float]]:
    """The rows of the table, and the milliseconds of each network's forward pass."""
    pictures = [read_image(jpeg) for jpeg in jpegs]
    decoding = 1e3 * timed(lambda: [read_image(j) for j in jpegs], len(jpegs), clock=clock)
    rows: Rows = [("decode a JPEG", f"{decoding:.2f}", "the limit")]
    alone = {}
    for model in models:
        whole = 1e3 * timed(lambda model=model: [model(j) for j in jpegs], len(jpegs), clock=clock)
        decoded = 1e3 * timed(lambda model=model: [model(p) for p in pictures], len(jpegs), clock=clock)
        forward, peer = forwards(model)
        # Directly before torch, so that other work on the machine slows both.
        ours, theirs = (1e3 * timed(work, 1, 30, clock) for work in (forward, peer))
        alone[model.name] = ours
        rows += [
            (f"{model.name}: JPEG -> map at full size", f"{whole:.2f}", f"{whole / decoding:.1f} x decode"),
            (f"{model.name}: picture -> map at full size", f"{decoded:.2f}", f"{decoded / ours:.1f} x the network"),
            (f"{model.name}: the network alone", f"{ours:.2f}", f"{theirs / ours:.1f} x as fast as torch"),
            (f"{model.name}: the same network in torch, eager", f"{theirs:.2f}", "the peer"),
        ]
        best = wepsam.load(model.weights, 1, "best")
        if "views" in model.card:
            slow = 1e3 * timed(lambda best=best: [best(p) for p in pictures], len(jpegs), 2, clock)
            rows.append((f"{model.name}, best: picture -> map", f"{slow:.2f}", f"{slow / decoded:.1f} x fast"))
    slow = 1e3 * timed(lambda: [gbvs(p) for p in pictures], len(jpegs), 2, clock)
    return [*rows, ("GBVS: picture -> map at full size", f"{slow:.2f}", f"{slow / decoding:.1f} x decode")], alone


def forwards(model: wepsam.Predictor) -> tuple[Callable[[], object], Callable[[], object]]:
    """One forward pass of the .onnx file, and one of the same network in torch.

    The picture has the aspect 4:3; the paper's network sees its mirror image too.
    """
    import torch

    from wepsam.networks.build import build

    card = model.card
    square = "input_size" in card
    height, width = [card["input_size"]] * 2 if square else shapes.input_shape(480, 640, card["input_area"])
    stimuli = np.zeros((2 if square and card["mirror"] else 1, height, width, 3), np.uint8)
    onnxruntime = offline.onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.weights, options, providers=["CPUExecutionProvider"])
    torch.set_num_threads(1)
    network = build(card["network"]).eval()
    pixels = torch.zeros(len(stimuli), 3, height, width)

    def peer() -> object:
        with torch.inference_mode():
            return network(pixels)

    return lambda: session.run(None, {"stimuli": stimuli}), peer


def cold(names: list[str], jpeg: bytes, clock: Clock) -> Rows:
    """Commands in processes of their own, with the files in the disk's cache."""
    with tempfile.TemporaryDirectory() as out:
        picture = Path(out) / "one.jpg"
        picture.write_bytes(jpeg)
        commands = {"python, and the import of the libraries": ["-c", LIBRARIES]}
        for name in names:
            commands[f"wepsam predict one.jpg, {Path(name).stem}"] = [
                *["-m", "wepsam", "predict", str(picture), "--out", out, "--model", name]
            ]
        times = {what: 1e3 * timed(lambda line=line: start(line), 1, 5, clock) for what, line in commands.items()}
    limit, *_ = times.values()
    return [(what, f"{ms:.0f}", "the limit" if ms == limit else f"{ms / limit:.1f} x") for what, ms in times.items()]


def start(line: list[str]) -> None:
    """Run Python with these arguments."""
    subprocess.run([sys.executable, *line], check=True, capture_output=True)


def folder(models: list[wepsam.Predictor], jpegs: list[bytes], clock: Clock) -> Rows:
    """`wepsam predict` without its start, compared with the network alone."""
    rows: Rows = []
    cores, many = usable(), 4 * len(jpegs)
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(cores) as pool:
        photos, out = Path(place) / "photos", Path(place) / "out"
        photos.mkdir()
        for k in range(many):
            (photos / f"{k:04d}.jpg").write_bytes(jpegs[k % len(jpegs)])
        for model in models:
            forward, _ = forwards(model)
            limit = rate(lambda forward=forward: list(pool.map(lambda _: forward(), range(many))), many, clock)
            rows.append((f"{model.name}: the network alone", f"{limit:.1f}", "the limit"))
            for kinds in ((), ("npy",), ("map",), ("map", "overlay")):
                ours = rate(
                    lambda model=model, kinds=kinds: wepsam.predict(photos, out, model=model, save=kinds), many, clock
                )
                what = f"{model.name}: --save {','.join(kinds)}" if kinds else f"{model.name}: maps, not saved"
                rows.append((what, f"{ours:.1f}", f"{ours / limit:.0%}"))
    return rows


def rate(work: Callable[[], object], pictures: int, clock: Clock) -> float:
    """Pictures per second, the best of three runs; with processor time as if every core computed all the time."""
    cores = 1 if clock is time.perf_counter else usable()
    return cores / timed(work, pictures, 3, clock)


def machine() -> str:
    """The name of the processor, or its architecture if the system does not give the name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
