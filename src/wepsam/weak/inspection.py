"""Look into a weak-label folder: check that it is complete, and see what its maps look like."""

import os
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import files, maps, progress
from wepsam.files import PathOrUrl
from wepsam.images import DRAWN, save_image
from wepsam.overlays import colorize, contact_sheet, overlay
from wepsam.weak import store
from wepsam.weak.manifest import HISTOGRAM, SHEET, read_manifest

ROWS = 6  # pictures of each kind on the contact sheet
HEIGHT = 128  # pixels of a picture on the contact sheet


def inspect(weak: PathOrUrl, out: str | os.PathLike[str] | None = None) -> dict[str, Any]:
    """Read and check a whole weak-label folder; return its totals, reasons and entropies, and draw two images.

    Args:
        weak: the weak-label folder, or its URL.
        out: local folder for entropy.png (histogram) and lowest-middle-highest.png (contact sheet); None = `weak`.

    Returns:
        "settings", "parts", "read" (pictures), "counts" by status, "reasons" with their numbers, "entropy" quantiles
        in bits, and "pictures": the paths of the images. Nothing is drawn if no picture was kept.

    Raises:
        ValueError: `weak` is a URL and `out` is None.
        StoreError: there are no weak labels at `weak`.
        DamagedError: a part is missing or damaged, or kept + rejected + failed is not the number of pictures read; the
            message names the part.
    """
    if out is None and files.is_url(weak):
        raise ValueError(f"{weak} is a URL; choose a local folder for the images with --out")
    folder = Path(weak if out is None else out)
    manifest = read_manifest(weak)
    statuses: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    with progress.bar(manifest.parts, "checking", after=1) as bar:
        for part, (part_statuses, part_reasons) in enumerate(store.check(weak), 1):
            statuses += part_statuses
            reasons += part_reasons
            bar.update(part)
    report: dict[str, Any] = {
        "settings": asdict(manifest.settings),
        "parts": manifest.parts,
        "read": manifest.pictures,
        "counts": {status: statuses[status] for status in store.STATUSES},
        "reasons": dict(reasons.most_common(20)),
        "entropy": {},
        "pictures": [],
    }
    order = store.select(weak)
    if len(order) == 0:
        return report
    entropies = np.concatenate([t["entropy"].to_numpy() for t in store.read_parts(weak, ["entropy"])])[order]
    quantiles = {"lowest": 0.0, "quarter": 0.25, "median": 0.5, "three quarters": 0.75, "highest": 1.0}
    report["entropy"] = {name: float(np.quantile(entropies, q)) for name, q in quantiles.items()}
    folder.mkdir(parents=True, exist_ok=True)
    histogram, sheet = folder / HISTOGRAM, folder / SHEET
    _draw_histogram(histogram, entropies)
    save_image(sheet, _contact_sheet(weak, order, entropies), drawn=True)
    report["pictures"] = [str(histogram), str(sheet)]
    return report


def _draw_histogram(path: Path, entropies: np.ndarray) -> None:
    from matplotlib.figure import Figure  # not pyplot: no window, no global state
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.hist(entropies, bins=int(np.clip(np.sqrt(len(entropies)), 5, 60)), color="#7a3b8f")
    median = float(np.median(entropies))
    axes.axvline(median, color="0.2", linewidth=1)
    above = axes.get_xaxis_transform()  # x in bits, y as a share of the axes
    axes.text(median, 1.02, f"median {median:.2f}", transform=above, ha="center", va="bottom", color="0.2")
    axes.set(xlabel="entropy of the teacher map (bit)", ylabel="pictures")
    axes.yaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    with files.replacing(path) as temporary:
        figure.savefig(temporary, dpi=150, metadata=dict([DRAWN]))


def _contact_sheet(weak: PathOrUrl, order: np.ndarray, entropies: np.ndarray) -> np.ndarray:
    """Pictures of lowest, middle and highest entropy side by side, each as picture, map and overlay."""
    rows = min(ROWS, -(-len(order) // 3))  # of a few pictures, each appears once
    middle = (len(order) - rows) // 2
    ranks = np.add.outer(np.arange(rows), [0, middle, len(order) - rows])  # (rows, 3): a column for each kind
    stimuli, teacher_maps, _ = store.read_rows(weak, order[ranks.ravel()])
    saliency_maps = [maps.enlarge(m, stimuli.shape[1:3]) for m in teacher_maps]
    # Each row has three groups of four cells; the fourth cell is empty and separates the groups.
    cells = [
        cell for s, m in zip(stimuli, saliency_maps, strict=True) for cell in (s, colorize(m), overlay(s, m), None)
    ]
    captions = [text for rank in ranks.ravel() for text in (f"{entropies[rank]:.2f} bit", "", "", "")]
    labels = [text for k in ("lowest", "middle", "highest") for text in (f"{k} entropy", "teacher map", "overlay", "")]
    starts = range(0, len(cells), len(labels))
    return contact_sheet(
        [cells[i : i + len(labels)] for i in starts],
        captions=[captions[i : i + len(labels)] for i in starts],
        labels=labels,
        height=HEIGHT,
    )
