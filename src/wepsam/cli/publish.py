"""wepsam publish: a model on the Hugging Face Hub."""

import sys

import typer

import wepsam
from wepsam.cli import options, output, training_options


def publish(
    model: training_options.PublishModel,
    repository: training_options.Repository,
    private: training_options.Private = False,
    folder: training_options.PublishFolder = None,
    card: training_options.Card = None,
    yes: training_options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Publish a model on the Hugging Face Hub, where everybody loads it as hf:OWNER/NAME.

    The repository gets the .onnx file, its card, a page made of the card, a picture of an answer and notes of the license;
    of a run, the weights for training, too. What is going to be pushed is shown first. Only files that an earlier call wrote
    are replaced. The token is that of `hf auth login`, or HF_TOKEN.

        wepsam publish wepsam-lite me/lite --folder repository/
        wepsam publish own.onnx me/own --private
        wepsam publish runs/fine/ me/fine --card terms.json --yes
        wepsam predict street.jpg --model hf:me/own --out maps/

    Needs pip install 'wepsam[hub]'; for a run also 'wepsam[train]'.
    """
    from wepsam import cards

    done = wepsam.publish(
        model, repository, private=private, folder=folder, card=cards.load(card) if card else None,
        ask=None if yes else _ask,
    )  # fmt: skip
    if as_json:
        output.print_json(vars(done))
    elif done.folder:
        for name, size in done.files.items():
            print(f"{done.folder / name}: {size:,} bytes")
    elif done.url:
        print(f"{done.url}\nload it as hf:{done.repository}")
    if done.folder is None and done.url is None:
        output.to_stderr("nothing was pushed")
        raise typer.Exit(1)


def _ask(plan: str) -> bool:
    """Whether to push what the plan says."""
    for line in plan.splitlines():
        output.to_stderr(line)
    if sys.stdin is None or not sys.stdin.isatty():
        raise ValueError("nobody can be asked whether to push this; --yes pushes it, --folder writes it here")
    return typer.confirm("Push this?", err=True)
