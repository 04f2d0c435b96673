"""Write a clip: frames as H.264 in an .mp4 file or as VP9 in a .webm file, with the sound of another clip."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import numpy as np

from wepsam import cores
from wepsam.files import replacing
from wepsam.video.reading import Source, opened, pyav

CLOCK = 90_000  # ticks a second
BIT_RATE = 8_000_000  # of encoders without a quality
MARK = "wepsam"  # the comment of a clip that wepsam drew


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        encoders: the first that FFmpeg has makes the frames, with its options.
        copied: sound that is copied; any other is encoded.
        sound: what it is encoded as.
        options: of a file. FFmpeg would open it again by its name, so an open one has none.
    """

    encoders: dict[str, dict[str, str]]
    copied: frozenset[str]
    sound: str
    options: dict[str, str]


KINDS = {
    "mp4": Kind(
        {"libx264": {"preset": "superfast", "crf": "20"}, "libopenh264": {}, "mpeg4": {"qscale": "3"}},
        frozenset({"aac", "mp3", "ac3", "eac3", "opus", "alac", "flac"}), "aac", {"movflags": "+faststart"},
    ),
    "webm": Kind(
        {"libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "30", "b": "0"}},
        frozenset({"opus", "vorbis"}), "libopus", {},
    ),
}  # fmt: skip
IN_BROWSERS = frozenset({"aac", "mp3", "opus", "flac", "vorbis"})  # sound that browsers play


def makes_h264() -> bool:
    """Whether FFmpeg has an encoder for H.264, which is what browsers play in an .mp4 file."""
    return bool({"libx264", "libopenh264"} & set(pyav().codecs_available))


@contextmanager
def writer(
    into: Path | IO[bytes],
    size: tuple[int, int],
    rate: float,
    sound_of: Source | None = None,
    *,
    kind: str = "mp4",
    for_browsers: bool = False,
) -> Iterator["Writer"]:
    """Write a clip frame by frame, a file whole or not at all.

    Args:
        into: the file, or an open one.
        size: (height, width) of the frames; a row or column is repeated where a side is odd.
        rate: frames a second, about; the times of the frames count.
        sound_of: a clip whose sound is put under the frames. None, or a clip without: silence.
        kind: one of KINDS.
        for_browsers: copy no sound that browsers do not play.
    """
    av, made = pyav(), KINDS[kind]
    with contextlib.ExitStack() as stack:
        is_named = isinstance(into, Path)
        place = str(stack.enter_context(replacing(into))) if isinstance(into, Path) else into
        container = stack.enter_context(av.open(place, "w", format=kind, options=made.options if is_named else {}))
        container.metadata["comment"] = MARK
        writing = Writer(container, size, rate, made.encoders)
        copied = made.copied & IN_BROWSERS if for_browsers else made.copied
        sound = None if sound_of is None else stack.enter_context(_sound(sound_of, container, copied, made.sound))
        writing.sound = sound
        yield writing
        writing.finish()


class Writer:
    """Takes frames; see `writer`."""

    def __init__(self, container: Any, size: tuple[int, int], rate: float, encoders: dict[str, dict[str, str]]) -> None:
        av = pyav()
        self._container, self._last = container, -1
        self.sound: Sound | None = None
        name = next(name for name in encoders if name in av.codecs_available)
        about = Fraction(min(max(rate, 1.0), 240.0)).limit_denominator(1001)
        stream = container.add_stream(name, rate=about, options=encoders[name])
        stream.height, stream.width = (side + side % 2 for side in size)
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, CLOCK)
        context = stream.codec_context
        context.time_base, context.thread_count = Fraction(1, CLOCK), min(cores.usable(), 16)
        context.color_range = context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709, as HDTV
        if not encoders[name]:
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
    """The sound of a clip on its way into another one: copied if its codec may be, encoded otherwise."""

    def __init__(
        self, source: Any, stream: Any, start: float, container: Any, copied: frozenset[str], encoder: str
    ) -> None:
        self._container, self._start, self._stream = container, start, stream
        self._copied = stream.codec_context.name in copied
        self._packets = source.demux(stream)
        self._waiting: Any = None
        self._last: int | None = None  # time of the last packet, in ticks of its stream
        self._shift = 0  # ticks by which what follows is later
        if self._copied:
            self._into = container.add_stream_from_template(stream)
        else:
            rate = stream.codec_context.sample_rate
            kept = encoder == "aac" and 8000 <= rate <= 48_000  # Opus has few rates
            self._into = container.add_stream(encoder, rate=rate if kept else 48_000)
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
                    return self._later(packet)
        return None

    def _later(self, packet: Any) -> Any:
        """A packet behind the last one: where times jump back, the sound goes on, as the frames do."""
        if self._last is not None and packet.dts + self._shift <= self._last:
            self._shift = self._last + max(1, packet.duration or 0) - packet.dts
        packet.pts = None if packet.pts is None else packet.pts + self._shift
        self._last = packet.dts = packet.dts + self._shift
        return packet

    def _write(self, packet: Any) -> None:
        late = Fraction(self._start).limit_denominator(CLOCK)
        if self._copied:
            ticks = round(late / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts - ticks
            packet.dts -= ticks
            packet.stream = self._into
            if (packet.pts or 0) >= 0:
                with contextlib.suppress(ValueError):  # FFmpeg says so of what is damaged, such as times that jump back
                    self._container.mux(packet)
            return
        with contextlib.suppress(pyav().error.FFmpegError, ValueError):
            for frame in packet.decode():
                if frame.pts is not None:
                    frame.pts -= round(late / frame.time_base)
                if (frame.pts or 0) >= 0:
                    self._container.mux(self._into.encode(frame))


@contextmanager
def _sound(clip: Source, container: Any, copied: frozenset[str], encoder: str) -> Iterator[Sound | None]:
    """The sound of a clip, if it has any that can be written."""
    opening = opened(clip)
    source, pictures = opening.__enter__()
    try:
        stream = source.streams.best("audio")
        if stream is None or not stream.codec_context.sample_rate:
            yield None
            return
        base = pictures.time_base or Fraction(1, CLOCK)
        yield Sound(source, stream, float((pictures.start_time or 0) * base), container, copied, encoder)
    finally:  # told of no error: this clip is not to blame for what goes wrong while the other one is written
        opening.__exit__(None, None, None)


def is_ours(path: Path) -> bool:
    """Whether a clip says that wepsam drew it; False for a file that cannot be read."""
    with contextlib.suppress(Exception), open(path, "rb") as file, pyav().open(file, format="mp4") as container:
        return container.metadata.get("comment") == MARK
    return False
