"""A model looks at a clip: maps in time, scenes, and a few small frames to show."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wepsam import progress
from wepsam.images import resize
from wepsam.prediction import ordered
from wepsam.shapes import grid as grid_of
from wepsam.shapes import within
from wepsam.video.maps_in_time import GRID, MapsInTime
from wepsam.video.reading import Clip, Frame, about, frames
from wepsam.video.scenes import Cuts
from wepsam.video.viewing import Answer, Model, Viewing, look, shown_as

FPS = 10.0  # frames a second that the model sees
MOST_SHOWN, SHOWN_SIDE = 60, 240  # small frames that are kept, and pixels of their longer side
SEEN_SIDE = 1280  # pixels of the longer side of a frame: four times what the network needs
ROOM = 400 << 20  # bytes of frames that are under way


@dataclass
class Shown:
    """A few small frames, evenly spread: one a second, or fewer of a long clip.

    Attributes:
        every: seconds from one to the next.
        frames: each with the place of its map among all maps.
    """

    every: float = 1.0
    frames: list[tuple[int, Frame]] = field(default_factory=list)

    def offer(self, place: int, frame: Frame) -> None:
        """Keep a frame if it is its turn; every second one goes when there are too many."""
        if self.frames and frame.time < self.frames[-1][1].time + self.every - 1e-3:
            return
        if len(self.frames) == MOST_SHOWN:
            self.frames, self.every = self.frames[::2], 2 * self.every
            self.offer(place, frame)
            return
        small = resize(frame.pixels, within(frame.pixels.shape[0], frame.pixels.shape[1], SHOWN_SIDE))
        self.frames.append((place, Frame(frame.time, small)))


@dataclass(frozen=True)
class Watched:
    """What a model makes of a clip.

    Attributes:
        clip: what the file says.
        maps: a map for each frame that the model saw.
        shown: small frames.
        viewing: how large the clip is shown.
        calibration: the name of the calibration.
        remarks: lines about what is damaged.
    """

    clip: Clip
    maps: MapsInTime
    shown: Shown
    viewing: Viewing
    calibration: str
    remarks: tuple[str, ...] = ()

    @property
    def end(self) -> float:
        """The second at which the last frame ends, as well as it is known."""
        times = self.maps.times
        return times[-1] + (times[-1] - times[-2] if len(times) > 1 else 1 / self.clip.rate)

    @property
    def scenes(self) -> list[tuple[float, float]]:
        """The scenes: (begin, end) in seconds."""
        begins = [time for time, cut in zip(self.maps.times, self.maps.cuts, strict=True) if cut]
        return [*zip(begins, [*begins[1:], self.end], strict=True)]


@contextmanager
def watch(
    source: Path | bytes,
    model: Model,
    folder: Path | None,
    *,
    fps: float = FPS,
    grid: int = GRID,
    shown: str | tuple[int, int] | None = None,
    workers: int = 1,
    max_pixels: int | None = None,
) -> Iterator[Watched]:
    """Let a model look at a clip.

    Args:
        source: the clip: its file, or the content of it.
        model: a `Predictor`, or a function (H, W, 3) uint8 -> (H, W) map >= 0.
        folder: where the maps may lie while they are needed; None: in memory.
        fps: frames a second that the model sees.
        grid: cells of the longer side of the maps.
        shown: (width, height) of the clip on the screen, see `viewing.shown_as`.
        workers: frames at a time.
        max_pixels: refuse larger frames.

    Raises:
        VideoError: the clip cannot be read.
    """
    clip, kept, cuts = about(source, max_pixels), Shown(), Cuts()
    remarks: list[str] = []
    viewing = shown_as(clip.size, shown)
    looking = look(model, viewing)
    expected = round(clip.duration * min(fps, clip.rate))

    def work(frame: Frame) -> tuple[Frame, np.ndarray]:
        return frame, looking.density(frame.pixels)

    def answers() -> Iterator[Answer]:
        for place, (frame, density) in enumerate(seen):
            kept.offer(place, frame)
            yield frame.time, density, cuts.begins(frame.pixels)

    with MapsInTime(grid_of(*clip.size, grid), folder) as stored:
        frames_of_clip = frames(source, fps, SEEN_SIDE, max_pixels, remarks)
        seen = ordered.in_order(work, frames_of_clip, workers, lambda frame: 2 * frame.pixels.nbytes, ROOM)
        with closing(seen), progress.bar(expected, f"watching {clip.name}") as bar:
            bar.update(0)
            for answer in looking.finish(answers()):
                stored.add(*answer)
                bar.update(len(stored), max(expected, len(stored)) if expected else None)
        yield Watched(clip, stored, kept, viewing, looking.name, tuple(remarks))
