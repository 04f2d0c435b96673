"""How long each classical model takes, on one core: python -m benchmarks.classical PICTURES [--into docs/classical.md]

With --card src/wepsam/classical/card.json the times are what `wepsam models` tells.

Pictures of 512 pixels on the longer side, decoded beforehand; maps at the same size. Times depend on the machine and
on what else it does, so each is also given as a multiple of GBVS at full size, timed in the same run. The processor
time of this process is counted, not the clock's, so that other processes on the same cores disturb as little as can
be; set OMP_NUM_THREADS=1, for it counts the threads of matrix products too.
"""

import argparse
import platform
import shlex
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.common import timed
from wepsam import cards
from wepsam.classical import CLASSICAL
from wepsam.images import read_image, resize
from wepsam.markdown import insert, table
from wepsam.progress import track
from wepsam.sources import find_images

LONGEST = 512  # pixels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="*", default=[".venv/pictures"], help="pictures or folders")
    parser.add_argument("--most", type=int, default=8, help="how many pictures")
    parser.add_argument("--repeats", type=int, default=3, help="of which the fastest counts")
    parser.add_argument("--only", nargs="*", default=list(CLASSICAL), metavar="NAME", help="models beside gbvs")
    parser.add_argument("--into", type=Path, help="Markdown file to put the table into, between its marks")
    parser.add_argument("--card", type=Path, help="card (.json) of the models to put the times into")
    options = parser.parse_args()
    pictures = [at_size(read_image(path)) for path in find_images(options.pictures)[: options.most]]
    names = list(dict.fromkeys(["gbvs", *options.only]))
    seconds = {
        name: timed(
            lambda model=CLASSICAL[name]: [model(p) for p in pictures],
            len(pictures),
            options.repeats,
            time.process_time,
        )
        for name in track(names, "timing")
    }
    rows = [
        (f"`{name}`", f"{1e3 * seconds[name]:.1f}", f"{seconds[name] / seconds['gbvs']:.1f}")
        for name in sorted(names, key=seconds.__getitem__)
    ]
    what = f"{len(pictures)} pictures with {LONGEST} px on the longer side, one core of {platform.machine()}"
    command = shlex.join(["python", "-m", "benchmarks.classical", *sys.argv[1:]])
    text = table(["one core", "ms a picture", "x GBVS"], rows) + f"\n\n`{command}`: {what}."
    print(text)
    if options.into:
        insert(options.into, "classical-speed", text)
    if options.card:
        cards.add_classical_speeds(options.card, {name: 1e3 * seconds[name] for name in names}, what)


def at_size(picture: np.ndarray) -> np.ndarray:
    scale = LONGEST / max(picture.shape)
    return resize(picture, (round(picture.shape[0] * scale), round(picture.shape[1] * scale)))


if __name__ == "__main__":
    main()
