"""Tune the light network to pictures of your own, and measure by cross-validation whether that helps."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from wepsam import cards, maps
from wepsam.calibration import NEUTRAL, Calibration, presets
from wepsam.datasets import FixationDataset, pictures_with_csv, pictures_with_maps
from wepsam.deploy.to_onnx import export
from wepsam.evaluation import Evaluation, MapFolder, evaluate
from wepsam.evaluation.comparison import TITLES, Comparison, differences, higher_is_better
from wepsam.files import below, replacing
from wepsam.images import resize
from wepsam.networks.base import Network
from wepsam.progress import track
from wepsam.training import starts
from wepsam.training.batches import Augmentation, from_datasets
from wepsam.training.loop import train
from wepsam.training.settings import TrainSettings
from wepsam.training.starts import Start

LEAST = 10  # pictures; fewer are too few to learn from and to test on
FEW = 50  # pictures; with fewer, the intervals are wide

# The readout and the center bias alone, some 150 numbers: they hold the effects of the display, the task and the
# observers.
READOUT = TrainSettings(
    epochs=30, batch_size=8, loss="kl_cc", optimizer="adamw", learning_rate=(1e-2, 0), encoder_rate=0.05, frozen=8,
    schedule="cosine", average=0.9, precision="bf16-mixed", validate_every=15,
)  # fmt: skip
# All layers except the first stages, at a low rate.
FULL = TrainSettings(
    epochs=15, batch_size=8, loss="kl_cc", optimizer="adamw", learning_rate=(2e-4, 0), encoder_rate=0.2, frozen=2,
    schedule="cosine", warmup=20, average=0.98, augmentation=Augmentation(geometry=0.5, color=0.5),
    precision="bf16-mixed", validate_every=5,
)  # fmt: skip

log = logging.getLogger("wepsam")


@dataclass(frozen=True)
class Adapted:
    """The result of an adaptation.

    Attributes:
        weights: the checkpoint that learned from all pictures.
        model: the .onnx file of these weights.
        before: scores of the network as it was.
        after: scores of the adapted networks; each picture is scored by one that did not learn from it.
        origin: the name or path of the network as it was.
    """

    weights: Path
    model: Path
    before: Evaluation
    after: Evaluation
    origin: str

    @property
    def change(self) -> Comparison:
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

    @property
    def record(self) -> dict[str, Any]:
        """What the card of `model` says about the adaptation."""
        pictures = f"{self.after.about['pictures']} pictures of {self.after.about['dataset']}"
        return {"adapted from": self.origin, "adapted to": pictures, "gains": self.gains}

    def _significant(self, sign: int) -> list[str]:
        change = self.change
        cells = zip(change.metrics, change.rows[self.after.about["model"]], strict=True)
        better = {name: sign * (1 if higher_is_better(name) else -1) for name in change.metrics}
        return [TITLES.get(name, name) for name, cell in cells if cell.marked and cell.mean * better[name] > 0]


def adapt(
    pictures: str | os.PathLike[str] | FixationDataset,
    out: str | os.PathLike[str],
    *,
    fixations: str | os.PathLike[str] | None = None,
    maps: str | os.PathLike[str] | None = None,
    model: Start = "wepsam-lite",
    full: bool = False,
    folds: int = 5,
) -> Adapted:
    """Step 3: tune the light network to pictures of your own, and measure whether that helps.

    An interrupted adaptation, called again, resumes. OUT/all holds the weights, OUT/adapted.onnx the file to predict
    with.

    Args:
        pictures: a folder of pictures, 50 or more, or a dataset; all of it is learned.
        out: folder for the runs and the adapted model.
        fixations: for a folder: a CSV with the columns image (a path below `pictures`), observer, x, y in pixels.
        maps: for a folder, instead of `fixations`: a folder of density maps with the names of the pictures.
        model: the light network to start from: the name of a shipped model, an .onnx file, a run or a checkpoint.
        full: tune all layers except the first stages, not only the readout and the center bias.
        folds: parts of the pictures; each part is scored by a network that learned from the others.

    Returns:
        The adapted model, and its scores before and after.

    Raises:
        ValueError: too few pictures, a network that cannot be adapted, or neither or both of `fixations` and `maps`.
    """
    dataset, out = _dataset(pictures, fixations, maps), Path(out)
    least = max(LEAST, 2 * folds)
    if folds < 2:
        raise ValueError(f"folds is {folds}; cross-validation needs 2 or more")
    if len(dataset) < least:
        raise ValueError(f"{dataset.name} has {len(dataset)} pictures; adapting needs {least} or more, better {FEW}")
    if len(dataset) < FEW:
        log.warning("%s has only %d pictures: expect wide intervals", dataset.name, len(dataset))
    settings = FULL if full else READOUT
    held_out = out / "held-out"
    for sample in dataset:
        below(held_out, f"{sample.id}.npy")  # before days of training, not behind them
    before = evaluate(as_predictor(_network(model)[0]), dataset, name="before", workers=1)
    for fold in range(folds):
        # Shuffled, because neighbors resemble each other.
        scored = np.random.default_rng(0).permutation(len(dataset)) % folds == fold
        tuned = _tuned(model, _select(dataset, ~scored), out / f"fold-{fold}", settings)
        _write_maps(as_predictor(tuned), _select(dataset, scored), held_out)
    after = evaluate(MapFolder(held_out), dataset, name="after", workers=1)
    _tuned(model, dataset, out / "all", settings)
    adapted = Adapted(out / "all", out / "adapted.onnx", before, after, str(model))
    export(adapted.weights, adapted.model, card=adapted.record, calibration=_calibration(model))
    return adapted


def as_predictor(network: Network) -> Callable[[np.ndarray], np.ndarray]:
    """A network as a predictor, (H, W, 3) uint8 -> (H, W) saliency map, without an export.

    The maps are those of the exported file at quality "fast".
    """
    network.eval()

    @torch.no_grad()
    def predict(stimulus: np.ndarray) -> np.ndarray:
        height, width = stimulus.shape[:2]
        small = torch.from_numpy(resize(stimulus, network.config.input_shape(height, width)))
        density = network.log_density(small.permute(2, 0, 1)[None].float() / 255)[0].exp().numpy()
        saliency_map = maps.enlarge(density, (height, width))
        return saliency_map / saliency_map.max()

    return predict


def _dataset(
    pictures: str | os.PathLike[str] | FixationDataset,
    fixations: str | os.PathLike[str] | None,
    densities: str | os.PathLike[str] | None,
) -> FixationDataset:
    if isinstance(pictures, FixationDataset):
        if fixations is not None or densities is not None:
            raise ValueError(f"{pictures.name} has its own fixations or maps; leave out fixations and maps")
        return pictures
    folder = Path(pictures)
    if fixations is not None and densities is None:
        return pictures_with_csv(folder, table=Path(fixations), name=folder.resolve().name)
    if densities is not None and fixations is None:
        return pictures_with_maps(folder, Path(densities), name=folder.resolve().name)
    raise ValueError("expected a CSV of fixations (--fixations FILE) or a folder of density maps (--maps FOLDER)")


def _network(model: Start) -> tuple[Network, str]:
    network, origin = starts.load(model)
    if not network.adaptable:
        raise ValueError(f"{model} holds {network.title}; only the light network can be adapted")
    network.set_sources(1)
    return network, origin


def _tuned(model: Start, dataset: FixationDataset, out: Path, settings: TrainSettings) -> Network:
    network, origin = _network(model)
    training = from_datasets([dataset], network.config.input_shape)
    # The lowest loss on the pictures that are learned selects the weights: held-out pictures select nothing.
    selecting = from_datasets([dataset], network.config.input_shape, room=1)
    return starts.load(train(network, training, selecting, settings, out, origin, starts.learned_from(model)).best)[0]


def _calibration(model: Start) -> Calibration:
    """The default calibration of the model to adapt; the adapted one keeps it."""
    path = starts.file_of(model)
    return presets.default(cards.read(path)).calibration if path.suffix == ".onnx" else NEUTRAL


def _select(dataset: FixationDataset, chosen: np.ndarray) -> FixationDataset:
    return replace(dataset, samples=tuple(s for s, c in zip(dataset.samples, chosen, strict=True) if c))


def _write_maps(predict: Callable[[np.ndarray], np.ndarray], dataset: FixationDataset, folder: Path) -> None:
    for sample in track(dataset.samples, "predicting"):
        path = below(folder, f"{sample.id}.npy")
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            np.save(temporary, predict(sample.stimulus()))
