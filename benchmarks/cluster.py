"""What a cluster would do: python -m benchmarks.cluster [--device-rate shipped=18000 ...] [--into PAGE]

From a million photographs behind a URL to shipped weights: hours and device hours of each step on 1, 8 and 64 devices,
and what limits each. Rates of one core are measured (results/, docs/how-to/labeling.md). The rate of an
accelerator is an assumption, to be replaced by one's own.
"""

import argparse
import csv
import json
import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wepsam.markdown import insert, table
from wepsam.networks.build import build
from wepsam.training.recipes import RECIPES

COUNTS = (1, 8, 64)
PHOTOGRAPHS, KEPT = 1_000_000, 100_000
RUNS = {"shipped": ("pre", "fine"), "lite": ("lite-pre", "lite")}  # of results/runs: the runs whose rate counts


@dataclass(frozen=True)
class Cluster:
    """What the projection assumes of devices, their machines, and what connects them."""

    rate: float  # pictures/s of the steps alone, of one device
    machine: int = 8  # devices in a machine
    inside: float = 1e9  # bytes/s between two devices of a machine, and
    between: float = 1e9  # between two machines
    latency: float = 1e-3  # seconds of an exchange, for each doubling of the devices
    decode: float = math.inf  # pictures/s that the processes of one device decode
    disk: float = 0.5e9  # bytes/s that a machine reads from the store
    picture: float = 6e3  # bytes of a picture and its map in the store


# A core of this machine, and an accelerator: the first is calibrated by what was measured, the second is assumed.
ACCELERATOR = Cluster(0, inside=100e9, between=20e9, latency=5e-5, disk=2e9)
# Pictures/s of an accelerator. The first is what one H200 has done with the same network under the recipe "paper"
# (results/protocol-accelerator); the second was never measured.
ASSUMED = {"shipped": 18_000.0, "lite": 3_000.0}
DECODERS = 8  # processes that decode, for each accelerator


def seconds_a_step(cluster: Cluster, devices: int, batch: int, gradient: float) -> tuple[float, str]:
    """The time of one step, and what limits it: the "network" itself, the "exchange" of gradients, "feed" or "disk".

    The batch is divided. Each device computes its share, and then the gradients are averaged: a ring moves
    2 (n - 1) / n of their bytes through its slowest link, and each doubling of the devices adds a latency. Decoding and
    reading go on beside that, so the slowest of the three counts. A device that gets no picture is of no use.

    Args:
        cluster: what is assumed.
        devices: that divide the batch.
        batch: pictures of all devices.
        gradient: bytes that are averaged.
    """
    used = min(devices, batch)
    share = math.ceil(batch / used)
    compute = share / cluster.rate
    link = cluster.inside if used <= cluster.machine else cluster.between
    exchange = 2 * (used - 1) / used * gradient / link + cluster.latency * math.log2(used)
    times = {
        "network": compute + exchange,
        "feed": share / cluster.decode,
        "disk": share * min(used, cluster.machine) * cluster.picture / cluster.disk,
    }
    limit = max(times, key=times.__getitem__)
    if limit == "network" and exchange > compute:
        limit = "exchange"
    return times[limit if limit != "exchange" else "network"], limit


def hours(cluster: Cluster, devices: int, pictures: float, batch: int, gradient: float) -> tuple[float, str]:
    """Hours to learn from so many pictures, epochs included, and the limit; see `seconds_a_step`."""
    seconds, limit = seconds_a_step(cluster, devices, batch, gradient)
    return math.ceil(pictures / batch) * seconds / 3600, limit


def calibrated(cluster: Cluster, one: float, two: float, batch: int, gradient: float) -> Cluster:
    """The cluster with the link between two devices that explains the rates of one and two, in pictures/s.

    A step of two takes half of the time of one, and an exchange of 2 (2 - 1) / 2 = 1 times the gradients.
    """
    exchange = max(batch / two - batch / one / 2 - cluster.latency, 1e-9)
    return replace(cluster, inside=gradient / exchange, between=gradient / exchange)


# ---- what was measured


def measured() -> dict[str, Any]:
    """Rates of one core: labels, decoding, and the steps of the recipes, with the pictures that these learn from."""
    with Path("results/runs/logs.csv").open() as file:
        rates = {row["run"]: float(row["rate"]) for row in csv.DictReader(file)}  # the last validation's
    configs = json.loads(Path("results/runs/configs.json").read_text())
    try:
        feed = json.loads(Path("results/feed/feed.json").read_text())
        processes = json.loads(Path("results/feed/processes.json").read_text())
    except FileNotFoundError as error:
        raise SystemExit(f"{error.filename} is missing; run python -m benchmarks.feed, also with --processes") from None
    labels = re.search(r"\| labels from JPEG bytes, 1 worker \| (\d+) \|", Path("docs/how-to/labeling.md").read_text())
    if labels is None:
        raise SystemExit(
            "docs/how-to/labeling.md has no row of one worker; make its table with python -m benchmarks.labeling"
        )
    fixations = {}
    for recipe, runs in RUNS.items():
        training = configs[runs[1]]["training"]
        counts = (int(name.rpartition(": ")[2]) for name in training if re.search(r": \d+$", str(name)))
        fixations[recipe] = sum(counts)
    return {
        "label": float(labels[1]), "decode": next(r["rate"] for r in feed["rows"] if r["kind"] == "epoch"),
        "bytes": next(r["files"] / r["pictures"] for r in feed["rows"] if r["kind"] == "epoch"),
        "rates": {recipe: tuple(rates[run] for run in runs) for recipe, runs in RUNS.items()},
        "gradients": {recipe: _gradient(recipe) for recipe in RUNS}, "fixations": fixations,
        "scaling": {row["recipe"]: row for row in processes["rows"]},
        "load": processes["load"],
    }  # fmt: skip


