"""What people did, over the picture: heat maps, fixations, scanpaths, and how two groups differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wepsam import maps, overlays
from wepsam.drawing import contours, difference, lettering
from wepsam.drawing.lettering import Room
from wepsam.drawing.outlined import AREAS
from wepsam.drawing.scene import Disc, Line, Scene, Text, painted
from wepsam.drawing.styles import Style
from wepsam.gaze import agreement
from wepsam.gaze.groups import Difference
from wepsam.gaze.study import Seen
from wepsam.images import read_image
from wepsam.overlays import Color

TYPICAL = 0.25  # seconds of a fixation whose disc has the usual size
MOST, LEAST = 3.0, 0.45  # of that size
NAMED = 8  # observers whom a caption names
CROWDED = 60  # fixations, from which discs have no numbers


def density(seen: Seen) -> np.ndarray:
    """(h, w) the density of all fixations at 256 pixels of the longer side, sums to 1; even without fixations."""
    small = agreement.small(seen)
    if not len(small.points):
        return np.full(small.sample.size, 1 / np.prod(small.sample.size))
    return maps.density(small.points, small.sample.size, small.sample.sigma)


def canvas(seen: Seen, style: Style) -> np.ndarray:
    """(H, W, 3) uint8 the picture at the size at which it is drawn."""
    return read_image(seen.sample.path, shape=style.shape(*seen.sample.size))


def heat(seen: Seen, style: Style, said: str = "") -> np.ndarray:
    """Where people looked, in colors over the picture: (H, W, 3) uint8.

    Args:
        seen: the fixations to draw.
        style: colors, opacity, sizes.
        said: who and when, for the caption.
    """
    stimulus, mean = canvas(seen, style), density(seen)
    level = maps.enlarge(mean * mean.size, stimulus.shape[:2])
    limits = 0.0, max(float(level.max()), 1e-9)
    drawn = overlays.overlay(stimulus, level, strength=style.opacity, colors=style.colors, limits=limits)
    if not len(seen.points):
        drawn = stimulus
    if not style.legend:
        return drawn
    size = style.text(drawn.shape[:2])
    strip = overlays.legend(
        drawn.shape[1], "0", f"{limits[1]:.1f}", "times the average", strength=style.opacity, colors=style.colors,
        size=size,
    )  # fmt: skip
    return lettering.with_caption(np.concatenate([drawn, strip]), _caption(seen, said), style)


def fixations(seen: Seen, style: Style, said: str = "", groups: dict[str, str] | None = None) -> np.ndarray:
    """Each fixation as a disc whose area grows with its duration, in the color of its observer or group."""
    return _drawn(seen, style, said, groups or {}, path=False)


def scanpaths(seen: Seen, style: Style, said: str = "", groups: dict[str, str] | None = None) -> np.ndarray:
    """The same with the way of each observer from fixation to fixation, numbered in the order of time."""
    return _drawn(seen, style, said, groups or {}, path=True)


def groups(seen: Seen, found: Difference, names: tuple[str, str], style: Style) -> np.ndarray:
    """Two groups beside each other on one scale, and their difference, with lines around what chance does not give."""
    stimulus = canvas(seen, style)
    lines = contours.loops(found.significant.astype(float), 0.5) if found.significant.any() else []
    drawn = difference.sheet((stimulus, stimulus), (found.first, found.second), found.difference, names, lines)
    said = (
        f"{names[0]}: {found.observers[0]} observers, {names[1]}: {found.observers[1]}. Groups drawn at random differ "
        f"as much in {_chance(found.p)} of the cases"
    )
    said += "; lines are around the places where they differ." if lines else "; no single place differs for sure."
    return lettering.with_caption(drawn, said, style)


def _chance(p: float) -> str:
    return f"{p:.1%}" if p < 0.1 else f"{p:.0%}"


def _caption(seen: Seen, said: str) -> str:
    people = sorted(set(seen.observer.tolist()))
    text = f"{len(seen.points)} fixations of {len(people)} observer{'s' * (len(people) != 1)}"
    return f"{text}{', ' if said else ''}{said}."


def _drawn(seen: Seen, style: Style, said: str, groups: dict[str, str], path: bool) -> np.ndarray:
    stimulus = canvas(seen, style)
    shape = stimulus.shape[0], stimulus.shape[1]
    size = style.text(shape)
    several = len({groups.get(one, "") for one in seen.observer.tolist()}) > 1
    keys = [(groups.get(one, "") if several else "") or one for one in seen.observer.tolist()]
    names = sorted(set(keys))
    color = {name: AREAS[place % len(AREAS)] for place, name in enumerate(names)}
    scale = np.array([shape[1] / seen.sample.size[1], shape[0] / seen.sample.size[0]])
    points, lines, discs, texts = seen.points * scale, list[Line](), list[Disc](), list[Text]()
    numbered = path and len(points) <= CROWDED
    radii = _radii(seen.duration, (0.95 if numbered else 0.55) * size)
    people = dict.fromkeys(seen.observer.tolist())
    for person in people:
        mine = np.flatnonzero(seen.observer == person)
        for order, place in enumerate(mine):
            if path and order:
                pair = points[[mine[order - 1], place]]
                if np.abs(pair[0] - pair[1]).max() > 0.5:
                    lines.append(Line(pair, color[keys[place]], max(1.2, size / 9)))
            center = float(points[place, 0]), float(points[place, 1])
            discs.append(Disc(center, radii[place], color[keys[place]]))
            if numbered:
                text = str(order + 1)
                small = max(6, min(size, int(1.5 * radii[place]) if len(text) < 2 else int(1.1 * radii[place])))
                texts.append(Text(text, center, small, 0, color[keys[place]]))
    # Large discs lie below small ones, or they would hide them.
    discs = sorted(discs, key=lambda disc: -disc.radius)
    shown = [name for name in names if name in keys][:NAMED] if len(names) <= NAMED else []
    texts += _legend(shown, color, shape, size)
    drawn = painted(stimulus, Scene(shape, tuple(lines), tuple(discs), tuple(texts), ""))
    timed = " A disc's area is the time." if np.isfinite(seen.duration).any() else ""
    ordered = " Numbers are the order of each observer's fixations." if numbered else ""
    return lettering.with_caption(drawn, _caption(seen, said) + timed + ordered, style)


def _radii(duration: np.ndarray, typical: float) -> list[float]:
    """Radii in pixels: the area of a disc grows with the duration."""
    known = np.where(np.isfinite(duration), duration, TYPICAL)
    return [float(typical * np.clip((one / TYPICAL) ** 0.5, LEAST, MOST)) for one in known]


def _legend(names: Sequence[str], color: dict[str, Color], shape: tuple[int, int], size: int) -> list[Text]:
    """The names of observers or groups on plates of their colors, in a column at the upper left."""
    if len(names) < 2:
        return []
    room, texts = Room(shape), []
    for place, name in enumerate(names):
        text = lettering.fitted(name, size, 0.4 * shape[1])
        wide = lettering.width(text, size)
        center = wide / 2 + size / 3, (place + 0.8) * lettering.PLATE * size * 1.1
        if center[1] < shape[0] and (found := room.find((wide, lettering.PLATE * size), [center])):
            texts.append(Text(text, found, size, wide, color[name]))
    return texts
