"""Small clips, made with PyAV."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SHAPE = (48, 64)


def spot(place: tuple[int, int], shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """A frame: gray, with a red square whose upper left corner is at (row, column)."""
    pixels = np.full((*shape, 3), 90, np.uint8)
    pixels[place[0] : place[0] + 12, place[1] : place[1] + 12] = (230, 30, 30)
    return pixels


def make(
    path: Path,
    frames: list[np.ndarray],
    rate: int = 10,
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    times: list[float] | None = None,
    rotation: int = 0,
    sound: str | None = None,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write frames, (H, W, 3) or (H, W, 4) uint8, as a clip in the container of the suffix."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pixels
        if times is not None:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(rotation)
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        audio = out.add_stream(sound, rate=48_000) if sound else None
        if audio is not None:
            audio.codec_context.layout = "mono"
            for second in range(max(1, len(frames) // rate)):
                wave = np.sin(np.arange(48_000) / 20)[None]
                layout = "fltp" if sound != "pcm_s16le" else "s16"
                wave = wave.astype(np.float32) if layout == "fltp" else (9000 * wave).astype(np.int16)
                piece = av.AudioFrame.from_ndarray(wave, format=layout, layout="mono")
                piece.sample_rate, piece.pts = 48_000, 48_000 * second
                out.mux(audio.encode(piece))
            out.mux(audio.encode(None))
        for place, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgba" if picture.shape[2] == 4 else "rgb24")
            if times is not None:
                frame.pts, frame.time_base = round(1000 * times[place]), Fraction(1, 1000)
            out.mux(stream.encode(frame.reformat(format=pixels)))
        out.mux(stream.encode(None))
    return path


def moving(count: int = 10, shape: tuple[int, int] = SHAPE) -> list[np.ndarray]:
    """A square that moves to the right."""
    return [spot((18, 2 + 4 * place), shape) for place in range(count)]
