"""Entropy and selection by hand; labelling of healthy and broken pictures, interrupted, repeated, in any order."""

from __future__ import annotations

import csv
import io
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from helpers import Paint, Run, Write, rows_of, same_content
from wepsam import maps
from wepsam.classical import gbvs
from wepsam.images import ImageError, read_image, resize
from wepsam.prediction.predictor import load
from wepsam.weak import store
from wepsam.weak.inspection import inspect
from wepsam.weak.labeling import label
from wepsam.weak.selection import entropy, ranked, reject
from wepsam.weak.store import DamagedError, StoreError

label_module = sys.modules["wepsam.weak.labeling"]  # its name in the package is that of the function


# ---- entropy and selection, by hand


def test_entropy_by_hand() -> None:
    assert entropy(np.full((32, 32), 7, np.uint8)) == 0
    assert entropy(np.repeat([3, 200], 512).astype(np.uint8).reshape(32, 32)) == 1
    assert entropy(np.arange(256, dtype=np.uint8).reshape(16, 16)) == 8
    # 1/2, 1/4, 1/8, 1/8: 1/2 + 2/4 + 3/8 + 3/8
    assert entropy(np.repeat([0, 1, 2, 3], [4, 2, 1, 1]).astype(np.uint8)[None]) == 1.75


def test_entropy_sees_how_many_levels_there_are_and_not_where_nor_which() -> None:
    rng = np.random.default_rng(0)
    teacher_map = rng.integers(0, 9, (32, 32)).astype(np.uint8)
    other_levels = rng.permutation(256).astype(np.uint8)[teacher_map]
    shuffled = rng.permutation(other_levels.ravel()).reshape(32, 32)
    assert entropy(shuffled) == pytest.approx(entropy(teacher_map))


def test_entropy_is_for_8_bit_maps() -> None:
    with pytest.raises(ValueError, match="float64"):
        entropy(np.zeros((2, 2)))


def test_ranked() -> None:
    entropies = np.array([5.0, 1.0, 3.0, 1.0, 4.0])
    np.testing.assert_array_equal(ranked(entropies, 3), [1, 3, 2])  # in rising order, a tie by position
    np.testing.assert_array_equal(ranked(entropies, 100_000), [1, 3, 2, 4, 0])
    np.testing.assert_array_equal(ranked(entropies, 0.4), [1, 3])
    np.testing.assert_array_equal(ranked(entropies, 1.0), [1, 3, 2, 4, 0])  # all
    for one in (1, np.int64(1)):
        np.testing.assert_array_equal(ranked(entropies, one), [1])
    assert len(ranked(np.array([]), 3)) == 0
    for none in (0, -1, 0.0):
        with pytest.raises(ValueError, match="keep is a count"):
            ranked(entropies, none)


def test_what_is_rejected_and_why(paint: Paint) -> None:
    stimulus, ramp = paint(0), np.arange(1024).reshape(32, 32) / 4
    spike, plateau = np.zeros((32, 32)), np.full((32, 32), 255)
    spike[4:6, 4:6] = 255  # 4 of 1024: .4 %
    plateau[0] = 0  # 31 of 32: 97 %
    cases: list[tuple[np.ndarray, np.ndarray, str | None]] = [
        (stimulus, ramp, None),
        (np.full((128, 128, 3), 90, np.uint8), ramp, "blank picture"),
        (stimulus, np.full((32, 32), 90), "constant map"),
        (stimulus, spike, "lone spike"),
        (stimulus, plateau, "plateau"),
    ]
    for picture, teacher_map, reason in cases:
        assert reject(picture, teacher_map.astype(np.uint8)) == reason


def test_a_picture_that_differs_in_color_only_is_not_blank() -> None:
    stimulus = np.zeros((128, 128, 3), np.uint8)
    stimulus[:, 64:, 2] = 40
    assert reject(stimulus, np.arange(1024).reshape(32, 32).astype(np.uint8)) is None


# ---- a folder of photographs

HTML = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"
BROKEN = {"cut.jpg", "sub/page.JPG", "void.png"}


