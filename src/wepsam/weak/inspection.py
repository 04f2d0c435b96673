"""Look into a weak-label folder: do its counts hold, and what do its maps look like?"""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import maps
from wepsam.files import PathOrUrl
from wepsam.images import save_image
from wepsam.overlays import colorize, contact_sheet, overlay
from wepsam.weak import store

SHOWN = 6  # pictures of each kind on the contact sheet
HEIGHT = 128


def inspect(weak: PathOrUrl, out: PathOrUrl, *, progress: Callable[[int, int], object] | None = None) -> dict[str, Any]:
    """Totals, reasons and entropies of a weak-label folder, all of which is read and checked.

    Args:
        weak: the folder, or its URL.
        out: where entropy.png (histogram) and lowest-middle-highest.png (contact sheet) go; a folder of this machine.
        progress: called with (parts checked, parts in all).

    Returns:
        "settings", "parts", "read", "counts" by status, "reasons" by number, "entropy" quantiles, "pictures" written.

    Raises:
        DamagedError: a part is missing or damaged, or kept + rejected + failed is not what was read; names the part.
    """
    manifest = store.read_manifest(weak)
    statuses: Counter = Counter()
    reasons: Counter = Counter()
    for part, (counts, why) in enumerate(store.check(weak), 1):
        statuses += counts
        reasons += why
        if progress:
            progress(part, manifest.parts)
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
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    report["pictures"] = [str(_histogram(entropies, out)), str(_sheet(weak, order, entropies, out))]
    return report


def _histogram(entropies: np.ndarray, out: Path) -> Path:
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
    figure.savefig(out / store.HISTOGRAM, dpi=150)
    return out / store.HISTOGRAM


def _sheet(weak: PathOrUrl, order: np.ndarray, entropies: np.ndarray, out: Path) -> Path:
    """Lowest, middle and highest entropy side by side, each as picture, map and overlay."""
    shown = min(SHOWN, -(-len(order) // 3))  # of a few pictures each once
    middle = (len(order) - shown) // 2
    places = np.add.outer(np.arange(shown), [0, middle, len(order) - shown])  # a column of places for each kind
    stimuli, teacher_maps, _ = store.read_rows(weak, order[places.ravel()])
    smooth = [maps.enlarge(m, stimuli.shape[1:3]) for m in teacher_maps]
    # Three groups of four places in each row; the fourth is free and sets the groups apart.
    cells = [place for s, m in zip(stimuli, smooth, strict=True) for place in (s, colorize(m), overlay(s, m), None)]
    captions = [text for p in places.ravel() for text in (f"{entropies[p]:.2f} bit", "", "", "")]
    labels = [text for k in ("lowest", "middle", "highest") for text in (f"{k} entropy", "teacher map", "overlay", "")]
    starts = range(0, len(cells), len(labels))
    sheet = contact_sheet(
        [cells[i : i + len(labels)] for i in starts],
        captions=[captions[i : i + len(labels)] for i in starts],
        labels=labels,
        height=HEIGHT,
    )
    save_image(out / store.SHEET, sheet)
    return out / store.SHEET
