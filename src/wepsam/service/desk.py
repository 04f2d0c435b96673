"""The desk of a service: the model, and how many pictures are computed and wait at a time."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from wepsam.calibration import presets
from wepsam.prediction.predictor import QUALITIES, Predictor, load
from wepsam.service.limits import Limits, Refused, busy

T = TypeVar("T")


class Desk:
    """Computes for requests, `Limits.workers` at a time.

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
        self._inside = 0
        self.registry = CollectorRegistry()
        self.answered = Counter(
            "wepsam_requests", "Requests by path and status.", ["path", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "wepsam_seconds", "Time that a picture takes, without waiting.", ["path"], registry=self.registry
        )
        self._waiting = Gauge("wepsam_waiting", "Requests that wait or are computed.", registry=self.registry)
        self._waiting.set_function(lambda: self._inside)

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

    def count(self, path: str, status: int) -> None:
        """Count an answer for /metrics."""
        self.answered.labels(path, str(status)).inc()

    def close(self) -> None:
        """End the workers when they have done what they do."""
        self._pool.shutdown(wait=True, cancel_futures=True)

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
