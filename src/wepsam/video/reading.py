"""Read any clip safely: frames in order, upright, in RGB, each with its time.

FFmpeg decodes, through PyAV. This module adds what clips from unknown sources need: times that only grow, the
orientation and the aspect that a player shows, one rule for each kind of pixel, bounds before anything is decoded, and
one-line errors. A file reaches nowhere beyond itself: formats that name other files or addresses are left out.
"""

import logging
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np

from wepsam import cores, extras, progress
from wepsam.files import cause, check_regular, is_url, shown
from wepsam.images import ImageError
from wepsam.shapes import within
from wepsam.video.frame_pixels import Orientation, orientation_of, to_rgb, upright_size

MOST_PIXELS = 40_000_000  # of a frame: 8K has 33 million. A decoder holds a dozen frames.
MOST_STREAMS = 64
# Demuxers that open other files, addresses or devices, or that take a text for a picture.
LEFT_OUT = {
    *("concat", "concatf", "hls", "applehttp", "dash", "imf", "sdp", "rtp", "rtsp", "sap", "image2", "image2pipe"),
    *("lavfi", "tty", "vapoursynth", "avisynth", "libopenmpt", "libgme", "ffmetadata", "fbdev", "v4l2", "video4linux2"),
    *("x11grab", "xcbgrab", "alsa", "pulse", "oss", "jack", "kmsgrab", "dshow", "gdigrab", "vfwcap", "avfoundation"),
}
WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # FFmpeg's own decoders leave the transparency of WebM out
DEFAULT_RATE = 25.0  # frames a second, where a clip does not say it

log = logging.getLogger("wepsam")

Source = str | os.PathLike[str] | bytes  # a file, or the content of one


class VideoError(ImageError):
    """A clip that cannot be read or written. One line that names it (<bytes> without a file) and the cause."""