@pytest.fixture
def photos(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """Twelve files that look like photographs: eight are, one is blank, three are broken. And a note."""
    folder = tmp_path / "photos"
    for seed in range(5):
        write(folder / f"{seed}.png", paint(seed))
    for seed in range(5, 8):  # upper case, as cameras write it; larger than the network's input
        write(folder / "sub" / f"DSC_{seed}.JPG", paint(seed, 150 + 60 * seed, 400), quality=90)
    write(folder / "blank.png", np.full((60, 80, 3), 200, np.uint8))
    data = (folder / "sub" / "DSC_5.JPG").read_bytes()
    (folder / "cut.jpg").write_bytes(data[: len(data) // 3])
    (folder / "sub" / "page.JPG").write_bytes(HTML)
    (folder / "void.png").write_bytes(b"")
    (folder / "notes.doc").write_text("not a picture, and does not claim to be one")
    return folder


def test_every_picture_is_kept_rejected_or_failed(photos: Path, tmp_path: Path) -> None:
    weak = tmp_path / "weak"
    told: list[tuple[int, int]] = []
    counts = label(photos, weak, workers=1, part_size=5, progress=lambda *done: told.append(done))
    assert counts == {"kept": 8, "rejected": 1, "failed": 3}
    assert told == [(0, 12), (5, 12), (10, 12), (12, 12)]

    rows = rows_of(weak)
    assert set(rows) == {p.relative_to(photos).as_posix() for p in photos.rglob("*.*") if p.name != "notes.doc"}
    assert list(rows) == sorted(rows)
    assert {id for id, row in rows.items() if row["status"] == "failed"} == BROKEN
    assert rows["blank.png"]["reason"] == "blank picture"
    assert rows["void.png"]["reason"] == "the file is empty"
    assert "<!DOCTYPE" in rows["sub/page.JPG"]["reason"]
    assert "truncated" in rows["cut.jpg"]["reason"]
    for id, row in rows.items():
        assert (row["reason"] is None) == (row["status"] == "kept") == (row["map"] is not None)
        assert row["path"] == str(photos / id)
    assert (rows["0.png"]["height"], rows["0.png"]["width"]) == (90, 120)

    with (weak / "not_kept.csv").open(newline="") as file:
        listed = {row["id"]: row["reason"] for row in csv.DictReader(file)}
    assert listed == {id: row["reason"] for id, row in rows.items() if row["status"] != "kept"}
    assert store.read_manifest(weak).counts == counts


def test_a_row_holds_the_stimulus_its_teacher_map_and_entropy(photos: Path, tmp_path: Path) -> None:
    label(photos, tmp_path / "weak", workers=1)
    rows = rows_of(tmp_path / "weak")
    for id in ("3.png", "sub/DSC_6.JPG"):
        stimulus = resize(read_image(photos / id, smallest=128), (128, 128))
        teacher_map = np.rint(255 * gbvs(stimulus, size=128, full_size=False)).astype(np.uint8)
        stored = np.frombuffer(rows[id]["map"], np.uint8).reshape(32, 32)
        np.testing.assert_array_equal(stored, teacher_map)
        assert rows[id]["entropy"] == pytest.approx(entropy(stored))
        with Image.open(io.BytesIO(rows[id]["stimulus"])) as picture:
            assert (picture.format, picture.size) == ("JPEG", (128, 128))
            assert np.abs(np.asarray(picture).astype(int) - stimulus).mean() < 4


def test_the_teacher_may_see_the_picture_as_it_is(photos: Path, tmp_path: Path) -> None:
    assert label(photos, tmp_path / "weak", size=None, workers=1) == {"kept": 8, "rejected": 1, "failed": 3}
    stored = np.frombuffer(rows_of(tmp_path / "weak")["sub/DSC_6.JPG"]["map"], np.uint8).reshape(32, 32)
    lattice_map = gbvs(read_image(photos / "sub/DSC_6.JPG"), full_size=False)
    assert lattice_map.shape != (32, 32)
    np.testing.assert_array_equal(stored, np.rint(255 * maps.to_unit(maps.enlarge(lattice_map, (32, 32)))))


def test_stimulus_and_map_may_keep_their_aspect(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    """The teacher sees the picture with a shorter side of 256; a longer side of 32 has the map, as its lattice."""
    weak = tmp_path / "weak"
    code, _, err = wepsam_command("label", photos, weak, "--keep-aspect", "--size", 256, "--workers", 1)
    assert code == 0, err
    rows = rows_of(weak)
    for id, size, stimulus_shape, view_shape, map_shape in (
        ("0.png", (90, 120), (128, 171), (256, 341), (24, 32)),
        ("sub/DSC_7.JPG", (570, 400), (182, 128), (365, 256), (32, 22)),
    ):
        row = rows[id]
        assert (row["height"], row["width"]) == size
        assert read_image(row["stimulus"]).shape[:2] == stimulus_shape
        assert (row["map_height"], row["map_width"]) == map_shape
        teacher_map = gbvs(resize(read_image(photos / id, smallest=256), view_shape), full_size=False)
        stored = np.frombuffer(row["map"], np.uint8).reshape(map_shape)
        np.testing.assert_array_equal(stored, np.rint(255 * teacher_map))
    assert wepsam_command("inspect", weak)[1].startswith(f"{weak}: gbvs at 256 px, own aspect, 1 part")

    # Whoever learns from it asks for the shapes of the network.
    order = store.select(weak)
    stimuli, teacher_maps, _ = store.read_rows(weak, order)
    assert (stimuli.shape, teacher_maps.shape) == ((8, 128, 128, 3), (8, 32, 32))
    stimuli, teacher_maps, ids = store.read_rows(weak, order, (192, 256), (24, 32))
    assert (stimuli.shape, teacher_maps.shape) == ((8, 192, 256, 3), (8, 24, 32))
    np.testing.assert_array_equal(teacher_maps[ids.index("0.png")].ravel(), list(rows["0.png"]["map"]))
    assert (teacher_maps.max((1, 2)) == 255).all()


def test_a_strip_keeps_its_aspect_within_bounds(tmp_path: Path, write: Write) -> None:
    write(tmp_path / "photos" / "strip.png", np.random.default_rng(0).integers(0, 256, (3, 9000, 3), dtype=np.uint8))
    assert label(tmp_path / "photos", tmp_path / "weak", keep_aspect=True, workers=1) == {"kept": 1}
    row = rows_of(tmp_path / "weak")["strip.png"]
    assert read_image(row["stimulus"]).shape == (1, 4096, 3)
    assert (row["map_height"], row["map_width"]) == (1, 32)


def test_any_classical_model_may_teach(photos: Path, tmp_path: Path) -> None:
    label(photos, tmp_path / "weak", teacher="center-gaussian", workers=1)
    stored = np.frombuffer(rows_of(tmp_path / "weak")["0.png"]["map"], np.uint8).reshape(32, 32)
    assert np.unravel_index(stored.argmax(), stored.shape) in ((15, 15), (15, 16), (16, 15), (16, 16))
    np.testing.assert_array_equal(stored, stored[::-1, ::-1])
    assert (stored.min(), stored.max()) == (0, 255)
    label(photos, tmp_path / "128", teacher="gbvs-128", size=512, workers=1)  # reduces it once more by itself
    label(photos, tmp_path / "plain", workers=1)
    maps_ = [
        np.array([list(row["map"]) for row in rows_of(tmp_path / name).values() if row["map"]])
        for name in ("128", "plain")
    ]
    assert np.corrcoef(maps_[0].ravel(), maps_[1].ravel())[0, 1] > 0.99


def test_selection_reads_the_entropies_only(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    label(photos, tmp_path / "weak", workers=1, part_size=5)
    asked: list[object] = []
    read_table = pq.read_table
    monkeypatch.setattr(
        pq, "read_table", lambda *a, columns=None, **k: asked.append(columns) or read_table(*a, columns=columns, **k)
    )
    store.select(tmp_path / "weak", 3)
    assert asked == [["entropy"]] * 3


def test_a_part_is_a_pure_function(photos: Path, tmp_path: Path) -> None:
    """The same content from one worker and from two, and after losing a part."""
    reference = tmp_path / "reference"
    label(photos, reference, workers=1, part_size=3)
    assert len(list(reference.glob("part-*.parquet"))) == 4

    label(photos, tmp_path / "two", workers=2, part_size=3)
    assert same_content(reference, tmp_path / "two")

    shutil.copytree(reference, tmp_path / "repaired")
    (tmp_path / "repaired" / "part-00002.parquet").unlink()
    label(photos, tmp_path / "repaired", workers=1, part_size=3)
    assert same_content(reference, tmp_path / "repaired")


def test_what_is_there_is_not_made_again(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = label(photos, tmp_path / "weak", workers=1)
    monkeypatch.setattr(label_module, "label_rows", None)
    assert label(photos, tmp_path / "weak", workers=1) == counts


def test_the_same_photographs_in_another_spelling(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative, with a slash, as a list with a byte order mark, one by one and backwards: the same parts."""
    label(photos, tmp_path / "weak", workers=1, part_size=4)
    (tmp_path / "list.txt").write_text("\ufeff# all of them\r\nphotos/sub\r\n\r\nphotos\r\n", encoding="utf-8")
    monkeypatch.chdir(photos / "sub")
    files = sorted((p for p in photos.rglob("*.*") if p.name != "notes.doc"), reverse=True)
    for number, given in enumerate(["..", "../../photos/", ["../../list.txt"], files]):
        label(given, tmp_path / f"{number}", workers=1, part_size=4)
        assert same_content(tmp_path / "weak", tmp_path / f"{number}")


@pytest.mark.parametrize("place", ["weak", ".", ".."])
def test_what_inspect_draws_is_no_photograph(photos: Path, place: str) -> None:
    weak = photos / place
    for _ in range(2):
        assert sum(label(photos, weak, workers=1).values()) == 12
        inspect(weak, weak)
    assert (weak / "entropy.png").exists()


def test_names_that_are_not_utf_8(photos: Path, tmp_path: Path, paint: Paint) -> None:
    try:
        for name, seed in ((b"caf\xe9.png", 20), (b"caf\xe8.png", 21)):
            Image.fromarray(paint(seed)).save(os.fsdecode(os.fsencode(photos) + b"/" + name), "PNG")
        (photos / os.fsdecode(b"\xff.jpg")).write_bytes(b"")
    except OSError:
        pytest.skip("this disk takes UTF-8 names only")
    assert label(photos, tmp_path / "weak", workers=1) == {"kept": 10, "rejected": 1, "failed": 4}
    rows = rows_of(tmp_path / "weak")
    assert rows["caf\\xe9.png"]["status"] == rows["caf\\xe8.png"]["status"] == "kept"
    assert rows["\\xff.jpg"]["reason"] == "the file is empty"


# ---- refusals


def test_other_settings_and_other_photographs_are_refused_with_both_sides(
    photos: Path, tmp_path: Path, paint: Paint, write: Write
) -> None:
    weak = tmp_path / "weak"
    label(photos, weak, workers=1, part_size=6)
    for options, asked in (
        ({"size": 256}, "gbvs at 256 px in parts of 6"),
        ({"size": None}, "gbvs at full size in parts of 6"),
        ({"part_size": 7}, "gbvs at 128 px in parts of 7"),
    ):
        with pytest.raises(StoreError) as caught:
            label(photos, weak, workers=1, **{"part_size": 6, **options})
        message = str(caught.value)
        assert "gbvs at 128 px in parts of 6" in message
        assert asked in message
        assert len(message.splitlines()) == 1
    before = rows_of(weak)
    write(photos / "new.png", paint(9))
    with pytest.raises(StoreError, match=r"list of 12 photographs \(.*this run has 13 \("):
        label(photos, weak, workers=1, part_size=6)
    (photos / "blank.png").unlink()  # as many as before, but others
    with pytest.raises(StoreError, match=r"list of 12 photographs \(.*this run has 12 \("):
        label(photos, weak, workers=1, part_size=6)
    assert rows_of(weak) == before


def test_nothing_to_label(tmp_path: Path, photos: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match=f"no pictures in {tmp_path / 'empty'}$"):
        label(tmp_path / "empty", tmp_path / "weak")
    with pytest.raises(ImageError, match="no such file"):
        label([tmp_path / "nowhere"], tmp_path / "weak")
    with pytest.raises(ValueError, match=r"teachers are gbvs, .*, not 'toy'"):
        label(photos, tmp_path / "weak", teacher="toy")
    assert not (tmp_path / "weak").exists()


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
    if damage is not one_bit_flipped:  # which only whoever reads the column notices
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
        store.read_manifest(photos)
    with pytest.raises(StoreError, match="no weak labels"):
        store.read_manifest(photos / "0.png")
    for content in ("", "{}", "[1]", '{"settings": {"eyes": 2}}'):
        (tmp_path / "manifest.json").write_text(content)
        with pytest.raises(DamagedError, match=r"manifest\.json is damaged"):
            store.read_manifest(tmp_path)


# ---- the store, and looking into it


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


def test_the_schema_is_plain(photos: Path, tmp_path: Path) -> None:
    label(photos, tmp_path, workers=1, part_size=1)  # a part of nothing but a failure has it too
    for part in tmp_path.glob("part-*.parquet"):
        assert pq.read_schema(part).equals(store.SCHEMA)
    assert not any(pa.types.is_nested(field.type) for field in store.SCHEMA)


def test_inspect(photos: Path, tmp_path: Path) -> None:
    weak = tmp_path / "weak"
    label(photos, weak, workers=1)
    report = inspect(weak, tmp_path / "look")
    assert report["read"] == 12
    assert report["counts"] == {"kept": 8, "rejected": 1, "failed": 3}
    assert sum(report["reasons"].values()) == 4
    assert report["reasons"]["the file is empty"] == 1
    kept = [row["entropy"] for row in rows_of(weak).values() if row["status"] == "kept"]
    assert report["entropy"]["lowest"] == pytest.approx(min(kept))
    assert report["entropy"]["median"] == pytest.approx(np.median(kept))
    assert report["entropy"]["highest"] == pytest.approx(max(kept))
    assert [Path(p).name for p in report["pictures"]] == ["entropy.png", "lowest-middle-highest.png"]
    for picture in report["pictures"]:
        assert np.ptp(read_image(picture)) > 200


@pytest.mark.parametrize("count", [1, 2, 4])
def test_inspect_few(count: int, tmp_path: Path, paint: Paint, write: Write) -> None:
    for seed in range(count):
        write(tmp_path / "photos" / f"{seed}.png", paint(seed))
    label(tmp_path / "photos", tmp_path / "weak", workers=1)
    assert len(inspect(tmp_path / "weak", tmp_path)["pictures"]) == 2


def test_inspect_nothing_kept(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "void.png").write_bytes(b"")
    label(tmp_path / "photos", tmp_path / "weak", workers=1)
    report = inspect(tmp_path / "weak", tmp_path)
    assert report["counts"] == {"kept": 0, "rejected": 0, "failed": 1}
    assert report["pictures"] == []
    assert len(store.select(tmp_path / "weak")) == 0


def test_inspect_notices_a_part_with_too_few_rows(photos: Path, tmp_path: Path) -> None:
    weak = tmp_path / "weak"
    label(photos, weak, workers=1, part_size=5)
    part = weak / "part-00000.parquet"
    pq.write_table(pq.read_table(part).slice(1), part)
    with pytest.raises(StoreError, match=r"part-00000\.parquet is damaged \(4 rows instead of 5\)"):
        inspect(weak, tmp_path)


def test_real_photographs(pictures: Path, tmp_path: Path) -> None:
    """A few galaxies on black need the fewest gray levels of saliency, stained tissue all over the most."""
    assert label(pictures, tmp_path, workers=1)["kept"] == 8
    ids = store.read_rows(tmp_path, store.select(tmp_path))[2]
    assert (ids[0], ids[-1]) == ("hubble_deep_field.jpg", "ihc.png")


# ---- for larger networks, and by them


def test_stimuli_and_maps_are_stored_as_large_as_asked(tmp_path: Path, paint: Paint, write: Write) -> None:
    write(tmp_path / "photos" / "a.png", paint(0, 90, 120))
    label(tmp_path / "photos", tmp_path / "weak", keep_aspect=True, stimulus_size=60, map_size=16, workers=1)
    (row,) = rows_of(tmp_path / "weak").values()
    assert read_image(row["stimulus"]).shape == (60, 80, 3)
    assert (row["map_height"], row["map_width"]) == (12, 16)
    with pytest.raises(StoreError, match="stored at 60 px with maps of 16"):
        label(tmp_path / "photos", tmp_path / "weak", keep_aspect=True, workers=1)


def test_shipped_weights_are_a_teacher_too(tmp_path: Path, paint: Paint, write: Write) -> None:
    photo = write(tmp_path / "photos" / "a.png", paint(0, 90, 120))
    label(tmp_path / "photos", tmp_path / "weak", teacher="wepsam-paper", size=None, workers=1)
    (row,) = rows_of(tmp_path / "weak").values()
    expected = maps.enlarge(load("wepsam-paper")(photo), (32, 32))
    found = np.frombuffer(row["map"], np.uint8).reshape(32, 32)
    np.testing.assert_array_equal(found, np.rint(255 * maps.to_unit(expected)))


def test_a_teacher_that_is_not_there_is_named(tmp_path: Path, paint: Paint, write: Write) -> None:
    write(tmp_path / "photos" / "a.png", paint(0, 90, 120))
    with pytest.raises(ValueError, match=r"no weights .*gone\.onnx"):
        label(tmp_path / "photos", tmp_path / "weak", teacher=str(tmp_path / "gone.onnx"), workers=1)
    with pytest.raises(ValueError, match=r"teachers are gbvs.*not .gone."):
        label(tmp_path / "photos", tmp_path / "weak", teacher="gone", workers=1)
