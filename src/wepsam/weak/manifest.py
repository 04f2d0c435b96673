"""The manifest of a weak-label folder: its settings, its picture list's fingerprint, and the counts of its pictures."""

import json
from dataclasses import asdict, dataclass

from wepsam import files
from wepsam.files import PathOrUrl

STIMULUS_SIZE = 128  # pixels: the input of the paper's network
MAP_SIZE = 32  # cells
MANIFEST = "manifest.json"


class StoreError(ValueError):
    """A weak-label folder is missing, damaged, or made with other settings. One line."""


class DamagedError(StoreError, OSError):
    """A file of the folder is missing or broken: the call itself was correct."""


@dataclass(frozen=True)
class LabelSettings:
    """The settings on which the content of a part depends."""

    teacher: str = "gbvs"
    size: int | None = 128  # pixels: side of the square that the teacher sees; None = the whole picture
    keep_aspect: bool = False  # `size` and `stimulus_size` are shorter sides, and the map has the picture's aspect
    part_size: int = 500  # pictures per part
    stimulus_size: int = STIMULUS_SIZE  # pixels: side of the stored square, or its shorter side
    map_size: int = MAP_SIZE  # cells: side of the stored map, or its longer side

    def __str__(self) -> str:
        size = f"{self.size} px" if self.size else "full size"
        aspect = " in its own aspect" * self.keep_aspect
        stored = ""
        if (self.stimulus_size, self.map_size) != (STIMULUS_SIZE, MAP_SIZE):
            stored = f", stored at {self.stimulus_size} px with maps of {self.map_size}"
        return f"{self.teacher} at {size}{aspect} in parts of {self.part_size}{stored}"


@dataclass(frozen=True)
class Manifest:
    """What a folder holds, or will hold when all its parts are there."""

    settings: LabelSettings
    pictures: int
    fingerprint: str  # of the sorted picture list, see `PictureList.fingerprint`
    version: str  # of wepsam
    counts: dict[str, int] | None = None  # status -> pictures, once all parts are there

    @property
    def parts(self) -> int:
        return -(-self.pictures // self.settings.part_size)

    def size_of(self, part: int) -> int:
        """Number of pictures in a part; only the last part has fewer than the others."""
        return min(self.settings.part_size, self.pictures - part * self.settings.part_size)

    def to_json(self) -> bytes:
        return (json.dumps(asdict(self), indent=1) + "\n").encode()


def read_manifest(folder: PathOrUrl) -> Manifest:
    """The manifest of a weak-label folder.

    Raises:
        StoreError: there is none.
        DamagedError: it cannot be read.
    """
    path = files.join(folder, MANIFEST)
    try:
        contents = json.loads(files.read_bytes(path))
        return Manifest(**{**contents, "settings": LabelSettings(**contents["settings"])})
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(f"no weak labels at {folder}: expected {MANIFEST}; make them with wepsam label") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"{path} is damaged ({error}): delete it and run the same wepsam label again") from None


def claim(folder: PathOrUrl, manifest: Manifest) -> Manifest:
    """Start a folder, or make sure that it was started for the same photographs and settings.

    Args:
        folder: the weak-label folder, or its URL.
        manifest: what this run is going to make.

    Returns:
        The manifest in the folder.

    Raises:
        StoreError: the folder was started for other photographs or settings; the message gives both.
    """
    files.make_folder(folder)
    try:
        # If two jobs start at the same time, one writes the manifest and the other is checked against it.
        files.write_bytes(files.join(folder, MANIFEST), manifest.to_json(), new=True)
        return manifest
    except FileExistsError:
        existing = read_manifest(folder)
    if existing.settings != manifest.settings:
        raise StoreError(
            f"{folder} was labeled with {existing.settings}, this run asks for {manifest.settings}; "
            "choose another folder or the same settings"
        )
    if existing.fingerprint != manifest.fingerprint:
        raise StoreError(
            f"{folder} was labeled from another list of {existing.pictures} photographs "
            f"({existing.fingerprint[:8]}), this run has {manifest.pictures} ({manifest.fingerprint[:8]}); "
            "choose another folder or the same photographs"
        )
    return existing
