"""A decoded frame as RGB, as a player would show it: colors, transparency, orientation, aspect."""

from functools import cache
from typing import Any

import numpy as np
from PIL import Image

PQ = 16  # color_trc of SMPTE ST 2084, the transfer function of HDR10 and Dolby Vision
BT709, BT601 = "ITU709", "ITU601"
SPACES = {1: BT709, 4: "FCC", 5: BT601, 6: BT601, 7: "SMPTE240M", 9: "BT2020", 10: "BT2020"}  # ITU-T H.273
HD = 720  # rows from which an unlabeled clip has the colors of HDTV
WHITE, BRIGHTEST = 203.0, 1000.0  # nits: of white in HDR (ITU-R BT.2408), and of what is shown as full white
WIDEST_PIXEL = 4.0  # width to height of a pixel; beyond that the file is wrong


Orientation = tuple[bool, bool, bool]
"""Whether rows and columns of a frame are to be exchanged, then its columns reversed, then its rows."""


def upright_size(frame: Any, stream: Any, orientation: Orientation) -> tuple[int, int]:
    """(height, width) in which a player shows a frame: square pixels, upright."""
    height, width = frame.height, frame.width
    aspect = float(stream.sample_aspect_ratio or 1)
    if aspect != 1 and 1 / WIDEST_PIXEL <= aspect <= WIDEST_PIXEL:
        width = max(1, round(width * aspect))
    return (width, height) if orientation[0] else (height, width)


def to_rgb(frame: Any, size: tuple[int, int], orientation: Orientation) -> np.ndarray:
    """A frame of PyAV as (H, W, 3) uint8 RGB of this size, upright; transparency shows white."""
    from av.video.reformatter import Colorspace, Interpolation

    swapped, columns, rows = orientation
    height, width = size[::-1] if swapped else size
    space = SPACES.get(int(frame.colorspace), BT709 if frame.height >= HD else BT601)
    how = {
        "width": width, "height": height, "src_colorspace": getattr(Colorspace, space, Colorspace.ITU709),
        "interpolation": Interpolation.AREA if width < frame.width else Interpolation.BICUBIC,
    }  # fmt: skip
    if frame.format.name == "pal8" or any(component.is_alpha for component in frame.format.components):
        pixels = _on_white(frame.to_ndarray(format="rgba", **how))
    else:
        pixels = frame.to_ndarray(format="rgb24", **how)
    if int(frame.color_trc) == PQ:
        pixels = _standard_range()[pixels]
    if swapped:
        pixels = pixels.swapaxes(0, 1)
    pixels = pixels[:: -1 if rows else 1, :: -1 if columns else 1]
    return np.ascontiguousarray(pixels)


def _on_white(pixels: np.ndarray) -> np.ndarray:
    picture = Image.fromarray(pixels)
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return np.asarray(white)


@cache
def _standard_range() -> np.ndarray:
    """(256,) uint8: what to show for each 8-bit value of PQ, the light compressed above white (Reinhard's curve)."""
    value = np.linspace(0, 1, 256) ** (1 / 78.84375)
    light = 10_000 * (np.maximum(value - 0.8359375, 0) / (18.8515625 - 18.6875 * value)) ** (1 / 0.1593017578125)
    light, top = light / WHITE, BRIGHTEST / WHITE
    shown = np.clip(light * (1 + light / top**2) / (1 + light), 0, 1)
    # Reinhard's curve shows white at a half: stretched so that it comes to 0.8, as ITU-R BT.2408 has it for pictures.
    shown = np.clip(shown * 1.6, 0, 1)
    return np.rint(255 * shown ** (1 / 2.2)).astype(np.uint8)


def orientation_of(frame: Any) -> Orientation:
    """How a frame is to be turned, as all of its clip."""
    from av.video.reformatter import Interpolation

    # A frame and its side data hold each other until Python looks for such rings: this one has 64 pixels.
    small = frame.reformat(width=8, height=8, interpolation=Interpolation.POINT)
    matrix = small.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return False, False, False
    a, b, _, c, d = (int(value) for value in np.frombuffer(bytes(matrix), np.int32)[:5])  # x' = ax + cy, y' = bx + dy
    return (True, c < 0, b < 0) if abs(b) > abs(a) else (False, a < 0, d < 0)
