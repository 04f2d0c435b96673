"""Labeling of healthy and broken photographs: interrupted, repeated, in any order; and its refusals."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from helpers import Paint, Write, rows_of, same_content
from wepsam import cards, maps, metrics
from wepsam.images import ImageError
from wepsam.prediction.folder import predict
from wepsam.prediction.loading import weights_file
from wepsam.weak import part_rows, store
from wepsam.weak.inspection import inspect
from wepsam.weak.labeling import label
from wepsam.weak.manifest import StoreError, read_manifest


def test_every_picture_is_kept_rejected_or_failed(photos: Path, tmp_path: Path) -> None:
    weak = tmp_path / "weak"
    counts = label(photos, weak, workers=1, part_size=5)
    assert counts == {"kept": 8, "rejected": 1, "failed": 3}

    rows = rows_of(weak)
    assert set(rows) == {p.relative_to(photos).as_posix() for p in photos.rglob("*.*") if p.name != "notes.doc"}
    assert list(rows) == sorted(rows)
    assert {id for id, row in rows.items() if row["status"] == "failed"} == {"cut.jpg", "sub/page.JPG", "void.png"}
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
    assert read_manifest(weak).counts == counts


def test_progress_counts_pictures_from_those_that_are_there(
    photos: Path, tmp_path: Path, bar_updates: list[tuple[float, float]]
) -> None:
    label(photos, tmp_path / "weak", workers=1, part_size=5)
    assert bar_updates == [(0, 12), (5, 12), (10, 12), (12, 12)]
    (tmp_path / "weak" / "part-00001.parquet").unlink()
    bar_updates.clear()
    label(photos, tmp_path / "weak", workers=1, part_size=5)
    assert bar_updates == [(7, 12), (12, 12)]


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
    monkeypatch.setattr(part_rows, "label_rows", None)
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
    with pytest.raises(ValueError, match=r"gbvs.*toy|toy.*gbvs"):
        label(photos, tmp_path / "weak", teacher="toy")
    assert not (tmp_path / "weak").exists()


def test_a_file_is_no_weak_label_folder(photos: Path) -> None:
    """`wepsam label *.png` without the folder."""
    with pytest.raises(StoreError, match=r"1\.png is a file; the last argument is the weak-label folder"):
        label(photos / "0.png", photos / "1.png")


def test_a_teacher_that_is_not_there_is_named(tmp_path: Path, paint: Paint, write: Write) -> None:
    write(tmp_path / "photos" / "a.png", paint(0, 90, 120))
    with pytest.raises(ValueError, match=r"no weights .*gone\.onnx"):
        label(tmp_path / "photos", tmp_path / "weak", teacher=str(tmp_path / "gone.onnx"), workers=1)
    with pytest.raises(ValueError, match=r"gbvs.*'gone'|'gone'.*gbvs"):
        label(tmp_path / "photos", tmp_path / "weak", teacher="gone", workers=1)


def test_real_photographs(pictures: Path, tmp_path: Path) -> None:
    """A few galaxies on black need the fewest gray levels of saliency, stained tissue and bricks all over the most."""
    assert label(pictures, tmp_path, workers=1)["kept"] == len(list(pictures.iterdir()))
    ids = store.read_rows(tmp_path, store.select(tmp_path))[2]
    assert (ids[0], *ids[-2:]) == ("hubble_deep_field.jpg", "ihc.png", "brick.png")


def test_replaced_photographs_are_noticed(photos: Path, tmp_path: Path, paint: Paint, write: Write) -> None:
    """Those of the same name: another size, or the same size at another time. An archive counts as one."""
    weak, data = tmp_path / "weak", (photos / "0.png").read_bytes()
    label(photos, weak, workers=1, part_size=4)
    (weak / "part-00001.parquet").unlink()
    label(photos, weak, workers=1, part_size=4)
    for content in (data[::-1], (photos / "1.png").read_bytes()):
        (photos / "0.png").write_bytes(content)
        with pytest.raises(StoreError, match="photographs of these names with other sizes or times"):
            label(photos, weak, workers=1, part_size=4)


def test_a_replaced_teacher_is_noticed(photos: Path, tmp_path: Path) -> None:
    teacher, weak = tmp_path / "teacher.onnx", tmp_path / "weak"
    for name in (".onnx", ".json"):
        shutil.copy(weights_file("wepsam-lite").with_suffix(name), teacher.with_suffix(name))
    label(photos / "0.png", weak, teacher=teacher, workers=1)
    assert label(photos / "0.png", weak, teacher=teacher, workers=1) == {"kept": 1}
    onnx.save(onnx.load(teacher), changed := tmp_path / "other.onnx")
    changed.write_bytes(changed.read_bytes() + b"\x12\x01x")  # the producer's name: the same network in another file
    card = json.loads(teacher.with_suffix(".json").read_text())
    teacher.with_suffix(".json").write_text(json.dumps(card | {"sha256": cards.sha256(changed)}))
    changed.rename(teacher)
    with pytest.raises(StoreError, match=r"was labeled by another .*teacher\.onnx"):
        label(photos / "0.png", weak, teacher=teacher, workers=1)


def test_a_folder_of_an_earlier_version_goes_on(photos: Path, tmp_path: Path) -> None:
    weak = tmp_path / "weak"
    label(photos, weak, workers=1, part_size=4)
    manifest = json.loads((weak / "manifest.json").read_text())
    for key in ("teacher_sha256", "photographs"):
        del manifest[key]
    (weak / "manifest.json").write_text(json.dumps(manifest))
    (photos / "0.png").touch()
    assert sum(label(photos, weak, workers=1, part_size=4).values()) == 12


def test_what_wepsam_drew_is_no_photograph(photos: Path, tmp_path: Path, paint: Paint, write: Write) -> None:
    """Maps, overlays, sheets and what inspect draws are left out anywhere; what only has such a name is not."""
    before = rows_of(labeled(photos, tmp_path / "one"))
    for out in (photos, photos / "sub" / "maps"):
        predict([photos / "1.png", photos / "sub"], out, model="itti", sheet=True)
    inspect(tmp_path / "one", photos)
    write(photos / "world_map.png", paint(77))
    write(photos / "deep" / "2_map.png", paint(78))  # as earlier versions wrote it
    assert len(list(photos.rglob("*_map.png"))) > 5
    assert set(rows_of(labeled(photos, tmp_path / "two"))) == {*before, "world_map.png"}


def labeled(photos: Path, weak: Path) -> Path:
    label(photos, weak, workers=1)
    return weak


def test_several_teachers_give_the_mean_of_their_densities(photos: Path, tmp_path: Path) -> None:
    answers = {}
    for teacher in ("gbvs-graph", "image_signature", "gbvs-graph,image_signature"):
        label(photos / "0.png", out := tmp_path / teacher, teacher=teacher, workers=1)
        answers[teacher] = maps.to_density(store.read_rows(out, np.arange(1))[1][0])
    one, other, both = answers.values()
    assert metrics.cc(both, (one + other) / 2) > 0.99 > metrics.cc(one, other)
    with pytest.raises(ValueError, match="no model 'nobody'"):
        label(photos / "0.png", tmp_path / "out", teacher="gbvs,nobody")