@dataclass(frozen=True)
class Clip:
    """What is known of a clip before its frames are read.

    Attributes:
        source: its file, or the content of it.
        size: (height, width) of its frames as a player shows them.
        rate: frames a second, on average.
        duration: in seconds; 0 if the file does not say it, and as wrong as the file says it.
    """

    source: Path | bytes
    size: tuple[int, int]
    rate: float
    duration: float

    @property
    def name(self) -> str:
        """The name of its file; "the clip" without one."""
        return self.source.name if isinstance(self.source, Path) else "the clip"


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame of a clip.

    Attributes:
        time: in seconds from the first frame.
        pixels: (H, W, 3) uint8 RGB, upright; all frames of a clip have one size.
    """

    time: float
    pixels: np.ndarray


def about(source: Source, max_pixels: int | None = None) -> Clip:
    """What a clip says of itself, and the size of its first frame.

    Raises:
        VideoError: it cannot be read, has no moving picture, or its frames have too many pixels.
    """
    with opened(source, max_pixels) as (container, stream), closing(_decoded(container, stream, [])) as raw:
        first = next(raw)
        size = upright_size(first, stream, orientation_of(first))
        rate, duration = _rate(stream), (container.duration or 0) / 1_000_000
    return Clip(source if isinstance(source, bytes) else Path(source), size, rate, max(0.0, float(duration)))


def frames(
    source: Source,
    rate: float | None = None,
    side: int | None = None,
    max_pixels: int | None = None,
    remarks: list[str] | None = None,
) -> Generator[Frame]:
    """The frames of a clip in order, one at a time.

    Times come from the timestamps of the file, so a variable frame rate is kept. Where they are missing or jump back,
    the clip goes on as if the next frame followed. What is damaged is left out, and logged.

    Args:
        source: the file, or the content of it.
        rate: yield the first frame of each 1/rate seconds; None: all frames.
        side: make frames smaller that have more pixels on the longer side; None: they keep their size.
        max_pixels: refuse frames with more; None: MOST_PIXELS.
        remarks: takes a line about what is damaged; None: it is logged.

    Raises:
        VideoError: as `about`.
    """
    said: list[str] = []
    with opened(source, max_pixels) as (container, stream), closing(_decoded(container, stream, said)) as decoded:
        step, start, last, due = 1 / _rate(stream), None, -1.0, -1.0
        size: tuple[int, int] | None = None
        turned: Orientation = False, False, False
        counted = container.format.name == "avi"  # its frames have a place in the file, and times that are guessed
        for raw in decoded:
            progress.beat()
            own = raw.time
            if counted:
                own = None if raw.dts is None else raw.dts * stream.time_base
            start = (own or 0.0) if start is None else start
            time = last + step if own is None else float(own - start)
            if last >= 0 and time <= last:
                start, time = start - (last + step - time), last + step
            time = last = max(0.0, time)
            if rate is not None:
                if time < due - 1e-6:
                    continue
                due = (int(time * rate + 1e-6) + 1) / rate
            if size is None:
                turned = orientation_of(raw)
                size = upright_size(raw, stream, turned)
                size = size if side is None else within(*size, side)
            yield Frame(time, to_rgb(raw, size, turned))
    for line in said if remarks is None else ():
        log.warning("%s: %s", _named(source), line)
    if remarks is not None:
        remarks.extend(said)


def extent(source: Source, most: int, max_pixels: int | None = None) -> tuple[int, float]:
    """How many frames a clip has, and how many seconds they last, without decoding any: its head may be wrong.

    Args:
        source: the file, or the content of it.
        most: stop counting behind so many frames.
        max_pixels: as for `frames`.

    Raises:
        VideoError: as `about`.
    """
    times: list[float] = []
    count, last, walked = 0, None, 0.0
    with opened(source, max_pixels) as (container, stream):
        step = 1 / _rate(stream)
        with suppress(pyav().error.FFmpegError):  # what is damaged is said when it is decoded
            for packet in container.demux(stream):
                if not packet.size:
                    continue
                count += 1
                if packet.pts is not None:
                    times.append(float(packet.pts * packet.time_base))
                if packet.dts is not None or packet.pts is None:  # as `frames` goes on where times jump back
                    time = None if packet.dts is None else float(packet.dts * packet.time_base)
                    walked += step if time is None or last is None or time <= last else time - last
                    last = time
                if count > most:
                    break
    return count, max(walked, max(times) - min(times) + step if times else 0.0)


@contextmanager
def opened(source: Source, max_pixels: int | None = None) -> Iterator[tuple[Any, Any]]:
    """A clip's container and its stream of pictures; any error inside becomes a VideoError.

    Raises:
        VideoError: as `about`.
    """
    av = pyav()
    try:
        # A file object, not a name: FFmpeg would take some names for addresses.
        # Titles may be in any encoding; PyAV 19 keeps what it cannot read, and takes no such word.
        how = {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}
        with _file(source) as file, av.open(file, options=_options(), **how) as container:
            yield container, _stream(container, max_pixels or MOST_PIXELS)
    except progress.Ended:
        raise
    except Exception as error:
        if isinstance(error, VideoError) and str(error).startswith(_named(source)):
            raise
        own = isinstance(error, VideoError | MemoryError) or (isinstance(error, OSError) and not _is_ffmpeg(error))
        raise VideoError(f"{_named(source)}: {'' if own else 'broken or no clip: '}{cause(error):.300}") from error


def is_clip(source: Source) -> bool:
    """Whether a file has moving pictures, whatever its name."""
    try:
        with opened(source) as (container, stream):
            is_picture = stream.codec_context.name.endswith(("png", "webp", "bmp", "tiff"))
            return not is_picture and not container.format.name.endswith("_pipe") and stream.frames != 1
    except (VideoError, ImportError):
        return False


def has_sound(source: Source) -> bool:
    """Whether a clip has sound."""
    with opened(source) as (container, _):
        return bool(container.streams.audio)


def pyav() -> Any:
    """The module av.

    Raises:
        ImportError: it is not installed; one line says which extra installs it.
    """
    try:
        import av
    except ModuleNotFoundError as error:
        raise extras.missing(error, "a clip") from None
    return av


def _file(source: Source) -> IO[bytes]:
    """What PyAV reads; an error for what is no file, is empty, or lies elsewhere."""
    if isinstance(source, bytes):
        file: IO[bytes] = BytesIO(source)
        size = len(source)
    elif is_url(source):
        raise VideoError("clips are read from disks of this machine only; copy it first")
    else:
        check_regular(source)
        file, size = open(source, "rb"), os.path.getsize(source)  # noqa: SIM115
    if not size:
        file.close()
        raise VideoError("the file is empty")
    return file


def _named(source: Source) -> str:
    """What to call a clip in a message."""
    return "<bytes>" if isinstance(source, bytes) else shown(source)


def _stream(container: Any, max_pixels: int) -> Any:
    """The moving picture of a container, ready to be decoded."""
    if len(container.streams) > MOST_STREAMS:
        raise VideoError(f"{len(container.streams)} streams, expected at most {MOST_STREAMS}")
    cover = pyav().stream.Disposition.attached_pic
    streams = [stream for stream in container.streams.video if not stream.disposition & cover]
    if streams and not (streams := [stream for stream in streams if stream.codec_context]):
        raise VideoError("its pictures are coded in a way that FFmpeg does not know")
    if not streams:
        raise VideoError("there is no moving picture in it" + (", only sound" if container.streams.audio else ""))
    stream = max(streams, key=lambda stream: stream.codec_context.width * stream.codec_context.height)
    context = stream.codec_context
    if context.width * context.height > max_pixels:
        raise VideoError(
            f"its frames have {context.width}x{context.height} pixels, and at most {max_pixels:,} are read; make them "
            "smaller, or raise max_pixels (--max-pixels)"
        )
    context.options = {"max_pixels": str(max_pixels)}  # frames may grow on the way
    context.thread_count = min(cores.usable(), 16)
    stream.thread_type = "AUTO"
    return stream


def _decoded(container: Any, stream: Any, remarks: list[str]) -> Generator[Any]:
    """The frames as FFmpeg gives them, without the lines of two half pictures; damaged packets leave a remark."""
    av = pyav()
    damaged, count, why = 0, 0, ""
    deinterlace: Any = None
    packets, decode = container.demux(stream), _decoder(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError as error:  # the file ends too early
            damaged, why, packet = damaged + 1, cause(error), None
        if packet is None:
            break
        try:
            found = decode(packet)
        except (av.error.FFmpegError, ValueError) as error:
            damaged, why = damaged + 1, cause(error)
            continue
        for frame in found:
            if count == 0 and frame.interlaced_frame:
                deinterlace = _deinterlacer(stream)
            count += 1
            yield from (frame,) if deinterlace is None else deinterlace(frame)
    if not count:
        raise VideoError(f"no frame of it can be decoded{f' ({why})' if why else ''}")
    if damaged:
        remarks.append(f"damaged; {damaged} of its packets could not be decoded and are left out")


def _decoder(stream: Any) -> Callable[[Any], list[Any]]:
    """A function: a packet in, the frames that are finished out."""
    av, own = pyav(), stream.codec_context
    name = WITH_ALPHA.get(own.name)
    if stream.metadata.get("alpha_mode") != "1" or name not in av.codecs_available:
        return lambda packet: list(packet.decode())
    context = av.CodecContext.create(name, "r")
    context.options, context.thread_count = own.options, own.thread_count
    return lambda packet: list(context.decode(packet if packet.size else None))


def _deinterlacer(stream: Any) -> Any:
    """A function: a frame in, the finished frames out. The last frame of an interlaced clip is dropped."""
    av = pyav()
    graph = av.filter.Graph()
    graph.link_nodes(
        graph.add_buffer(template=stream), graph.add("yadif", "deint=interlaced"), graph.add("buffersink")
    ).configure()

    def through(frame: Any) -> list[Any]:
        graph.push(frame)
        done = []
        while True:
            try:
                done.append(graph.pull())
            except (av.error.BlockingIOError, av.error.EOFError):
                return done

    return through


def _rate(stream: Any) -> float:
    rate = float(stream.average_rate or stream.base_rate or DEFAULT_RATE)
    return rate if 0.01 <= rate <= 1000 else DEFAULT_RATE


def _is_ffmpeg(error: Exception) -> bool:
    return isinstance(error, pyav().error.FFmpegError)


@cache
def _options() -> dict[str, str]:
    return {"format_whitelist": ",".join(sorted(set(pyav().formats_available) - LEFT_OUT))}
