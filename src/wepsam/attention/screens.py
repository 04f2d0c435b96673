"""A page that is longer than a screen: read screen by screen, as people scroll, and put together.

A network that sees a long page at once sees it small, and expects people to look at its middle. Here it sees what
people see: a screen at a time, a quarter of a screen further each time. A row of the page takes part in up to four
screens, and counts most in the one that shows it in the middle. So no seams are left, and where in a screen people tend
to look has no part in the result, but at both ends of the page, which are never in the middle of a screen.

It is assumed that each screen is looked at equally long, whatever it shows. People look less at what they have to
scroll to; how much less depends on the page and on what they want, which a picture does not say.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from wepsam import progress
from wepsam.shapes import Shape, sides

# Of a screen, from one look to the next. With the weights of `_weights` and the center bias of the default model, rows
# far from both ends of a page that attracts nobody differ by 3 %; by 13 % with a third, by 80 % with a half.
STEP = 1 / 4
MOST_SCREENS = 200  # of a page
LONG = 2.5  # height / width from which a picture may be a page
EXAMPLE = "1280x800"
HOW = f"(--viewport {EXAMPLE})"  # a remark says so to those who type commands
SHOWN_AFTER = 2.0  # seconds until progress is shown

Look = Callable[[np.ndarray], np.ndarray]  # (H, W, 3) uint8 -> (h, w) density


@dataclass(frozen=True)
class Viewport:
    """The screen through which a page is seen; the page is as wide as the screen.

    Attributes:
        width: in pixels of the page.
        height: in the same pixels.
    """

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    def screen(self, size: Shape) -> float:
        """The height of a screen on a picture, whose pixels may be smaller than the page's.

        Args:
            size: (height, width) of the picture in pixels.

        Returns:
            Pixels of the picture.
        """
        return size[1] * self.height / self.width

    def screens(self, size: Shape) -> float:
        """How many screens long a picture is.

        Args:
            size: (height, width) of the picture in pixels.

        Returns:
            At least 1.

        Raises:
            ValueError: more than MOST_SCREENS.
        """
        found = max(1.0, size[0] / self.screen(size))
        if found > MOST_SCREENS:
            raise ValueError(
                f"a picture of {size[1]}x{size[0]} has {found:,.0f} screens of {self}, expected at most "
                f"{MOST_SCREENS}; it has to be as wide as the viewport"
            )
        return found


def viewport(given: str | tuple[int, int] | Viewport | None) -> Viewport | None:
    """A viewport as "1280x800" or (width, height); ValueError for anything else."""
    return given if given is None or isinstance(given, Viewport) else Viewport(*sides(given, "the viewport", EXAMPLE))


@dataclass(frozen=True)
class Screens:
    """Which rows of cells of a page its screens have.

    Attributes:
        rows: of the page.
        height: of a screen, in rows.
        tops: the first row of each screen.
    """

    rows: int
    height: int
    tops: tuple[int, ...]

    @classmethod
    def of(cls, screens: float, height: int) -> "Screens":
        """Those of a page that is so many screens long, for a density of this height in cells."""
        rows = max(height, round(screens * height))
        count = 1 + math.ceil((rows - height) / (height * STEP) - 1e-9)
        return cls(rows, height, tuple(np.rint(np.linspace(0, rows - height, count)).astype(int).tolist()))

    def compose(self, densities: Iterable[np.ndarray]) -> np.ndarray:
        """The density of the page.

        Args:
            densities: (height, w) of each screen, sums to 1.

        Returns:
            (rows, w) float64, sums to 1. Each row is the mean of its rows in the screens, by `_weights`.
        """
        weights = _weights(self.height)
        total, sums = np.zeros((self.rows, 1)), np.zeros((self.rows, 1))
        for top, density in zip(self.tops, densities, strict=True):
            if total.shape[1] != density.shape[1]:
                total = np.zeros((self.rows, density.shape[1]))
            total[top : top + self.height] += weights * density
            sums[top : top + self.height] += weights
        page = total / sums
        return np.asarray(page / page.sum())


def read(look: Look, stimulus: np.ndarray, seen_through: Viewport) -> tuple[np.ndarray, Screens]:
    """The density of a page, and the screens that it was put together from.

    Args:
        look: what predicts the density of one screen.
        stimulus: (H, W, 3) uint8 RGB, the page.
        seen_through: the screen.

    Returns:
        (h, w) float64, sums to 1: as many cells a screen as `look` gives. A page that fits into a screen is looked at
        as a whole.

    Raises:
        ValueError: the page has more than MOST_SCREENS.
    """
    length, size = len(stimulus), stimulus.shape[:2]
    count = seen_through.screens((size[0], size[1]))
    if count == 1:
        density = look(stimulus)
        return density, Screens.of(1, len(density))
    pixels = max(1, round(length / count))
    first = look(stimulus[:pixels])
    screens = Screens.of(count, len(first))
    densities = [first]
    with progress.bar(len(screens.tops), "reading screens", after=SHOWN_AFTER) as shown:
        for done, top in enumerate(screens.tops[1:], 1):
            shown.update(done)
            begin = min(round(top * length / screens.rows), length - pixels)
            densities.append(look(stimulus[begin : begin + pixels]))
    return screens.compose(densities), screens


def parts(stimulus: np.ndarray, count: float, most: int) -> list[np.ndarray]:
    """A page cut into its screens, one below the other; at most so many, evenly spread over it."""
    whole = max(1, round(count))
    borders = np.rint(np.linspace(0, len(stimulus), whole + 1)).astype(int)
    chosen = np.unique(np.rint(np.linspace(0, whole - 1, min(whole, most))).astype(int))
    return [stimulus[borders[place] : borders[place + 1]] for place in chosen]


def remarks(size: Shape, seen_through: Viewport | None) -> list[str]:
    """What to know about how a picture of this (height, width) was read, a line each."""
    if seen_through is None:
        if size[0] <= LONG * size[1]:
            return []
        return [
            f"the picture is {size[0] / size[1]:.1f} times as high as wide and was seen at once: if it is a page that "
            f"people scroll, give the size of the screen {HOW}"
        ]
    count = seen_through.screens(size)
    if count == 1:
        return []
    return [
        f"the page was read as {count:.1f} screens of {seen_through}, each looked at equally long; people look less at "
        "what they have to scroll to, and intervals and percentiles are those of single screens"
    ]


def _weights(height: int) -> np.ndarray:
    """(height, 1) how much each row of a screen counts: most in the middle, nothing at the borders (Hann)."""
    return np.sin(np.pi * (np.arange(height) + 0.5) / height)[:, None] ** 2
