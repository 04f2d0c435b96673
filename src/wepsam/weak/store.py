"""The weak-label store: a folder of Parquet parts, which pandas, DuckDB or Spark read as they are, and a manifest.

    WEAK/manifest.json          the settings, what was to be read, the counts once all parts are there
    WEAK/part-*.parquet         a row for every picture read, kept or not
    WEAK/not_kept.csv           the rejected and failed ones with their reasons, once all parts are there
    WEAK/*.png                  what `wepsam inspect` draws

Since a part has a row for whatever it read, read = kept + rejected + failed cannot come apart. The folder may lie
behind a URL.
"""

import csv
import io
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wepsam import files, maps
from wepsam.files import PathOrUrl
from wepsam.images import read_image
from wepsam.weak.pictures import Fingerprint
from wepsam.weak.selection import ranked

STIMULUS_SIZE = 128  # the paper's network input
MAP_SIZE = 32
MANIFEST = "manifest.json"
HISTOGRAM, SHEET = "entropy.png", "lowest-middle-highest.png"
STATUSES = ("kept", "rejected", "failed")
LEFT_BEHIND = 3600  # seconds after which a temporary file is nobody's
# JPEGs do not get any smaller.
COMPRESSION = dict.fromkeys(("id", "path", "map", "reason"), "zstd")

SCHEMA = pa.schema(
    [
        ("id", pa.string()),  # path below the common root
        ("path", pa.string()),  # the source: file, URL, or archive and name in it
        ("status", pa.string()),  # kept, rejected or failed
        ("reason", pa.string()),  # null where kept
        ("stimulus", pa.binary()),  # JPEG; null where not kept, as all that follows but the source's size
        ("map", pa.binary()),  # uint8, row by row
        ("map_height", pa.int16()),
        ("map_width", pa.int16()),
        ("entropy", pa.float32()),  # of the map, bits
        ("width", pa.int32()),  # of the source picture; null where it could not be read
        ("height", pa.int32()),
    ]
)


class StoreError(ValueError):
    """A weak-label folder is missing, damaged, or made with other settings. One line."""


class DamagedError(StoreError, OSError):
    """A file of the folder is lost or broken: nothing was wrong with the call."""


@dataclass(frozen=True)
class LabelSettings:
    """What decides a part's content."""

    teacher: str = "gbvs"
    size: int | None = 128  # pixels: what the teacher sees; None = the picture as it is
    keep_aspect: bool = False  # shorter sides of `size` and `stimulus_size`, and a map of that shape, not squares
    part_size: int = 500  # pictures a part
    stimulus_size: int = STIMULUS_SIZE  # pixels: what is stored, a square or the shorter side
    map_size: int = MAP_SIZE  # cells of the stored map, a square or the longer side

    def __str__(self) -> str:
        size = f"{self.size} px" if self.size else "full size"
        aspect = " of its own aspect" * self.keep_aspect
        stored = ""
        if (self.stimulus_size, self.map_size) != (STIMULUS_SIZE, MAP_SIZE):
            stored = f", stored at {self.stimulus_size} px with maps of {self.map_size}"
        return f"{self.teacher} at {size}{aspect} in parts of {self.part_size}{stored}"


@dataclass(frozen=True)
class Manifest:
    """What a folder holds, or will hold when all its parts are there."""

    settings: LabelSettings
    pictures: int
    fingerprint: str  # of the sorted picture list
    version: str  # of wepsam
    counts: dict[str, int] | None = None  # status -> pictures, once complete

    @property
    def parts(self) -> int:
        return -(-self.pictures // self.settings.part_size)

    def size_of(self, part: int) -> int:
        """Pictures of a part: all have as many, but for the last."""
        return min(self.settings.part_size, self.pictures - part * self.settings.part_size)

    def to_json(self) -> bytes:
        return (json.dumps(asdict(self), indent=1) + "\n").encode()


def read_manifest(folder: PathOrUrl) -> Manifest:
    """The manifest of a weak-label folder.

    Raises:
        StoreError: there is none, or it cannot be read (DamagedError).
    """
    path = files.join(folder, MANIFEST)
    try:
        contents = json.loads(files.read_bytes(path))
        return Manifest(**{**contents, "settings": LabelSettings(**contents["settings"])})
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(f"no weak labels at {folder}: expected {MANIFEST}; make them with wepsam label") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"{path} is damaged ({error}): delete it and run the same wepsam label again") from None


