"""People's own eye tracking: trackers' files in, a dataset like any other out, checked and drawn.

wepsam.gaze.import_gaze("recordings/", "pictures/", "study/")
wepsam.gaze.check("study/")
wepsam.gaze.draw("study/", "drawings/", kinds="heat,scanpaths")
"""

from typing import TYPE_CHECKING, Any

from wepsam import extras
from wepsam.gaze.draw_folder import Drawn, draw
from wepsam.gaze.importing import Imported, import_gaze
from wepsam.gaze.study import Study, read_study
from wepsam.gaze.viewing import GazeError

if TYPE_CHECKING:
    from wepsam.gaze.check_page import check as check

__all__ = ["Drawn", "GazeError", "Imported", "Study", "check", "draw", "import_gaze", "read_study"]


def __getattr__(name: str) -> Any:
    """`check` needs Jinja2, which the others do without."""
    if name == "check":
        try:
            from wepsam.gaze.check_page import check
        except ModuleNotFoundError as error:
            raise extras.missing(error, "wepsam gaze check") from None
        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
