"""Tune the light network's weights to pictures, and measure by cross-validation whether that helps."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from wepsam import cards, maps
from wepsam.calibration import NEUTRAL, Calibration, presets
from wepsam.datasets import FixationDataset
from wepsam.deploy.to_onnx import export
from wepsam.evaluation import MapFolder, evaluate
from wepsam.evaluation.change import Change
from wepsam.files import below, replacing
from wepsam.hub import names
from wepsam.images import resize
from wepsam.networks.base import Network
from wepsam.progress import track
from wepsam.training import starts
from wepsam.training.batches import Augmentation, from_datasets
from wepsam.training.devices import UNDIVIDED, Devices, Team, outside, run
from wepsam.training.loop import Run, train
from wepsam.training.settings import TrainSettings
from wepsam.training.starts import Start

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


@dataclass(frozen=True)
class Tuned:
    """A tuned network.

    Attributes:
        weights: the checkpoint that learned from all pictures.
        model: the .onnx file of these weights.
        change: scores of the network as it was, and of the tuned networks; each picture is scored by one that did not
            learn from it.
        summary: whether it helped, in sentences.
    """

    weights: Path
    model: Path
    change: Change
    summary: str


def tune(
    dataset: FixationDataset, out: Path, model: Start, *, full: bool, folds: int, devices: Devices = UNDIVIDED
) -> Tuned:
    """Tune the light network to pictures, and measure by cross-validation whether that helps.

    An interrupted run, called again, resumes. OUT/all holds the weights, OUT/adapted.onnx the file to predict with.

    Args:
        dataset: all of it is learned.
        out: folder for the runs and the tuned model.
        model: the light network to start from: the name of a shipped model, an .onnx file, a run or a checkpoint.
        full: tune all layers except the first stages, not only the readout and the center bias.
        folds: parts of the pictures; each part is scored by a network that learned from the others.
        devices: the processes that divide each batch among them.

    Raises:
        SystemExit: with code 0, in each process but the first of those that torchrun or Slurm started, once it has
            helped with all trainings.
        ValueError: a network that cannot be tuned, or a picture whose id cannot be the name of a file.
    """
    settings = FULL if full else READOUT
    if names.is_name(model):
        from wepsam.hub import fetching

        model = fetching.pinned(model)  # one commit for all folds
    held_out = out / "held-out"
    for sample in dataset:
        below(held_out, f"{sample.id}.npy")  # before days of training, not behind them
    # Shuffled, because neighbors resemble each other.
    part = np.random.default_rng(0).permutation(len(dataset)) % folds
    learned = {out / f"fold-{fold}": _select(dataset, part != fold) for fold in range(folds)}
    if not outside().is_first:
        for folder, pictures in [*learned.items(), (out / "all", dataset)]:
            _tune(model, pictures, folder, settings, devices)
        raise SystemExit(0)
    before = evaluate(as_predictor(_network(model)[0]), dataset, name="before", workers=1)
    for fold, (folder, pictures) in enumerate(learned.items()):
        tuned = starts.load(_tune(model, pictures, folder, settings, devices))[0]
        _write_maps(as_predictor(tuned), _select(dataset, part == fold), held_out)
    change = Change(before, evaluate(MapFolder(held_out), dataset, name="after", workers=1))
    _tune(model, dataset, out / "all", settings, devices)
    about = {
        "adapted from": str(model), "adapted to": f"{len(dataset)} pictures of {dataset.name}", "gains": change.gains
    }  # fmt: skip
    path = export(out / "all", out / "adapted.onnx", card=about, calibration=_calibration(model))
    return Tuned(out / "all", path, change, _summary(change, model, path))


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


def _network(model: Start) -> tuple[Network, str]:
    network, origin = starts.load(model)
    if not network.adaptable:
        raise ValueError(f"{model} holds {network.title}; only the light network can be adapted")
    network.set_sources(1)
    return network, origin


def _tune(model: Start, dataset: FixationDataset, out: Path, settings: TrainSettings, devices: Devices) -> Path:
    """Tune the network to pictures; returns the best weights."""
    return run(_train, {"model": model, "dataset": dataset, "out": out, "settings": settings}, devices).best


def _train(model: Start, dataset: FixationDataset, out: Path, settings: TrainSettings, team: Team) -> Run:
    network, origin = _network(model)
    training = from_datasets([dataset], network.config.input_shape)
    # The lowest loss on the pictures that are learned selects the weights: held-out pictures select nothing.
    selecting = from_datasets([dataset], network.config.input_shape, room=1)
    return train(network, training, selecting, settings, out, origin, starts.learned_from(model), team)


def _calibration(model: Start) -> Calibration:
    """The default calibration of the model to tune; the tuned one keeps it."""
    path = starts.file_of(model)
    return presets.default(cards.read(path)).calibration if path.suffix == ".onnx" else NEUTRAL


def _summary(change: Change, model: Start, path: Path) -> str:
    found = "No gain was found: keep {0}, or add pictures and try again ({2} is written anyway)."
    if change.gains:
        found = "Better in {1}, on pictures that it has not learned from."
    if change.losses:
        found += f" Worse in {', '.join(change.losses)}: look closely before you use it."
    return found.format(model, ", ".join(change.gains), path)


def _select(dataset: FixationDataset, chosen: np.ndarray) -> FixationDataset:
    return replace(dataset, samples=tuple(s for s, c in zip(dataset.samples, chosen, strict=True) if c))


def _write_maps(predict: Callable[[np.ndarray], np.ndarray], dataset: FixationDataset, folder: Path) -> None:
    for sample in track(dataset.samples, "predicting"):
        path = below(folder, f"{sample.id}.npy")
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            np.save(temporary, predict(sample.stimulus()))
