"""Speed of the shipped models: python -m benchmarks.predict PICTURES [--model NAME|FILE.onnx]...

Measured are one picture on one core, with and without decoding; the command from a cold start; a folder on all cores.
Each row is compared with a limit or a peer of the same run:

- prediction for a JPEG with decoding it,
- the .onnx file with the same network in torch,
- a cold start with importing the libraries,
- a folder with the network alone on all cores,
- with --unisal, a picture of 800x600 with the architecture of UNISAL, whose input has the same size.
"""

import argparse
import json
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
from wepsam.images import read_image, resize
from wepsam.markdown import table
from wepsam.sources import find_images

Rows = list[tuple[str, str, str]]
Clock = Callable[[], float]
SCREEN = 600, 800  # (height, width) of the pictures for UNISAL
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
    parser.add_argument("--unisal", metavar="PYTHON", help="an interpreter as benchmarks/predict_unisal.py needs it")
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
    if options.unisal:
        rows = beside_unisal(options.unisal, models, jpegs, clock)
        print(table(["a picture of 800x600, one core", "ms", "compared"], rows) + "\n")
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
    """One forward pass of the .onnx file for a model of quality "fast", and one of the same network in torch."""
    import torch

    from wepsam.networks.build import build

    (stimuli,) = inputs(model)
    torch.set_num_threads(1)
    network = build(model.card["network"]).eval()
    pixels = torch.zeros(len(stimuli), 3, *stimuli.shape[1:3])

    def peer() -> object:
        with torch.inference_mode():
            return network(pixels)

    return network_alone(model), peer


def network_alone(model: wepsam.Predictor) -> Callable[[], object]:
    """The .onnx file without anything around it, for all views of a picture."""
    onnxruntime = offline.onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.weights, options, providers=["CPUExecutionProvider"])
    views = inputs(model)
    return lambda: [session.run(None, {"stimuli": stimuli}) for stimuli in views]


def inputs(model: wepsam.Predictor) -> list[np.ndarray]:
    """What the network is given for the views of a picture of the aspect 4:3: (1 or 2, h, w, 3) uint8 each."""
    card = model.card
    if "input_size" in card:
        return [np.zeros((1 + card["mirror"], card["input_size"], card["input_size"], 3), np.uint8)]
    views = card["views"][model.quality]
    areas = [round(card["input_area"] * scale**2) for scale in views["scales"]]
    return [np.zeros((1 + views["mirror"], *shapes.input_shape(*SCREEN, area), 3), np.uint8) for area in areas]


def beside_unisal(python: str, models: list[wepsam.Predictor], jpegs: list[bytes], clock: Clock) -> Rows:
    """Ours and UNISAL's on the same pictures of one size, in the same run."""
    pictures = [resize(read_image(jpeg), SCREEN) for jpeg in jpegs]
    ours = {}
    for model in [*models, *at_best(models)]:
        ms = 1e3 * timed(lambda model=model: [model(p) for p in pictures], len(pictures), 3, clock)
        ours[title(model)] = ms
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "pictures.npy", pictures)
        program = Path(__file__).with_name("predict_unisal.py")
        measured = "wall" if clock is time.perf_counter else "processor"
        line = [python, program, Path(folder) / "pictures.npy", measured]
        process = subprocess.run(line, capture_output=True, text=True, check=False)
    if process.returncode:
        raise SystemExit(f"UNISAL failed in {python}: {process.stderr.strip()[-300:]}")
    answer = json.loads(process.stdout.splitlines()[-1])
    peer = answer["ms"]["torch: picture"]
    rows: Rows = [
        (f"{name}: picture -> map", f"{ms:.2f}", f"{peer / ms:.1f} x as fast as UNISAL") for name, ms in ours.items()
    ]
    kinds = {"torch: picture": "in torch: picture -> map", "torch: network": "in torch: the network alone"}
    kinds |= {"ONNX: picture": "as ONNX: picture -> map", "ONNX: network": "as ONNX: the network alone"}
    for key, what in kinds.items():
        ms = answer["ms"][key]
        compared = "the peer" if key == "torch: picture" else f"{peer / ms:.1f} x as fast"
        rows.append((f"UNISAL ({answer['parameters'] / 1e6:.1f} M), {what}", f"{ms:.2f}", compared))
    return rows


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
        for model in [*models, *at_best(models)]:
            forward, name = network_alone(model), title(model)
            limit = rate(lambda forward=forward: list(pool.map(lambda _: forward(), range(many))), many, clock)
            rows.append((f"{name}: the network alone", f"{limit:.1f}", "the limit"))
            for kinds in ((), ("npy",), ("map",), ("map", "overlay")):
                ours = rate(
                    lambda model=model, kinds=kinds: wepsam.predict(photos, out, model=model, save=kinds), many, clock
                )
                what = f"{name}: --save {','.join(kinds)}" if kinds else f"{name}: maps, not saved"
                rows.append((what, f"{ours:.1f}", f"{ours / limit:.0%}"))
    return rows


def at_best(models: list[wepsam.Predictor]) -> list[wepsam.Predictor]:
    """Those of the models that differ at the default quality, opened with that."""
    return [wepsam.load(model.weights, 1, "best") for model in models if "views" in model.card]


def title(model: wepsam.Predictor) -> str:
    return model.name + ", best" * (model.quality == "best")


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
