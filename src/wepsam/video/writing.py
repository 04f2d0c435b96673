"""Write a clip: frames as H.264 in an .mp4 file, with the sound of another clip."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import cores
from wepsam.files import replacing
from wepsam.video.reading import opened, pyav

CLOCK = 90_000  # ticks a second
ENCODERS: dict[str, dict[str, str]] = {  # the first that FFmpeg has, with its options
    "libx264": {"preset": "superfast", "crf": "20"},
    "libopenh264": {},
    "mpeg4": {"qscale": "3"},
}
BIT_RATE = 8_000_000  # of encoders without a quality
IN_MP4 = {"aac", "mp3", "ac3", "eac3", "opus", "alac", "flac"}  # sound that is copied; any other becomes AAC
MARK = "wepsam"  # the comment of a clip that wepsam drew


@contextmanager
def writer(path: Path, size: tuple[int, int], rate: float, sound_of: Path | None = None) -> Iterator["Writer"]:
    """Write a clip frame by frame, whole or not at all.

    Args:
        path: ends with .mp4.
        size: (height, width) of the frames; a row or column is repeated where a side is odd.
        rate: frames a second, about; the times of the frames count.
        sound_of: a clip whose sound is put under the frames. None, or a clip without: silence.
    """
    av = pyav()
    with contextlib.ExitStack() as stack:
        temporary = stack.enter_context(replacing(path))
        container = stack.enter_context(av.open(str(temporary), "w", format="mp4", options={"movflags": "+faststart"}))
        container.metadata["comment"] = MARK
        writing = Writer(container, size, rate)
        sound = None if sound_of is None else stack.enter_context(_sound(sound_of, container))
        writing.sound = sound
        yield writing
        writing.finish()


class Writer:
    """Takes frames; see `writer`."""

    def __init__(self, container: Any, size: tuple[int, int], rate: float) -> None:
        av = pyav()
        self._container, self._last = container, -1
        self.sound: Sound | None = None
        name = next(name for name in ENCODERS if name in av.codecs_available)
        about = Fraction(min(max(rate, 1.0), 240.0)).limit_denominator(1001)
        stream = container.add_stream(name, rate=about, options=ENCODERS[name])
        stream.height, stream.width = (side + side % 2 for side in size)
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, CLOCK)
        context = stream.codec_context
        context.time_base, context.thread_count = Fraction(1, CLOCK), min(cores.usable(), 16)
        context.color_range = context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709, as HDTV
        if not ENCODERS[name]:
            stream.bit_rate = BIT_RATE
        self._stream = stream

    def add(self, time: float, pixels: np.ndarray) -> None:
        """Append an (H, W, 3) uint8 frame that is shown from this second on."""
        from av.video.reformatter import Colorspace

        height, width = pixels.shape[:2]
        if height % 2 or width % 2:
            pixels = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        rgb = pyav().VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        frame = rgb.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
        frame.pts = self._last = max(round(time * CLOCK), self._last + 1)
        frame.time_base = Fraction(1, CLOCK)
        if self.sound is not None:
            self.sound.upto(time)
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Write what the encoder still holds, and the sound up to the end."""
        self._container.mux(self._stream.encode(None))
        if self.sound is not None:
            self.sound.upto(self._last / CLOCK + 1)
            self.sound.finish()


class Sound:
    """The sound of a clip on its way into another one: copied where .mp4 takes it, AAC otherwise."""

    def __init__(self, source: Any, stream: Any, start: float, container: Any) -> None:
        self._container, self._start, self._stream = container, start, stream
        self._copied = stream.codec_context.name in IN_MP4
        self._packets = source.demux(stream)
        self._waiting: Any = None
        if self._copied:
            self._into = container.add_stream_from_template(stream)
        else:
            rate = stream.codec_context.sample_rate
            self._into = container.add_stream("aac", rate=rate if 8000 <= rate <= 48_000 else 48_000)
            self._into.codec_context.layout = "mono" if stream.codec_context.channels == 1 else "stereo"

    def upto(self, time: float) -> None:
        """Write the sound before this second."""
        while (packet := self._next()) is not None:
            if packet.pts is not None and float(packet.pts * packet.time_base) - self._start > time:
                self._waiting = packet
                return
            self._write(packet)

    def finish(self) -> None:
        if not self._copied:
            self._container.mux(self._into.encode(None))

    def _next(self) -> Any:
        """The next packet with sound; None at the end, or where the file is damaged."""
        if self._waiting is not None:
            packet, self._waiting = self._waiting, None
            return packet
        with contextlib.suppress(pyav().error.FFmpegError):
            for packet in self._packets:
                if packet.dts is not None:
                    return packet
        return None

    def _write(self, packet: Any) -> None:
        late = Fraction(self._start).limit_denominator(CLOCK)
        if self._copied:
            ticks = round(late / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts - ticks
            packet.dts -= ticks
            packet.stream = self._into
            if (packet.pts or 0) >= 0:
                self._container.mux(packet)
            return
        with contextlib.suppress(pyav().error.FFmpegError):
            for frame in packet.decode():
                if frame.pts is not None:
                    frame.pts -= round(late / frame.time_base)
                if (frame.pts or 0) >= 0:
                    self._container.mux(self._into.encode(frame))


@contextmanager
def _sound(path: Path, container: Any) -> Iterator[Sound | None]:
    """The sound of a clip, if it has any that can be written."""
    with opened(path) as (source, pictures):
        stream = source.streams.best("audio")
        if stream is None or not stream.codec_context.sample_rate:
            yield None
            return
        base = pictures.time_base or Fraction(1, CLOCK)
        yield Sound(source, stream, float((pictures.start_time or 0) * base), container)


def is_ours(path: Path) -> bool:
    """Whether a clip says that wepsam drew it; False for a file that cannot be read."""
    with contextlib.suppress(Exception), open(path, "rb") as file, pyav().open(file, format="mp4") as container:
        return container.metadata.get("comment") == MARK
    return False
