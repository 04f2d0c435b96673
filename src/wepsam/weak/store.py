"""The weak-label store: a folder of Parquet parts, which pandas, DuckDB or Spark read as they are, and a manifest.

    WEAK/manifest.json          the settings, what was to be read, the counts once all parts are there
    WEAK/part-*.parquet         a row for every picture read, kept or not
    WEAK/not_kept.csv           the rejected and failed ones with their reasons, once all parts are there
    WEAK/*.png                  what `wepsam inspect` draws

Since a part has a row for whatever it read, read = kept + rejected + failed cannot come apart.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wepsam.files import replacing
from wepsam.images import read_image
from wepsam.weak.selection import lowest

STIMULUS_SIZE = 128  # the paper's network input
MAP_SIZE = 32
HISTOGRAM, SHEET = "entropy.png", "lowest-middle-highest.png"

SCHEMA = pa.schema(
    [
        ("id", pa.string()),  # path below the common root
        ("path", pa.string()),  # the source file
        ("status", pa.string()),  # kept, rejected or failed
        ("reason", pa.string()),  # null where kept
        ("stimulus", pa.binary()),  # 128x128 JPEG
        ("map", pa.binary()),  # 32x32 uint8, row by row
        ("entropy", pa.float32()),  # bits
        ("width", pa.int32()),  # of the source picture
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
    part_size: int = 500  # pictures a part

    def __str__(self) -> str:
        size = f"{self.size} px" if self.size else "full size"
        return f"{self.teacher} at {size} in parts of {self.part_size}"


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

    def write(self, folder: Path) -> None:
        with replacing(folder / "manifest.json") as temporary:
            temporary.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def read_manifest(folder: str | Path) -> Manifest:
    """The manifest of a weak-label folder.

    Raises:
        StoreError: there is none, or it cannot be read (DamagedError).
    """
    path = Path(folder) / "manifest.json"
    try:
        contents = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(**{**contents, "settings": LabelSettings(**contents["settings"])})
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(f"no weak labels at {folder}: expected manifest.json; make them with wepsam label") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"{path} is damaged ({error}): delete it and run the same wepsam label again") from None


def part_path(folder: Path, part: int) -> Path:
    return folder / f"part-{part:05d}.parquet"


def write_part(path: Path, rows: list[dict]) -> None:
    """One part at once: under a temporary name first, so a part is there whole or not at all."""
    with replacing(path) as temporary:
        table = pa.Table.from_pylist(rows, SCHEMA)
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


def read_parts(folder: str | Path, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """The parts in order, with only the columns asked for. Raises as `read_part` does."""
    for part in range(read_manifest(folder).parts):
        yield read_part(Path(folder), part, columns)


def read_part(folder: Path, part: int, columns: list[str] | None = None) -> pa.Table:
    """One part, with only the columns asked for.

    Raises:
        DamagedError: it is missing or damaged; its name is in the message.
    """
    path = part_path(folder, part)
    try:
        return pq.read_table(path, columns=columns, page_checksum_verification=True)
    except FileNotFoundError:
        raise DamagedError(f"{path} is missing: run the same wepsam label again to complete {folder}") from None
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DamagedError(f"{path} is damaged ({reason}): delete it and run wepsam label again") from None


def counts(folder: str | Path) -> tuple[Counter, Counter]:
    """How many pictures were kept, rejected and failed; and how many for which reason."""
    statuses: Counter = Counter()
    reasons: Counter = Counter()
    for table in read_parts(folder, ["status", "reason"]):
        statuses.update(table["status"].to_pylist())
        reasons.update(r for r in table["reason"].to_pylist() if r is not None)
    return statuses, reasons


def finish(folder: Path, manifest: Manifest) -> Counter:
    """Write the counts into the manifest and the list of what was not kept; returns the counts."""
    columns = ["id", "path", "status", "reason"]
    statuses: Counter = Counter()
    with replacing(folder / "not_kept.csv") as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for table in read_parts(folder, columns):
            for row in table.to_pylist():
                statuses[row["status"]] += 1
                if row["status"] != "kept":
                    writer.writerow([row[c] for c in columns])
    Manifest(manifest.settings, manifest.pictures, manifest.fingerprint, manifest.version, dict(statuses)).write(folder)
    return statuses


def select(folder: str | Path, keep: float = 1.0) -> np.ndarray:
    """Row numbers, over all parts, of the kept maps of lowest entropy, in rising order.

    Only two small columns are read. `keep` is a count or a share, as in `selection.lowest`.
    """
    tables = list(read_parts(folder, ["status", "entropy"]))
    status = np.concatenate([t["status"].to_numpy(zero_copy_only=False) for t in tables])
    entropies = np.concatenate([t["entropy"].to_numpy(zero_copy_only=False) for t in tables])
    kept = np.flatnonzero(status == "kept")
    return kept[lowest(entropies[kept], keep)]


def read_rows(folder: str | Path, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Stimuli, maps and ids of some rows, in the order asked for; only the parts that have them are read.

    Returns:
        (N, 128, 128, 3) uint8 RGB, (N, 32, 32) uint8, and N ids.
    """
    stimuli = np.empty((len(rows), STIMULUS_SIZE, STIMULUS_SIZE, 3), np.uint8)
    teacher_maps = np.empty((len(rows), MAP_SIZE, MAP_SIZE), np.uint8)
    ids = [""] * len(rows)
    size = read_manifest(folder).settings.part_size
    rising = np.argsort(rows, kind="stable")
    parts, starts = np.unique(rows[rising] // size, return_index=True)
    for part, places in zip(parts, np.split(rising, starts)[1:], strict=True):
        table = read_part(Path(folder), part, ["id", "stimulus", "map"])
        records = table.take(pa.array(rows[places] - part * size)).to_pylist()
        for i, record in zip(places, records, strict=True):
            ids[i] = record["id"]
            stimuli[i] = read_image(record["stimulus"])
            teacher_maps[i] = np.frombuffer(record["map"], np.uint8).reshape(MAP_SIZE, MAP_SIZE)
    return stimuli, teacher_maps, ids
