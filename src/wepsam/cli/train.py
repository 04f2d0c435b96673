"""wepsam pretrain, finetune, adapt, export: from labels and fixations to a file that predicts."""

import json
import sys
from pathlib import Path
from typing import Any

import wepsam
from wepsam.cli import _glue, options, output


def pretrain(
    weak: options.WeakFolder,
    out: options.RunOut,
    keep: options.KeepLabels = 100_000,
    start: options.Start = None,
    recipe: options.Recipe = "shipped",
    changes: options.Set = None,
    network: options.Network = None,
) -> None:
    """Step 1c: pre-train a network on the weak labels of lowest entropy.

    Prints the checkpoint with the lowest validation loss and the log. An interrupted run resumes from --out.

        wepsam pretrain weak/ --keep 0.5 --out runs/pre/
        wepsam pretrain weak-lite/ --recipe lite --keep 0.5 --out runs/lite-pre/
        wepsam pretrain weak/ --recipe paper --set epochs=3 --out runs/try/
    """
    from wepsam.training import stages

    settings = _glue.settings(recipe, 0, changes)
    _print_run(
        stages.pretrain(
            weak, out, keep=keep, start=_glue.start(start, recipe), network=_glue.network(network, recipe),
            settings=settings,
        )
    )  # fmt: skip


def finetune(
    dataset: options.Datasets,
    out: options.RunOut,
    start: options.Start = None,
    weak: options.Weak = None,
    recipe: options.Recipe = "shipped",
    changes: options.Set = None,
    network: options.Network = None,
) -> None:
    """Step 2: fine-tune a network on human fixations.

    Learns from the training parts of the datasets; their validation parts select the checkpoint. An interrupted run
    resumes from --out.

        wepsam finetune --start runs/pre/ -d osie=data/OSIE --out runs/fine/
        wepsam finetune --recipe lite -d osie=data/OSIE -d csv=data/own --out runs/lite/
        wepsam finetune --recipe lite -d osie=data/OSIE --weak weak-taught/ --out runs/student/
    """
    from wepsam.datasets import open_dataset
    from wepsam.training import stages

    settings, opened = _glue.settings(recipe, 1, changes), [open_dataset(d) for d in dataset]
    _print_run(
        stages.finetune(
            _glue.start(start, recipe), opened, out, weak=weak, network=_glue.network(network, recipe),
            settings=settings,
        )
    )  # fmt: skip


def adapt(
    pictures: options.AdaptPictures,
    out: options.AdaptOut,
    fixations: options.Fixations = None,
    maps: options.Maps = None,
    model: options.AdaptModel = "wepsam-lite",
    full: options.Full = False,
    folds: options.Folds = 5,
    as_json: options.Json = False,
) -> None:
    """Step 3: adapt a shipped network to your own pictures, and measure whether that helps.

    Each picture is scored by a network that has not seen it. A gain is reported only if its 95 % interval excludes zero.
    OUT/adapted.onnx is the adapted model. Say where people looked with --fixations or with --maps.

        wepsam adapt pages/ --fixations pages.csv --out adapted/
        wepsam predict others/ --model adapted/adapted.onnx --out maps/
    """
    from wepsam.datasets.own import pictures_with_csv, pictures_with_maps
    from wepsam.deploy import to_onnx
    from wepsam.evaluation.table import as_markdown, markdown
    from wepsam.prediction.predictor import weights_file
    from wepsam.training import adaptation

    if (fixations is None) == (maps is None):
        raise ValueError("say where people looked: either --fixations FILE.csv or --maps FOLDER")
    name = pictures.resolve().name
    if maps is not None:
        dataset = pictures_with_maps(pictures, maps, name=name)
    else:
        dataset = pictures_with_csv(pictures, table=fixations, name=name)
    if len(dataset) < 50:
        print(f"{len(dataset)} pictures are few: expect wide intervals", file=sys.stderr)
    start = weights_file(model) if model in wepsam.models() else Path(model)
    tuned = adaptation.adapt(start, dataset, out, full=full, folds=folds)
    about = {"adapted from": model, "adapted to": f"{len(dataset)} pictures of {name}", "gains": tuned.gains}
    # Looked at and sharpened as what it comes from.
    sharpness = wepsam.load(start).card.get("sharpness", 1.0) if start.suffix == ".onnx" else 1.0
    file = to_onnx.export(tuned.weights, out / "adapted.onnx", card=about, sharpness=sharpness)
    if as_json:
        output.print_json(
            about | {"before": tuned.before.summary(), "after": tuned.after.summary(), "model": str(file)}
        )
        return
    print(markdown([tuned.before, tuned.after]), as_markdown(tuned.change), sep="\n\n")
    if tuned.losses:
        print(f"\nworse in {', '.join(tuned.losses)}: look closely before you use it")
    if tuned.gains:
        print(f"\nbetter in {', '.join(tuned.gains)}, on pictures that it has not learned from: {file}")
    else:
        print(f"\nno gain found: keep {model}, or add pictures and try again ({file} is written anyway)")


def export(
    checkpoint: options.Checkpoint,
    out: options.ExportOut,
    wide: options.Wide = None,
    mirror: options.Mirror = True,
    area: options.Area = None,
    scales: options.Scales = None,
    sharpness: options.Sharpness = 1.0,
    blur: options.Blur = 0.0,
    floor: options.Floor = 0.0,
    probe: options.Probe = None,
    card: options.Card = None,
) -> None:
    """Turn a checkpoint into an .onnx file that predicts without torch.

    The file is checked against the checkpoint and written only if their maps agree.

        wepsam export runs/fine/ own.onnx
        wepsam export runs/lite/ own.onnx --sharpness 1.2 --probe data/OSIE/
    """
    from wepsam.deploy import to_onnx

    try:
        sizes = tuple(map(float, scales.split(","))) if scales else to_onnx.SCALES
    except ValueError:
        raise ValueError(f"--scales takes numbers with commas between them, not {scales!r}") from None
    path = to_onnx.export(
        checkpoint, out, wide=wide, mirror=mirror, area=area, scales=sizes, sharpness=sharpness, blur=blur, floor=floor,
        card=json.loads(card.read_text(encoding="utf-8")) if card else None, probe=probe,
    )  # fmt: skip
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def _print_run(run: Any) -> None:
    print(f"best validation loss {run.validation_loss:.4g}: {run.best}")
    print(f"log: {run.log}")
