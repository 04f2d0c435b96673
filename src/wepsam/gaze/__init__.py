"""People's own eye tracking: trackers' files in, a dataset like any other out, checked and drawn."""

from wepsam.gaze.importing import Imported, import_gaze
from wepsam.gaze.viewing import GazeError

__all__ = ["GazeError", "Imported", "import_gaze"]
