"""Clips of a visit: each is watched once, by the desk's worker for clips, and what was seen is held in memory."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

import numpy as np

from wepsam.prediction.drawing import Style
from wepsam.prediction.predictor import Predictor
from wepsam.reporting import page
from wepsam.service import clips as service
from wepsam.service.answering import JPEG, JSON, TABLE, encoded, in_json
from wepsam.service.clips import NPZ, PAGE, SHEET, TIMELINE, Wanted
from wepsam.service.desk import Desk
from wepsam.service.forms import Upload
from wepsam.service.limits import Limits, Refused
from wepsam.video import attention, pictures, reading, watching, writing
from wepsam.video.attention import AreaInTime, ClipAttention
from wepsam.video.pictures import clock
from wepsam.video.watching import Watched

File = tuple[bytes, str]  # content, media type
Key = tuple[str, str, str]  # model, calibration, kind of the clip that is drawn

VIDEO, FILM = "video", "film"
KINDS = (JSON, NPZ, SHEET, TIMELINE, PAGE, TABLE, VIDEO, FILM)  # of files
SOON = 0.5  # seconds after which the rate is worth telling


@dataclass(frozen=True, eq=False)
class Seen:
    """What a model has seen in a clip.

    Attributes:
        name: of the clip.
        watched: its maps, in memory.
        keeps: holds the maps open; they vanish with it.
        model: its name.
        doubts: lines.
        video: the clip with its maps over it, as a file of `kind`.
        kind: one of `writing.KINDS`.
        has_sound: whether that file has sound.
        lock: for who reads maps.
    """

    name: str
    watched: Watched
    keeps: ExitStack
    model: str
    doubts: tuple[str, ...]
    video: bytes
    kind: str
    has_sound: bool
    lock: Lock = field(default_factory=Lock, repr=False)

    def about(self, areas: Sequence[dict[str, Any]], draw: bool = False) -> ClipAttention:
        """What there is to say about the clip and areas that stay where they are."""
        with self.lock:
            return attention.of_watched(
                self.watched, [*areas] or None, name=self.name, model=self.model, doubts=self.doubts, draw=draw
            )

    def file(self, kind: str, areas: Sequence[dict[str, Any]]) -> File:
        """One of KINDS; ValueError for any other."""
        if kind == VIDEO:
            return self.video, f"video/{self.kind}"
        if kind == JSON:
            return in_json(self.about(areas).as_dict(), indent=1)[:2]
        if kind in (PAGE, TABLE):
            return service.report(self.about(areas, draw=kind == PAGE), kind)[:2]
        if kind not in KINDS:
            raise ValueError(f"no file {kind[:50]!r} of a clip; expected one of {', '.join(KINDS)}")
        with self.lock:
            if kind == FILM:
                return encoded(pictures.film(self.watched, Style()), JPEG), JPEG
            return service.FILES[kind](self.watched)

    @property
    def bytes(self) -> int:
        """How much memory it takes, about."""
        maps = self.watched.maps
        frames = sum(frame.pixels.nbytes for _, frame in self.watched.shown.frames)
        return len(self.video) + 4 * len(maps) * maps.shape[0] * maps.shape[1] + frames


@dataclass(eq=False)
class Job:
    """A clip that is watched, or waits for that.

    Attributes:
        key: for which question.
        stop: ends it.
        done: what was seen, at the end.
        heard: what is done, how much of it, of how much, and since when.
    """

    key: Key
    stop: Event = field(default_factory=Event)
    done: "asyncio.Future[Seen]" = field(init=False)
    heard: tuple[str, float, float, float] = ("", 0.0, 0.0, 0.0)

    def hear(self, what: str, done: float, total: float) -> None:
        """Take a report of progress."""
        if not what:
            return
        since = self.heard[3] if what == self.heard[0] else time.monotonic()
        self.heard = what, done, total, since

    def progress(self) -> dict[str, Any]:
        """How far it is, for the page."""
        what, done, total, since = self.heard
        if not what:
            return {"state": "waiting"}
        took = time.monotonic() - since
        rate = done / took if took > SOON and done else None
        left = (total - done) / rate if rate and total > done else None
        return {
            "state": what.partition(" ")[0], "done": done, "total": total,
            "rate": None if rate is None else round(rate, 1),
            "left": None if left is None else clock(max(1.0, round(left))),
        }  # fmt: skip


@dataclass(eq=False)
class HeldClip:
    """A clip of a visit.

    Attributes:
        upload: its name and its bytes.
        job: of the question that was asked last; None before.
    """

    upload: Upload
    job: Job | None = None

    def ask(self, key: Key, desk: Desk, predictor: Predictor, made: Callable[[], None]) -> Job:
        """The job for a question; a new one ends the one for another question. To be called in the event loop.

        Args:
            key: the question.
            desk: has the worker.
            predictor: the model.
            made: called when it is done.
        """
        if self.job is None or self.job.key != key or self.job.done.cancelled():
            self.close()
            upload, job = self.upload, Job(key)
            job.done = desk.begin("page", lambda: watch(upload, predictor, key[2], desk.limits), job.stop, job.hear)
            job.done.add_done_callback(lambda _: made())
            self.job = job
        return self.job

    def seen(self) -> Seen:
        """What was seen; Refused while it is not known yet."""
        if self.job is None or not self.job.done.done():
            raise Refused(409, "this clip is still being watched")
        return self.job.done.result()

    def close(self) -> None:
        """End the work on it."""
        if self.job is not None:
            self.job.stop.set()
            self.job = None

    @property
    def bytes(self) -> int:
        """How much memory it takes, about."""
        done = None if self.job is None else self.job.done
        known = done is not None and done.done() and not done.cancelled() and done.exception() is None
        return len(self.upload.data) + (done.result().bytes if done is not None and known else 0)


def watch(upload: Upload, predictor: Predictor, kind: str, limits: Limits) -> Seen:
    """Let a model watch a clip, and draw the clip with its maps for a browser.

    Args:
        upload: the clip.
        predictor: the model.
        kind: "mp4", or "webm" for browsers that have no H.264; also where this machine cannot make that.
        limits: what it may cost.
    """
    service.check(upload, Wanted(), limits)
    most = service.pixels(limits)
    keeps = ExitStack()
    try:
        watched = keeps.enter_context(watching.watch(upload.data, predictor, None, max_pixels=most))
        doubts = attention.doubts(watched, predictor, upload.name)
        kind = kind if kind == "webm" or writing.makes_h264() else "webm"
        video = service.drawn(watched, most, kind=kind, for_browsers=True)
    except BaseException:
        keeps.close()
        raise
    has_sound = reading.has_sound(video)
    return Seen(upload.name, watched, keeps, predictor.name, tuple(doubts), video, kind, has_sound)


def said(seen: Seen, areas: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All numbers of a clip and areas that stay where they are, and the texts in which the page says them."""
    found = seen.about(areas)
    numbers = found.as_dict()
    return numbers | {
        "state": "done",
        "has_sound": seen.has_sound,
        "sentences": sentences(found),
        "texts": {area.label: texts(area) for area in found.areas},
        "elsewhere_text": page.percent(found.elsewhere),
        "focus_text": page.percent(float(found.focus.max())),
        "peak_text": page.percent(max((area.peak for area in found.areas), default=0.0)),
        "scenes": [
            scene
            | {
                "from": clock(scene["begin"]),
                "to": clock(scene["end"]),
                "shares": ["" if share is None else page.percent(share) for share in scene["areas"].values()],
            }
            for scene in numbers["scenes"]
        ],
    }


