"""How far training from a store is from its limit: python -m benchmarks.feed PHOTOS... [--processes] [--tables PAGE]

Without an option, two stores are made of real labels: those of the photographs, and the same rows repeated under other
ids (repeating is cheaper than labeling, and costs the reader the same). The recipe's steps are taken from each in
blocks, in turn with blocks of the same steps on one batch that never changes, which is the limit; and a whole epoch is
read without a network.

--processes compares two processes with a core each with one process with one core, and --tables writes what both
measured into a page.
"""

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from wepsam.cores import usable
from wepsam.files import write_json
from wepsam.markdown import insert, table
from wepsam.networks.build import build
from wepsam.progress import track
from wepsam.training import devices, recipes, starts
from wepsam.training.batches import Augmentation, Batches, Pairs, from_store
from wepsam.training.devices import ALONE, Devices, Team
from wepsam.training.loop import _Trainer
from wepsam.weak import store
from wepsam.weak.labeling import label
from wepsam.weak.manifest import MANIFEST, Manifest, read_manifest
from wepsam.weak.picture_list import Fingerprint

RESULTS = Path("results/feed")
RECIPES = {"shipped": "the paper's network (`shipped`)", "lite": "the light network (`lite`)"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, help="photographs to label, or a folder that `label` made")
    parser.add_argument("--stores", type=Path, default=Path("runs/feed"), help="folder for the stores; is kept")
    parser.add_argument("--rows", type=int, default=200_000, help="labels of the large store")
    parser.add_argument("--steps", type=int, default=20, help="in a block, or a run of --processes")
    parser.add_argument("--blocks", type=int, default=5, help="of steps from each store, or runs of --processes")
    parser.add_argument("--workers", type=int, default=1, help="processes that decode")
    parser.add_argument("--processes", action="store_true", help="measure two processes against one instead")
    parser.add_argument("--tables", type=Path, metavar="PAGE", help="write the tables of earlier runs into this page")
    options = parser.parse_args()
    if options.tables:
        for name, as_table in (("feed", feed_table), ("processes", processes_table)):
            if (RESULTS / f"{name}.json").exists():
                insert(options.tables, name, as_table(json.loads((RESULTS / f"{name}.json").read_text())))
        return
    RESULTS.mkdir(parents=True, exist_ok=True)
    about = {"cores": usable(), "torch": torch.__version__, "load": round(os.getloadavg()[0], 1)}
    if options.processes:
        about |= {"steps": options.steps, "repeats": options.blocks}
        write_json(
            RESULTS / "processes.json",
            about | {"rows": [two_against_one(name, options.steps, options.blocks) for name in RECIPES]},
        )
        return
    small, large = stores(options.photos, options.stores, options.rows)
    rows = [in_a_process(steps, small, 1e3, options), in_a_process(steps, small, 0.0, options)]
    rows += [in_a_process(steps, large, 0.0, options), in_a_process(epoch, large, 0.0, options)]
    write_json(
        RESULTS / "feed.json",
        about | {"workers": options.workers, "steps": options.blocks * options.steps, "rows": rows},
    )
    print(feed_table(json.loads((RESULTS / "feed.json").read_text())))


# ---- the stores