def claim(folder: PathOrUrl, wanted: Manifest) -> Manifest:
    """Start the folder, or make sure that it was started for the same photographs and settings.

    Raises:
        StoreError: it was started for others; the message gives both.
    """
    files.make_folder(folder)
    try:
        # Of two jobs that start at the same time one makes the manifest, and the other is held to it.
        files.write_bytes(files.join(folder, MANIFEST), wanted.to_json(), new=True)
        return wanted
    except FileExistsError:
        found = read_manifest(folder)
    if found.settings != wanted.settings:
        raise StoreError(
            f"{folder} was labelled with {found.settings}, this run asks for {wanted.settings}; "
            "choose another folder or the same settings"
        )
    if found.fingerprint != wanted.fingerprint:
        raise StoreError(
            f"{folder} was labelled from another list of {found.pictures} photographs "
            f"({found.fingerprint[:8]}), this run has {wanted.pictures} ({wanted.fingerprint[:8]}); "
            "choose another folder or the same photographs"
        )
    return found


def part_name(part: int) -> str:
    return f"part-{part:05d}.parquet"


def write_part(folder: PathOrUrl, part: int, rows: list[dict]) -> None:
    """One part at once: it is there whole or not at all."""
    buffer = io.BytesIO()
    table = pa.Table.from_pylist(rows, SCHEMA)
    pq.write_table(
        table, buffer, compression=COMPRESSION, use_dictionary=["status", "reason"], write_page_checksum=True
    )
    files.write_bytes(files.join(folder, part_name(part)), buffer.getvalue())


