"""The desk of a service: the model, how many pictures are computed and wait at a time, and the worker for clips."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from wepsam import progress
from wepsam.calibration import presets
from wepsam.prediction.loading import load
from wepsam.prediction.predictor import QUALITIES, Predictor
from wepsam.service.limits import RETRY_CLIP, Limits, Refused, busy

T = TypeVar("T")


class Stopped(progress.Ended):
    """Work on a clip that nobody waits for any more."""


class Desk:
    """Computes for requests, `Limits.workers` pictures and `Limits.clips` clips at a time.

    Attributes:
        name: of the model.
        limits: how many wait.
        registry: what /metrics says.
    """

    def __init__(self, model: str, limits: Limits, quality: str, calibration: presets.Which) -> None:
        """
        Args:
            model: wepsam's weights by name, or an .onnx file.
            limits: how much is done at a time.
            quality: of requests that do not say it.
            calibration: of requests that do not say it.
        """
        self._predictor = load(model, threads=1, quality=quality, calibration=calibration, warn=False)
        self.name, self.limits = self._predictor.name, limits
        self.calibrations = tuple(presets.of_card(self._predictor.card)[1])
        self._pool = ThreadPoolExecutor(limits.workers, "wepsam")
        self._clip_pool = ThreadPoolExecutor(limits.clips, "wepsam-clip")
        self._inside = 0
        self._stops: set[Event] = set()  # of the clips that are watched or wait
        self.registry = CollectorRegistry()
        self.answered = Counter(
            "wepsam_requests", "Requests by path and status.", ["path", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "wepsam_seconds", "Time that a picture or clip takes, without waiting.", ["path"], registry=self.registry
        )
        self._waiting = Gauge("wepsam_waiting", "Requests that wait or are computed.", registry=self.registry)
        self._waiting.set_function(lambda: self._inside)
        self._clips = Gauge("wepsam_clips", "Clips that are watched or wait.", registry=self.registry)
        self._clips.set_function(lambda: len(self._stops))

    def predictor(self, quality: str | None = None, calibration: str | None = None) -> Predictor:
        """The model with a quality and one of its card's calibrations; Refused if there is none of the name."""
        if quality is not None and quality not in QUALITIES:
            raise Refused(422, f"no quality {quality[:50]!r}; expected {' or '.join(QUALITIES)}")
        return calibrated(self._predictor.with_settings(quality), calibration)

    async def run(self, path: str, work: Callable[[], T]) -> T:
        """Do the work of a request when a worker is free.

        Raises:
            Refused: too many wait already.
        """
        if self._inside >= self.limits.workers + self.limits.waiting:
            raise busy()
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._timed, path, work)
        finally:
            self._inside -= 1

    async def run_clip(self, path: str, work: Callable[[], T], gone: Callable[[], Awaitable[None]]) -> T:
        """Do work on a clip that ends when its client has gone.

        Args:
            path: of the request.
            work: reports its progress; see `begin`.
            gone: returns when nobody waits for the answer any more.

        Raises:
            Refused: as many clips are watched already as may be; the client has gone; or the service ends.
        """
        if len(self._stops) >= self.limits.clips:
            raise Refused(429, "another clip is being watched; ask again", RETRY_CLIP)
        stop = Event()
        done = self.begin(path, work, stop, lambda *_: None)
        leaving = asyncio.ensure_future(gone())
        try:
            both: set[asyncio.Future[Any]] = {done, leaving}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not done.done():
                raise Refused(499, "the client has gone")
            return done.result()
        except asyncio.CancelledError:
            raise Refused(503, "the service ends before the clip has been watched") from None
        finally:
            stop.set()
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving

    def begin(self, path: str, work: Callable[[], T], stop: Event, listener: progress.Listener) -> "asyncio.Future[T]":
        """Begin work on a clip as soon as the worker for clips is free.

        Args:
            path: for /metrics.
            work: reports its progress with `progress.bar`.
            stop: ends the work with `Stopped` at its next report.
            listener: told each report.
        """

        def heard(what: str, done: float, total: float) -> None:
            if stop.is_set():
                raise Stopped("nobody waits for this clip any more")
            listener(what, done, total)

        def watched() -> T:
            try:
                if stop.is_set():
                    raise Stopped("nobody waits for this clip any more")
                with progress.heard_by(heard):
                    return self._timed(path, work)
            finally:
                self._stops.discard(stop)

        self._stops.add(stop)
        future = asyncio.get_running_loop().run_in_executor(self._clip_pool, watched)
        future.add_done_callback(lambda done: done.cancelled() or done.exception())  # somebody has seen the error
        return future

    def count(self, path: str, status: int) -> None:
        """Count an answer for /metrics."""
        self.answered.labels(path, str(status)).inc()

    def close(self) -> None:
        """End the workers: pictures are finished, clips are not."""
        for stop in [*self._stops]:
            stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._clip_pool.shutdown(wait=True, cancel_futures=True)

    def _timed(self, path: str, work: Callable[[], T]) -> T:
        start = time.perf_counter()
        try:
            return work()
        finally:
            self.seconds.labels(path).observe(time.perf_counter() - start)


def calibrated(model: Predictor, calibration: str | None) -> Predictor:
    """A model under a calibration of its card, or as it is; Refused for another name, which could be that of a file."""
    if calibration is None or calibration == model.calibration.name:
        return model
    known = presets.of_card(model.card)[1]
    if calibration not in known:
        raise Refused(422, f"no calibration {calibration[:50]!r}; expected one of {', '.join(known)}")
    return model.with_settings(calibration=calibration)
