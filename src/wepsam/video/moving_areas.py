"""Areas of a clip: fixed, or given at key frames, between which boxes and polygons move."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import progress
from wepsam.attention.areas import MOST_AREAS, Area, AreaError, shown
from wepsam.attention.reading import MOST_BYTES, Given, read_areas
from wepsam.files import foreign, read_json

KEYS = "key_frames"
MOST_KEYS = 100_000  # key frames of a clip
FORM = '{"key_frames": [{"time": 0, "areas": [{"label": "ball", "box": [x0, y0, x1, y1]}]}, ...]}'


@dataclass(frozen=True)
class MovingArea:
    """An area in time.

    Attributes:
        label: of the area.
        times: of its key frames, rising; an area that never changes has one, at 0.
        areas: at each of them; None from where it is not there.
        fixed: whether it is there all the time and never changes.
    """

    label: str
    times: tuple[float, ...]
    areas: tuple[Area | None, ...]
    fixed: bool = False

    def at(self, time: float) -> Area | None:
        """The area at this second: between two key frames it moves evenly; None where it is not there."""
        place = int(np.searchsorted(self.times, time + 1e-9)) - 1
        if self.fixed:
            return self.areas[0]
        if place < 0:
            return None
        before = self.areas[place]
        after = self.areas[place + 1] if place + 1 < len(self.areas) else None
        if before is None or after is None:
            return before
        share = (time - self.times[place]) / (self.times[place + 1] - self.times[place])
        return _between(before, after, share)


def read_moving(given: Given, size: tuple[int, int], name: str, unit: str | None = None) -> tuple[MovingArea, ...]:
    """The areas of a clip.

    Args:
        given: as `read_areas` takes it for a picture: areas that stay where they are; or a JSON file, or its content,
            with "key_frames": a list of objects with a "time" in seconds and "areas" in any form for pictures. An area
            is there from its first key frame to the first one that lacks it.
        size: (height, width) of the clip.
        name: of the clip, as for `read_areas`.
        unit: as for `read_areas`.

    Raises:
        AreaError: something is no area; one line.
    """
    content: Any = given
    if isinstance(given, str | PathLike) and str(given).lower().endswith(".json"):
        with foreign(Path(given), "has no areas", AreaError):
            content = read_json(Path(given), MOST_BYTES)
    if not (isinstance(content, Mapping) and KEYS in content):
        return tuple(MovingArea(area.label, (0.0,), (area,), True) for area in read_areas(given, size, name, unit))
    keys, unit = content[KEYS], content.get("unit", unit)
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        raise AreaError(f"key_frames is {shown(keys)}; expected {FORM}")
    frames: list[tuple[float, dict[str, Area]]] = []
    for place, key in enumerate(keys, 1):
        time = key.get("time") if isinstance(key, Mapping) else None
        if isinstance(time, bool) or not isinstance(time, int | float) or not 0 <= time < 1e7 or "areas" not in key:
            raise AreaError(f"key frame {place} is {shown(key)}; expected {FORM}")
        if frames and time <= frames[-1][0]:
            raise AreaError(f"key frame {place} is at {time:g} s and the one before at {frames[-1][0]:g} s; sort them")
        # No name of a file: who sends key frames to a service would have it read its own.
        if not isinstance(key["areas"], list | tuple | Mapping | None):
            raise AreaError(f"the areas of key frame {place} are {shown(key['areas'])}; expected {FORM}")
        progress.beat()
        found = read_areas(key["areas"], size, name, unit) if key["areas"] else ()
        frames.append((float(time), {area.label: area for area in found}))
    return tuple(
        MovingArea(label, tuple(times), tuple(areas)) for label, (times, areas) in _by_label(frames, name).items()
    )


def _by_label(
    frames: list[tuple[float, dict[str, Area]]], name: str
) -> dict[str, tuple[list[float], list[Area | None]]]:
    """The times and areas of each label: from where it is there to the first key frame without it, and so on."""
    kept: dict[str, tuple[list[float], list[Area | None]]] = {}
    before: dict[str, Area] = {}
    for time, areas in frames:
        for label in before | areas:
            times, places = kept.setdefault(label, ([], []))
            times.append(time)
            places.append(areas.get(label))
        before = areas
    if len(kept) > MOST_AREAS:
        raise AreaError(f"{name} has {len(kept):,} areas with labels of their own, expected at most {MOST_AREAS:,}")
    return kept


def _between(before: Area, after: Area, share: float) -> Area:
    """The area on its way from one key frame to the next; a mask, or what changes its form, stays until then."""
    if before is after or share <= 0:
        return before
    if before.box is not None and after.box is not None:
        corners = (1 - share) * np.array(before.box) + share * np.array(after.box)
        return Area(before.label, box=tuple(map(float, corners)))  # type: ignore[arg-type]
    shapes = [points.shape for points in before.polygons]
    if shapes and shapes == [points.shape for points in after.polygons]:
        pairs = zip(before.polygons, after.polygons, strict=True)
        return Area(before.label, polygons=tuple((1 - share) * one + share * other for one, other in pairs))
    return before
