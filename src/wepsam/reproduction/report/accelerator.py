"""The protocol on an accelerator: the lengths that recipes/paper_protocol.py has run there, and how fast."""

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import markdown
from wepsam.files import read_json
from wepsam.reproduction.protocol.plan import PROTOCOL, SEEN
from wepsam.reproduction.report.extrapolation import through
from wepsam.reproduction.report.outcomes import plateau_left

# Each training of the recipe: what it is, and the pictures that it learns from.
KINDS = {
    "step-1": ("step 1, on weak labels", "photographs"),
    "step-2": ("step 2, weakly pre-trained", "fixations"),
    "random": ("step 2, random start", "fixations"),
}
Log = list[dict[str, float]]


def accelerator_table(folder: Path) -> str:
    """What logs.csv and about.json of a folder say, in Markdown."""
    about = read_json(folder / "about.json")
    logs: dict[tuple[int, str], Log] = {}
    with (folder / "logs.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            parts, run = int(row.pop("length").removeprefix("1-")), row.pop("run")
            logs.setdefault((parts, run), []).append({name: float(text) for name, text in row.items()})
    lengths = sorted({parts for parts, _ in logs}, reverse=True)
    batch = about["rates"][0]["batch_size"]
    rows = []
    for kind, (title, pictures) in KINDS.items():
        center = about["mean_map"][pictures]
        for parts in lengths:
            seconds = about["seconds"][f"1/{parts} {kind}"]
            rows.append([title, f"1/{parts}", *_ends(logs[parts, kind], center["loss"], batch), f"{seconds:.0f}"])
        if kind != "random":  # its pictures are those of "step-2"
            at_center = [f"{center['loss']:.4f}"] * 2 + [f"{center['cc']:.3f}"] * 2 + [f"{center['nss']:.3f}"]
            rows.append(["*the mean map (center bias)*", "", "", "", *at_center, ""])
    head = [
        "training", "of the paper's length", "pictures seen", "left the plateau after", "loss at the end",
        "lowest loss", "CC there", "CC at the end", "NSS at the end", "seconds",
    ]  # fmt: skip
    return "\n\n".join([markdown.table(head, rows), _speed(about), _extrapolated(logs, lengths)])


def _ends(log: Log, center: float, batch: int) -> list[str]:
    """Cells of a training."""
    steps, losses = (np.array([row[name] for row in log]) for name in ("step", "validation_loss"))
    left = plateau_left(steps, losses, center)
    left_after = "not" if left is None else f"{left:,} steps"
    last, best = log[-1], _best(log)
    shown = [f"{row['validation_loss']:.4f}" for row in (last, best)]
    scores = [f"{best['validation_cc']:.3f}", f"{last['validation_cc']:.3f}", f"{last['validation_nss']:.3f}"]
    return [f"{last['step'] * batch:,.0f}", left_after, *shown, *scores]


def _best(log: Log) -> dict[str, float]:
    return min(log, key=lambda row: row["validation_loss"])


def _speed(about: dict[str, Any]) -> str:
    first, *others = about["rates"]
    share = first["held_pictures_per_s"] / first["fixed_pictures_per_s"]
    more = ", ".join(
        f"{rate['held_pictures_per_s']:,.0f} in batches of {rate['batch_size']} ({rate['precision']})"
        for rate in others
    )
    minutes = [step.seen / first["held_pictures_per_s"] / 60 for step in PROTOCOL]
    return (
        f"One {about['machine']['device']}, one seed; batches of {first['batch_size']}, {first['precision']}, the "
        f"pictures held on the device. {first['held_pictures_per_s']:,.0f} pictures a second, {share:.0%} of the same "
        f"steps on a batch that never changes; {more}. At the first rate the paper's {SEEN:,} pictures take "
        f"{minutes[0]:.0f} and {minutes[1]:.0f} minutes, without validations. All scores are those of the validation "
        "pictures, of which the lowest loss is also chosen: they are not those of the table above."
    )


def _extrapolated(logs: dict[tuple[int, str], Log], lengths: list[int]) -> str:
    doublings, said = math.log2(lengths[-1]), []
    for kind in ("step-1", "step-2"):
        law = through([_best(logs[parts, kind])["validation_cc"] for parts in lengths])
        text = f"{law.after(doublings):.3f}" if law else "not, as the changes do not shrink"
        said.append(f"{KINDS[kind][0]} {text}")
    return f"CC at the lowest loss, extrapolated to the paper's length by the power law: {'; '.join(said)}."
