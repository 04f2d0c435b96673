"""wepsam gaze: people's own eye tracking."""

from __future__ import annotations

import typer

from wepsam import files
from wepsam.cli import answer_options, gaze_options, layout, options, output

GAZE = layout.group(
    "gaze",
    """Make a dataset of your own eye tracking, check it, and draw it.

    Reads EyeLink ASC, Tobii Pro Lab, Pupil Labs, BIDS, jsPsych, and any table with a row for each fixation or sample. The
    result is a dataset like any other.

        wepsam gaze import recordings/ --stimuli pictures/ --out study/
        wepsam evaluate wepsam-lite -d csv=study/ --references
    """,
)


def import_files(
    recordings: gaze_options.Recordings,
    stimuli: gaze_options.SeenPictures,
    out: gaze_options.StudyOut,
    screen: gaze_options.Screen = None,
    picture: gaze_options.Place = None,
    scale: gaze_options.Scale = None,
    unit: gaze_options.Unit = None,
    origin: gaze_options.Origin = None,
    y: gaze_options.Y = None,
    eye: gaze_options.Eye = "best",
    columns: gaze_options.Columns = None,
    image: gaze_options.Image = None,
    observer: gaze_options.Observer = None,
    trials: gaze_options.Trials = None,
    time: gaze_options.Time = None,
    detect: gaze_options.Detect = False,
    pixels_per_degree: gaze_options.ScreenDegree = None,
    as_json: options.Json = False,
) -> None:
    """Make a dataset of trackers' files and the pictures that people saw.

    OUT/fixations.csv has a row for each fixation, in pixels of its picture: image, observer, x, y, duration and onset in
    seconds. OUT/stimuli/ has the pictures, OUT/import.json says what was read, assumed and dropped. Places and
    sizes are taken from the file: EyeLink's IMGLOAD and DISPLAY_COORDS, Tobii's columns of the media, the JSON of BIDS. An
    option overrides the file. Fixations beside their picture are left out and counted. If these are more than half, or if
    the places cannot be right for another reason, the command refuses the file and names the likely reason. A file that cannot be read is reported, and
    the exit code is then 1.

        wepsam gaze import s01.asc s02.asc --stimuli pictures/ --out study/
        wepsam gaze import sub-01/ --stimuli pictures/ --out study/ --picture center --scale fit
        wepsam gaze import log.csv --stimuli pictures/ -o study/ --screen 1920x1080 --scale none
        wepsam gaze import log.csv --stimuli pictures/ -o study/ --columns x=gx,y=gy --origin picture
        wepsam evaluate wepsam-lite -d csv=study/
    """
    from wepsam.gaze import import_gaze

    done = import_gaze(
        [str(one) for one in recordings], stimuli, out, screen=screen, picture=picture, scale=scale, unit=unit,
        origin=origin, y=y, eye=eye, columns=_mapping(columns), image=image, observer=observer, trials=trials, time=time,
        detect=detect, pixels_per_degree=pixels_per_degree,
    )  # fmt: skip
    if as_json:
        output.print_json(done.about)
    else:
        about = done.about
        print(
            f"{files.shown(done.folder)}: {about['pictures']} pictures, {about['observers']} observers, "
            f"{about['fixations'].get('kept', 0)} fixations"
        )
        print("fixations: " + ", ".join(f"{count} {what}" for what, count in about["fixations"].items()))
        for line in about["assumed"]:
            print(f"assumed: {line}")
    for line in [*done.doubts, *done.failed]:
        output.to_stderr(line)
    if done.failed:
        raise typer.Exit(1)


