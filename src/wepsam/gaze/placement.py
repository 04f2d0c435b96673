"""From what a tracker's file counts to pixels of the picture: where the picture stood on the screen, and how large."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from wepsam.gaze.viewing import Box, Frame, GazeError, Given, Screen
from wepsam.shapes import sides

SCALES = "none, shrink, fit, cover, stretch, a factor such as 1.5, or a size as 800x600"
PLACES = "center, top-left, or the pixels of its upper left corner as 100,50"
AS_NONE = {"none", "1", "native", "original"}


def screen_size(given: str | Screen) -> Screen:
    """(width, height) of "1920x1080"; GazeError for something else."""
    try:
        width, height = sides(given, "the size on the screen", "1920x1080")
    except ValueError as error:
        raise GazeError(str(error)) from None
    return float(width), float(height)


def shown_size(size: Screen, screen: Screen, scale: str) -> Screen:
    """(width, height) in pixels of the screen at which a picture of this size was shown.

    Args:
        size: (width, height) of the picture.
        screen: (width, height).
        scale: "none": its own pixels; "fit": as large as the whole of it can be; "shrink": the same, but only if it is
            larger than the screen; "cover": as small as fills the screen; "stretch": the screen's size; a factor; or
            "800x600".
    """
    across, down = screen[0] / size[0], screen[1] / size[1]
    factors = {"fit": min(across, down), "shrink": min(1.0, across, down), "cover": max(across, down)}
    if scale in AS_NONE:
        return size
    if scale in factors:
        return size[0] * factors[scale], size[1] * factors[scale]
    if scale == "stretch":
        return screen
    if re.fullmatch(r"\d*\.?\d+", scale) and float(scale) > 0:
        return size[0] * float(scale), size[1] * float(scale)
    if "x" in scale.lower():
        return screen_size(scale)
    raise GazeError(f"scale is {scale!r}; expected {SCALES}")


def placed(size: Screen, screen: Screen, picture: str, scale: str) -> Box:
    """Where a picture stood.

    Args:
        size: (width, height) of the picture.
        screen: (width, height).
        picture: "center", "top-left", "fill" (the whole screen), or "X,Y" of its upper left corner.
        scale: as in `shown_size`.
    """
    if picture == "fill":
        return 0.0, 0.0, *screen
    width, height = shown_size(size, screen, scale)
    if picture == "center":
        return (screen[0] - width) / 2, (screen[1] - height) / 2, width, height
    if picture == "top-left":
        return 0.0, 0.0, width, height
    corner = re.fullmatch(r"\s*(-?\d+\.?\d*)\s*,\s*(-?\d+\.?\d*)\s*", picture)
    if not corner:
        raise GazeError(f"picture is {picture!r}; expected fill, {PLACES}")
    return float(corner[1]), float(corner[2]), width, height


def complete(frame: Frame, given: Given, size: Screen, source: str) -> tuple[Frame, list[str]]:
    """A frame with all that converting needs, and what was assumed for it.

    Args:
        frame: of the file.
        given: the caller's word, which counts more than the file's.
        size: (width, height) of the picture.
        source: the file, for messages.

    Raises:
        GazeError: something has to be said by the caller.
    """
    said = given.over(frame)
    unit, of, assumed = said.unit or "pixels", said.of, []
    if said.unit is None:
        assumed.append("x and y are pixels")
    if of is None:
        if said.screen is None and said.box is None:
            raise GazeError(
                f"{source} does not say where the picture stood: give the screen and the picture's place, such as "
                "--screen 1920x1080 --picture center --scale none, or --origin picture if x and y count from the "
                "picture's upper left corner"
            )
        of = "screen"
    origin = said.origin or ("center" if unit in ("norm", "height") else "top-left")
    if of == "picture" and given.y == "up" and origin == "top-left":
        origin = "bottom-left"  # of the picture, from its lower edge
    y = said.y or ("down" if origin == "top-left" else "up")
    if said.origin is None:
        assumed.append(f"x and y count from the {of}'s {origin}")
    if said.y is None:
        assumed.append(f"y points {y}")
    if origin == "bottom-left" and y == "down":
        raise GazeError("y cannot point down from the bottom: say --y up, or --origin top-left")
    said = replace(said, of=of, unit=unit, origin=origin, y=y)
    if of == "picture":
        return said, assumed
    if said.screen is None and (said.box is None or unit != "pixels" or origin != "top-left"):
        raise GazeError(f"{source} does not say the size of the screen: give it as --screen 1920x1080")
    if said.box is None:
        assert said.screen is not None
        if given.picture is None and given.scale is None and size == said.screen:
            assumed.append("pictures of the screen's size filled the screen")
            box = placed(size, said.screen, "fill", "none")
        elif given.picture is None and given.scale is None:
            raise GazeError(
                f"{source} does not say where the picture of {size[0]:g}x{size[1]:g} stood on the screen of "
                f"{said.screen[0]:g}x{said.screen[1]:g}: say --picture center and --scale none, fit or stretch"
            )
        else:
            place, scale = given.picture or "center", given.scale or "none"
            if given.scale is None and place != "fill":
                assumed.append("pictures were shown in their own pixels (--scale none)")
            if given.picture is None:
                assumed.append("pictures stood at the center of the screen")
            box = placed(size, said.screen, place, scale)
        said = replace(said, box=box)
    return said, assumed


def to_screen(points: np.ndarray, frame: Frame, size: Screen) -> np.ndarray:
    """(N, 2) pixels from the upper left corner of what a complete frame is of: the screen, or the picture."""
    extent = np.array(frame.screen or (0, 0) if frame.of == "screen" else frame.grid or size, dtype=np.float64)
    scale = {
        "pixels": np.ones(2), "shares": extent, "norm": extent / 2, "height": np.full(2, extent[1])
    }[frame.unit or "pixels"]  # fmt: skip
    found = points * scale
    if frame.y == "up":
        found = found * (1, -1)
    if frame.origin == "center":
        found = found + extent / 2
    elif frame.origin == "bottom-left":
        found = found + np.array([0, extent[1]])
    return np.asarray(found)


def to_picture(pixels: np.ndarray, frame: Frame, size: Screen) -> np.ndarray:
    """(N, 2) pixels of the picture, from those that `to_screen` gives."""
    if frame.of == "picture":
        return pixels if frame.grid is None else pixels * (size[0] / frame.grid[0], size[1] / frame.grid[1])
    assert frame.box is not None
    left, top, width, height = frame.box
    return np.asarray((pixels - (left, top)) * (size[0] / width, size[1] / height))


def from_screen(pixels: np.ndarray, frame: Frame, size: Screen) -> np.ndarray:
    """(N, 2) what a file would have, from what `to_screen` gives of it."""
    zero = to_screen(np.zeros((1, 2)), frame, size)
    one = to_screen(np.ones((1, 2)), frame, size)
    return np.asarray((pixels - zero) / (one - zero))
