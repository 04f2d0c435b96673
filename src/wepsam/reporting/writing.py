"""`wepsam report`: pictures in, a folder with a page, its numbers and a table out."""

import dataclasses
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path, PurePath
from typing import Any

from wepsam import kinds, progress, resolve
from wepsam.attention import comparing
from wepsam.attention.answers import Attention, Screen, attend, reference_of
from wepsam.attention.reading import Given
from wepsam.attention.reference import Reference
from wepsam.calibration.presets import Which
from wepsam.files import not_ours, shown, write_json, write_text
from wepsam.gaze.measured import measure
from wepsam.gaze.study import read_study
from wepsam.prediction.predictor import DEFAULT, QUALITIES
from wepsam.prediction.targets import Images, is_clip, named
from wepsam.reporting import content, page, pdf, views

PAGE, NUMBERS, TABLE, PRINT = "report.html", "report.json", "areas.csv", "report.pdf"
MOST_PICTURES = 100  # of one page: its pictures are part of the file
MOST_TITLE = 200  # characters


@dataclass(frozen=True)
class Reported:
    """What `report` has done.

    Attributes:
        page: report.html.
        numbers: report.json.
        table: areas.csv.
        pdf: report.pdf, if it was asked for.
        failed: a line for each picture that could not be read; the page names them too.
        warnings: lines that say what to doubt, each with the name of its picture.
    """

    page: Path
    numbers: Path
    table: Path
    pdf: Path | None
    failed: tuple[str, ...]
    warnings: tuple[str, ...]


