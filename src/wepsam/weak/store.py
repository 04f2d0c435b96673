"""The weak-label store: a folder of Parquet parts and a manifest, readable by pandas, DuckDB or Spark.

    WEAK/manifest.json          settings, picture list, and the counts once all parts are there
    WEAK/part-*.parquet         one row for every picture that was read, kept or not (COLUMNS)
    WEAK/not_kept.csv           the rejected and failed pictures with their reasons, once all parts are there
    WEAK/*.png                  the images that `wepsam inspect` draws

A part has a row for every picture, so read = kept + rejected + failed always holds. The folder may be behind a URL.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wepsam import files, maps
from wepsam.files import PathOrUrl
from wepsam.images import read_image
from wepsam.weak.manifest import MANIFEST, MAP_SIZE, STIMULUS_SIZE, DamagedError, Manifest, read_manifest
from wepsam.weak.picture_list import Fingerprint
from wepsam.weak.selection import order_by_entropy

STATUSES = ("kept", "rejected", "failed")
COMPRESSION = dict.fromkeys(("id", "path", "map", "reason"), "zstd")  # JPEGs would not get smaller

COLUMNS: dict[str, tuple[pa.DataType, str]] = {  # of a part: type and meaning
    "id": (pa.string(), "path below the folder that all paths share"),
    "path": (pa.string(), "source: file, URL, or archive and name in the archive"),
    "status": (pa.string(), "kept, rejected or failed"),
    "reason": (pa.string(), "why it is not kept; null where kept"),
    "stimulus": (pa.binary(), "JPEG; null where not kept, as map, its sides and entropy"),
    "map": (pa.binary(), "uint8, row by row"),
    "map_height": (pa.int16(), "cells"),
    "map_width": (pa.int16(), "cells"),
    "entropy": (pa.float32(), "of the map, in bits"),
    "width": (pa.int32(), "pixels of the source picture; null where it could not be read"),
    "height": (pa.int32(), "pixels of the source picture; null where it could not be read"),
}
SCHEMA = pa.schema([(name, kind) for name, (kind, _) in COLUMNS.items()])


# ---- parts


def part_name(part: int) -> str:
    return f"part-{part:05d}.parquet"


def write_part(folder: PathOrUrl, part: int, rows: list[dict[str, Any]]) -> None:
    """Write a part whole or not at all."""
    buffer = io.BytesIO()
    table = pa.Table.from_pylist(rows, SCHEMA)
    pq.write_table(
        table, buffer, compression=COMPRESSION, use_dictionary=["status", "reason"], write_page_checksum=True
    )
    files.write_bytes(files.join(folder, part_name(part)), buffer.getvalue())


def read_parts(folder: PathOrUrl, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """The parts in order, with only the given columns. Raises as `read_part` does."""
    manifest = read_manifest(folder)
    for part in range(manifest.parts):
        yield read_part(folder, part, columns, rows=manifest.size_of(part))


def read_part(folder: PathOrUrl, part: int, columns: list[str] | None = None, *, rows: int | None = None) -> pa.Table:
    """One part, with only the given columns.

    Raises:
        DamagedError: the part is missing or damaged, or does not have `rows` rows; the message names it.
    """
    path = files.join(folder, part_name(part))
    try:
        files.check_regular(path)
        file = files.open_binary(path)
    except FileNotFoundError:
        raise DamagedError(f"{path} is missing: run the same wepsam label again to complete {folder}") from None
    with _reading(folder, part), file:
        table = pq.read_table(file, columns=columns, page_checksum_verification=True)
        names = table.column_names  # read only now: they may be no text
        if rows is not None and table.num_rows != rows:
            raise ValueError(f"{table.num_rows} rows instead of {rows}")
        if missing := set(columns or SCHEMA.names).difference(names):
            raise ValueError(f"no column {min(missing)}")
        for name in set(columns or SCHEMA.names):
            if table.schema.field(name).type != SCHEMA.field(name).type:
                raise ValueError(f"the column {name} holds {table.schema.field(name).type}")
    return table


def _reading(folder: PathOrUrl, part: int) -> AbstractContextManager[None]:
    """Whatever goes wrong inside is damage of this part."""
    path = files.join(folder, part_name(part))
    return files.foreign(path, "is damaged ({}): delete it and run wepsam label again", DamagedError)


# ---- the whole folder


def check(folder: PathOrUrl) -> Iterator[tuple[Counter[str], Counter[str]]]:
    """Read the whole folder part by part; yields the number of pictures by status, and by reason.

    Raises:
        DamagedError: a part is missing or damaged, lacks a picture or has a wrong one, or a row is incomplete; the
            message names the part.
    """
    ids = Fingerprint()
    for part, table in enumerate(read_parts(folder)):
        rows = table.drop_columns(["path", "stimulus"]).to_pylist()
        with _reading(folder, part):
            if incomplete := [row["id"] for row in rows if not _is_complete(row)]:
                raise ValueError(f"the row of {incomplete[0]}")
        for row in rows:
            ids.add(row["id"])
        yield Counter(row["status"] for row in rows), Counter(row["reason"] for row in rows if row["reason"])
    if ids.hex() != read_manifest(folder).fingerprint:
        raise DamagedError(f"the parts of {folder} do not hold the pictures of its {MANIFEST}; label into a new folder")


def _is_complete(row: dict[str, Any]) -> bool:
    if row["status"] == "kept":
        return row["entropy"] is not None and len(row["map"] or b"") == row["map_height"] * row["map_width"]
    return row["status"] in STATUSES and row["reason"] and row["entropy"] is None and row["map"] is None


def finish(folder: PathOrUrl, manifest: Manifest) -> Counter[str]:
    """Write the counts into the manifest, and not_kept.csv; returns the counts by status."""
    statuses: Counter[str] = Counter()
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
    files.remove_leftovers(folder)
    return statuses


# ---- what a training reads


def select(folder: PathOrUrl, keep: float = 1.0, order: str = "lowest", seed: int = 0) -> np.ndarray:
    """Row numbers, over all parts, of the kept maps with the lowest entropy, in ascending order of entropy.

    Only the column of entropies is read. `keep`, `order` and `seed` as in `selection.order_by_entropy`.
    """
    tables = read_parts(folder, ["entropy"])
    entropies = np.concatenate([t["entropy"].to_numpy() for t in tables])  # null, so NaN here, where not kept
    kept = np.flatnonzero(~np.isnan(entropies))
    return kept[order_by_entropy(entropies[kept], keep, order, seed)]


def sizes(folder: PathOrUrl, rows: np.ndarray) -> np.ndarray:
    """(N, 2): (height, width) in pixels of the source pictures of some rows."""
    columns = [np.concatenate([t[name] for t in read_parts(folder, [name])]) for name in ("height", "width")]
    return np.stack([column[rows].astype(np.int64) for column in columns], axis=1)


def read_rows(
    folder: PathOrUrl,
    rows: np.ndarray,
    stimulus_shape: tuple[int, int] = (STIMULUS_SIZE, STIMULUS_SIZE),
    map_shape: tuple[int, int] = (MAP_SIZE, MAP_SIZE),
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Stimuli, maps and ids of some rows, in the given order; only the parts that hold them are read.

    Args:
        folder: a weak-label folder, or its URL.
        rows: (N,) row numbers over all parts, all of kept pictures.
        stimulus_shape: (height, width) to which stimuli of another shape are resized.
        map_shape: (height, width) to which maps of another shape are resized.

    Returns:
        (N, *stimulus_shape, 3) uint8 RGB, (N, *map_shape) uint8, and N ids.
    """
    stimuli = np.empty((len(rows), *stimulus_shape, 3), np.uint8)
    teacher_maps = np.empty((len(rows), *map_shape), np.uint8)
    ids = [""] * len(rows)
    size = read_manifest(folder).settings.part_size
    ascending = np.argsort(rows, kind="stable")
    parts, starts = np.unique(rows[ascending] // size, return_index=True)
    for part, indices in zip(parts, np.split(ascending, starts)[1:], strict=True):
        _, table = stored(folder, part, rows[indices] - part * size)
        for i, record in zip(indices, table.to_pylist(), strict=True):
            decode(folder, part, record, stimuli[i], teacher_maps[i])
            ids[i] = record["id"]
    return stimuli, teacher_maps, ids


def stored(folder: PathOrUrl, part: int, rows: np.ndarray) -> tuple[np.ndarray, pa.Table]:
    """These rows of a part, counted in it, and the table that holds them as they are stored, for `decode`."""
    table = read_part(folder, part, ["id", "stimulus", "map", "map_height", "map_width"])
    with _reading(folder, part):
        return rows, table.take(pa.array(rows))


def decode(folder: PathOrUrl, part: int, record: dict[str, Any], stimulus: np.ndarray, teacher_map: np.ndarray) -> None:
    """Write the picture and the map of a row of a part into (H, W, 3) and (h, w) uint8, resized if necessary.

    Raises:
        DamagedError: they cannot be decoded; the message names the part.
    """
    with _reading(folder, part):
        try:
            height, width = stimulus.shape[:2]
            stimulus[:] = read_image(record["stimulus"], shape=(height, width))
            teacher_map[:] = _map(record, teacher_map.shape)
        except (ValueError, TypeError) as error:
            raise ValueError(f"the row of {record['id']}: {error}") from None


def _map(record: dict[str, Any], shape: tuple[int, ...]) -> np.ndarray:
    """(h, w): the teacher's map in a row, resized if it has another shape."""
    teacher_map = np.frombuffer(record["map"], np.uint8).reshape(record["map_height"], record["map_width"])
    if teacher_map.shape == shape:
        return teacher_map
    return np.rint(255 * maps.to_unit(maps.enlarge(teacher_map, (shape[0], shape[1]))))
