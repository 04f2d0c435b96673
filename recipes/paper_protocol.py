"""The paper's two steps at any part of their own length, in as many sittings as it takes.

    python recipes/paper_protocol.py pack runs/weak packed -d dut_omron=data/dut_omron
    python recipes/paper_protocol.py run packed runs/protocol --fraction 1/100 --minutes 10

`pack` writes the pictures as the network sees them, in files below 64 MiB, so that they can travel to a machine that
has an accelerator for some minutes. runs/weak is made by `wepsam label data/photos runs/weak --size 512`. `run` prints
a plan, then trains: step 1, step 2 and, with --random, step 2 from a random start. It ends after --minutes with a
checkpoint; the same command goes on. Bring its folder along: what it wrote is where it goes on.

Settings are those of `--recipe paper`, with augmentation because our photographs repeat. Leaving the plateau of the
mean map takes a number of steps, so a small fraction needs small batches: --set batch_size=16, and on a CPU
--set precision=bf16-mixed.
"""

import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from wepsam import progress
from wepsam.datasets import open_dataset
from wepsam.reproduction.protocol import pack as packing
from wepsam.reproduction.protocol import run as running

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.command()
def pack(
    weak: Annotated[Path, typer.Argument(help="Folder of weak labels.")],
    out: Annotated[Path, typer.Argument(help="Folder for the pack.")],
    dataset: Annotated[list[str], typer.Option("--dataset", "-d", help="NAME=FOLDER, with fixations; repeatable.")],
    keep: Annotated[float, typer.Option(help="Weak labels of lowest entropy: a number, or a share.")] = 0.5,
) -> None:
    """Write the pictures of both steps in pieces that travel."""
    for path in packing.pack(weak, [open_dataset(d) for d in dataset], out, keep=keep):
        print(f"{path.stat().st_size / (1 << 20):6.1f} MiB  {path}")


@app.command()
def run(
    packed: Annotated[Path, typer.Argument(help="Folder that pack wrote.")],
    out: Annotated[Path, typer.Argument(help="Folder for the runs.")],
    fraction: Annotated[str, typer.Option(help="Of the paper's length, such as 1 or 1/512.")] = "1",
    minutes: Annotated[float, typer.Option(help="Time after which it ends with a checkpoint.")] = float("inf"),
    random: Annotated[bool, typer.Option("--random", help="Step 2 from a random start as well.")] = False,
    changes: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE: another setting, in all.")] = None,
    only_plan: Annotated[bool, typer.Option("--plan", help="Print the plan, and train nothing.")] = False,
) -> None:
    """Train, or go on training; the plan comes first."""
    try:
        until, part = time.monotonic() + 60 * minutes, Fraction(fraction)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"--fraction is {fraction!r}; expected a number such as 1, 0.01 or 1/512") from None
    todo = running.trainings(packing.unpack(packed), part, changes or (), random)
    print(running.plan(todo, part))
    if not only_plan:
        running.carry_out(todo, out, until)


if __name__ == "__main__":
    progress.show()
    try:
        app()
    except (ValueError, OSError, FloatingPointError) as error:
        sys.exit(f"paper_protocol: {error}")
