"""What a reader gives: who looked at which picture when, in whatever the tracker's file counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from wepsam.datasets.errors import DatasetError

Box = tuple[float, float, float, float]  # left, upper, width, height in pixels of the screen
Screen = tuple[float, float]
"""(width, height) in pixels."""

UNITS = ("pixels", "shares", "norm", "height")
ORIGINS = ("top-left", "bottom-left", "center", "picture")
EYES = ("best", "left", "right")


class GazeError(DatasetError):
    """A tracker's file is not as expected, or does not say enough. One line: what came, and what mends it."""


@dataclass(frozen=True)
class Frame:
    """What the coordinates of a file count, as far as it says so; None: it does not.

    Attributes:
        of: "screen" or "picture": whose pixels, shares or center.
        unit: one of UNITS: "pixels"; "shares" of width and height, 0 to 1; "norm", from -1 to 1; "height": both in
            shares of the height (PsychoPy).
        origin: "top-left", "bottom-left" or "center".
        y: "down" or "up".
        screen: its (width, height) in pixels.
        box: where the picture stood on the screen.
        grid: (width, height) in pixels of the picture that `of="picture"` counts in; None: those of its file.
        pixels_per_degree: of visual angle, on the screen.
    """

    of: str | None = None
    unit: str | None = None
    origin: str | None = None
    y: str | None = None
    screen: Screen | None = None
    box: Box | None = None
    grid: Screen | None = None
    pixels_per_degree: float | None = None


@dataclass(frozen=True, eq=False)
class Viewing:
    """One observer, one picture, once.

    Attributes:
        observer: the name.
        image: the picture as the file calls it.
        frame: what the coordinates count.
        points: (N, 2) fixations as (x, y).
        onset: (N,) seconds since the picture appeared; NaN where unknown.
        duration: (N,) seconds; NaN where unknown.
        samples: (M, 3) time in seconds since the picture appeared, x, y, NaN where lost; None: the file has fixations.
        eye: "left", "right" or "".
        trial: as the file calls it.
        group: of the observer, or "".
        lost: share of the samples that are lost, or None.
        source: the file.
    """

    observer: str
    image: str
    frame: Frame
    points: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    onset: np.ndarray = field(default_factory=lambda: np.empty(0))
    duration: np.ndarray = field(default_factory=lambda: np.empty(0))
    samples: np.ndarray | None = None
    eye: str = ""
    trial: str = ""
    group: str = ""
    lost: float | None = None
    source: str = ""


@dataclass
class Tally:
    """What became of what was read, so that nothing is silent.

    Attributes:
        counts: fixations by what became of them.
        assumed: sentences on what the files do not say and was taken to be so, each once.
    """

    counts: Counter[str] = field(default_factory=Counter)
    assumed: list[str] = field(default_factory=list)

    def assume(self, line: str) -> None:
        """Note an assumption once."""
        if line not in self.assumed:
            self.assumed.append(line)


@dataclass(frozen=True)
class Given:
    """What the caller says, where the files do not; see `wepsam.gaze.import_gaze`."""

    screen: Screen | None = None
    picture: str | None = None
    scale: str | None = None
    unit: str | None = None
    origin: str | None = None
    y: str | None = None
    eye: str = "best"
    columns: tuple[tuple[str, str], ...] = ()
    image: str | None = None
    observer: str | None = None
    trials: Sequence[dict[str, str]] = ()
    time: str | None = None
    detect: bool = False
    pixels_per_degree: float | None = None

    def __post_init__(self) -> None:
        for name, value, choices in (
            ("unit", self.unit, UNITS),
            ("origin", self.origin, ORIGINS),
            ("y", self.y, ("up", "down")),
            ("eye", self.eye, EYES),
            ("time", self.time, ("s", "ms", "us", "ns")),
        ):
            if value is not None and value not in choices:
                raise GazeError(f"{name} is {value!r}, expected one of {', '.join(choices)}")

    def over(self, frame: Frame) -> Frame:
        """A file's frame with the caller's word in place of its own."""
        changes: dict[str, object] = {}
        if self.screen is not None:
            changes["screen"] = self.screen
        if self.unit is not None:
            changes["unit"] = self.unit
        if self.origin == "picture":
            changes |= {"of": "picture", "origin": "top-left", "box": None}
        elif self.origin is not None:
            changes |= {"origin": self.origin, "of": "screen" if frame.of is None else frame.of}
        if self.y is not None:
            changes["y"] = self.y
        if self.picture is not None or self.scale is not None:
            changes |= {"box": None, "of": "screen"}
        if self.pixels_per_degree is not None:
            changes["pixels_per_degree"] = self.pixels_per_degree
        return replace(frame, **changes)  # type: ignore[arg-type]

    @property
    def column(self) -> dict[str, str]:
        """The mapped columns by what they hold."""
        return dict(self.columns)
