"""The command line. Commands are thin: they read arguments, call a public function, and print.

All commands stand in one list here, by stage, in the order of the pipeline. Results go to stdout; progress, warnings
and errors go to stderr, each error as one line. Exit codes: 0 success, 1 failure (the rest of the work is done), 2 a
mistake in the call, 130 interrupted (Ctrl-C), 143 terminated.
"""

import sys
from typing import Annotated

import typer

import wepsam
from wepsam import ending, progress
from wepsam.cli import (
    adapt,
    areas,
    compare,
    compare_pictures,
    crop,
    draw,
    errors,
    gate,
    gaze,
    label,
    layout,
    models,
    output,
    page,
    predict,
    publish,
    report,
    reproduce,
    score,
    scores,
    serve,
    train,
    webapp,
)
from wepsam.training import devices

HELP = """Where will people look in this picture? Weakly pre-learned saliency models (WEPSAM).

A map for each picture, what its areas get, and one page about it:

    wepsam predict street.jpg --out maps/
    wepsam areas page.png --areas areas.json
    wepsam report page.png --areas areas.json --out report/

The paper from start to end: a teacher labels photographs. A network learns the clear labels (step 1), then human
fixations (step 2). It is exported, and then it predicts and is scored:

    wepsam label photos/ weak/ --size 512
    wepsam pretrain weak/ --keep 0.5 --out runs/pre/
    wepsam finetune -d osie=data/OSIE --start runs/pre/ --out runs/fine/
    wepsam export runs/fine/ own.onnx
    wepsam predict street.jpg --model own.onnx --out maps/
    wepsam evaluate own.onnx -d osie=data/OSIE --references

Every command has its own --help with examples. An interrupted step resumes when it is started again.
"""

STAGES: dict[str, list[layout.Command]] = {
    "Predict": [predict.predict, draw.draw, models.models],
    "Answers": [
        areas.areas,
        scores.scores,
        scores.benchmark,
        crop.crop,
        report.report,
        compare_pictures.compare_pictures,
        gate.gate,
        page.page,
        webapp.app,
        serve.serve,
    ],
    "Step 1: weak labels": [label.label, label.inspect],
    "Steps 1 to 3: training": [train.pretrain, train.finetune, adapt.adapt, train.export, publish.publish],
    "Scores": [score.evaluate, compare.compare, compare.plot, score.DATASETS, gaze.GAZE, score.SUBMIT],
    "The paper": [compare.table1, reproduce.reproduce],
}

app = layout.group("wepsam", HELP)
for stage, commands in STAGES.items():
    for entry in commands:
        layout.add(app, entry, stage)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version, to quote it in a report.")] = False,
) -> None:
    """Set up what all commands share: warnings and progress on stderr."""
    progress.show()
    if version:
        print(wepsam.__version__)
    elif context.invoked_subcommand is None:
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(2)


def main() -> None:
    """Run the command in sys.argv and exit; every error becomes one line on stderr and an exit code."""
    ending.run(command)


def command() -> int:
    """Run the command in sys.argv; returns its exit code."""
    error: Exception | None = None
    code = 0
    with ending.printing() as finish:
        try:
            code = typer.main.get_command(app).main(sys.argv[1:], prog_name="wepsam", standalone_mode=False) or 0
        except errors.HANDLED as raised:
            error = raised
        except SystemExit as raised:  # Typer's answer to a pipe that nobody reads
            code = int(raised.code or 0)
        error = finish() or error
    if isinstance(error, typer.Abort):
        output.to_stderr("wepsam: interrupted; the same command resumes the work")
    elif error is not None and not _is_for_others(error):
        output.to_stderr(f"wepsam: {errors.one_line(error)}")
    return code if error is None else errors.exit_code(error)


def _is_for_others(error: Exception) -> bool:
    """Whether another process of the same training says this: each that torchrun or Slurm started has the same call."""
    return isinstance(error, devices.QuietError) or (
        isinstance(error, errors.UsageError) and not devices.outside().is_first
    )
