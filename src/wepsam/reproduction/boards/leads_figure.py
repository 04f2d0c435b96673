"""A figure of our scores over the public scores of the same models on MIT300."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from wepsam.evaluation.comparison import NAMES, TITLES
from wepsam.evaluation.figures import COLOR
from wepsam.evaluation.results import Evaluation
from wepsam.files import replacing
from wepsam.reproduction.boards.leads import BASE, leads, pictures_of

Points = dict[str, tuple[float, float]]  # by model
PANELS = ("cc", "auc_judd")
# Offsets of a name from its dot, in points, in the order in which they are tried: beside the dot, above or below,
# farther away.
OFFSETS = [
    *((6, 0), (-6, 0), (5, 7), (5, -7), (-5, 7), (-5, -7), (0, 9), (0, -9)),
    *((dx, dy) for dy in (15, -15, 24, -24) for dx in (12, -12)),
]


def draw_leads(
    tables: Sequence[list[Evaluation]], folder: str | PathLike[str], metrics: Sequence[str] = PANELS
) -> Path:
    """Draw a point per model, its public score to the right and ours up.

    On the line, a model is as far ahead of GBVS as on MIT300.

    Args:
        tables: as for `leads`.
        folder: for the figure.
        metrics: a panel for each.

    Returns:
        The PNG, public.png.

    Raises:
        ValueError: as `leads`.
    """
    from matplotlib.figure import Figure  # not pyplot: no window, no global state

    rows = leads(tables)
    figure = Figure(figsize=(5.4 * len(metrics), 5.4), layout="constrained")
    panels: list[tuple[Any, Points]] = []
    for axes, metric in zip(figure.subplots(1, len(metrics), squeeze=False)[0], metrics, strict=True):
        points = {name: (row.public[metric], row.ours[metric]) for name, row in rows.items()}
        xs, ys = np.array(list(points.values())).T
        pad = 0.08 * max(np.ptp(xs), np.ptp(ys))
        axes.axline(points[BASE], slope=1, color="0.75", linewidth=1, zorder=0)
        axes.scatter(xs, ys, s=18, color=COLOR, linewidths=0)
        axes.set(xlim=(xs.min() - pad, xs.max() + 2.5 * pad), ylim=(ys.min() - pad, ys.max() + pad))
        axes.set_xlabel(f"{TITLES[metric]} on MIT300 (public)")
        axes.set_ylabel(f"{TITLES[metric]} on {pictures_of(tables[0])} (ours)", parse_math=False)
        axes.spines[["top", "right"]].set_visible(False)
        panels.append((axes, points))
    figure.suptitle("On the line: as far ahead of GBVS, or behind, as on MIT300", fontsize=9)
    figure.draw_without_rendering()  # fixes the place of the axes, which the names are laid out in
    figure.set_layout_engine("none")
    for axes, points in panels:
        _write_names(axes, points)
    path = Path(folder) / "public.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=130)
    return path


def _write_names(axes: Any, points: Points) -> None:
    """Write each name at the first offset where it covers no point and no other name."""
    from matplotlib.transforms import Bbox

    width = axes.figure.dpi / 72 * 3
    taken = [
        Bbox.from_bounds(x - width, y - width, 2 * width, 2 * width)
        for x, y in axes.transData.transform([*points.values()])
    ]
    for name, point in points.items():
        for dx, dy in OFFSETS:
            text = axes.annotate(
                NAMES.get(name, name), point, xytext=(dx, dy), textcoords="offset points", fontsize=7,
                color="0.25", ha="left" if dx > 0 else "right" if dx < 0 else "center", va="center", parse_math=False,
                arrowprops={"arrowstyle": "-", "color": "0.75", "linewidth": 0.5} if abs(dy) > 10 else None,
            )  # fmt: skip
            box = text.get_window_extent()
            if not any(box.overlaps(other) for other in taken):
                break
            if (dx, dy) != OFFSETS[-1]:
                text.remove()
        taken.append(box)
