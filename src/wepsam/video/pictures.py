"""Pictures of a clip: the overlay frame by frame, a contact sheet, and the clip as a line of time."""

from contextlib import closing
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, ImageDraw

from wepsam import maps, overlays, progress
from wepsam.images import resize
from wepsam.prediction import ordered
from wepsam.prediction.drawing import UNIT, Style, number
from wepsam.shapes import within
from wepsam.video.maps_in_time import Between
from wepsam.video.reading import Frame, frames
from wepsam.video.watching import Watched
from wepsam.video.writing import writer

QUANTILE = 0.9  # of the largest values of all maps: the last color. Single peaks may go beyond it.
SIDE = 1280  # pixels of the longer side of the overlay: larger frames take longer than they play
COLUMNS, HEIGHT = 6, 135  # of the sheet
WIDE, BAND, CURVE, FILM, PAD = 1200, 120, 90, 12, 24  # of the line of time: pixels; frames of its film
UNIT_OF_CLIP = f"{UNIT}, one scale for the clip"


def scale(watched: Watched) -> float:
    """The value of the last color in all drawings of a clip, as a multiple of an even map."""
    return float(np.quantile(np.asarray(watched.maps.largest), QUANTILE))


def write_overlay(
    watched: Watched,
    into: Path | IO[bytes],
    style: Style,
    workers: int = 1,
    max_pixels: int | None = None,
    *,
    kind: str = "mp4",
    for_browsers: bool = False,
) -> None:
    """Write the clip with its maps over it, at its own rate and with its sound, at most SIDE pixels long.

    Between two maps of a scene the drawn map is interpolated; it jumps where the scene does. Kind and for_browsers are
    those of `writer`.
    """
    clip, highest, between = watched.clip, scale(watched), Between(watched.maps)
    size = within(*clip.size, SIDE)

    def glow(pair: tuple[Frame, np.ndarray]) -> tuple[float, np.ndarray]:
        frame, density = pair
        return frame.time, glowing(frame.pixels, density, highest, style)

    pairs = ((frame, between.at(frame.time)) for frame in frames(clip.source, None, SIDE, max_pixels, []))
    with (
        writer(into, size, clip.rate, clip.source, kind=kind, for_browsers=for_browsers) as out,
        closing(ordered.in_order(glow, pairs, workers)) as drawn,
        progress.bar(round(watched.end * clip.rate), f"drawing {clip.name}") as bar,
    ):
        bar.update(0)
        for count, (time, pixels) in enumerate(drawn, 1):
            out.add(time, pixels)
            bar.update(count)


def glowing(pixels: np.ndarray, density: np.ndarray, highest: float, style: Style) -> np.ndarray:
    """A frame, (H, W, 3) uint8, with its map over it."""
    levels = resize(overlays.gray(density * density.size, (0.0, highest)), pixels.shape[:2])
    drawn = np.empty_like(pixels)
    overlays.glow(pixels, levels, drawn, strength=style.strength, colors=style.colors)
    return drawn


def sheet(watched: Watched, style: Style) -> np.ndarray:
    """The small frames with their maps, in rows, with their times: (H, W, 3) uint8."""
    highest = scale(watched)
    cells = [
        (clock(frame.time), glowing(frame.pixels, watched.maps[place], highest, style))
        for place, frame in watched.shown.frames
    ]
    rows = [cells[first : first + COLUMNS] for first in range(0, len(cells), COLUMNS)]
    drawn = overlays.contact_sheet(
        [[picture for _, picture in row] for row in rows], captions=[[text for text, _ in row] for row in rows],
        height=HEIGHT,
    )  # fmt: skip
    if not style.legend:
        return drawn
    strip = overlays.legend(
        drawn.shape[1], "0", number(highest), UNIT_OF_CLIP, strength=style.strength, colors=style.colors,
        size=style.text,
    )  # fmt: skip
    return np.concatenate([drawn, strip])


