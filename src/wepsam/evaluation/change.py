"""A model before and after a change, on the same pictures: what became better and what became worse."""

from dataclasses import dataclass

from wepsam.evaluation.comparison import TITLES, Comparison, differences, higher_is_better
from wepsam.evaluation.results import Evaluation


@dataclass(frozen=True)
class Change:
    """Two evaluations of the same pictures.

    Attributes:
        before: scores of the model as it was.
        after: scores of the changed model.
    """

    before: Evaluation
    after: Evaluation

    @property
    def comparison(self) -> Comparison:
        """After minus before, picture by picture, with 95 % intervals."""
        return differences([self.before, self.after], self.before.about["model"])

    @property
    def gains(self) -> list[str]:
        """Titles of the metrics that improved: the 95 % interval of the change excludes zero."""
        return self._significant(1)

    @property
    def losses(self) -> list[str]:
        """Titles of the metrics that became worse: the 95 % interval of the change excludes zero."""
        return self._significant(-1)

    def _significant(self, sign: int) -> list[str]:
        change = self.comparison
        cells = zip(change.metrics, change.rows[self.after.about["model"]], strict=True)
        better = {name: sign * (1 if higher_is_better(name) else -1) for name in change.metrics}
        return [TITLES.get(name, name) for name, cell in cells if cell.marked and cell.mean * better[name] > 0]
