"""wepsam gate: do pictures keep rules? An exit code for a build pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

import wepsam
from wepsam import files
from wepsam.cli import answer_options, errors, options, output

if TYPE_CHECKING:
    from wepsam.attention.gating import Gated


def gate(
    pictures: options.Images,
    areas: answer_options.AreasOfEach = None,
    require: answer_options.Require = None,
    rules: answer_options.Rules = None,
    against: answer_options.Against = None,
    strict: answer_options.Strict = False,
    model: options.PredictModel = "wepsam-lite",
    unit: options.Unit = None,
    viewers: options.Viewers = 15,
    seconds: options.Seconds = 3.0,
    fixations: options.SeenBy = None,
    quality: options.Quality = "best",
    calibration: options.CalibrationOf = None,
    max_pixels: options.MaxPixels = None,
    viewport: options.Viewport = None,
    as_json: options.Json = False,
) -> None:
    """Check pictures against rules, with an exit code for a build pipeline.

    Exit code 0: all rules hold. 1: a rule fails, or a picture cannot be read; the others are checked. 2: a mistake in
    the call, such as a rule that cannot be read or an area that is not there. A rule is a number, an operator (>=, >,
    <=, <, ==) and a limit, which may be in percent. Of an area: LABEL.share, share_low, share_high, seen, lift,
    center_lift, center_share, surface, peak_level, rank. Of the picture: elsewhere, focus_50, focus_80, places,
    centeredness, clutter. A label with spaces or dots stands in double quotes. "Could be otherwise" says that the
    limit lies inside the 90 % interval; to ask for more certainty, set a rule for share_low or share_high.

        wepsam gate page.png --areas areas.json --require "buy.share>=5%"
        wepsam gate page.png -a areas.json -r '"buy now".share_low > 0.02' -r "clutter < 6" --json
        wepsam gate screens/ -a areas.json --rules rules.txt --strict
        wepsam gate new.png -a areas.json --against old.png -r "buy.change_low >= -1%"
    """
    from wepsam.attention.rules import read

    try:
        wanted = [*(require or ()), *(read(rules) if rules is not None else ())]
        found = wepsam.gate(
            pictures, wanted, areas, against=against, strict=strict, model=model, unit=unit, viewers=viewers,
            seconds=seconds, fixations=fixations, quality=quality, calibration=calibration, max_pixels=max_pixels,
            viewport=viewport,
        )  # fmt: skip
    except OSError as error:  # no file of areas or rules: not a rule that fails
        raise ValueError(errors.one_line(error)) from error
    if as_json:
        output.print_json([one.as_dict() for one in found])
    else:
        for line in output.aligned([row for one in found for row in rows(one)], left=3):
            print(line)
    for text in dict.fromkeys(
        files.naming(one.picture, line) for one in found for line in (*one.warnings, one.failed) if line
    ):
        output.to_stderr(text)
    if not all(one.holds for one in found):
        raise typer.Exit(errors.FAILED)


def rows(one: Gated) -> list[list[str]]:
    """A row for each rule of a picture: whether it holds, the rule, the value and its interval."""
    name = files.shown(one.picture)
    if one.failed:
        return [["FAILS", name, "cannot be read", "", "", ""]]
    lines = []
    for verdict in one.verdicts:
        interval = "" if verdict.low is None else f"{verdict.low:.3g} to {verdict.high:.3g}"
        state = "holds" if verdict.holds else "FAILS"
        lines.append(
            [
                state,
                name,
                str(verdict.rule),
                f"{verdict.value:.3g}",
                interval,
                "could be otherwise" * (verdict.sure is False),
            ]
        )
    if not one.holds and all(verdict.holds for verdict in one.verdicts):
        lines.append(["FAILS", name, "--strict: something is to be doubted", "", "", ""])
    return lines
