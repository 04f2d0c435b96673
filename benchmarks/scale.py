"""Do scores depend on the size of the pictures? python -m benchmarks.scale -d osie=data/OSIE

Scores of the shipped network on the same pictures at half their size, as they are, and at twice their size.
"""

import argparse

import numpy as np

import wepsam
from wepsam import maps, metrics
from wepsam.datasets import open_dataset
from wepsam.images import resize
from wepsam.markdown import table
from wepsam.progress import track

SCALES = (0.5, 1.0, 2.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-d", "--dataset", required=True, help="NAME=FOLDER; its validation pictures are used")
    parser.add_argument("--model", default="wepsam-lite")
    parser.add_argument("--quality", default="best")
    options = parser.parse_args()
    model, dataset = wepsam.load(options.model, quality=options.quality), open_dataset(options.dataset)
    scores = []
    for sample in track(dataset.split("validation").samples, "predicting"):
        stimulus, density = sample.stimulus(), sample.density()
        row = []
        for scale in SCALES:
            shape = (round(scale * sample.size[0]), round(scale * sample.size[1]))
            saliency_map = maps.enlarge(model(resize(stimulus, shape)), sample.size)
            row.append((metrics.cc(saliency_map, density), metrics.kl_div(saliency_map, density)))
        scores.append(row)
    print(f"{model.name}, {options.quality}: {len(scores)} pictures of {dataset.name}.\n")
    means = np.nanmean(scores, axis=0)
    print(
        table(
            ["pictures at", "CC", "KL"],
            [(f"{s:g}x", f"{cc:.3f}", f"{kl:.3f}") for s, (cc, kl) in zip(SCALES, means, strict=True)],
        )
    )


if __name__ == "__main__":
    main()