def check_study(
    study: gaze_options.Study,
    out: gaze_options.CheckOut = None,
    groups: gaze_options.Groups = None,
    sigma: options.Sigma = None,
    as_json: options.Json = False,
) -> None:
    """Say how good the data are: lost samples, drift, who agrees with whom.

    Writes check.html, a page for people, and check.json. All others predict each observer. An observer whom they do not
    predict is named. What people reach in this way is also the most that a model could reach. Remarks go to stderr.

        wepsam gaze check study/
        wepsam gaze check study/ --out report/ --groups groups.csv

    Needs pip install 'wepsam[report]'.
    """
    from wepsam.gaze import check

    done = check(study, out, groups=groups, sigma=sigma)
    if as_json:
        output.print_json(done.said)
    else:
        numbers, agreement = done.said["numbers"], done.said["agreement"]
        print(f"{numbers['pictures']} pictures, {numbers['observers']} observers, {numbers['fixations']} fixations")
        if agreement:
            for name, title in (("nss", "NSS"), ("auc_judd", "AUC-Judd")):
                one = agreement[name]
                print(
                    f"{title} of one observer by the others: {one['mean']:.3f} ({one['low']:.3f} to {one['high']:.3f})"
                )
        print(files.shown(done.page))
        print(files.shown(done.numbers))
    for line in done.said["remarks"]:
        output.to_stderr(line)


def draw_study(
    study: gaze_options.Study,
    out: gaze_options.DrawOut,
    kinds: gaze_options.Kinds = "heat",
    picture: gaze_options.OfPicture = None,
    observer: gaze_options.OfObserver = None,
    each: gaze_options.Each = False,
    groups: gaze_options.Groups = None,
    group: gaze_options.Group = None,
    compare: gaze_options.Compare = None,
    first: gaze_options.First = None,
    sigma: options.Sigma = None,
    opacity: answer_options.Opacity = 0.75,
    colors: options.Colors = "ember",
    size: answer_options.DrawnSize = None,
    dpi: answer_options.Dpi = None,
    legend: answer_options.DrawnLegend = True,
) -> None:
    """Draw what people did: heat maps, fixations, scanpaths, differences.

    The area of a disc is the duration of its fixation. The numbers of a scanpath say the order. A difference is that of
    two groups of observers: lines surround the places that differ more than those of random groups (permutation test
    over observers, corrected for looking at all places). A file that wepsam did not draw is never replaced.

        wepsam gaze draw study/ --as heat,scanpaths --out drawings/
        wepsam gaze draw study/ --as heat --first 1 --first 3 --out drawings/
        wepsam gaze draw study/ --as scanpaths --each --picture street.jpg --out drawings/
        wepsam gaze draw study/ --as difference --groups groups.csv --compare A,B --out drawings/
    """
    from wepsam.drawing import Style
    from wepsam.gaze import draw

    style = Style(opacity, colors, size, dpi, legend)
    done = draw(
        study, out, kinds=kinds, pictures=picture or (), observers=observer or (), each=each, groups=groups, group=group,
        compare_groups=compare, first=first, sigma=sigma, style=style,
    )  # fmt: skip
    for path in done.written:
        print(files.shown(path))
    for name, one in done.differences.items():
        output.to_stderr(f"{name}: p = {one.p:.3g}")
    if done.p is not None:
        output.to_stderr(f"on any of the pictures: p = {done.p:.3g}")
    for line in done.failed:
        output.to_stderr(line)
    if done.failed:
        raise typer.Exit(1)


def _mapping(texts: list[str] | None) -> dict[str, str]:
    """Columns by what they hold, of "x=gaze_x,y=gaze_y"."""
    from wepsam.gaze import GazeError

    found: dict[str, str] = {}
    for part in [part for text in texts or [] for part in text.split(",") if part.strip()]:
        role, separator, name = part.partition("=")
        if not separator or not name.strip():
            raise GazeError(f"--columns has {part!r}; expected what it holds and its name, as in x=gaze_x,y=gaze_y")
        found[role.strip()] = name.strip()
    return found


layout.add(GAZE, import_files, word="import")
layout.add(GAZE, check_study, word="check")
layout.add(GAZE, draw_study, word="draw")