def stores(photos: list[Path], folder: Path, count: int) -> tuple[Path, Path]:
    """The labels of the photographs, and a store of `count` of them under other ids."""
    small, large = folder / "small", folder / f"rows-{count}"
    if (photos[0] / MANIFEST).exists():
        small = photos[0]
    else:
        label(photos, small)
    if not (large / MANIFEST).exists():
        large.mkdir(parents=True, exist_ok=True)
        manifest = read_manifest(small)
        rows = [row for part in store.read_parts(small) for row in part.to_pylist()]
        size, ids = manifest.settings.part_size, Fingerprint()
        for part in track(range(-(-count // size)), "repeating rows"):
            numbers = range(part * size, min(count, (part + 1) * size))
            repeated = [
                rows[n % len(rows)] | {"id": f"{n // len(rows):03}/{rows[n % len(rows)]['id']}"} for n in numbers
            ]
            for row in repeated:
                ids.add(row["id"])
            store.write_part(large, part, repeated)
        known = Manifest(manifest.settings, count, ids.hex(), manifest.version)
        (large / MANIFEST).write_bytes(known.to_json())
    return small, large


# ---- one feed, in a process of its own


def in_a_process(work: Callable[..., dict[str, Any]], weak: Path, memory: float, options: Any) -> dict[str, Any]:
    """What `work` measures, and the most memory of its process and of the processes that decode, in bytes."""
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(
        target=_send, args=(sender, work, weak, memory, options.workers, options.steps, options.blocks)
    )
    process.start()
    most, ended = [0, 0], threading.Event()

    def look() -> None:
        while not ended.wait(0.1):
            try:
                own = psutil.Process(process.pid)
                sizes = [own.memory_info().rss, sum(child.memory_info().rss for child in own.children(recursive=True))]
            except psutil.Error:
                continue
            most[:] = map(max, most, sizes)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        measured = receiver.recv()
    finally:
        ended.set()
        looking.join()
        process.join()
    files = sum(path.stat().st_size for path in weak.glob("*.parquet"))
    return measured | {"memory": most[0], "memory_workers": most[1], "files": files}


def _send(sender: Any, work: Callable[..., dict[str, Any]], *arguments: Any) -> None:
    torch.set_num_threads(1)
    sender.send(work(*arguments))


def steps(weak: Path, memory: float, workers: int, block_size: int, blocks: int) -> dict[str, Any]:
    """Steps from a store, held or read along the way, in turn with the same steps on a batch that never changes."""
    recipe = recipes.find("shipped")
    network = build(recipe.network, torch.Generator().manual_seed(0))
    training, validation = from_store(weak, network.config.training_shape, memory=memory)
    starts.prepare(network, "random", training, recipe.pretrain)
    with tempfile.TemporaryDirectory() as folder:
        trainer = _Trainer(network, training, validation, recipe.pretrain, Path(folder), _RECORD, ALONE)
        feed, limit = trainer.pictures, _Constant(trainer.pictures[0])
        feed.start(workers)
        waits = _timed(feed)
        took: dict[str, list[float]] = {"feed": [], "limit": []}
        with closing(feed):
            for block in range(-1, blocks):  # the first of each is a warm-up
                for name, pictures in (("limit", limit), ("feed", feed)):
                    trainer.pictures = pictures  # type: ignore[assignment]
                    if block == 0 and name == "feed":
                        waits.clear()
                    begin = time.perf_counter()
                    for step in range(max(0, block) * block_size, (max(0, block) + 1) * block_size):
                        trainer.learn(step + (block >= 0) * block_size)
                    took[name] += [time.perf_counter() - begin] if block >= 0 else []
    pictures = feed.size * block_size
    return {
        "kind": "held" if memory else "store", "pictures": sum(map(len, training)),
        "rate": pictures / float(np.median(took["feed"])), "limit": pictures / float(np.median(took["limit"])),
        "waits": sum(waits) / sum(took["feed"]),
    }  # fmt: skip


def epoch(weak: Path, memory: float, workers: int, block_size: int, blocks: int) -> dict[str, Any]:
    """A whole epoch of batches, read and not used."""
    training = from_store(weak, recipes.find("shipped").network.training_shape, memory=memory)[0]
    batches = Batches(training, 64, Augmentation(mirror=False), 0)
    batches.start(workers)
    begin = time.perf_counter()
    with closing(batches):
        for number in range(batches.per_epoch):
            kind, rows = batches._plan(number)[2:]
            batches._tensors(number, kind, rows)
    count = batches.per_epoch * batches.size
    return {"kind": "epoch", "pictures": count, "rate": count / (time.perf_counter() - begin)}


class _Constant:
    """One batch under every number."""

    def __init__(self, batch: tuple[torch.Tensor, ...]) -> None:
        self.batch, self.size = batch, len(batch[0])

    def __getitem__(self, number: int) -> tuple[torch.Tensor, ...]:
        return self.batch

    def count(self, number: int) -> int:
        return self.size


def _timed(batches: Batches) -> list[float]:
    """The seconds that the training waits for each batch's pictures; the list grows while it trains."""
    waits: list[float] = []
    read = batches._tensors

    def timed(*arguments: Any) -> Any:
        begin = time.perf_counter()
        try:
            return read(*arguments)
        finally:
            waits.append(time.perf_counter() - begin)

    batches._tensors = timed  # type: ignore[method-assign]
    return waits


_RECORD = {"start": 0, "network": 0, "training": 0, "validation": 0, "settings": 0}


def feed_table(found: dict[str, Any]) -> str:
    names = {
        "held": "held in memory", "store": "read while it learns", "epoch": "an epoch read, without a network",
    }  # fmt: skip
    rows = []
    for row in found["rows"]:
        gb = [f"{row[key] / 1e9:.2f}" if row[key] else "" for key in ("files", "memory", "memory_workers")]
        share = f"{row['rate'] / row['limit']:.0%}" if "limit" in row else ""
        waits = f"{row['waits']:.1%}" if "waits" in row else ""
        rows.append((names[row["kind"]], f"{row['pictures']:,}", *gb, f"{row['rate']:.0f}", share, waits))
    head = ["labels", "learned", "files, GB", "memory, GB", "of workers", "pictures/s", "of the limit", "waits"]
    return table(head, rows) + (
        f"\n\n`python -m benchmarks.feed`: {found['steps']} steps of the recipe `shipped`, one thread, "
        f"{found['workers']} process that decodes, on {found['cores']} cores with a load of {found['load']} from other "
        "work, so the rates are low and only the ratios count. The limit: the same steps on one batch that never "
        "changes, in turn with the others; what the others lack is mostly the change of each picture, which costs "
        "labels in memory as much. Waits: the share of its time that the training has to wait for pictures. "
        "Memory: the largest resident size of the process, which includes torch, and of those that decode."
    )


# ---- two processes against one


def two_against_one(recipe: str, count_steps: int, repeats: int) -> dict[str, Any]:
    """Pictures per second of one process with a core, and of two with a core each, several times in turn.

    The limit is that of two processes that have nothing to do with each other, and share only the machine's memory.
    """
    arguments = {"recipe": recipe, "count_steps": count_steps}
    rates: dict[str, list[float]] = {"one": [], "two": [], "apart": []}
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        for _ in range(repeats):
            rates["one"].append(devices.run(_rate, arguments, Devices(1)))
            rates["two"].append(devices.run(_rate, arguments, Devices(2)))
            both = [pool.submit(_rate, **arguments, team=ALONE, core=core) for core in (0, 1)]
            rates["apart"].append(sum(each.result() for each in both))
    medians = {name: float(np.median(found)) for name, found in rates.items()}
    return {"recipe": recipe, "batch": recipes.find(recipe).pretrain.batch_size} | medians


def _rate(recipe: str, count_steps: int, team: Team, core: int | None = None) -> float:
    """Pictures per second of all processes, from steps on noise; each process stays on a core of its own."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[(team.rank if core is None else core) % len(before)]})
    torch.set_num_threads(1)
    chosen = recipes.find(recipe)
    network = build(chosen.network, torch.Generator().manual_seed(0))
    shape, rng = network.config.training_shape(480, 640), np.random.default_rng(0)
    count = chosen.pretrain.batch_size
    stimuli = rng.integers(0, 256, (count, *shape, 3), dtype=np.uint8)
    targets = rng.integers(0, 256, (count, shape[0] // 4, shape[1] // 4), dtype=np.uint8)
    pairs = [Pairs(stimuli, targets, np.zeros(count, np.int64), ("noise: 1",), shape)]
    network.set_sources(1)
    with tempfile.TemporaryDirectory() as folder:
        trainer = _Trainer(network, pairs, pairs, chosen.pretrain, Path(folder), _RECORD, team)
        for step in range(3):
            trainer.learn(step)
        trainer.fabric.barrier()
        begin = time.perf_counter()
        for step in range(3, 3 + count_steps):
            trainer.learn(step)
        trainer.fabric.barrier()
        took = time.perf_counter() - begin
    os.sched_setaffinity(0, before)
    return count_steps * count / took


def processes_table(found: dict[str, Any]) -> str:
    rows = [
        (RECIPES[row["recipe"]], str(row["batch"]), f"{row['one']:.1f}", f"{row['two']:.1f}",
         f"{row['two'] / row['one']:.2f}", f"{row['apart'] / row['one']:.2f}", f"{row['two'] / row['apart']:.0%}")
        for row in found["rows"]
    ]  # fmt: skip
    head = [
        "steps of pre-training", "batch", "one, pictures/s", "two, pictures/s", "ratio", "two apart", "of two apart"
    ]  # fmt: skip
    return table(head, rows) + (
        f"\n\n`python -m benchmarks.feed --processes`: one process with one core, and two with a core each, connected "
        f"by gloo; apart: two that train by themselves, which share only the machine's memory; the "
        f"median of {found['repeats']} runs, in turn; {found['cores']} cores with a load of {found['load']} before."
    )


if __name__ == "__main__":
    main()
