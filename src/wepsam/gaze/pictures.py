"""Which picture a tracker's file means by a name."""

from __future__ import annotations

from pathlib import Path

from wepsam.files import as_seen
from wepsam.gaze.viewing import GazeError
from wepsam.images import image_size
from wepsam.sources import SUFFIXES, find_images


class Pictures:
    """The pictures below a folder, found by the names that experiments give them.

    Args:
        folder: searched recursively; or a list of pictures.

    Raises:
        GazeError: there are none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        paths = find_images([folder])
        if not paths:
            raise GazeError(f"no pictures in {folder}; --stimuli is the folder with the pictures that people saw")
        base = folder if folder.is_dir() else folder.parent
        self.paths = {as_seen(path.relative_to(base).as_posix()): path for path in paths}
        if lost := {*paths} - {*self.paths.values()}:
            raise GazeError(f"{folder} has two pictures whose names look like {min(lost).name}; rename one of them")
        self._by: list[dict[str, list[str]]] = [{}, {}, {}, {}]
        for name in self.paths:
            for keys, key in zip(self._by, _keys(name), strict=True):
                keys.setdefault(key, []).append(name)
        self._sizes: dict[str, tuple[int, int]] = {}
        self._found: dict[str, str | None] = {}

    def find(self, name: str) -> str | None:
        """The path below the folder of the picture that a file calls so; None if there is none.

        A name may have other folders before it, the slashes of Windows, another case or no suffix. The more of it
        agrees, the better.

        Raises:
            GazeError: several pictures could be meant.
        """
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def named(self, name: str) -> str | None:
        """The same for a word of a message: only a name with the suffix of a picture is one."""
        return self.find(name) if name.lower().endswith(SUFFIXES) else None

    def size(self, name: str) -> tuple[int, int]:
        """(width, height) of a picture by its path below the folder, upright."""
        if name not in self._sizes:
            height, width = image_size(self.paths[name])
            self._sizes[name] = width, height
        return self._sizes[name]

    def _find(self, name: str) -> str | None:
        clean = as_seen(name.strip().strip("\"'").replace("\\", "/"))
        while clean.startswith(("./", "../", "/")):
            clean = clean.partition("/")[2]
        if not clean:
            return None
        parts = clean.split("/")
        for start in range(len(parts)):  # the longest end of the path first
            tail = "/".join(parts[start:])
            if tail in self.paths:
                return tail
        for keys, key in zip(self._by, _keys(clean), strict=True):
            found = keys.get(key, [])
            if len(found) > 1 and len(parts) > 1:  # of one name: the one whose folder agrees
                closer = [one for one in found if one.split("/")[-2:-1] == parts[-2:-1]]
                found = closer or found
            if len(found) == 1:
                return found[0]
            if len(found) > 1:
                raise GazeError(f"{name!r} may be {' or '.join(found[:3])} in {self.folder}; rename one of them")
        return None


def _keys(name: str) -> tuple[str, str, str, str]:
    """By which a picture is looked up, one after the other: file name, without case; stem, without case."""
    base = name.rpartition("/")[2]
    stem = base.rpartition(".")[0] if base.lower().endswith(SUFFIXES) else base
    return base, base.lower(), stem, stem.lower()
