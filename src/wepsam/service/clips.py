"""What a request with a clip is answered. The clip, its maps and what is drawn stay in memory."""

import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wepsam import sources
from wepsam.images import ImageError, image_size
from wepsam.prediction.drawing import Style
from wepsam.prediction.predictor import Predictor
from wepsam.service.answering import JSON, PNG, TABLE, Answer, encoded, headers, html, in_json, table
from wepsam.service.forms import Upload
from wepsam.service.limits import FASTEST, MEGABYTE, Limits, Refused
from wepsam.shapes import grid as grid_of
from wepsam.video import attention, folder, maps_in_time, pictures, reading, watching
from wepsam.video.moving_areas import read_moving
from wepsam.video.watching import Watched

NPZ, OVERLAY, SHEET, TIMELINE, PAGE = "npz", "overlay", "sheet", "timeline", "html"
FORMATS = (JSON, NPZ, OVERLAY, SHEET, TIMELINE, PAGE, TABLE)
MP4 = "video/mp4"
MOST_DRAWN = 512 * MEGABYTE


@dataclass(frozen=True)
class Wanted:
    """How a clip is watched.

    Attributes:
        fps: frames a second that the model sees.
        grid: cells of the longer side of the maps.
        shown: how large the clip is on the screen; see `viewing.shown_as`.
    """

    fps: float = watching.FPS
    grid: int = maps_in_time.GRID
    shown: str | None = None

    def __post_init__(self) -> None:
        folder.check(self.fps, self.grid, self.shown)


def is_clip(upload: Upload) -> bool:
    """Whether somebody sent a clip: a file that is no picture, and has moving pictures or a name that says so."""
    try:
        image_size(upload.data)
    except ImageError:
        return os.path.splitext(upload.name)[1].lower() in sources.CLIPS or reading.is_clip(upload.data)
    return False


def refuse(uploads: Sequence[Upload]) -> None:
    """Refused where one of the pictures that cannot be read is a clip: it says where clips go."""
    for upload in uploads:
        if is_clip(upload):
            raise Refused(422, f"{upload.name} is a clip; /v1/clip takes it")


def check_installed() -> None:
    """Refused where clips cannot be read: one line says which extra they need."""
    try:
        reading.pyav()
    except ImportError as error:
        raise Refused(501, str(error)) from None


def pixels(limits: Limits) -> int:
    """The pixels that a frame may have: a decoder holds several frames, so they are fewer than those of a picture."""
    return min(limits.pixels, reading.MOST_PIXELS)


def check(upload: Upload, wanted: Wanted, limits: Limits) -> tuple[int, int]:
    """The size of a clip; Refused for a picture, and for a clip that would cost more than it may, before the work."""
    try:
        image_size(upload.data)
    except ImageError:
        pass
    else:
        raise Refused(422, f"{upload.name} is a picture; /v1/predict, /v1/areas and /v1/report take it")
    most = round(FASTEST * limits.clip_seconds)
    count, seconds = reading.extent(upload.data, most, pixels(limits))
    if seconds > limits.clip_seconds:
        raise Refused(422, f"the clip lasts {seconds:,.0f} s; at most {limits.clip_seconds:g} s are taken")
    if count > most:
        raise Refused(422, f"the clip has more than {most:,} frames; no more are taken")
    size = reading.about(upload.data, pixels(limits)).size
    rows, columns = grid_of(*size, wanted.grid)
    cells = rows * columns * min(count, wanted.fps * seconds + 1)
    if cells > limits.clip_cells:
        most_cells = f"at most {limits.clip_cells:,} are made"
        raise Refused(422, f"its maps would have {cells:,.0f} cells; {most_cells}: lower fps or grid")
    return size


def answer(
    upload: Upload, given: Any, unit: str | None, model: Predictor, kind: str, wanted: Wanted, most: Limits
) -> Answer:
    """What a clip is answered in one of FORMATS."""
    read_moving(given, check(upload, wanted, most), upload.name, unit)  # what is no area is said before the work
    with watching.watch(
        upload.data, model, None, fps=wanted.fps, grid=wanted.grid, shown=wanted.shown, max_pixels=pixels(most)
    ) as watched:
        doubts = attention.doubts(watched, model, upload.name)
        if kind in FILES:
            body, media_type = FILES[kind](watched)
            said = headers(model, doubts) | {"x-wepsam-calibration": watched.calibration}
            return body, media_type, said
        found = attention.of_watched(
            watched, given, name=upload.name, model=model.name, unit=unit, doubts=doubts, draw=kind == PAGE
        )
    return in_json(found.as_dict()) if kind == JSON else report(found, kind)


def report(found: attention.ClipAttention, kind: str) -> Answer:
    """The report about a clip whose pictures are drawn: the page, or its table."""
    from wepsam.reporting import clips

    if kind == TABLE:
        return table(clips.table([found]))
    return html(clips.render([found], clips.numbers([found], f"Attention in {found.clip}", [])))


def _npz(watched: Watched) -> tuple[bytes, str]:
    buffer = io.BytesIO()
    watched.maps.write(buffer)
    return buffer.getvalue(), "application/octet-stream"


class _Bounded(io.BytesIO):
    """A file in memory that takes no more than MOST_DRAWN bytes; `full` says whether it was to take more."""

    full = False

    def write(self, data: Any) -> int:
        self.full = self.full or self.tell() + len(data) > MOST_DRAWN
        if self.full:
            raise MemoryError
        return super().write(data)


def drawn(watched: Watched, max_pixels: int | None = None, **settings: Any) -> bytes:
    """The clip with its maps over it, as a file; Refused if it grows too large: noise may come in few bytes.

    Args:
        watched: the clip and its maps.
        max_pixels: as for `pictures.write_overlay`.
        settings: kind and for_browsers, of that too.
    """
    buffer = _Bounded()
    try:
        pictures.write_overlay(watched, buffer, Style(), 1, max_pixels, **settings)
    except Exception:
        if buffer.full:
            raise Refused(413, f"the clip with its maps has more than {MOST_DRAWN:,} bytes; ask for its maps") from None
        raise
    return buffer.getvalue()


FILES: dict[str, Callable[[Watched], tuple[bytes, str]]] = {
    NPZ: _npz,
    OVERLAY: lambda watched: (drawn(watched), MP4),
    SHEET: lambda watched: (encoded(pictures.sheet(watched, Style()), PNG), PNG),
    TIMELINE: lambda watched: (encoded(pictures.timeline(watched, Style()), PNG), PNG),
}
