"""The report about clips: a page, its numbers, and a table of areas."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

import wepsam
from wepsam.attention.answers import rounded
from wepsam.files import naming, write_json, write_text
from wepsam.images import ImageError
from wepsam.reporting import content, page, views
from wepsam.spreadsheets import inert
from wepsam.video.attention import ClipAttention, attend_clip
from wepsam.video.pictures import clock

COLUMNS = ("clip", "label", "share", "present", "share_present", "surface", "peak", "peak_time", "seen", "seen_by")
COLORS = ("#b3541e", "#2b5d8c", "#3b7d3b", "#8a4fa3", "#a3283f", "#6b6b1f")  # of curves
WIDE, TALL = 1000, 160  # of the drawing of the shares


def of_clips(paths: Sequence[Path], areas: Any, **settings: Any) -> tuple[list[ClipAttention], list[dict[str, str]]]:
    """What there is to say about each clip, and the clips that cannot be read, each with its error.

    Raises:
        ImageError: none of them can be read.
    """
    found, failed, first = [], [], None
    for path in paths:
        try:
            found.append(attend_clip(path, areas, draw=True, **settings))
        except ImageError as error:
            first = first or error
            failed.append({"picture": path.name, "error": str(error)})
    if not found and first is not None:
        raise first
    return found, failed


def numbers(found: Sequence[ClipAttention], title: str, failed: Sequence[dict[str, str]]) -> dict[str, Any]:
    """The content of report.json."""
    return {
        "format": content.FORMAT, "version": content.VERSION, "wepsam": wepsam.__version__,
        "created": date.today().isoformat(), "title": title, "clips": [clip.as_dict() for clip in found],
        "failed": list(failed),
    }  # fmt: skip


def write(
    folder: Path, found: Sequence[ClipAttention], title: str, failed: Sequence[dict[str, str]], names: Sequence[str]
) -> list[str]:
    """Write a page, numbers and a table under three names into a folder; returns what to doubt, a line each."""
    folder.mkdir(parents=True, exist_ok=True)
    said = numbers(found, title, failed)
    write_json(folder / names[1], said)
    write_text(folder / names[2], table(found))
    write_text(folder / names[0], render(found, said))
    return [naming(clip.clip, line) for clip in found for line in clip.warnings]


def table(found: Sequence[ClipAttention]) -> str:
    """The areas of all clips as CSV; texts are inert in a spreadsheet."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for clip in found:
        for area in clip.areas:
            values = [rounded(getattr(area, name)) for name in COLUMNS[2:]]
            writer.writerow([inert(clip.clip), inert(area.label), *("" if v is None else v for v in values)])
    return file.getvalue()


def render(found: Sequence[ClipAttention], said: dict[str, Any]) -> str:
    """The page as HTML. It asks for nothing from outside."""
    clips = [
        {
            "numbers": numbers,
            "sheet": views.data_url(clip.pictures["sheet"]),
            "timeline": views.data_url(clip.pictures["timeline"]),
            "curves": curves(clip),
        }
        for clip, numbers in zip(found, said["clips"], strict=True)
    ]
    template = page.environment().get_template("clips.html.jinja")
    return template.render(report=said, clips=clips, policy=page.POLICY, clock=clock, wide=WIDE, tall=TALL)


def curves(clip: ClipAttention) -> list[dict[str, Any]]:
    """The share of each area in time, as lines of an SVG drawing: color, label, and the points of each piece."""
    top = max((area.peak for area in clip.areas), default=1.0) or 1.0
    x = WIDE * clip.times / max(clip.seconds, 1e-6)
    drawn = []
    for number, area in enumerate(clip.areas):
        shares = np.array([np.nan if share is None else share for share in area.shares])
        pieces = np.ma.clump_unmasked(np.ma.masked_invalid(shares))
        lines = [
            " ".join(f"{a:.1f},{TALL * (1 - b / top):.1f}" for a, b in zip(x[piece], shares[piece], strict=True))
            for piece in pieces
        ]
        drawn.append({"color": COLORS[number % len(COLORS)], "label": area.label, "lines": lines, "top": top})
    return drawn
