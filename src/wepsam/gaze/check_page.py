"""The page and the JSON of `wepsam gaze check`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from wepsam import progress
from wepsam.drawing.styles import Style
from wepsam.files import not_ours, write_json, write_text
from wepsam.gaze import checking, drawing
from wepsam.gaze.study import Study, read_study
from wepsam.gaze.viewing import GazeError
from wepsam.reporting import page
from wepsam.reporting.views import data_url

PAGE, NUMBERS = "check.html", "check.json"
SHOWN = 12  # pictures on the page
WIDE = Style(size=480, legend=False)


@dataclass(frozen=True)
class Checked:
    """What `check` has done.

    Attributes:
        page: check.html.
        numbers: check.json.
        said: what check.json holds; see `checking.check`.
    """

    page: Path
    numbers: Path
    said: dict[str, Any]


def check(
    study: str | PathLike[str],
    out: str | PathLike[str] | None = None,
    *,
    groups: str | PathLike[str] | None = None,
    sigma: float | None = None,
) -> Checked:
    """Say how good a study is: data loss, fixations, drift, who agrees with whom, and what a model could reach at most.

    Args:
        study: a folder that `import_gaze` wrote, or any with stimuli/ and fixations.csv.
        out: folder for check.html and check.json; by default the study itself.
        groups: a table with the columns observer and group, in place of the column group of the study.
        sigma: standard deviation of the densities in pixels; by default 3 % of each picture's longer side.

    Returns:
        The paths of both files, and what they say.

    Raises:
        DatasetError: the study is not as expected, or files of our names are there that are not ours.
        ImportError: Jinja2 is missing.
        GazeError: files of our names are there that are not ours; a DatasetError.
    """
    folder = Path(study if out is None else out)
    if name := not_ours(folder, (PAGE, NUMBERS), NUMBERS, checking.CHECK):
        raise GazeError(f"{folder / name} is there and was not written by wepsam gaze check; choose another --out")
    known = read_study(study, groups, sigma=sigma)
    said = checking.check(known)
    text = render(said, _shown(known, said))
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / NUMBERS, said)  # first: it says whose folder this is
    write_text(folder / PAGE, text)
    return Checked(folder / PAGE, folder / NUMBERS, said)


def render(said: Mapping[str, Any], shown: list[tuple[str, str]]) -> str:
    """The page as HTML. It asks for nothing from outside.

    Args:
        said: as `checking.check` gives it.
        shown: names of pictures, and their heat maps as data: URLs.
    """
    template = page.environment("wepsam.gaze").get_template("check.html.jinja")
    return template.render(check=said, shown=shown, policy=page.POLICY)


def _shown(study: Study, said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The heat maps of the pictures on which people agree least and most, or of all if they are few."""
    names = [one["picture"] for one in sorted(said["pictures"], key=lambda one: (one["nss"] is None, one["nss"]))]
    chosen = names if len(names) <= SHOWN else [*names[: SHOWN // 2], *names[-(SHOWN // 2) :]]
    return [(name, data_url(drawing.heat(study.seen[name], WIDE))) for name in progress.track(chosen, "drawing")]
