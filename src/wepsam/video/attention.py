"""What the areas of a clip get: in each moment, in each scene, in all, and by when they are seen."""

import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import kinds, progress, resolve
from wepsam.attention import coverage
from wepsam.attention.answers import rounded
from wepsam.attention.intervals import Group
from wepsam.attention.reading import Given
from wepsam.calibration.presets import Which
from wepsam.prediction import ordered
from wepsam.prediction.drawing import Style
from wepsam.prediction.predictor import DEFAULT, QUALITIES, Predictor
from wepsam.video import pictures
from wepsam.video.moving_areas import MovingArea, read_moving
from wepsam.video.reading import frames
from wepsam.video.watching import FPS, Watched, watch

LOOKED_AT = 5  # frames, one a second, that all look like no photograph before a remark says so
SECONDS = 3.0  # the time for which the rate of independent glances is known


@dataclass(frozen=True)
class AreaInTime:
    """What an area of a clip gets.

    Attributes:
        label: of the area.
        share: of all attention of the clip.
        present: share of the clip's time in which the area is there.
        share_present: of the attention while it is there; 0 if it never is.
        surface: share of the frame that it covers while it is there.
        peak: the largest share at a moment.
        peak_time: second of it.
        seen: chance that a viewer has seen it by the end.
        seen_by: second by which that chance is a half; None: never.
        shares: at each time of the clip; None where it is not there.
    """

    label: str
    share: float
    present: float
    share_present: float
    surface: float
    peak: float
    peak_time: float
    seen: float
    seen_by: float | None
    shares: tuple[float | None, ...]


@dataclass(frozen=True, eq=False)
class ClipAttention:
    """Where people will look in a clip.

    Attributes:
        clip: its file name.
        size: (height, width) in pixels.
        seconds: how long it is.
        times: (T,) seconds at which the model saw it.
        focus: (T,) share of the frame that draws half of all looks.
        scenes: (begin, end) in seconds.
        areas: in the order in which they were given.
        elsewhere: share of the attention outside of all areas; 1 without areas.
        model: its name.
        calibration: its name.
        shown: (height, width) of the clip on the screen, in pixels.
        warnings: lines that say what to doubt.
        pictures: "sheet" and "timeline", (H, W, 3) uint8, if they were asked for.
    """

    clip: str
    size: tuple[int, int]
    seconds: float
    times: np.ndarray
    focus: np.ndarray
    scenes: tuple[tuple[float, float], ...]
    areas: tuple[AreaInTime, ...]
    elsewhere: float
    model: str
    calibration: str
    shown: tuple[int, int]
    warnings: tuple[str, ...] = ()
    pictures: dict[str, np.ndarray] = field(default_factory=dict)

    def in_scene(self, area: AreaInTime, scene: tuple[float, float]) -> float | None:
        """The mean share of an area in a scene while it is there.

        Args:
            area: one of `areas`.
            scene: (begin, end) in seconds, one of `scenes`.

        Returns:
            From 0 to 1; None if it is not there.
        """
        inside = (self.times >= scene[0] - 1e-9) & (self.times < scene[1])
        shares = [share for share, counts in zip(area.shares, inside, strict=True) if counts and share is not None]
        return float(np.mean(shares)) if shares else None

    def as_dict(self) -> dict[str, Any]:
        """Everything but the pictures, for JSON."""
        scenes = [
            {
                "begin": begin,
                "end": end,
                "areas": {area.label: self.in_scene(area, (begin, end)) for area in self.areas},
            }
            for begin, end in self.scenes
        ]
        return rounded(
            {
                "clip": self.clip, "width": self.size[1], "height": self.size[0], "seconds": self.seconds,
                "model": self.model, "calibration": self.calibration, "shown": [self.shown[1], self.shown[0]],
                "times": self.times.tolist(), "focus": self.focus.tolist(), "scenes": scenes,
                "areas": [asdict(area) | {"shares": list(area.shares)} for area in self.areas],
                "elsewhere": self.elsewhere, "warnings": list(self.warnings),
            }
        )  # fmt: skip


def attend_clip(
    clip: str | PathLike[str] | bytes,
    areas: Given = None,
    *,
    name: str | None = None,
    model: resolve.Model = DEFAULT,
    unit: str | None = None,
    quality: str = QUALITIES[0],
    calibration: Which = None,
    fps: float = FPS,
    shown: str | tuple[int, int] | None = None,
    workers: int = -1,
    max_pixels: int | None = None,
    draw: bool = False,
) -> ClipAttention:
    """Say what a clip gets people to look at.

    Args:
        clip: its file, or the content of it.
        areas: as `read_moving` takes them.
        name: of the clip in the answer; by default that of its file.
        model: as `wepsam.predict` takes it, as quality and calibration.
        unit: of the areas, as for `wepsam.attend`.
        quality: "best" or "fast".
        calibration: as for `wepsam.predict`.
        fps: frames a second that the model sees.
        shown: how large the clip is on the screen, as for `wepsam.predict`.
        workers: frames at a time; -1 for one per core.
        max_pixels: refuse larger frames.
        draw: also draw a sheet and the line of time.

    Returns:
        Shares of the areas in time, scenes, and how focused each moment is.

    Raises:
        VideoError: the clip cannot be read.
        AreaError: something is no area; one line.
    """
    source = clip if isinstance(clip, bytes) else Path(clip)
    name = name or ("clip" if isinstance(source, bytes) else source.name)
    predict = resolve.predictor(model, quality=quality, threads=1, calibration=calibration)
    called = str(getattr(predict, "name", None) or (model if isinstance(model, str) else "model"))
    folder = Path(tempfile.gettempdir())  # for a file without a name: who is killed leaves nothing there
    with watch(
        source, predict, folder, fps=fps, shown=shown, workers=ordered.worker_count(workers), max_pixels=max_pixels
    ) as watched:
        return of_watched(
            watched, areas, name=name, model=called, unit=unit, doubts=doubts(watched, predict, name), draw=draw
        )


