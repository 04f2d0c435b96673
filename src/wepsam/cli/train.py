"""wepsam pretrain, finetune, export: from labels and fixations to a file that predicts."""

from typing import TYPE_CHECKING

import wepsam
from wepsam.cli import options, training_options
from wepsam.training.devices import Devices, outside

if TYPE_CHECKING:
    from wepsam.training.loop import Run


def pretrain(
    weak: options.WeakFolder,
    out: training_options.RunOut,
    keep: training_options.KeepLabels = 100_000,
    start: training_options.Start = None,
    recipe: training_options.Recipe = "shipped",
    changes: training_options.Set = None,
    network: training_options.Network = None,
    encoder: training_options.Encoder = None,
    weights: training_options.EncoderWeights = None,
    memory: training_options.Memory = 8.0,
    workers: training_options.FeedWorkers = -1,
    devices: training_options.Devices = None,
    nodes: training_options.Nodes = None,
    strategy: training_options.Strategy = "ddp",
) -> None:
    """Step 1c: pre-train a network on the weak labels of lowest entropy.

    Prints the checkpoint with the lowest validation loss and the log. An interrupted run resumes from --out.

        wepsam pretrain weak/ --keep 0.5 --out runs/pre/
        wepsam pretrain weak-lite/ --recipe lite --keep 0.5 --out runs/lite-pre/
        wepsam pretrain weak/ --recipe paper --set epochs=3 --out runs/try/
        wepsam pretrain weak/ --recipe cnn_vlm --encoder vgg19 --weights vgg19.pth --out runs/vlm/
        wepsam pretrain s3://bucket/weak --devices 8 --out runs/pre/

    Needs pip install 'wepsam[train]'.
    """
    described = [*(network or ()), *([f"encoder={encoder}"] if encoder else ())]
    run = wepsam.pretrain(
        weak, out, keep=keep, start=start, recipe=recipe, changes=changes or (), network=described, weights=weights,
        memory=memory, workers=workers, devices=Devices(devices, nodes, strategy),
    )  # fmt: skip
    _print_run(run)


def finetune(
    datasets: options.Datasets,
    out: training_options.RunOut,
    start: training_options.Start = None,
    validation: training_options.Validation = None,
    weak: training_options.Weak = None,
    keep: training_options.KeepWeak = 1.0,
    recipe: training_options.Recipe = "shipped",
    changes: training_options.Set = None,
    network: training_options.Network = None,
    memory: training_options.Memory = 8.0,
    workers: training_options.FeedWorkers = -1,
    devices: training_options.Devices = None,
    nodes: training_options.Nodes = None,
    strategy: training_options.Strategy = "ddp",
) -> None:
    """Step 2: fine-tune a network on human fixations.

    Learns from the training parts of the datasets; their validation parts select the checkpoint. An interrupted run
    resumes from --out.

        wepsam finetune --start runs/pre/ -d osie=data/OSIE --out runs/fine/
        wepsam finetune --recipe lite -d osie=data/OSIE -d csv=data/own --out runs/lite/
        wepsam finetune --recipe lite -d osie=data/OSIE --weak weak-taught/ --out runs/student/

    Needs pip install 'wepsam[train]'.
    """
    run = wepsam.finetune(
        datasets, out, start=start, validation=validation or (), weak=weak, keep=keep, recipe=recipe,
        changes=changes or (), network=network or (), memory=memory, workers=workers, devices=Devices(devices, nodes, strategy),
    )  # fmt: skip
    _print_run(run)


def export(
    checkpoint: training_options.Checkpoint,
    out: training_options.ExportOut,
    storage: training_options.Storage = None,
    mirror: training_options.Mirror = True,
    area: training_options.Area = None,
    scales: training_options.Scales = None,
    calibration: training_options.ExportCalibration = None,
    probe: training_options.Probe = None,
    card: training_options.Card = None,
) -> None:
    """Turn a checkpoint into an .onnx file that predicts without torch.

    The file is checked against the checkpoint and written only if their maps agree.

        wepsam export runs/fine/ own.onnx
        wepsam export runs/lite/ own.onnx --calibration adapted/calibration.json --probe data/OSIE/

    Needs pip install 'wepsam[train]'.
    """
    from wepsam import cards

    try:
        sizes = tuple(map(float, scales.split(","))) if scales else None
    except ValueError:
        raise ValueError(f"--scales takes numbers with commas between them, not {scales!r}") from None
    path = wepsam.export(
        checkpoint, out, storage=storage, mirror=mirror, area=area, scales=sizes, calibration=calibration,
        card=cards.load(card) if card else None, probe=probe,
    )  # fmt: skip
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def _print_run(run: "Run") -> None:
    if not outside().is_first:
        return
    print(f"best validation loss {run.validation_loss:.4g}: {run.best}")
    print(f"log: {run.log}")
