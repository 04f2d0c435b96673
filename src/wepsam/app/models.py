"""The models that the page offers: each is opened when it is first asked for."""

from threading import Lock
from typing import Any

from wepsam.calibration import presets
from wepsam.cards import Card
from wepsam.prediction import loading
from wepsam.prediction.predictor import Predictor
from wepsam.service.desk import calibrated
from wepsam.service.limits import Refused


class Models:
    """Those of the package, and the one that the page was started with.

    Attributes:
        first: the one that it was started with.
        cards: what is known about each, by name; that of `first` is first.
    """

    def __init__(self, first: Predictor) -> None:
        """
        Args:
            first: the model to begin with, under the calibration to begin with.
        """
        self.first = first
        self.cards: dict[str, Card] = {first.name: first.card} | {
            name: card for name, card in loading.models().items() if name != first.name
        }
        self._open = {first.name: first}
        self._lock = Lock()

    def about(self) -> list[dict[str, Any]]:
        """The models that can be chosen, each with its calibrations; the first one first."""
        said = []
        for name, card in self.cards.items():
            default, known = presets.of_card(card)
            if name == self.first.name:
                default = self.first.calibration.name
            calibrations = [*dict.fromkeys((default, *known))]
            about = {key: card.get(key, "") for key in ("summary", "terms", "pictures")}
            said.append(about | {"name": name, "calibration": default, "calibrations": calibrations})
        return said

    def predictor(self, name: str, calibration: str | None) -> Predictor:
        """A model under one of its card's calibrations, or under its own; Refused if there is none of the name."""
        if name not in self.cards:
            raise Refused(422, f"no model {name[:50]!r}; expected one of {', '.join(self.cards)}")
        with self._lock:
            if name not in self._open:
                self._open[name] = loading.load(name, threads=1, quality=self.first.quality, warn=False)
        return calibrated(self._open[name], calibration)
