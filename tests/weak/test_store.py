"""Parts and manifest: their schema, what a training reads, and what damage is noticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers import Run, one_line, rows_of
from wepsam.images import read_image
from wepsam.weak import store
from wepsam.weak.inspection import inspect
from wepsam.weak.labeling import label
from wepsam.weak.manifest import DamagedError, StoreError, read_manifest


def test_the_schema_is_plain(photos: Path, tmp_path: Path) -> None:
    label(photos, tmp_path, workers=1, part_size=1)  # a part of nothing but a failure has it too
    for part in tmp_path.glob("part-*.parquet"):
        assert pq.read_schema(part).equals(store.SCHEMA)
    assert not any(pa.types.is_nested(field.type) for field in store.SCHEMA)


def test_select_and_read_rows(photos: Path, tmp_path: Path) -> None:
    weak = tmp_path / "weak"
    label(photos, weak, workers=1, part_size=5)
    rows = rows_of(weak)
    order = store.select(weak)
    kept = sorted((id for id, row in rows.items() if row["status"] == "kept"), key=lambda id: rows[id]["entropy"])
    stimuli, teacher_maps, ids = store.read_rows(weak, order)
    assert ids == kept
    for id, stimulus, teacher_map in zip(ids, stimuli, teacher_maps, strict=True):
        assert teacher_map.tobytes() == rows[id]["map"]
        np.testing.assert_array_equal(stimulus, read_image(rows[id]["stimulus"]))
    np.testing.assert_array_equal(store.select(weak, 3), order[:3])
    np.testing.assert_array_equal(store.select(weak, 0.5), order[:4])
    assert store.read_rows(weak, order[[5, 0, 5]])[2] == [kept[5], kept[0], kept[5]]
    assert store.read_rows(weak, order[:0])[2] == []
    (weak / "part-00000.parquet").write_bytes(b"")  # only the parts asked for are read
    assert store.read_rows(weak, order[order >= 5])[2] == [id for id in kept if list(rows).index(id) >= 5]


def test_selection_reads_the_entropies_only(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    label(photos, tmp_path / "weak", workers=1, part_size=5)
    asked: list[object] = []
    read_table = pq.read_table
    monkeypatch.setattr(
        pq, "read_table", lambda *a, columns=None, **k: asked.append(columns) or read_table(*a, columns=columns, **k)
    )
    store.select(tmp_path / "weak", 3)
    assert asked == [["entropy"]] * 3


def emptied(data: bytes) -> bytes:
    return b""


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def one_bit_flipped(data: bytes) -> bytes:
    place = data.index(b"\x28\xb5\x2f\xfd") + 30  # within the first zstd frame: ids
    return data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]


@pytest.mark.parametrize("damage", [emptied, cut, one_bit_flipped])
def test_a_damaged_part_is_named(
    photos: Path, tmp_path: Path, damage: Callable[[bytes], bytes], wepsam_command: Run
) -> None:
    """Nothing is wrong with the call, the work has failed: exit code 1. Deleting the part is the way out."""
    weak = tmp_path / "weak"
    label(photos, weak, workers=1, part_size=5)
    whole = rows_of(weak)
    part = weak / "part-00001.parquet"
    part.write_bytes(damage(part.read_bytes()))
    with pytest.raises(DamagedError, match=r"part-00001\.parquet is damaged .*: delete it and run wepsam label again"):
        store.read_rows(weak, np.arange(12))
    if damage is not one_bit_flipped:  # which is noticed only when the column is read
        code, _, err = wepsam_command("inspect", weak)
        assert code == 1
        assert err.startswith(f"wepsam: {part} is damaged (")
        assert len(err.splitlines()) == 1
        with pytest.raises(DamagedError, match="part-00001"):
            label(photos, weak, workers=1, part_size=5)
    part.unlink()
    with pytest.raises(DamagedError, match=r"part-00001\.parquet is missing: run the same wepsam label again"):
        inspect(weak, tmp_path)
    label(photos, weak, workers=1, part_size=5)
    assert rows_of(weak) == whole


def test_a_damaged_or_missing_manifest(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no weak labels at .*photos: expected manifest\.json"):
        read_manifest(photos)
    with pytest.raises(StoreError, match="no weak labels"):
        read_manifest(photos / "0.png")
    for content in ("", "{}", "[1]", '{"settings": {"eyes": 2}}'):
        (tmp_path / "manifest.json").write_text(content)
        with pytest.raises(DamagedError, match=r"manifest\.json is damaged"):
            read_manifest(tmp_path)


def test_parquet_parts_need_nothing_of_ours(photos: Path, tmp_path: Path) -> None:
    label(photos, tmp_path / "weak", workers=1, part_size=4)
    table = pq.read_table(sorted((tmp_path / "weak").glob("part-*.parquet")))
    assert table.num_rows == 12


EDITS = {
    "part_size": [0, -1, "5", [5], None, 2.5, True, 10**400],
    "map_size": [0, "32"],
    "size": [0, "128", [128]],
    "teacher": [None, 5, ["gbvs"]],
    "keep_aspect": [None, "yes"],
    "pictures": [0, -3, "12", None, [1]],
    "fingerprint": [None, 5],
    "counts": [5, [1], {"kept": "all"}],
}


def test_an_edited_manifest_is_one_line(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    weak = tmp_path / "weak"
    label(photos, weak, workers=1, part_size=5)
    good = json.loads((weak / "manifest.json").read_text())
    edited = [[], [good], "x", 5, None, {**good, "settings": []}, {**good, "settings": None}]
    for key, values in EDITS.items():
        for value in values:
            inside = {**good, "settings": {**good["settings"], key: value}}
            edited.append(inside if key in good["settings"] else {**good, key: value})
    edited += [{k: v for k, v in good.items() if k != key} for key in ("settings", "pictures", "fingerprint")]
    for content in edited:
        (weak / "manifest.json").write_text(json.dumps(content))
        for arguments in (("inspect", weak), ("label", photos, weak, "--part-size", 5, "--workers", 1)):
            code, out, err = wepsam_command(*arguments)
            assert (code, out) == (1, "")
            one_line(err, "manifest.json is damaged")
    (weak / "manifest.json").write_text("[" * 100_000)
    assert wepsam_command("inspect", weak)[0] == 1


def test_rows_that_do_not_fit_name_their_part(photos: Path, tmp_path: Path) -> None:
    weak = tmp_path / "weak"
    label(photos, weak, workers=1)
    path = weak / "part-00000.parquet"
    table = pq.read_table(path)
    order = store.select(weak)
    for name, value in (("map_height", 7), ("stimulus", b"<html>"), ("map", b""), ("entropy", "high")):
        field = pa.field(name, pa.string() if isinstance(value, str) else table.schema.field(name).type)
        at = table.schema.get_field_index(name)
        pq.write_table(table.set_column(at, field, pa.array([value] * table.num_rows, field.type)), path)
        with pytest.raises(DamagedError, match=r"part-00000\.parquet is damaged"):
            store.select(weak) if name == "entropy" else store.read_rows(weak, order)