def _gradient(recipe: str) -> float:
    """Bytes of the gradients that a step averages."""
    return 4.0 * sum(p.numel() for p in build(RECIPES[recipe].network).parameters())


# ---- the table


def rows(found: dict[str, Any], assumed: dict[str, float]) -> list[tuple[str, ...]]:
    """For each step and kind of device: the rate of one, and hours, device hours and the limit for each count."""
    lines = [_line("`label`, a million photographs", "core", found["label"], [
        (PHOTOGRAPHS / found["label"] / n / 3600, "teacher") for n in COUNTS
    ])]  # fmt: skip
    for recipe, (pre, fine) in found["rates"].items():
        settings, gradient = RECIPES[recipe], found["gradients"][recipe]
        scaling, of_core = found["scaling"][recipe], Cluster(pre, picture=found["bytes"], disk=0.5e9)
        core = calibrated(of_core, scaling["one"], scaling["two"], scaling["batch"], gradient)
        device = replace(ACCELERATOR, rate=assumed[recipe], decode=DECODERS * found["decode"], picture=found["bytes"])
        stages = (
            ("pretrain", settings.pretrain, KEPT, pre, device),
            # Densities are in memory, so nothing is decoded.
            ("finetune", settings.finetune, found["fixations"][recipe], fine, replace(device, decode=math.inf)),
        )
        for command, chosen, count, rate, accelerator in stages:
            for kind, cluster in (("core", replace(core, rate=rate)), ("accelerator (assumed)", accelerator)):
                for batch in sorted({chosen.batch_size, 1024}):
                    if kind == "core" and batch != chosen.batch_size:
                        continue
                    answers = [hours(cluster, n, chosen.epochs * count, batch, gradient) for n in COUNTS]
                    lines.append(_line(f"`{command}`, `{recipe}`, batch {batch}", kind, cluster.rate, answers))
    return lines


def _line(step: str, kind: str, rate: float, answers: list[tuple[float, str]]) -> tuple[str, ...]:
    cells = [f"{_hours(took)} ({_hours(took * n)}, {limit})" for n, (took, limit) in zip(COUNTS, answers, strict=True)]
    return step, kind, f"{rate:,.0f}", *cells


def _hours(value: float) -> str:
    return f"{value:,.0f} h" if value >= 10 else f"{value:.2g} h"


def projection(found: dict[str, Any], assumed: dict[str, float]) -> str:
    head = ["step", "device", "pictures/s of one", *(f"{n} device{'s' * (n > 1)}" for n in COUNTS)]
    scaled = ", ".join(f"{row['two'] / row['one']:.2f} ({name})" for name, row in found["scaling"].items())
    rates = ", ".join(f"{rate:,.0f} ({name})" for name, rate in assumed.items())
    a = ACCELERATOR
    notes = [
        "`python -m benchmarks.cluster`. In each cell: hours, and in parentheses device hours and the limit.",
        "Measured on cores of this project's machine: labels (docs/how-to/labeling.md), the rates in the logs of the",
        f"shipped runs (results/runs), {found['decode']:,.0f} pictures/s read and decoded by one process, and two",
        f"processes against one, {scaled} times as fast, with a load of {found['load']} from other work, which gives",
        f"the time of an exchange between cores. Assumed: an accelerator learns from {rates} pictures/s. The first is",
        "about what an H200 has done with that network in batches of 128 (docs/explanation/reproduction.md), the",
        "second was never measured: give your own, `--device-rate shipped=N --device-rate lite=N`. Also assumed:",
        f"{a.machine} devices in a machine, {DECODERS} processes that decode for each, {a.inside / 1e9:.0f} GB/s",
        f"between devices of a machine and {a.between / 1e9:.0f} GB/s between machines, {1e6 * a.latency:.0f} µs more",
        f"for each doubling of the devices, {a.disk / 1e9:.0f} GB/s from the store to a machine,",
        f"{found['bytes'] / 1e3:.1f} kB for a picture with its map, and that batches of 1024 learn",
        "as well in as many epochs, which was not tried.",
        "Cores are alike, labels scale without loss (two workers did), and starting and validating take no time.",
    ]
    return table(head, rows(found, assumed)) + "\n\n" + " ".join(notes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device-rate", action="append", default=[], metavar="RECIPE=RATE", help="of your accelerator")
    parser.add_argument("--into", type=Path, help="Markdown file in which to replace the table")
    options = parser.parse_args()
    given = dict(pair.split("=") for pair in options.device_rate)
    text = projection(measured(), ASSUMED | {name: float(rate) for name, rate in given.items()})
    print(text)
    if options.into:
        insert(options.into, "cluster", text)


if __name__ == "__main__":
    main()
