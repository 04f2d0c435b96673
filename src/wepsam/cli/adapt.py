"""wepsam adapt: a model fitted to your own pictures, and what that changes."""

import wepsam
from wepsam.cli import options, output, training_options
from wepsam.training.devices import Devices


def adapt(
    pictures: training_options.AdaptPictures,
    out: training_options.AdaptOut,
    fixations: training_options.Fixations = None,
    maps: training_options.Maps = None,
    model: training_options.AdaptModel = "wepsam-lite",
    readout: training_options.Readout = False,
    full: training_options.Full = False,
    folds: training_options.Folds = 5,
    devices: training_options.Devices = None,
    nodes: training_options.Nodes = None,
    strategy: training_options.Strategy = "ddp",
    as_json: options.Json = False,
) -> None:
    """Step 3: fit a model to your own pictures in seconds, and measure whether that helps.

    Viewers differ in few things: how sharply they look, how close to the center they stay, and how noisy their
    fixations are. A few numbers say this: the calibration. They are fitted to where your viewers looked, which
    --fixations or --maps gives. Each picture is scored by numbers that were fitted to other pictures. A gain is
    reported only if its 95 % interval excludes zero. If there is none, the calibration stays as it was.

    OUT/adapted.onnx is the adapted model. OUT/calibration.json has the numbers and what they mean. OUT/before-after.png
    shows the best, the median and the worst change. OUT/scores/ has the scores of every picture. --readout and --full
    tune the weights of the network instead.

        wepsam adapt pages/ --fixations pages.csv --out adapted/
        wepsam predict others/ --model adapted/adapted.onnx --out maps/

    Needs pip install 'wepsam[classical]'; for --readout and --full 'wepsam[train]'.
    """
    from wepsam.evaluation import comparison, table

    adapted = wepsam.adapt(
        pictures, out, fixations=fixations, maps=maps, model=model, readout=readout, full=full, folds=folds,
        devices=Devices(devices, nodes, strategy),
    )  # fmt: skip
    if as_json:
        scores = {"before": adapted.before.summary(), "after": adapted.after.summary()}
        calibration = {"calibration": adapted.calibration.as_dict()} if adapted.calibration else {}
        found = {"summary": adapted.summary, "gains": adapted.gains, "losses": adapted.losses, "model": adapted.model}
        output.print_json(found | calibration | scores)
        return
    print(table.as_markdown(comparison.score_table([adapted.before, adapted.after])))
    print(f"\n{table.as_markdown(adapted.change.comparison)}")
    print(f"\n{adapted.summary}")
    print(f"\n{out}: {'adapted.onnx' if adapted.model else 'calibration.json'}")
