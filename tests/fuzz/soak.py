"""Use wepsam for a while as servers and clusters do: `make soak`, or python -m fuzz.soak --minutes 5 [--page FILE].

In turns until the time is over: many threads on one predictor, good and broken pictures mixed; jobs of labeling and of
training that are killed at any moment and resumed. Everything has to end as if nothing had happened, and neither
memory nor open files may grow.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil

import wepsam
from fuzz.kinds import make_pictures
from helpers import same_content
from wepsam import markdown
from wepsam.images import ImageError, save_image

THREADS = 16
GROWTH = 40  # MB that memory may grow after the first turn, for what allocators keep

LABEL = """
import sys
from wepsam.weak.labeling import label
label(sys.argv[1], sys.argv[2], workers=2, part_size=2)
"""
TRAIN = """
import sys
from dataclasses import replace
import torch
from helpers import squares
from wepsam.networks.paper import PaperConfig, PaperNet
from wepsam.training import loop
from wepsam.training.settings import TrainSettings
loop.SAVE_EVERY = 0
network = PaperNet(PaperConfig(filters=(4, 4, 4), hidden=8, init="he"), torch.Generator().manual_seed(0))
settings = TrainSettings(epochs=60, batch_size=4, optimizer="adamw", learning_rate=(1e-3, 0), loss="kl")
loop.train(network, [squares()], [squares(6, seed=1)], settings, sys.argv[1], "random")
"""


class Soak:
    """What is used, what has been counted, and what grew."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.rng, self.counts = folder, np.random.default_rng(seed), Counter[str]()
        self.process, self.first = psutil.Process(), (0.0, 0)
        (folder / "mixed").mkdir()
        make_pictures(folder / "mixed")
        self.pictures = sorted((folder / "mixed").iterdir())
        for path in self.pictures[::3]:
            path.with_name(f"cut-{path.name}").write_bytes(path.read_bytes()[:60])
        self.pictures = sorted((folder / "mixed").iterdir())
        (folder / "photos").mkdir()
        for number in range(60):
            coarse = self.rng.integers(0, 256, (8, 9, 3), np.uint8)
            save_image(folder / "photos" / f"{number:02}.png", np.kron(coarse, np.ones((12, 12, 1), np.uint8)))
        self.model = wepsam.load(quality="fast", threads=1)
        self.expected = [self.predicted(path) for path in self.pictures]
        # How long a job lasts: it is killed before that.
        self.seconds = {job[0]: self.run(job[1], *job[2](folder / f"{job[0]}-whole")) for job in self.jobs()}

    def jobs(self) -> list[tuple[str, str, Callable[[Path], tuple[Path, ...]]]]:
        return [("label", LABEL, lambda out: (self.folder / "photos", out)), ("train", TRAIN, lambda out: (out,))]

    def predicted(self, path: Path) -> bytes | str:
        try:
            return self.model(path).tobytes()
        except ImageError as error:
            return str(error)

    def threads(self) -> None:
        """All pictures on all threads in any order: the same bytes, the same lines."""
        order = self.rng.permutation(np.tile(np.arange(len(self.pictures)), 8))
        with ThreadPoolExecutor(THREADS) as pool:
            for place, answer in zip(order, pool.map(lambda k: self.predicted(self.pictures[k]), order), strict=True):
                if answer != self.expected[place]:
                    raise AssertionError(f"{self.pictures[place].name} has another map beside {THREADS} threads")
        self.counts["predictions"] += len(order)

    def begin(self, script: str, *arguments: Path) -> psutil.Popen:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", script, *map(str, arguments)]
        log = (self.folder / "log").open("wb")
        with log:
            return psutil.Popen(command, stdout=log, stderr=log, start_new_session=True, env=environment)

    def run(self, script: str, *arguments: Path) -> float:
        began, process = time.monotonic(), self.begin(script, *arguments)
        if process.wait(600):
            raise AssertionError((self.folder / "log").read_text()[-3000:])
        return time.monotonic() - began

    def kills(self) -> None:
        """A job killed with its workers at three moments, then left alone: the same files."""
        for name, script, arguments in self.jobs():
            out = self.folder / f"{name}-{self.counts['turns']}"
            for _ in range(3):
                process = self.begin(script, *arguments(out))
                with contextlib.suppress(subprocess.TimeoutExpired, psutil.TimeoutExpired):
                    process.wait(self.rng.uniform(0.3, 1) * self.seconds[name])
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                self.counts[f"{name} killed"] += int(process.wait(60) == -signal.SIGKILL)
            self.run(script, *arguments(out))
            if not SAME[name](out, self.folder / f"{name}-whole"):
                raise AssertionError(f"{name}, killed and resumed, ends with other files: {out}")
            self.counts[f"{name} resumed"] += 1

    def watch(self) -> None:
        """Memory and open files, after each turn."""
        now = self.process.memory_info().rss / 2**20, self.process.num_fds()
        if not self.counts["turns"]:
            self.first = now
        self.counts["turns"] += 1
        self.growth = now[0] - self.first[0], now[1] - self.first[1]
        if self.growth[0] > GROWTH or self.growth[1] > 0:
            raise AssertionError(f"{self.growth[0]:.0f} MB and {self.growth[1]} open files more than after a turn")
        if left := [child.name() for child in self.process.children(recursive=True)]:
            raise AssertionError(f"processes are left: {', '.join(left)}")


def same_weights(one: Path, other: Path) -> bool:
    from safetensors.torch import load_file

    first, second = (load_file(folder / "best.safetensors") for folder in (one, other))
    return first.keys() == second.keys() and all(first[name].equal(second[name]) for name in first)


SAME = {"label": same_content, "train": same_weights}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--page", type=Path, help="Markdown page whose table of counts is written")
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.minutes
    with TemporaryDirectory(prefix="soak") as folder:
        soak = Soak(Path(folder), options.seed)
        while not soak.counts["turns"] or time.monotonic() < end:
            soak.threads()
            soak.kills()
            soak.watch()
            print(dict(soak.counts), f"{soak.growth[0]:+.0f} MB, {soak.growth[1]:+} open files", flush=True)
    rows = [(name, f"{count:,}") for name, count in soak.counts.items()]
    rows += [("memory grown, MB", f"{soak.growth[0]:.0f}"), ("open files grown", str(soak.growth[1]))]
    today = datetime.datetime.now(datetime.UTC).date()
    if options.page:
        text = markdown.table(("what", "how often"), rows)
        markdown.insert(options.page, "soak", f"{text}\n\n{today}, {options.minutes:g} minutes, seed {options.seed}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
