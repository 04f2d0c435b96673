"""wepsam areas: what the areas of a picture get, and how sure that is."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import wepsam
from wepsam.cli import options, output

if TYPE_CHECKING:
    from wepsam.attention.answers import Attention
    from wepsam.gaze.measured import Measured
    from wepsam.video.attention import ClipAttention

PEOPLE = ("area, measured", "share", "90 % interval", "dwell", "first look", "seen by", "fixations")
KEYS = ("label", "share", "share_low", "share_high", "lift", "center_share", "surface", "seen")  # of --json
CLIP_COLUMNS = ("area", "share", "while there", "there", "surface", "most", "seen", "half have seen it by")
COLUMNS = ("area", "share", "90 % interval", "lift", "center alone", "surface", "seen", "rank")


def areas(
    picture: options.PictureOrClip,
    areas: options.Areas,
    model: options.PredictModel = "wepsam-lite",
    unit: options.Unit = None,
    viewers: options.Viewers = 15,
    seconds: options.Seconds = 3.0,
    fixations: options.SeenBy = None,
    quality: options.Quality = "best",
    calibration: options.CalibrationOf = None,
    max_pixels: options.MaxPixels = None,
    viewport: options.Viewport = None,
    people: options.People = None,
    fps: options.Fps = 10.0,
    shown: options.Shown = None,
    as_json: options.Json = False,
) -> None:
    """Say how much attention each area of a picture or clip gets, and how sure that is.

    The share of an area is the part of all fixations that are expected in it. Its interval holds the share that a
    group of viewers would show, in 9 of 10 cases. The lift is the share divided by the surface: 1 is what the area
    would get if people looked everywhere alike. "Center alone" is what its place would get if nothing in the picture
    attracted anybody. Remarks say what to doubt; they go to stderr with --json, which prints a list of objects.
    --people adds what observers did: their share of fixations, their mean time in the area, the time of their first
    look.

        wepsam areas page.png --areas areas.json
        wepsam areas photo.jpg --areas mask.png --viewers 30 --json
        wepsam areas photo.jpg --areas boxes.csv --unit pixels --seconds 5
        wepsam areas long-page.png --areas areas.json --viewport 1280x800
        wepsam areas page.png --areas areas.json --people study/

    For a clip: the share over the whole time, and while the area is there; the largest share, and when; the chance
    that a viewer has seen it by the end, and the second by which that is a half. Then follow the scenes. --json also
    has the share at each moment. Areas may move (key frames): docs/how-to/video.md shows how.

        wepsam areas clip.mp4 --areas areas.json --fps 5

    areas.json: [{"label": "buy", "box": [0.7, 0.1, 0.9, 0.2]}], as x0, y0, x1, y1 in shares of the sides.
    docs/how-to/attention.md shows all forms: polygons, COCO, Label Studio, CSV, masks and boxes of a browser.
    """
    from wepsam.prediction.targets import is_clip

    if is_clip(str(picture)):
        from wepsam.video.attention import attend_clip, unused

        if (people, viewport, fixations) != (None, None, None):
            raise ValueError("--people, --viewport and --fixations are for pictures, not for clips")
        show_clip(
            attend_clip(
                picture, areas, model=model, unit=unit, quality=quality, calibration=calibration, fps=fps, shown=shown,
                max_pixels=max_pixels,
            ),
            as_json,
        )  # fmt: skip
        for line in unused(viewers, seconds):
            output.to_stderr(line)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wepsam.PictureWarning)  # printed below
        found = wepsam.attend(
            picture, areas, model=model, unit=unit, viewers=viewers, seconds=seconds, fixations=fixations,
            quality=quality, calibration=calibration, max_pixels=max_pixels, viewport=viewport,
        )  # fmt: skip
    show(found, as_json, None if people is None else _measured(found, people))


def show(found: Attention, as_json: bool, measured: list[Measured] | None = None) -> None:
    """Print the areas of a picture, what people did with them, and what to doubt."""
    if as_json:
        from wepsam.attention.answers import rounded

        rows = [{key: rounded(getattr(area, key)) for key in KEYS} for area in found.areas]
        people = {one.label: rounded(one.as_dict()) for one in measured or []}
        output.print_json([row | ({} if measured is None else {"people": people.get(row["label"])}) for row in rows])
    else:
        for line in table(found):
            print(line)
        if measured is not None:
            print()
            for line in people_table(measured):
                print(line)
        print(
            f"\n{found.model}, calibration {found.calibration}. Intervals: {found.group.viewers} viewers, "
            f"{found.group.seconds:.3g} s. Seen: at least one of {found.fixations:.3g} independent fixations."
        )
    for line in found.warnings:
        output.to_stderr(line)


def _measured(found: Attention, people: Path) -> list[Measured]:
    """What people did with the areas; a line on stderr if the picture is not among theirs."""
    from wepsam.gaze import measured, study

    seen = study.read_study(people).find(found.picture)
    if seen is None:
        output.to_stderr(f"{people} has no picture {found.picture}")
        return []
    return measured.measure(seen, found.shapes)


def people_table(measured: list[Measured]) -> list[str]:
    """What people did, as lines of a table with aligned columns."""
    rows = [
        [
            one.label, f"{one.share:.1%}", f"{one.share_low:.1%} to {one.share_high:.1%}",
            *("" if value is None else f"{value:.2f} s" for value in (one.dwell, one.first)),
            f"{one.seen:.0%} of {one.observers}", str(one.fixations),
        ]
        for one in measured
    ]  # fmt: skip
    return output.aligned([list(PEOPLE), *rows])


def show_clip(found: ClipAttention, as_json: bool) -> None:
    """Print the areas of a clip, its scenes, and what to doubt."""
    if as_json:
        output.print_json(found.as_dict())
    else:
        rows = [
            [
                area.label, f"{area.share:.1%}", f"{area.share_present:.1%}", f"{area.present:.0%}", f"{area.surface:.1%}",
                f"{area.peak:.1%} at {area.peak_time:.1f} s", f"{area.seen:.0%}",
                "never" if area.seen_by is None else f"{area.seen_by:.1f} s",
            ]
            for area in found.areas
        ]  # fmt: skip
        rows = [
            list(CLIP_COLUMNS),
            *rows,
            ["everything else", f"{found.elsewhere:.1%}", *[""] * (len(CLIP_COLUMNS) - 2)],
        ]
        for line in output.aligned(rows):
            print(line)
        print()
        for number, scene in enumerate(found.scenes, 1):
            shares = [(area.label, found.in_scene(area, scene)) for area in found.areas]
            said = ", ".join(f"{label} {share:.1%}" for label, share in shares if share is not None)
            print(f"scene {number}, {scene[0]:.1f} to {scene[1]:.1f} s: {said or 'no area is there'}")
        print(
            f"\n{found.model}, calibration {found.calibration}, shown at {found.shown[1]}x{found.shown[0]}; "
            f"{found.seconds:.1f} s, {len(found.times)} maps"
        )
    for line in found.warnings:
        output.to_stderr(line)


def table(found: Attention) -> list[str]:
    """The areas as lines of a table with aligned columns; the last row is everything else."""
    rows = [
        [
            area.label, f"{area.share:.1%}", f"{area.share_low:.1%} to {area.share_high:.1%}", f"{area.lift:.1f}",
            f"{area.center_share:.1%}", f"{area.surface:.1%}", f"{area.seen:.0%}", str(area.rank),
        ]
        for area in found.areas
    ]  # fmt: skip
    rows = [list(COLUMNS), *rows, ["everything else", f"{found.elsewhere:.1%}", *[""] * (len(COLUMNS) - 2)]]
    return output.aligned(rows)
