"""The manifest of a weak-label folder: its settings, its picture list's fingerprint, and the counts of its pictures."""

import json
from dataclasses import asdict, dataclass

from wepsam import files
from wepsam.files import PathOrUrl, foreign

STIMULUS_SIZE = 128  # pixels: the input of the paper's network
MAP_SIZE = 32  # cells
MANIFEST = "manifest.json"
HISTOGRAM, SHEET = "entropy.png", "lowest-middle-highest.png"  # what `inspect` draws


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
    teacher_sha256: str | None = None  # of the teacher's file; None of a model without one, or if it is not known
    photographs: str | None = None  # of sizes and times, see `PictureList.state`; None if it is not known

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
        files.check_regular(path, files.MAX_JSON)
        data = files.read_bytes(path)
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(f"no weak labels at {folder}: expected {MANIFEST}; make them with wepsam label") from None
    with foreign(path, "is damaged ({}): delete it and run the same wepsam label again", DamagedError):
        contents = files.parse_json(data)
        manifest = Manifest(**{**contents, "settings": LabelSettings(**contents["settings"])})
        _check(manifest)
    return manifest


def _check(manifest: Manifest) -> None:
    """ValueError if a field has a value that wepsam never writes."""
    settings, counts = manifest.settings, manifest.counts

    def expect(fits: bool, name: str, value: object) -> None:
        if not fits:
            raise ValueError(f"{name} is {value!r:.100}")

    for name in ("part_size", "stimulus_size", "map_size"):
        expect(_is_count(getattr(settings, name), 1), name, getattr(settings, name))
    expect(settings.size is None or _is_count(settings.size, 1), "size", settings.size)
    expect(isinstance(settings.keep_aspect, bool), "keep_aspect", settings.keep_aspect)
    expect(isinstance(settings.teacher, str), "teacher", settings.teacher)
    expect(_is_count(manifest.pictures, 1), "pictures", manifest.pictures)
    expect(isinstance(manifest.fingerprint, str), "fingerprint", manifest.fingerprint)
    is_table = counts is None or (isinstance(counts, dict) and all(_is_count(n, 0) for n in counts.values()))
    expect(is_table, "counts", counts)
    for name in ("teacher_sha256", "photographs"):
        expect(isinstance(getattr(manifest, name), str | None), name, getattr(manifest, name))


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < 1 << 31


def claim(folder: PathOrUrl, manifest: Manifest) -> Manifest:
    """Start a folder, or make sure that it was started for the same photographs and settings.

    Args:
        folder: the weak-label folder, or its URL.
        manifest: what this run is going to make.

    Returns:
        The manifest in the folder.

    Raises:
        StoreError: the folder was started for other photographs or settings, or they were replaced since; the message
            gives both.
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
    # What a folder of an earlier version does not say is not compared.
    if None not in (known := (existing.teacher_sha256, manifest.teacher_sha256)) and known[0] != known[1]:
        raise StoreError(
            f"{folder} was labeled by another {existing.settings.teacher} (SHA-256 {known[0]:.12}), this one is "
            f"{known[1]:.12}; choose another folder or put the teacher back"
        )
    if None not in (known := (existing.photographs, manifest.photographs)) and known[0] != known[1]:
        raise StoreError(
            f"{folder} was labeled from photographs of these names with other sizes or times of change; choose another "
            "folder, or put the photographs back with their times (cp -p, rsync -t)"
        )
    return existing
