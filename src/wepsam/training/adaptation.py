"""A shipped network, tuned to pictures of one's own; and whether that is worth anything, by cross-validation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from wepsam import maps
from wepsam.datasets import FixationDataset
from wepsam.deploy.from_onnx import from_onnx
from wepsam.evaluation import Evaluation, MapFolder, evaluate
from wepsam.evaluation.comparison import TITLES, Comparison, differences, higher_is_better
from wepsam.files import replacing
from wepsam.images import resize
from wepsam.networks.lite import LiteNet
from wepsam.progress import track
from wepsam.shapes import input_shape
from wepsam.training.batches import Augmentation, from_datasets
from wepsam.training.checkpoint import load_weights
from wepsam.training.loop import train
from wepsam.training.settings import TrainSettings
from wepsam.training.stages import shapes

LEAST = 10  # pictures; with fewer there is nothing to learn and nothing to test on

# The readout and the center bias alone, some 150 numbers: what the display, the task and the observers change.
FEW = TrainSettings(
    epochs=30, batch_size=8, loss="kl_cc", optimizer="adamw", learning_rate=(1e-2, 0), encoder_rate=0.05, frozen=8,
    schedule="cosine", average=0.9, precision="bf16-mixed", validate_every=15,
)  # fmt: skip
# All but the first stages, gently.
FULL = TrainSettings(
    epochs=15, batch_size=8, loss="kl_cc", optimizer="adamw", learning_rate=(2e-4, 0), encoder_rate=0.2, frozen=2,
    schedule="cosine", warmup=20, average=0.98, augmentation=Augmentation(geometry=0.5, color=0.5),
    precision="bf16-mixed", validate_every=5,
)  # fmt: skip


@dataclass(frozen=True)
class Adapted:
    """What came of it.

    Attributes:
        weights: the checkpoint that has learnt from all pictures.
        before: scores of the network as it was.
        after: scores of networks adapted without the picture in question.
    """

    weights: Path
    before: Evaluation
    after: Evaluation

    @property
    def change(self) -> Comparison:
        """After minus before, picture by picture, with 95 % intervals."""
        return differences([self.before, self.after], self.before.about["model"])

    @property
    def gains(self) -> list[str]:
        """Titles of the metrics whose interval says that it got better."""
        return self._shown(1)

    @property
    def losses(self) -> list[str]:
        """Titles of those whose interval says that it got worse."""
        return self._shown(-1)

    def _shown(self, sign: int) -> list[str]:
        change = self.change
        cells = zip(change.metrics, change.rows[self.after.about["model"]], strict=True)
        better = {name: sign * (1 if higher_is_better(name) else -1) for name in change.metrics}
        return [TITLES.get(name, name) for name, cell in cells if cell.marked and cell.mean * better[name] > 0]


def adapt(
    model: Path,
    dataset: FixationDataset,
    out: Path,
    *,
    full: bool = False,
    folds: int = 5,
    settings: TrainSettings | None = None,
) -> Adapted:
    """Tune the light network to a dataset, and score it on pictures that it was not tuned to.

    Interrupted and called again, it goes on.

    Args:
        model: an .onnx file of the light network with its card, or a checkpoint.
        dataset: all of it is learnt from.
        out: folder for the runs; OUT/all holds the weights that ship.
        full: tune all parameters but the first stages', not only the readout and the center bias.
        folds: parts of the pictures; each is scored by a network that learnt from the others.
        settings: by default FEW or FULL.

    Raises:
        ValueError: too few pictures, or a network that cannot be adapted.
    """
    if len(dataset) < max(LEAST, 2 * folds):
        raise ValueError(
            f"{dataset.name} has {len(dataset)} pictures; adapting needs {max(LEAST, 2 * folds)} at least, better 50"
        )
    settings = settings or (FULL if full else FEW)
    before = evaluate(as_predictor(_network(model)), dataset, name="before", workers=1)
    held_out = out / "held-out"
    for fold in range(folds):
        # Shuffled, for neighbors resemble each other.
        own = np.random.default_rng(0).permutation(len(dataset)) % folds == fold
        tuned = _tuned(model, _some(dataset, ~own), out / f"fold-{fold}", settings)
        _write_maps(as_predictor(tuned), _some(dataset, own), held_out)
    after = evaluate(MapFolder(held_out), dataset, name="after", workers=1)
    _tuned(model, dataset, out / "all", settings)
    return Adapted(out / "all", before, after)


def as_predictor(network: LiteNet) -> Callable[[np.ndarray], np.ndarray]:
    """(H, W, 3) uint8 -> (H, W) saliency map, as the exported file's predictor gives it, without exporting."""
    network.eval()

    @torch.no_grad()
    def predict(stimulus: np.ndarray) -> np.ndarray:
        height, width = stimulus.shape[:2]
        small = torch.from_numpy(resize(stimulus, input_shape(height, width, network.config.area)))
        density = network.log_density(small.permute(2, 0, 1)[None].float() / 255)[0].exp().numpy()
        saliency_map = maps.enlarge(density, (height, width))
        return saliency_map / saliency_map.max()

    return predict


def _tuned(model: Path, dataset: FixationDataset, out: Path, settings: TrainSettings) -> LiteNet:
    network = _network(model)
    learnt = from_datasets([dataset], shapes(network.config.area))
    # The best weights are those of the lowest loss on what is learnt: the pictures held out choose nothing.
    judged = from_datasets([dataset], shapes(network.config.area), room=1)
    run = train(network, learnt, judged, settings, out, start=str(model))
    tuned: Any = load_weights(run.best)[0]
    return tuned


def _network(model: Path) -> LiteNet:
    network = from_onnx(model) if model.suffix == ".onnx" else load_weights(model)[0]
    if not isinstance(network, LiteNet):
        raise ValueError(f"{model} is another network; adapting is for the light one")
    network.learn_from(1)
    return network


def _some(dataset: FixationDataset, chosen: np.ndarray) -> FixationDataset:
    return replace(dataset, samples=tuple(s for s, c in zip(dataset.samples, chosen, strict=True) if c))


def _write_maps(predict: Callable[[np.ndarray], np.ndarray], dataset: FixationDataset, folder: Path) -> None:
    for sample in track(dataset.samples, "predicting"):
        path = folder / f"{sample.id}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            np.save(temporary, predict(sample.stimulus()))
