"""How fast the shipped model answers, on one core: python -m benchmarks.predict PICTURES

The limit of anything that answers for a JPEG is decoding it. The peer of the shipped file is the same network in torch;
beside them the full-size map of GBVS.
"""

import argparse
import platform
import shlex
import sys
from collections.abc import Callable

import wepsam
from benchmarks.common import LONGEST, as_jpeg, table, timed
from wepsam.classical import gbvs
from wepsam.images import read_image, resize
from wepsam.sources import find_images


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="*", default=[".venv/pictures"], help="pictures or folders")
    parser.add_argument("--most", type=int, default=20, help="how many pictures")
    options = parser.parse_args()
    jpegs = [as_jpeg(path) for path in find_images(options.pictures)[: options.most]]
    model = wepsam.load(threads=1)
    pictures = [read_image(jpeg) for jpeg in jpegs]
    stimulus = resize(pictures[0], (128, 128))[None]
    rows: list[tuple[str, float]] = [
        ("decode a JPEG (the limit)", timed(lambda: [read_image(j) for j in jpegs], len(jpegs))),
        ("wepsam-paper: JPEG -> map at full size", timed(lambda: [model(j) for j in jpegs], len(jpegs))),
        ("GBVS: picture -> map at full size", timed(lambda: [gbvs(p) for p in pictures], len(jpegs))),
        ("wepsam-paper: the network alone, picture and mirror image", timed(lambda: model.low_resolution(stimulus), 1)),
        ("the same network in torch (peer)", timed(in_torch(model), 1)),
    ]
    limit = rows[0][1]
    command = shlex.join(["python", "-m", "benchmarks.predict", *sys.argv[1:]])
    print("# Prediction\n")
    print(f"`{command}`: {len(jpegs)} JPEGs of at most {LONGEST} px, one core of {platform.machine()}.\n")
    cells = [(name, f"{1e3 * seconds:.2f}", f"{seconds / limit:.1f}") for name, seconds in rows]
    print(table(["", "ms a picture", "x decode"], cells))


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