def read_parts(folder: PathOrUrl, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """The parts in order, with only the columns asked for. Raises as `read_part` does."""
    manifest = read_manifest(folder)
    for part in range(manifest.parts):
        yield read_part(folder, part, columns, rows=manifest.size_of(part))


def read_part(folder: PathOrUrl, part: int, columns: list[str] | None = None, *, rows: int | None = None) -> pa.Table:
    """One part, with only the columns asked for.

    Raises:
        DamagedError: it is missing or damaged, or has not as many rows as it should; its name is in the message.
    """
    path = files.join(folder, part_name(part))
    try:
        with files.open_binary(path) as file:
            table = pq.read_table(file, columns=columns, page_checksum_verification=True)
    except FileNotFoundError:
        raise DamagedError(f"{path} is missing: run the same wepsam label again to complete {folder}") from None
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DamagedError(f"{path} is damaged ({reason}): delete it and run wepsam label again") from None
    flaw = ""
    if rows is not None and table.num_rows != rows:
        flaw = f"{table.num_rows} rows instead of {rows}"
    elif missing := set(columns or SCHEMA.names).difference(table.column_names):
        flaw = f"no column {min(missing)}"
    if flaw:
        raise DamagedError(f"{path} is damaged ({flaw}): delete it and run wepsam label again")
    return table


def check(folder: PathOrUrl) -> Iterator[tuple[Counter, Counter]]:
    """Read everything, part by part; yields how many pictures had which status, and how many which reason.

    Raises:
        DamagedError: a part is missing or damaged, lacks a picture or has a wrong one, or a row is not whole; its name
            is in the message.
    """
    ids = Fingerprint()
    for part, table in enumerate(read_parts(folder)):
        rows = table.drop_columns(["path", "stimulus"]).to_pylist()
        broken = [row["id"] for row in rows if not _is_whole(row)]
        if broken:
            path = files.join(folder, part_name(part))
            raise DamagedError(f"{path} is damaged (the row of {broken[0]}): delete it and run wepsam label again")
        for row in rows:
            ids.add(row["id"])
        yield Counter(row["status"] for row in rows), Counter(row["reason"] for row in rows if row["reason"])
    if ids.hex() != read_manifest(folder).fingerprint:
        raise DamagedError(f"the parts of {folder} are not of the pictures in its {MANIFEST}; label into a new folder")


def _is_whole(row: dict) -> bool:
    if row["status"] == "kept":
        return row["entropy"] is not None and len(row["map"] or b"") == row["map_height"] * row["map_width"]
    return row["status"] in STATUSES and row["reason"] and row["entropy"] is None and row["map"] is None


def finish(folder: PathOrUrl, manifest: Manifest) -> Counter:
    """Write the counts into the manifest and the list of what was not kept; returns the counts."""
    statuses: Counter = Counter()
    text = io.StringIO(newline="")
    columns = ["id", "path", "status", "reason"]
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    for part in range(manifest.parts):
        status = read_part(folder, part, ["status"], rows=manifest.size_of(part))["status"].to_pylist()
        statuses.update(status)
        if any(s != "kept" for s in status):
            for row in read_part(folder, part, columns).to_pylist():
                if row["status"] != "kept":
                    writer.writerow(row)
    files.write_bytes(files.join(folder, "not_kept.csv"), text.getvalue().encode())
    files.write_bytes(files.join(folder, MANIFEST), replace(manifest, counts=dict(statuses)).to_json())
    _clear(folder)
    return statuses


def _clear(folder: PathOrUrl) -> None:
    """Remove what killed jobs have left; nothing that another job may still be writing."""
    if files.is_url(folder):
        return  # there nothing is left: what is not complete never appears
    for path in Path(folder).glob(".*"):
        try:
            if path.suffix in (".parquet", ".json", ".csv") and time.time() - path.stat().st_mtime > LEFT_BEHIND:
                os.unlink(path)
        except FileNotFoundError:
            pass


def select(folder: PathOrUrl, keep: float = 1.0, order: str = "lowest", seed: int = 0) -> np.ndarray:
    """Row numbers, over all parts, of the kept maps of lowest entropy, in rising order.

    Only the column of entropies is read. `keep`, `order` and `seed` as in `selection.ranked`.
    """
    tables = read_parts(folder, ["entropy"])
    entropies = np.concatenate([t["entropy"].to_numpy() for t in tables])  # null, so NaN here, where not kept
    kept = np.flatnonzero(~np.isnan(entropies))
    return kept[ranked(entropies[kept], keep, order, seed)]


def sizes(folder: PathOrUrl, rows: np.ndarray) -> list[tuple[int, int]]:
    """(height, width) of the source pictures of some rows."""
    columns = [np.concatenate([t[name] for t in read_parts(folder, [name])]) for name in ("height", "width")]
    return [(int(height), int(width)) for height, width in zip(*(c[rows] for c in columns), strict=True)]


def read_rows(
    folder: PathOrUrl,
    rows: np.ndarray,
    stimulus_shape: tuple[int, int] = (STIMULUS_SIZE, STIMULUS_SIZE),
    map_shape: tuple[int, int] = (MAP_SIZE, MAP_SIZE),
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Stimuli, maps and ids of some rows, in the order asked for; only the parts that have them are read.

    Args:
        folder: a weak-label folder.
        rows: row numbers over all parts, all of kept pictures.
        stimulus_shape: (height, width) to which stimuli of another shape are resized.
        map_shape: (height, width) to which maps of another shape are.

    Returns:
        (N, *stimulus_shape, 3) uint8 RGB, (N, *map_shape) uint8, and N ids.
    """
    stimuli = np.empty((len(rows), *stimulus_shape, 3), np.uint8)
    teacher_maps = np.empty((len(rows), *map_shape), np.uint8)
    ids = [""] * len(rows)
    size = read_manifest(folder).settings.part_size
    rising = np.argsort(rows, kind="stable")
    parts, starts = np.unique(rows[rising] // size, return_index=True)
    for part, places in zip(parts, np.split(rising, starts)[1:], strict=True):
        table = read_part(folder, part, ["id", "stimulus", "map", "map_height", "map_width"])
        records = table.take(pa.array(rows[places] - part * size)).to_pylist()
        for i, record in zip(places, records, strict=True):
            ids[i] = record["id"]
            stimuli[i] = read_image(record["stimulus"], shape=stimulus_shape)
            teacher_map = np.frombuffer(record["map"], np.uint8).reshape(record["map_height"], record["map_width"])
            if teacher_map.shape != map_shape:
                teacher_map = np.rint(255 * maps.to_unit(maps.enlarge(teacher_map, map_shape)))
            teacher_maps[i] = teacher_map
    return stimuli, teacher_maps, ids
