"""Drawings of many files: what `wepsam draw` does."""

import dataclasses
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import numpy as np

from wepsam import files, progress, resolve
from wepsam.attention import screens
from wepsam.attention.answers import Attention, attend
from wepsam.attention.reading import Given
from wepsam.attention.screens import Viewport
from wepsam.calibration.presets import Which
from wepsam.drawing import drawings
from wepsam.drawing.side_by_side import before_after
from wepsam.drawing.styles import Style
from wepsam.images import MAX_PIXELS, ImageError, is_drawn, read_image, save_image
from wepsam.kinds import PictureWarning
from wepsam.prediction import predictor, targets
from wepsam.prediction.targets import BEFORE_AFTER, Images, Picture

BOTH = "before-after"
ALL = (*drawings.KINDS, BOTH)
SVG = " as SVG"  # behind the kind of a file


@dataclass
class Drawn:
    """The outcome of `draw`.

    Attributes:
        written: for each picture its files, by kind, such as "contours" and "contours as SVG".
        before_after: the drawing of two pictures, if there is one.
        failed: one line for each picture that could not be read, predicted or written.
        doubts: what to doubt, a line each.
    """

    written: dict[str, dict[str, str]] = field(default_factory=dict)
    before_after: str | None = None
    failed: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


# Long by its parameters and their documentation.
def draw(
    pictures: Images,
    out: str | PathLike[str],
    *,
    kinds: str | Iterable[str] = drawings.KINDS[0],
    areas: Given = None,
    unit: str | None = None,
    style: Style = drawings.DEFAULT,
    svg: bool = False,
    lines_only: bool = False,
    model: resolve.Model = predictor.DEFAULT,
    quality: str = predictor.QUALITIES[0],
    calibration: Which = None,
    max_pixels: int | None = None,
    viewport: str | tuple[int, int] | Viewport | None = None,
) -> Drawn:
    """Draw pictures, folders of them, or pictures named in list files; file names are made as `wepsam.predict` does.

    A picture that cannot be read is reported, and the work goes on with the next. A file that wepsam did not draw is
    never replaced.

    Args:
        pictures: a picture, folder (searched recursively) or list file (.txt), or several of them.
        out: folder for the drawings; made if missing.
        kinds: of ALL, as a sequence or comma-separated: OUT/STEM_heat.png and so on. "before-after" needs exactly two
            pictures, and gives OUT/before-after.png.
        areas: as `wepsam.attend` takes it, for each of the pictures.
        unit: of the areas.
        style: colors, opacity, sizes.
        svg: also write the kinds that are made of lines as SVG.
        lines_only: leave the picture out of these.
        model: as `wepsam.attend` takes it.
        quality: as `wepsam.attend` takes it.
        calibration: as `wepsam.attend` takes it.
        max_pixels: as `wepsam.attend` takes it.
        viewport: as `wepsam.attend` takes it.

    Raises:
        ImageError: there is no picture, two drawings would have the same name, or one would overwrite a picture.
        ValueError: another argument that is not as described. Nothing has been written then.
    """
    wanted = _wanted(kinds, areas, svg, lines_only)
    seen_through = screens.viewport(viewport)
    folder = Path(out)
    both = folder / BEFORE_AFTER if BOTH in wanted else None
    found = targets.find_pictures(pictures, folder, _endings(wanted, svg), both)
    if both and len(found) != 2:
        raise ValueError(f"{BOTH} needs exactly two pictures, got {len(found)}")
    predict = resolve.predictor(model, quality=quality, calibration=calibration)
    done, answers = Drawn(), []
    folder.mkdir(parents=True, exist_ok=True)
    for picture in progress.track(found, "drawing"):
        try:
            for target in picture.targets.values():
                files.below(folder, target.relative_to(folder).as_posix())  # a link in there may lead elsewhere
                _check_ours(target)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", PictureWarning)  # among the doubts
                answer = attend(
                    picture.path, areas, model=predict, unit=unit, max_pixels=max_pixels, viewport=seen_through
                )
            answer = _in_full(answer, picture, style, max_pixels or MAX_PIXELS)
            _write(answer, picture, style, lines_only)
        except (ValueError, OSError, MemoryError) as error:
            text = str(error) or "not enough memory"
            done.failed.append(files.naming(picture.path, text))
            continue
        done.written[str(picture.path)] = {kind: str(target) for kind, target in picture.targets.items()}
        done.doubts += [files.naming(picture.path, line) for line in answer.warnings]
        answers += [answer] if both else []
    if both and len(answers) == 2:
        _check_ours(both)
        save_image(both, before_after(answers[0], answers[1], style), drawn=True, dpi=style.dpi)
        done.before_after = str(both)
    for place in {target.parent for picture in found for target in picture.targets.values()}:
        files.remove_leftovers(place)
    return done


def _wanted(kinds: str | Iterable[str], areas: Given, svg: bool, lines_only: bool) -> list[str]:
    """The kinds to draw, each once."""
    names = kinds.split(",") if isinstance(kinds, str) else kinds
    wanted = [*dict.fromkeys(stripped for name in names if (stripped := name.strip()))]
    unknown = [kind for kind in wanted if kind not in ALL]
    if unknown or not wanted:
        raise ValueError(f"drawings are {', '.join(ALL)}, not {', '.join(unknown)!r}")
    if "areas" in wanted and areas is None:
        raise ValueError("there are no areas to draw; say which (--areas FILE)")
    if svg and not set(wanted) & set(drawings.OUTLINED):
        raise ValueError(f"SVG is for {', '.join(drawings.OUTLINED)}, and none of them is to be drawn")
    if lines_only and not svg:
        raise ValueError("lines only is for SVG files: add --svg")
    return wanted


def _endings(wanted: list[str], svg: bool) -> dict[str, str]:
    """How the names of files end, by kind."""
    endings = {kind: targets.DRAWINGS[kind] for kind in wanted if kind != BOTH}
    if svg:
        lines = [kind for kind in wanted if kind in drawings.OUTLINED]
        endings |= {kind + SVG: Path(targets.DRAWINGS[kind]).with_suffix(".svg").name for kind in lines}
    return endings


def _check_ours(target: Path) -> None:
    if target.exists() and not is_drawn(target):
        raise ImageError(f"{target} exists, and wepsam did not draw it; move it, or choose another folder")


def _in_full(answer: Attention, picture: Picture, style: Style, max_pixels: int) -> Attention:
    """The answer with as many pixels of the picture as are drawn: a predictor decodes no more than it needs."""
    wanted = style.shape(*answer.size)
    if wanted[0] <= answer.stimulus.shape[0] or answer.stimulus.shape[:2] == answer.size:
        return answer
    stimulus: np.ndarray = read_image(picture.path, smallest=min(wanted), max_pixels=max_pixels, shape=wanted)
    return dataclasses.replace(answer, stimulus=stimulus)


def _write(answer: Attention, picture: Picture, style: Style, lines_only: bool) -> None:
    for kind, target in picture.targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        if kind.endswith(SVG):
            text = drawings.draw_svg(answer, kind.removesuffix(SVG), style, picture=not lines_only)
            files.write_text(target, text)
        else:
            save_image(target, drawings.draw(answer, kind, style), drawn=True, dpi=style.dpi)