def sentences(found: ClipAttention) -> list[str]:
    """What the page says of a clip in words."""
    focus, times = found.focus, found.times
    lasts = np.diff([*times, max(found.seconds, times[-1] + 1e-6)])
    tightest, widest = int(focus.argmin()), int(focus.argmax())
    many = f"{len(found.scenes)} scenes" if len(found.scenes) > 1 else "one scene"
    lines = [
        f"The clip lasts {clock(found.seconds)} and has {many}; the model saw {len(times)} of its frames.",
        f"On average, half of all looks fall on {page.percent(float(np.average(focus, weights=lasts)))} of the frame.",
    ]
    if focus[tightest] < focus[widest]:
        lines.append(
            f"They gather most at {clock(times[tightest])} ({page.percent(float(focus[tightest]))}) and spread most at "
            f"{clock(times[widest])} ({page.percent(float(focus[widest]))})."
        )
    height, width = found.shown
    return [*lines, f"Predicted for a clip that is shown at {width}x{height} pixels."]


def texts(area: AreaInTime) -> dict[str, str]:
    """What the page says of an area."""
    by = "" if area.seen_by is None else f", by half of them until {clock(area.seen_by)}"
    return {
        "share": page.percent(area.share),
        "more": f"{page.times(area.share / area.surface)} its surface. Most is {page.percent(area.peak)}, at "
        f"{clock(area.peak_time)}. Seen by {page.percent(area.seen)} of the viewers{by}.",
    }
