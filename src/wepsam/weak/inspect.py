"""Look into a weak-label folder: do its counts hold, and what do its maps look like?"""

from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.images import save_image
from wepsam.overlays import colorize, contact_sheet, overlay
from wepsam.weak import store

SHOWN = 6  # pictures of each kind on the contact sheet


def inspect(weak: str | PathLike[str], out: str | PathLike[str]) -> dict[str, Any]:
    """Totals, reasons and entropies of a weak-label folder.

    Args:
        weak: the folder.
        out: where entropy.png (histogram) and lowest-middle-highest.png (contact sheet) go.

    Returns:
        "settings", "parts", "read", "counts" by status, "reasons" by number, "entropy" quantiles, "pictures" written.

    Raises:
        StoreError: a part is missing or damaged, or kept + rejected + failed is not what was read.
    """
    weak, out = Path(weak), Path(out)
    manifest = store.read_manifest(weak)
    counts, reasons = store.counts(weak)
    if sum(counts.values()) != manifest.pictures:
        parts = " + ".join(f"{number} {status}" for status, number in counts.items())
        raise store.StoreError(f"{weak} should hold {manifest.pictures} pictures, its parts have {parts}")
    report: dict[str, Any] = {
        "settings": asdict(manifest.settings),
        "parts": manifest.parts,
        "read": manifest.pictures,
        "counts": {status: counts[status] for status in ("kept", "rejected", "failed")},
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
    out.mkdir(parents=True, exist_ok=True)
    report["pictures"] = [str(_histogram(entropies, out)), str(_sheet(weak, order, entropies, out))]
    return report


def _histogram(entropies: np.ndarray, out: Path) -> Path:
    from matplotlib.figure import Figure  # not pyplot: no window, no global state

    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.hist(entropies, bins=60, color="#7a3b8f")
    axes.axvline(np.median(entropies), color="0.2", linewidth=1)
    axes.text(np.median(entropies), axes.get_ylim()[1], " half", va="top", color="0.2")
    axes.set(xlabel="entropy of the teacher map (bit)", ylabel="pictures")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(out / "entropy.png", dpi=150)
    return out / "entropy.png"


def _sheet(weak: Path, order: np.ndarray, entropies: np.ndarray, out: Path) -> Path:
    """Lowest, middle and highest entropy, two columns each: picture and map."""
    shown = min(SHOWN, len(order))
    middle = max(0, len(order) // 2 - shown // 2)
    columns, captions = [], []
    for places in (range(shown), range(middle, middle + shown), range(len(order) - shown, len(order))):
        stimuli, teacher_maps, _ = store.read_rows(weak, order[list(places)])
        large = [np.kron(m, np.ones((4, 4), np.uint8)) for m in teacher_maps]
        columns += [
            list(stimuli),
            [colorize(m) for m in large],
            [overlay(s, m) for s, m in zip(stimuli, large, strict=True)],
        ]
        captions += [[f"{entropies[p]:.2f} bit" for p in places], [""] * shown, [""] * shown]
    labels = [f"{kind}{what}" for kind in ("lowest", "middle", "highest") for what in ("", " map", "")]
    rows = [list(row) for row in zip(*columns, strict=True)]
    sheet = contact_sheet(rows, labels=labels, captions=[list(row) for row in zip(*captions, strict=True)], height=128)
    save_image(out / "lowest-middle-highest.png", sheet)
    return out / "lowest-middle-highest.png"