def of_watched(
    watched: Watched,
    areas: Given,
    *,
    name: str,
    model: str,
    unit: str | None = None,
    doubts: Sequence[str] = (),
    draw: bool = False,
) -> ClipAttention:
    """What there is to say about a clip that a model has watched; see `attend_clip`."""
    moving = read_moving(areas, watched.clip.size, name, unit)
    found, elsewhere, focus = _measured(watched, moving)
    drawn = {}
    if draw:
        drawn = {"sheet": pictures.sheet(watched, Style()), "timeline": pictures.timeline(watched, Style())}
    return ClipAttention(
        name, watched.clip.size, watched.end, np.array(watched.maps.times), focus, tuple(watched.scenes), found,
        elsewhere, model, watched.calibration, (watched.viewing.height, watched.viewing.width), tuple(doubts), drawn,
    )  # fmt: skip


def unused(viewers: int, seconds: float, **others: Any) -> list[str]:
    """A line that names the options that say nothing about clips, if they were given; no line otherwise.

    Args:
        viewers: of intervals.
        seconds: that a viewer looks.
        others: further options by name; None where they were not given.
    """
    usual = Group()
    given = {"viewers": viewers != usual.viewers, "seconds": seconds != usual.seconds}
    given |= {name: value is not None for name, value in others.items()}
    names = [name for name, is_given in given.items() if is_given]
    return [f"not used for clips, which have no intervals and percentiles: {', '.join(names)}"] if names else []


def _measured(watched: Watched, moving: tuple[MovingArea, ...]) -> tuple[tuple[AreaInTime, ...], float, np.ndarray]:
    """The numbers of the areas, the share of what is outside of all, and how focused each moment is."""
    stored = watched.maps
    rows, columns = (coverage.edges(side) for side in stored.shape)
    lasts = np.diff([*stored.times, max(watched.end, stored.times[-1] + 1e-6)])
    shares = np.full((len(moving), len(stored)), np.nan)
    surfaces = np.full_like(shares, np.nan)
    outside, focus = np.ones(len(stored)), np.zeros(len(stored))
    known: dict[int, tuple[Any, np.ndarray]] = {}  # of an area that did not change, what it covers
    for place in range(len(stored)):
        density, covered_by_any = stored[place], np.zeros(stored.shape)
        focus[place] = pictures.half(density)
        for number, area in enumerate(moving):
            here = area.at(stored.times[place])
            if here is None:
                continue
            if number not in known or known[number][0] is not here:
                progress.beat()
                known[number] = here, here.coverage(rows, columns)
            covered = known[number][1]
            shares[number, place] = float((covered * density).sum())
            surfaces[number, place] = here.surface
            np.maximum(covered_by_any, covered, out=covered_by_any)
        outside[place] = float(((1 - covered_by_any) * density).sum())
    times = np.array(stored.times)
    found = tuple(_area(area.label, shares[n], surfaces[n], times, lasts) for n, area in enumerate(moving))
    return found, float(np.average(outside, weights=lasts)), focus


def _area(label: str, shares: np.ndarray, surfaces: np.ndarray, times: np.ndarray, lasts: np.ndarray) -> AreaInTime:
    there = ~np.isnan(shares)
    filled = np.clip(np.where(there, shares, 0.0), 0.0, 1 - 1e-9)
    present = float(np.average(there, weights=lasts))
    share = float(np.average(filled, weights=lasts))
    glances = Group(seconds=SECONDS).independent / SECONDS  # of a viewer, in a second
    seen = 1 - np.exp(np.cumsum(glances * lasts * np.log1p(-filled)))
    by = np.flatnonzero(seen >= 0.5)
    best = int(filled.argmax())
    return AreaInTime(
        label=label, share=share, present=present, share_present=share / present if present else 0.0,
        surface=float(np.average(surfaces[there], weights=lasts[there])) if there.any() else 0.0,
        peak=float(filled[best]), peak_time=float(times[best]), seen=float(seen[-1]),
        seen_by=float(times[by[0]] + lasts[by[0]]) if len(by) else None,
        shares=tuple(float(value) if here else None for value, here in zip(shares, there, strict=True)),
    )  # fmt: skip


def doubts(watched: Watched, predict: Any, name: str) -> list[str]:
    """What to doubt about a clip: what is damaged, and that it does not look like what the model has learned from."""
    if not isinstance(predict, Predictor):
        return [*watched.remarks]
    with closing(frames(watched.clip.source, 1.0, 640, remarks=[])) as some:
        kinds_of_frames = {predict.doubt(frame.pixels) for frame in islice(some, LOOKED_AT)}
    # Single frames of a film may look like anything.
    doubt = kinds_of_frames.pop() if len(kinds_of_frames) == 1 else None
    return [*watched.remarks, *([kinds.message(doubt, name)] if doubt else [])]
