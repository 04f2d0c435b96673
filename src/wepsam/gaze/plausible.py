"""Whether converted fixations can be right, and what is wrong with them most likely."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wepsam.gaze import placement
from wepsam.gaze.viewing import Frame, GazeError, Given, Screen

LEAST, FEW = 0.5, 0.85  # share inside: below the first they are refused, below the second doubted
GOOD = 0.9  # of another reading
CORNER = 0.25  # of the sides: if all fixations lie within, they count something else
MIDDLE = 0.25  # how far from the center, in shares of the sides, the median may lie
ENOUGH = 10  # fixations; fewer are no evidence


@dataclass(frozen=True, eq=False)
class Piece:
    """The fixations of one viewing as they stand in the file, and how they were read.

    Attributes:
        given: (N, 2) as in the file.
        pixels: (N, 2) pixels of the picture.
        frame: of the file.
        size: (width, height) of the picture.
        source: the file.
    """

    given: np.ndarray
    pixels: np.ndarray
    frame: Frame
    size: Screen
    source: str


def inside(pixels: np.ndarray, size: Screen) -> np.ndarray:
    """(N,) bool: which points lie in the picture."""
    return np.asarray(((pixels >= 0) & (pixels < size)).all(axis=1))


def check(pieces: Sequence[Piece], said: Given) -> list[str]:
    """What to doubt of the fixations of one file.

    Raises:
        GazeError: more than half of them lie beside their pictures, or all in a corner. The line names the likely
            reason.
    """
    pieces = [piece for piece in pieces if len(piece.given)]
    total = sum(len(piece.given) for piece in pieces)
    if not total:
        return []
    share, middle, reach = _look(pieces, [piece.pixels for piece in pieces])
    source = pieces[0].source
    raw = np.concatenate([piece.given for piece in pieces])
    if total >= ENOUGH and np.quantile(np.abs(raw), 0.9) <= 1 and _unit(pieces[0], said) == "pixels":
        unit = "norm" if (raw < -0.05).mean() > 0.2 else "shares"
        raise GazeError(
            f"{source}: x and y lie between {'-1' if unit == 'norm' else '0'} and 1: these look normalized; say --unit "
            f"{unit}{' (PsychoPy: origin at the center, y up)' if unit == 'norm' else ''}"
        )
    if share < LEAST and total >= 3:
        raise GazeError(
            f"{source}: the share of fixations inside their pictures is {share:.0%} of {total}: {_likely(pieces, said)}"
        )
    if total >= 3 * ENOUGH and max(reach) < CORNER:
        raise GazeError(
            f"{source}: all fixations lie in the upper left corner, within {reach[0]:.0%} of width and {reach[1]:.0%} "
            f"of height: {_likely(pieces, said)}"
        )
    doubts = []
    if share < FEW and total >= ENOUGH:
        doubts.append(
            f"{source}: only {share:.0%} of {total} fixations lie inside their pictures: {_likely(pieces, said)}"
        )
    elif total >= 3 * ENOUGH and np.abs(middle - 0.5).max() > MIDDLE:
        doubts.append(
            f"{source}: the middle of all fixations lies at {middle[0]:.0%} of width and {middle[1]:.0%} of height, "
            f"far from the center, where people look most: {_likely(pieces, said)}"
        )
    return doubts


def _unit(piece: Piece, said: Given) -> str:
    return said.unit or piece.frame.unit or "pixels"


def _look(pieces: Sequence[Piece], pixels: Sequence[np.ndarray]) -> tuple[float, np.ndarray, np.ndarray]:
    """The share inside, the median and the 99 % quantile of the places in shares of the sides."""
    share = float(np.mean(np.concatenate([inside(p, piece.size) for p, piece in zip(pixels, pieces, strict=True)])))
    places = np.concatenate([p / piece.size for p, piece in zip(pixels, pieces, strict=True)])
    return share, np.median(places, axis=0), np.quantile(places, 0.99, axis=0)


def _others(pieces: Sequence[Piece], said: Given) -> Iterator[tuple[str, Given, bool]]:
    """Other readings: what they would mean, what the caller would have said, and whether x and y are exchanged."""
    frame = said.over(pieces[0].frame)
    other = "down" if (frame.y or ("down" if (frame.origin or "top-left") == "top-left" else "up")) == "up" else "up"
    yield f"y seems to point {other}, use --y {other}", replace(said, y=other), False
    if other == "up":
        turned = replace(said, y="up", origin="bottom-left")
        yield "y seems to point up from the lower left corner, use --origin bottom-left", turned, False
    centered = replace(said, y="up", origin="center")
    yield "they look like pixels from the screen's center, y up (PsychoPy), use --origin center", centered, False
    yield (
        "they look like pixels from the screen's center, y down, use --origin center --y down",
        replace(said, y="down", origin="center"), False,
    )  # fmt: skip
    own = replace(said, origin="picture", picture=None, scale=None)
    yield "they look like pixels of the picture itself, use --origin picture", own, False
    for unit in ("shares", "norm", "height"):
        yield f"they look normalized, use --unit {unit}", replace(said, unit=unit), False
        yield (
            f"they look like {unit} of the picture itself, use --unit {unit} --origin picture",
            replace(own, unit=unit), False,
        )  # fmt: skip
    for scale in ("fit", "none", "stretch", "cover"):
        for place in ("center", "top-left"):
            yield (
                f"was the picture {'shown in its own pixels' if scale == 'none' else 'scaled to the screen'}? Use "
                f"--picture {place} --scale {scale}",
                replace(said, scale=scale, picture=place, origin=None if said.origin == "picture" else said.origin),
                False,
            )
    yield "x and y look exchanged, exchange their columns", said, True


def _likely(pieces: Sequence[Piece], said: Given) -> str:
    """What is wrong most likely: the first other reading that puts nearly all fixations into their pictures."""
    best, reason = 0.0, ""
    now = _look(pieces, [piece.pixels for piece in pieces])[0]
    for words, other, exchanged in _others(pieces, said):
        try:
            pixels = [_read(piece, other, exchanged) for piece in pieces]
        except GazeError:
            continue
        share, middle, reach = _look(pieces, pixels)
        fits = share - np.abs(middle - 0.5).max() / 2
        if share >= max(GOOD, now + 0.05) and max(reach) > CORNER and fits > best + 0.03:
            best, reason = fits, words
    if reason:
        return reason
    screen = said.over(pieces[0].frame).screen
    asked = f"is the screen {screen[0]:g}x{screen[1]:g}, and " if screen else ""
    return (
        f"{asked}was the picture scaled to the screen, or did it stand elsewhere? See --screen, --picture, --scale, "
        "--origin, --unit and --y"
    )


def _read(piece: Piece, said: Given, exchanged: bool) -> np.ndarray:
    frame, _ = placement.complete(piece.frame, said, piece.size, piece.source)
    points = piece.given[:, ::-1] if exchanged else piece.given
    return placement.to_picture(placement.to_screen(points, frame, piece.size), frame, piece.size)
