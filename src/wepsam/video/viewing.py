"""How large a clip was shown, and what that does to where people look.

A clip of 416x240, shown pixel by pixel, is no larger than a hand: people see most of it without moving their eyes, stay
near its middle, and their fixations tell little about details. A clip of 1920x1080 fills the screen, and they look
straight at faces and hands. So the calibration depends on the size. Nothing but the number of pixels is known of most
clips: it stands for the size, as on a screen at arm's length where a degree of visual angle has about 40 pixels.

The constants were chosen on six clips of Xu et al. (docs/how-to/video.md), each of which was scored without its part in
the choice. docs/explanation/log.md says what else was tried.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from wepsam.calibration import Calibration
from wepsam.calibration.presets import TYPICAL
from wepsam.prediction.calibrated import small_density
from wepsam.prediction.predictor import Predictor
from wepsam.shapes import sides

SHARP, POWERS = 700.0, (0.35, 1.3)  # power = side / SHARP within these limits; the side is that of a square, in pixels
CENTRAL, MOST_CENTRAL = 1000.0, 4.0  # center weight = CENTRAL / side, at most that
AT_START, START = 2.0, 1.0  # a clip begins with so much more center weight, which falls by 1/e in so many seconds
FLOOR = 0.00225  # as that of the typical calibration
SEEN, LARGEST = 640.0, 1.5  # the network's input grows with the side from here on, up to so many times each side
STEADY = 0.1  # seconds: standard deviation of the Gaussian in time that smooths log densities
WINDOW = 3.0 * STEADY + 1e-9  # seconds before and after a moment that count

Model = Callable[[np.ndarray], np.ndarray]
Answer = tuple[float, np.ndarray, bool]  # time, (h, w) density, whether a scene begins


@dataclass(frozen=True)
class Viewing:
    """How large a clip is shown.

    Attributes:
        height: in pixels of a screen.
        width: in the same pixels.
    """

    height: int
    width: int

    @property
    def side(self) -> float:
        """The side of a square as large as the clip, in pixels."""
        return math.sqrt(self.height * self.width)

    def calibration(self, time: float) -> Calibration:
        """What to do to a density at this second of the clip."""
        start = AT_START * math.exp(-time / START)
        power = min(max(self.side / SHARP, POWERS[0]), POWERS[1])
        return Calibration(power, min(CENTRAL / self.side, MOST_CENTRAL) + start, floor=FLOOR)

    @property
    def enlargement(self) -> float:
        """How many times the usual sides the network's input has."""
        return min(max(self.side / SEEN, 1.0), LARGEST)


def shown_as(size: tuple[int, int], shown: str | tuple[int, int] | None) -> Viewing:
    """How large a clip is shown.

    Args:
        size: (height, width) of its frames.
        shown: "1920x1080" or (1920, 1080), (width, height) on the screen; None: pixel by pixel.

    Raises:
        ValueError: `shown` is no size.
    """
    if shown is None:
        return Viewing(*size)
    width, height = sides(shown, "the size of the clip on the screen", "1280x720")
    return Viewing(height, width)


@dataclass(frozen=True)
class Look:
    """How a model looks at a clip.

    Attributes:
        density: (H, W, 3) uint8 -> (h, w) density at low resolution.
        calibration: of the second, for densities that were smoothed in time; None: they stay as they are.
        name: of the calibration.
    """

    density: Callable[[np.ndarray], np.ndarray]
    calibration: Callable[[float], Calibration] | None
    name: str

    def finish(self, answers: Iterable[Answer]) -> Iterator[Answer]:
        """The densities of a clip as they are reported: steady, and calibrated."""
        if self.calibration is None:
            yield from answers
            return
        for time, density, cut in steady(answers):
            yield time, self.calibration(time)(density), cut


def look(model: Model, viewing: Viewing) -> Look:
    """How a model looks at a clip that is shown so large.

    Weights with their typical calibration are calibrated by the size, and see large clips at more pixels. With another
    calibration they keep it. Any other function is asked frame by frame.
    """
    if not isinstance(model, Predictor):
        return Look(lambda pixels: small_density(model(pixels)), None, "none")
    if model.center_bias is not True:
        return Look(model.low_resolution, None, model.calibration.name)
    name, fixed = model.calibration.name, model.calibration.calibration
    if name != TYPICAL:
        return Look(lambda pixels: fixed.mean(model.scale_densities(pixels)), lambda _: fixed, name)
    seeing = model.enlarged(viewing.enlargement)
    return Look(lambda pixels: fixed.mean(seeing.scale_densities(pixels)), viewing.calibration, "by size")


def steady(answers: Iterable[Answer]) -> Iterator[Answer]:
    """Densities smoothed in time within each scene: the mean of their logarithms, weighted by a Gaussian.

    A fixation lasts a third of a second, so people do not follow what flickers. Only what lies within WINDOW is
    held.
    """
    near: list[Answer] = []  # what may still count
    waiting = 0  # the place of the first of them that has not been answered
    for answer in answers:
        near.append(answer)
        while near[waiting][0] < answer[0] - WINDOW:
            yield _smoothed(near, waiting)
            waiting += 1
        while near[0][0] < near[waiting][0] - WINDOW:
            del near[0]
            waiting -= 1
    while waiting < len(near):
        yield _smoothed(near, waiting)
        waiting += 1


def _smoothed(near: list[Answer], place: int) -> Answer:
    time, density, cut = near[place]
    first = max((i for i in range(place + 1) if near[i][2]), default=0)
    end = min((i for i in range(place + 1, len(near)) if near[i][2]), default=len(near))
    total, weights = np.zeros(density.shape), 0.0
    for other, values, _ in near[first:end]:
        if abs(other - time) > WINDOW:
            continue
        weight = math.exp(-0.5 * ((other - time) / STEADY) ** 2)
        total += weight * np.log(np.maximum(values, np.finfo(np.float32).tiny))
        weights += weight
    return time, np.exp(total / weights), cut