def timeline(watched: Watched, style: Style) -> np.ndarray:
    """The clip from left to right: frames, where people look from left to right, and how much they agree.

    Returns:
        (H, W, 3) uint8. Vertical lines are cuts.
    """
    stored, font = watched.maps, overlays.typeface(13)
    places = np.searchsorted(np.asarray(stored.times), np.linspace(0, watched.end, WIDE), "right") - 1
    columns: dict[int, tuple[np.ndarray, float]] = {}
    for place in sorted({*places.tolist()}):
        density = stored[place]
        columns[place] = density.sum(0), half(density)
    across = np.stack([columns[place][0] for place in places.tolist()], axis=1)  # left of the frame at the top
    frames_beside = film(watched, style)
    first = 2 * PAD + frames_beside.shape[0]
    tops = [PAD, first, first + PAD + BAND]
    picture = Image.new("RGB", (WIDE + 2 * PAD, tops[2] + CURVE + 2 * PAD), "white")
    draw = ImageDraw.Draw(picture)
    picture.paste(Image.fromarray(frames_beside), (PAD, tops[0]))
    band = overlays.colorize(maps.enlarge(across * len(across), (BAND, WIDE)), colors=style.colors)
    picture.paste(Image.fromarray(band), (PAD, tops[1]))
    draw.text((PAD, tops[1] - 18), "where, from left (top) to right (bottom)", overlays.SOFT[0], font)
    draw.text((PAD, tops[2] - 18), "share of the frame that draws half of all looks", overlays.SOFT[0], font)
    draw.rectangle((PAD, tops[2], PAD + WIDE, tops[2] + CURVE), outline=overlays.SOFT[0])
    shares = np.array([columns[place][1] for place in places.tolist()])
    top = min(1.0, 1.1 * float(shares.max()))
    heights = tops[2] + CURVE * (1 - shares / top)
    draw.line([*enumerate(heights.tolist(), PAD)], (200, 60, 40), 2)
    draw.text((PAD + WIDE - 4, tops[2] + 2), f"{top:.0%}", overlays.SOFT[0], font, "ra")
    for begin, _ in watched.scenes[1:]:
        x = PAD + WIDE * begin / watched.end
        draw.line((x, tops[0], x, tops[2] + CURVE), (60, 60, 70), 1)
    for share, anchor in ((0, "la"), (0.25, "ma"), (0.5, "ma"), (0.75, "ma"), (1, "ra")):
        text = clock(share * watched.end)
        draw.text((PAD + WIDE * share, tops[2] + CURVE + 6), text, overlays.STRONG[0], font, anchor)
    return np.array(picture)


def half(density: np.ndarray) -> float:
    """The smallest share of the frame that holds half of a density."""
    descending = np.sort(density, axis=None)[::-1]
    return float((np.searchsorted(np.cumsum(descending, dtype=np.float64), 0.5 * descending.sum()) + 1) / density.size)


def clock(time: float) -> str:
    """A time as 0:07.5 or 1:02:03."""
    minutes, seconds = divmod(round(time, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    if hours:
        return f"{hours}:{minutes:02d}:{seconds:02.0f}"
    return f"{minutes}:{seconds:04.1f}".removesuffix(".0")


def film(watched: Watched, style: Style) -> np.ndarray:
    """Some of the small frames beside each other, each at about its time: (h, WIDE, 3)."""
    highest, (height, width) = scale(watched), watched.clip.size
    wide = WIDE // FILM
    tall = min(2 * wide, max(1, round(wide * height / width)))
    strip = np.full((tall, WIDE, 3), 255, np.uint8)
    times = np.array([frame.time for _, frame in watched.shown.frames])
    for cell in range(FILM):
        nearest = int(np.abs(times - (cell + 0.5) / FILM * watched.end).argmin())
        place, frame = watched.shown.frames[nearest]
        strip[:, cell * wide : (cell + 1) * wide] = resize(
            glowing(frame.pixels, watched.maps[place], highest, style), (tall, wide)
        )
    return strip
