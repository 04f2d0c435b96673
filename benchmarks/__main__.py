"""What the project exists for, timed on one core, with a peer and the limit in the same run: make bench.

The limit of anything that answers for a JPEG is decoding it. The peer of our GBVS is the same model as its authors
compute it, by iterating each Markov chain to their default tolerance, on the same feature maps; the peer of the
shipped file is the same network in torch.
"""

import argparse
import io
import os
import platform
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from PIL import Image

import wepsam
from wepsam.classical.gbvs import ACTIVATION_SIGMA, features, gbvs, gbvs_batch, lattice_shape
from wepsam.images import find_images, read_image, resize

LONGEST = 500  # pixels: ImageNet's usual size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="*", default=[".venv/pictures"], help="pictures or folders")
    parser.add_argument("--most", type=int, default=20, help="how many pictures")
    options = parser.parse_args()
    jpegs = [as_jpeg(path) for path in find_images(options.pictures)[: options.most]]
    large = [resize(read_image(jpeg), (600, 800)) for jpeg in jpegs]
    model = wepsam.load(threads=1)
    stimulus = small(jpegs[0])[None]

    def label_all() -> None:
        gbvs_batch(np.stack([small(jpeg) for jpeg in jpegs]))

    rows: list[tuple[str, float]] = [
        ("decode a JPEG (the limit)", timed(lambda: [read_image(j) for j in jpegs], len(jpegs))),
        ("decode what 128 px need", timed(lambda: [small(j) for j in jpegs], len(jpegs))),
        ("weak label: JPEG -> 128 px -> 32x32 GBVS", timed(label_all, len(jpegs))),
        ("the same, chains iterated (peer)", timed(lambda: [iterated(small(j)) for j in jpegs[:2]], 2)),
        ("GBVS of 800x600, map at full size", timed(lambda: [gbvs(p) for p in large], len(large))),
        ("wepsam-paper: JPEG -> map at full size", timed(lambda: [model(j) for j in jpegs], len(jpegs))),
        ("wepsam-paper: the network alone, picture and mirror image", timed(lambda: model.low_resolution(stimulus), 1)),
        ("the same network in torch (peer)", timed(in_torch(model), 1)),
    ]
    limit = rows[0][1]
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    print("# Benchmarks\n")
    print(f"`{command}`: {len(jpegs)} JPEGs of at most {LONGEST} px, one core of {platform.machine()}.\n")
    print("| | ms a picture | x decode |\n|---|---|---|")
    for name, seconds in rows:
        print(f"| {name} | {1e3 * seconds:.2f} | {seconds / limit:.1f} |")


def timed(work: Callable[[], object], pictures: int, repeats: int = 5) -> float:
    """Seconds a picture, the best of some repeats after a warm-up."""
    work()
    best = float("inf")
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best / pictures


def as_jpeg(path: Path) -> bytes:
    picture = Image.fromarray(read_image(path))
    picture.thumbnail((LONGEST, LONGEST))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def small(jpeg: bytes) -> np.ndarray:
    return resize(read_image(jpeg, smallest=128), (128, 128))


def iterated(stimulus: np.ndarray, tolerance: float = 1e-4) -> list[np.ndarray]:
    """The 24 activation maps by power iteration, as the toolbox has it."""
    h, w = lattice_shape(*stimulus.shape[:2])
    row, column = np.divmod(np.arange(h * w), w)
    d2 = (row[:, None] - row) ** 2 + (column[:, None] - column) ** 2
    falloff = np.exp(-d2 / (2 * (ACTIVATION_SIGMA * (h + w) / 2) ** 2))
    answers = []
    for values in features(stimulus, np.float64).reshape(-1, h * w):
        chain = np.abs(values[:, None] - values) * falloff
        chain /= chain.sum(axis=0)
        pi, change = np.full(h * w, 1 / (h * w)), 1.0
        while change > tolerance:
            new = chain @ pi
            change, pi = np.linalg.norm(new - pi), new
        answers.append(pi.reshape(h, w))
    return answers


def in_torch(model: wepsam.Predictor) -> Callable[[], object]:
    import torch

    from wepsam.networks.paper import PaperConfig, PaperNet

    torch.set_num_threads(1)
    config = model.card["network"]
    network = PaperNet(PaperConfig(**{**config, "filters": tuple(config["filters"])})).eval()
    stimuli = torch.zeros(2, 3, 128, 128)

    def forward() -> object:
        with torch.inference_mode():
            return network(stimuli)

    return forward


if __name__ == "__main__":
    main()
