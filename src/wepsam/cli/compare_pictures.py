"""wepsam compare-pictures: which areas of two pictures gain, which lose, and whether one can be sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import wepsam
from wepsam.cli import answer_options, options, output

if TYPE_CHECKING:
    from wepsam.attention.comparing import Comparison

COLUMNS = ("area", "A", "B", "change", "90 % interval", "verdict")


def compare_pictures(
    a: answer_options.PictureA,
    b: answer_options.PictureB,
    areas: answer_options.AreasOfBoth = None,
    areas_b: answer_options.AreasB = None,
    out: answer_options.DifferenceOut = None,
    model: options.PredictModel = "wepsam-lite",
    unit: options.Unit = None,
    viewers: options.Viewers = 15,
    seconds: options.Seconds = 3.0,
    quality: options.Quality = "best",
    calibration: options.CalibrationOf = None,
    max_pixels: options.MaxPixels = None,
    viewport: options.Viewport = None,
    as_json: options.Json = False,
) -> None:
    """Compare two pictures, such as two variants of a design: which areas gain or lose attention.

    An area has a verdict only if the 90 % interval of the change excludes 0: then two groups of viewers, one for each
    picture, would most likely show the change, too. "undecided" means that nobody can tell from these maps. The
    intervals assume that the errors of the model on the two pictures are independent. On variants of one design they
    are alike, so there the intervals are wider than needed. Pictures of different sizes are compared in shares of
    their sides. (`wepsam compare` compares models, by their scores.)

        wepsam compare-pictures old.png new.png --areas areas.json
        wepsam compare-pictures old.png new.png --out difference.png
        wepsam compare-pictures old.png new.png --areas old.json --areas-b new.json --json
    """
    from wepsam.images import check_drawing, save_image

    if out is not None:
        check_drawing(out)
    found = wepsam.compare_pictures(
        a, b, areas, areas_b, model=model, unit=unit, viewers=viewers, seconds=seconds, quality=quality,
        calibration=calibration, max_pixels=max_pixels, viewport=viewport,
    )  # fmt: skip
    if out is not None:
        save_image(out, found.draw(), drawn=True)
    if as_json:
        output.print_json(found.as_dict())
    else:
        for line in table(found):
            print(line)
        print(
            f"\n{found.moved:.0%} of the attention lies elsewhere in B.\n{found.a.model}, calibration "
            f"{found.a.calibration}. Intervals: two groups of {found.a.group.viewers} viewers, {found.a.group.seconds:.3g} s."
        )
    for line in found.warnings:
        output.to_stderr(line)


def table(found: Comparison) -> list[str]:
    """The areas of both pictures as lines of a table; areas of one picture alone stand at the end, without a verdict."""
    rows = [list(COLUMNS)]
    for change in found.changes:
        interval = f"{change.change_low:+.1%} to {change.change_high:+.1%}"
        shares = [f"{share:.1%}" for share in (change.share_a, change.share_b)]
        rows.append([change.label, *shares, f"{change.change:+.1%}", interval, change.verdict])
    rows += [[area.label, f"{area.share:.1%}", *[""] * 4] for area in found.a.areas if area.label in found.only_a]
    rows += [[area.label, "", f"{area.share:.1%}", *[""] * 3] for area in found.b.areas if area.label in found.only_b]
    rows.append(["everything else", f"{found.a.elsewhere:.1%}", f"{found.b.elsewhere:.1%}", *[""] * 3])
    return output.aligned(rows)
