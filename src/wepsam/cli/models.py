"""wepsam models."""

import shutil

import wepsam
from wepsam.cli import options, output


def models(as_json: options.Json = False) -> None:
    """List all models by name.

    First the shipped networks, with their size, speed, scores and license terms; then the classical models, one per line,
    the best first. With --json: the whole cards.

        wepsam models
        wepsam models --json
    """
    from wepsam import cards
    from wepsam.prediction import predictor

    shipped = wepsam.models()
    if as_json:
        output.print_json(shipped | cards.classical())
        return
    # The default first, then the other networks of this package, then rivals.
    for name, card in sorted(shipped.items(), key=lambda item: (item[0] != predictor.DEFAULT, "wepsam" not in item[0])):
        print(f"{name}{' (the default)' if name == predictor.DEFAULT else ''}")
        for line in cards.describe(card):
            print(f"    {line}")
    print()
    for line in cards.table(shutil.get_terminal_size((100, 24)).columns):
        print(line)