def report(
    pictures: Images,
    out: str | PathLike[str],
    areas: Given = None,
    *,
    compare: bool = False,
    title: str | None = None,
    as_pdf: bool = False,
    viewport: Screen = None,
    people: str | PathLike[str] | None = None,
    model: resolve.Model = DEFAULT,
    unit: str | None = None,
    viewers: int = 15,
    seconds: float = 3.0,
    fixations: float | None = None,
    quality: str = QUALITIES[0],
    calibration: Which = None,
    reference: Reference | str | PathLike[str] | None = None,
    max_pixels: int | None = None,
) -> Reported:
    """Write one page about pictures or clips: where people look, what each area gets, and how sure that is.

    Args:
        pictures: a path or several: pictures, folders, list files; at most `MOST_PICTURES`. Or clips, named one by one
            and without pictures among them; what counts for them alone is in docs/how-to/video.md.
        out: the folder for report.html, report.json and areas.csv. Those of an earlier report are replaced.
        areas: as `wepsam.attend` takes them; they count for each picture.
        compare: also say what each other picture gains and loses beside the first one, with verdicts.
        title: of the page; by default the name of the picture, or how many there are.
        as_pdf: also write report.pdf.
        viewport: as `wepsam.attend` takes it, for long pages.
        people: what observers did, beside the prediction: a folder that `wepsam gaze import` wrote, or any with
            stimuli/ and fixations.csv. Pictures are found by their names.
        model: as `wepsam.attend` takes it, as all that follow.
        unit: of the areas.
        viewers: people in the group whose shares the intervals are about.
        seconds: that each of them looks at the picture.
        fixations: n of the chance to be seen, 1 - (1 - share)**n.
        quality: "best" or "fast", if the model is given by name.
        calibration: if the model is given by name.
        reference: the pictures that the percentiles of scores are among.
        max_pixels: larger pictures are refused before they are decoded.

    Returns:
        The paths of the files, and what they say.

    Raises:
        ImageError: there are no pictures, or none of them can be read.
        AreaError: something is no area; one line.
        ImportError: Jinja2 is missing.
        ValueError: too many pictures; a file with one of our names that is not ours; what `wepsam.attend` refuses.
    """
    folder, found = Path(out), named(pictures)
    clips = [is_clip(str(path)) for path, _ in found]
    if any(clips):
        settings: dict[str, Any] = {"model": model, "unit": unit, "quality": quality, "calibration": calibration}
        if compare or as_pdf or viewport or people or not all(clips):
            raise ValueError(
                "a report is about pictures or about clips; of clips there is no comparison, PDF, viewport or people"
            )
        unused = {"viewers": viewers, "seconds": seconds, "fixations": fixations, "reference": reference}
        paths, settings = [path for path, _ in found], settings | {"max_pixels": max_pixels}
        return _of_clips(paths, folder, areas, title, settings, unused)
    if len(found) > MOST_PICTURES:
        raise ValueError(f"{len(found)} pictures; a report has at most {MOST_PICTURES}: make several")
    check(folder)
    _title(title, ())  # before any work
    print_page = pdf.printer() if as_pdf else None
    predict = resolve.predictor(model, quality=quality, calibration=calibration)
    among = reference_of(reference, predict)
    study = None if people is None else read_study(people)
    answers: list[tuple[dict[str, Any], Attention]] = []
    failures: list[Exception] = []
    failed: list[dict[str, str]] = []
    called = content.names([name for _, name in found], [path.as_posix() for path, _ in found])
    for (path, name), shown_as in progress.track([*zip(found, called, strict=True)], "report"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", kinds.PictureWarning)  # the page says it
                answer = attend(
                    path, areas, model=predict, unit=unit, viewers=viewers, seconds=seconds, fixations=fixations,
                    reference=among, max_pixels=max_pixels, viewport=viewport, name=name,
                )  # fmt: skip
            seen = None if study is None else study.find(name)
            measured = None if seen is None else measure(seen, answer.shapes)
            answers.append((content.of_picture(answer, shown_as, measured), small(answer)))
        except ValueError as error:  # of this picture, or of all: then it is raised below
            failures.append(error)
            failed.append({"picture": shown_as, "error": str(error).removeprefix(f"{shown(path)}: ")})
    if not answers:
        raise failures[0]
    return write(folder, answers, title, failed, print_page, compare)


def _of_clips(
    paths: Sequence[Path],
    folder: Path,
    areas: Given,
    title: str | None,
    settings: dict[str, Any],
    unused: dict[str, Any],
) -> Reported:
    """The report of clips; a warning names options of pictures that were given."""
    from wepsam.reporting import clips
    from wepsam.video import attention

    check(folder)
    called = f"Attention in {len(paths)} clips" if title is None and len(paths) > 1 else _title(title, [paths[0].name])
    found, failed = clips.of_clips(paths, areas, **settings)
    doubts = attention.unused(**unused) + clips.write(folder, found, called, failed, (PAGE, NUMBERS, TABLE))
    lines = tuple(f"{one['picture']}: {one['error']}" for one in failed)
    return Reported(folder / PAGE, folder / NUMBERS, folder / TABLE, None, lines, tuple(doubts))


def of_answer(answer: Attention, out: str | PathLike[str], title: str | None, as_pdf: bool) -> Reported:
    """The report of one picture about which all is known; see `Attention.report`."""
    folder, (name,) = Path(out), content.names([PurePath(answer.picture).name])
    check(folder)
    print_page = pdf.printer() if as_pdf else None
    numbers = content.of_picture(answer, name)
    return write(folder, [(numbers, small(answer))], title, [], print_page)


def small(answer: Attention) -> Attention:
    """The answer with a picture no larger than the page shows it, so that many fit into the memory."""
    return dataclasses.replace(answer, stimulus=views.fitted(answer.stimulus))


def compose(
    answers: Sequence[tuple[dict[str, Any], Attention]],
    title: str | None,
    failed: Sequence[dict[str, str]] = (),
    compare: bool = False,
) -> tuple[dict[str, Any], str]:
    """The numbers of a report and its page.

    Args:
        answers: of at least one picture, its numbers as `content.of_picture` gives them.
        title: of the page; None: by the pictures.
        failed: as `content.content` takes them.
        compare: the first picture with each other one.

    Raises:
        ValueError: the title is not one line.
    """
    named_after = _title(title, [numbers["picture"] for numbers, _ in answers])
    compared = [comparing.compared(answers[0][1], other) for _, other in answers[1:]] if compare else []
    said = content.content([numbers for numbers, _ in answers], named_after, failed, compared)
    drawn = [(views.thumbnail(a), views.of_answer(a)) for _, a in progress.track(answers, "drawing")]
    return said, page.render(said, drawn, [views.of_comparison(one) for one in compared])


def write(
    folder: Path,
    answers: Sequence[tuple[dict[str, Any], Attention]],
    title: str | None,
    failed: Sequence[dict[str, str]] = (),
    print_page: pdf.Printer | None = None,
    compare: bool = False,
) -> Reported:
    """Write the files of a report; each is whole or not there.

    Args:
        folder: as `check` has seen it.
        answers: as `compose` takes them, as the title and what failed.
        title: of the page.
        failed: the pictures that could not be read.
        print_page: as `pdf.printer` gives it; None: no PDF.
        compare: the first picture with each other one.
    """
    said, text = compose(answers, title, failed, compare)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / NUMBERS, said)  # first: it says whose folder this is
    write_text(folder / TABLE, content.csv_of_areas(said))
    write_text(folder / PAGE, text)
    if print_page is not None:
        print_page(folder / PAGE, folder / PRINT)
    doubts = [f"{one['picture']}: {line}" for one in said["pictures"] for line in one["warnings"]]
    lines = [f"{one['picture']}: {one['error']}" for one in failed]
    pdf_file = folder / PRINT if print_page is not None else None
    if pdf_file is None and (folder / PRINT).exists():
        doubts.append(f"{PRINT} in this folder is of an earlier report; --pdf makes it again")
    return Reported(folder / PAGE, folder / NUMBERS, folder / TABLE, pdf_file, tuple(lines), tuple(doubts))


def check(folder: Path) -> None:
    """See that nothing of somebody else's is in the way, before any work; ValueError with one line."""
    if name := not_ours(folder, (PAGE, NUMBERS, TABLE, PRINT), NUMBERS, content.FORMAT):
        raise ValueError(f"{name} is there and was not written by wepsam report; choose another --out")


def _title(given: str | None, names: Sequence[str]) -> str:
    if given is None:
        return f"Attention in {names[0]}" if len(names) == 1 else f"Attention in {len(names)} pictures"
    if not given.isprintable() or not 0 < len(given) <= MOST_TITLE:
        raise ValueError(f"the title is {given!r}; expected up to {MOST_TITLE} characters on one line")
    return given
