"""Maps that other tools have made, as a model: what is read, how, and what is refused in one line."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from helpers import Write
from wepsam import maps
from wepsam.datasets import FixationDataset, Sample
from wepsam.evaluation import MapFolder, evaluate
from wepsam.evaluation.map_folder import map_size, read_map


@pytest.fixture
def folder(own: FixationDataset, tmp_path: Path) -> Path:
    """The densities themselves, as float64 .npy."""
    made = tmp_path / "their_maps"
    made.mkdir()
    for sample in own:
        np.save(made / f"{sample.id}.npy", sample.density())
    return made


def test_densities_from_a_folder_score_as_from_a_function(own: FixationDataset, folder: Path) -> None:
    result = evaluate(MapFolder(folder), own)
    answers = {sample.stimulus().tobytes(): sample.density() for sample in own}
    assert result.rows == evaluate(lambda stimulus: answers[stimulus.tobytes()], own).rows
    assert result.about["model"] == "their_maps"
    assert result.about["maps"]["files"] == 12
    assert result.about["maps"]["resized"] == 0
    np.testing.assert_allclose(result.scores("cc"), 1)


def test_the_record_changes_with_any_byte(own: FixationDataset, folder: Path) -> None:
    before = MapFolder(folder).check(own)
    assert before == MapFolder(folder).check(own)
    (folder / "not_asked_for.npy").write_bytes((folder / "000.npy").read_bytes())
    assert before == MapFolder(folder).check(own)
    data = bytearray((folder / "003.npy").read_bytes())
    data[-1] ^= 1
    (folder / "003.npy").write_bytes(data)
    assert before["sha256"] != MapFolder(folder).check(own)["sha256"]


VALUES = np.array([[0, 1, 2], [3, 200, 255]])


def test_each_kind_of_file_is_read_without_loss(tmp_path: Path) -> None:
    eight, sixteen = VALUES.astype(np.uint8), (VALUES * 257 - VALUES // 200).astype(np.uint16)
    files = {}
    for suffix in (".png", ".tif", ".tiff"):
        Image.fromarray(eight).save(tmp_path / f"8{suffix}")
        Image.fromarray(sixteen).save(tmp_path / f"16{suffix}")
        files |= {f"8{suffix}": eight, f"16{suffix}": sixteen}
    Image.fromarray(VALUES.astype(np.float32) / 7).save(tmp_path / "float.tif")
    Image.fromarray(np.stack([eight] * 3, axis=2)).save(tmp_path / "color.png")
    Image.fromarray(np.full((8, 8), 77, np.uint8)).save(tmp_path / "flat.JPG", format="JPEG")
    np.save(tmp_path / "double.npy", VALUES / 7)
    np.save(tmp_path / "channel.npy", (VALUES / 7)[..., None])
    savemat(tmp_path / "map.mat", {"anything": VALUES / 7, "note": "text", "scale": 3.0})
    files |= {"float.tif": VALUES.astype(np.float32) / 7, "color.png": eight, "flat.JPG": np.full((8, 8), 77)}
    files |= dict.fromkeys(("double.npy", "channel.npy", "map.mat"), VALUES / 7)
    for name, expected in files.items():
        np.testing.assert_array_equal(read_map(tmp_path / name), expected, err_msg=name)
        assert map_size(tmp_path / name) == expected.shape, name


def _bad(path: Path) -> None:
    """Write what its name says."""
    name = path.stem
    if name == "pickle":
        np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    elif path.suffix == ".npy":
        contents = {"cube": np.ones((2, 3, 4)), "negative": -np.ones((2, 2)), "nan": np.full((2, 2), np.nan)}
        np.save(path, contents.get(name, np.array([["text"]])))
    elif path.suffix == ".mat":
        savemat(path, {"a": np.ones((2, 2)), "b": np.ones((2, 2))} if name == "two" else {"a": "text"})
    elif name == "colored":
        Image.fromarray(np.arange(12, dtype=np.uint8).reshape(2, 2, 3)).save(path)
    elif name == "see-through":
        Image.fromarray(np.full((2, 2, 4), 7, np.uint8)).save(path)
    else:
        path.write_bytes(b"no picture")


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("pickle.npy", "allow_pickle=False"),
        ("cube.npy", r"has the shape \(2, 3, 4\), expected \(H, W\)"),
        ("negative.npy", "the smallest value is -1, a map is >= 0"),
        ("nan.npy", "4 of 4 values are NaN or infinite"),
        ("text.npy", "expected numbers"),
        ("two.mat", "one two-dimensional variable, has a, b"),
        ("none.mat", "one two-dimensional variable, has none"),
        ("broken.mat", "cannot be read|broken.mat: "),
        ("colored.png", "a colored or transparent picture, expected a gray map"),
        ("see-through.png", "a colored or transparent picture"),
        ("broken.png", "cannot be read"),
    ],
)
def test_what_is_no_map(tmp_path: Path, name: str, complaint: str) -> None:
    _bad(tmp_path / name)
    with pytest.raises(ValueError, match=complaint) as error:
        read_map(tmp_path / name)
    assert name in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_missing_and_wrongly_sized_maps_are_one_line(own: FixationDataset, folder: Path) -> None:
    np.save(folder / "004.npy", np.ones((20, 30)))
    np.save(folder / "007.npy", np.ones((20, 31)))
    with pytest.raises(
        ValueError, match=r"the map of 004 in .*their_maps is 30x20, its picture 60x40;.*\(and 1 more\)"
    ):
        evaluate(MapFolder(folder), own)
    (folder / "004.npy").unlink()
    (folder / "005.npy").unlink()
    with pytest.raises(ValueError, match=r"has no map for 2 of 12 pictures, the first 004: expected 004 with .png"):
        evaluate(MapFolder(folder), own)
    Image.fromarray(VALUES.astype(np.uint8)).save(folder / "000.png")
    with pytest.raises(ValueError, match=r"has both 000.npy and 000.png; which one"):
        MapFolder(folder)
    with pytest.raises(ValueError, match=r"no maps in .*nowhere"):
        MapFolder(folder / "nowhere")


def test_resized_only_if_asked_and_recorded(own: FixationDataset, folder: Path) -> None:
    small = maps.enlarge(own[4].density(), (20, 30))
    np.save(folder / "004.npy", small)
    chosen = MapFolder(folder, resize=True)
    np.testing.assert_array_equal(chosen(own[4]), maps.enlarge(small, (40, 60)))
    result = evaluate(chosen, own)
    assert result.about["maps"]["resized"] == 1
    assert 0.9 < result.rows[4]["cc"] < 1


def test_ids_that_are_paths(tmp_path: Path, write: Write) -> None:
    """Maps may lie in folders as the stimuli do; where stems repeat, they must."""
    samples = []
    for id in ("Action/001.png", "Art/001.png"):
        path = write(tmp_path / "stimuli" / id, np.zeros((4, 6), np.uint8))
        write(tmp_path / "maps" / id, np.full((4, 6), len(id), np.uint8))
        samples.append(Sample(id, path, (4, 6), np.array([[1.0, 1.0]]), np.array([0]), 1.0))
    data = FixationDataset("toy", tuple(samples), 1.0)
    chosen = MapFolder(tmp_path / "maps")
    assert chosen.check(data)["files"] == 2
    assert [chosen(sample)[0, 0] for sample in data] == [14, 11]
    with pytest.raises(ValueError, match=r"would be the map of both Action/001.png and Art/001.png; name maps by ids"):
        MapFolder(tmp_path / "maps" / "Art").check(data)


# ---- maps that are not of this picture


def test_a_transposed_map_is_recognized_with_and_without_resize(own: FixationDataset, folder: Path) -> None:
    """To follow the advice `--resize` would have scored it, squeezed, as if it were of this picture."""
    for shape in ((60, 40), (30, 20), (121, 80)):
        np.save(folder / "004.npy", np.ones(shape))
        for resize in (False, True):
            with pytest.raises(ValueError, match=r"the map of 004 in .* its picture 60x40: it looks transposed"):
                MapFolder(folder, resize=resize).check(own)
            with pytest.raises(ValueError, match="transposed"):
                MapFolder(folder, resize=resize)(own[4])


@pytest.mark.parametrize("shape", [(40, 40), (40, 70), (32, 60), (20, 26)])
def test_a_map_of_another_aspect_is_not_resized(own: FixationDataset, folder: Path, shape: tuple[int, int]) -> None:
    np.save(folder / "004.npy", np.ones(shape))
    with pytest.raises(ValueError, match=r"of another picture, cropped or squeezed\?"):
        MapFolder(folder, resize=True).check(own)


@pytest.mark.parametrize("shape", [(20, 30), (5, 8), (5, 7), (41, 60), (400, 600), (40, 61), (27, 41)])
def test_sides_may_be_rounded(own: FixationDataset, folder: Path, shape: tuple[int, int]) -> None:
    np.save(folder / "004.npy", np.ones(shape))
    assert MapFolder(folder, resize=True).check(own)["resized"] == 1
    assert MapFolder(folder, resize=True)(own[4]).shape == (40, 60)


def _sample(id: str, file: str) -> Sample:
    return Sample(id, Path("stimuli") / file, (4, 6), np.array([[1.0, 1.0]]), np.array([0]), 1.0)


@pytest.mark.parametrize(
    ("id", "file", "there", "found"),
    [
        ("img.v1", "img.v1.jpg", "img.npy", False),
        ("img.v1", "img.v1.jpg", "img.v1.npy", True),
        ("img.v1.jpg", "img.v1.jpg", "img.npy", False),
        ("img.v1.jpg", "img.v1.jpg", "img.v1.npy", True),
        ("img.png", "img.png.jpg", "img.npy", False),
        ("img.jpg", "img.jpg", "img.npy", True),
        ("a/img.2", "img.2.jpg", "a/img.npy", False),
        ("cafe\u0301", "cafe\u0301.jpg", "caf\u00e9.npy", True),
        ("caf\u00e9", "caf\u00e9.jpg", "cafe\u0301.npy", True),
    ],
)
def test_only_the_suffix_of_a_picture_is_no_part_of_a_name(
    tmp_path: Path, id: str, file: str, there: str, found: bool
) -> None:
    (tmp_path / there).parent.mkdir(exist_ok=True)
    np.save(tmp_path / there, np.ones((4, 6)))
    data = FixationDataset("toy", (_sample(id, file),), 1.0)
    if found:
        assert MapFolder(tmp_path).check(data)["files"] == 1
    else:
        with pytest.raises(ValueError, match="has no map for"):
            MapFolder(tmp_path).check(data)


# ---- damaged files


def _one_line_or_a_map(path: Path) -> bool:
    """Whether the file is refused; never by anything but one line that names it."""
    complaint = ""
    try:
        read_map(path)
        map_size(path)
    except ValueError as error:
        complaint = str(error)
    assert not complaint or path.name in complaint
    assert len(complaint.splitlines()) <= 1
    return bool(complaint)


@pytest.mark.parametrize("suffix", [".npy", ".tif", ".png", ".mat"])
def test_a_damaged_map_is_one_line(tmp_path: Path, suffix: str) -> None:
    whole, path = tmp_path / f"whole{suffix}", tmp_path / f"damaged{suffix}"
    values = np.random.default_rng(0).integers(0, 256, (12, 17)).astype(np.uint8)
    if suffix == ".npy":
        np.save(whole, values / 7)
    elif suffix == ".mat":
        savemat(whole, {"map": values / 7}, do_compression=True)
    else:
        Image.fromarray(values).save(whole, **({"compression": "tiff_adobe_deflate"} if suffix == ".tif" else {}))
    data = whole.read_bytes()
    rng = np.random.default_rng(1)
    refused = 0
    for cut in (*range(0, len(data), max(1, len(data) // 40)), *[0] * 60):
        if refused and rng.random() < 0.6:
            damaged = bytearray(data)
            for place in rng.integers(0, min(len(data), 160), rng.integers(1, 5)):
                damaged[place] = rng.integers(0, 256)
        else:
            damaged = bytearray(data[:cut])
        path.write_bytes(damaged)
        refused += _one_line_or_a_map(path)
    assert refused > 20


def test_headers_that_lie(tmp_path: Path) -> None:
    """Deep nesting, half a literal, sides of 10^15, an archive of arrays, other numbers."""
    headers = {
        "token": b"{'descr': '<f8', 'fortran_order': False, 'shape': (3,",
        "deep": b"(" * 9000,
        "large": b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000, 1000000), }",
        "negative": b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 3), }",
        "text": b"{'descr': 7, 'fortran_order': None, 'shape': 'x'}",
    }
    for name, header in headers.items():
        path = tmp_path / f"{name}.npy"
        path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
        assert _one_line_or_a_map(path), name
    with (tmp_path / "archive.npy").open("wb") as file:
        np.savez(file, a=np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"archive\.npy cannot be read \(an archive of arrays \(\.npz\)"):
        read_map(tmp_path / "archive.npy")
    np.save(tmp_path / "complex.npy", np.ones((2, 2), complex))
    with pytest.raises(ValueError, match="holds complex128, expected numbers"):
        read_map(tmp_path / "complex.npy")
    (tmp_path / "folder.npy").mkdir()
    assert _one_line_or_a_map(tmp_path / "folder.npy")


@pytest.mark.parametrize("kind", [">f8", ">f4", "<f2", ">u2", "?", ">i4"])
def test_any_type_of_number_is_read(tmp_path: Path, kind: str) -> None:
    np.save(tmp_path / "map.npy", VALUES.astype(kind))
    np.testing.assert_array_equal(read_map(tmp_path / "map.npy"), VALUES.astype(kind).astype(float))
    assert read_map(tmp_path / "map.npy").dtype == np.dtype("f8")


def test_a_map_belongs_to_the_picture_of_its_whole_name(tmp_path: Path) -> None:
    """img.npy is no map of img.v1.jpg; an accent may be spelled in two ways."""
    for name in ("img", "Art/001", unicodedata.normalize("NFD", "d\u00e9j\u00e0")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        np.save(tmp_path / f"{name}.npy", np.ones((4, 6)))
    theirs = MapFolder(tmp_path)
    for id in ("img", "Art/001", "Art/001.jpg", "d\u00e9j\u00e0"):
        assert theirs(Sample(id, Path(id if id.endswith(".jpg") else f"{id}.png"), (4, 6))).shape == (4, 6)
    with pytest.raises(ValueError, match=r"no map for img\.v1"):
        theirs(Sample("img.v1", Path("img.v1.jpg"), (4, 6)))


def test_a_mat_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", {"a": np.ones((3, 4))})
    (tmp_path / "b.mat").write_bytes((tmp_path / "a.mat").read_bytes()[:150])
    with pytest.raises(ValueError, match=r"^\S*b\.mat cannot be read: [^\n]*$"):
        read_map(tmp_path / "b.mat")


def test_maps_with_too_many_values_are_one_line(tmp_path: Path) -> None:
    """Also the header alone says so: none of the gigabytes is read."""
    Image.new("L", (8192, 8193)).save(tmp_path / "a.png")
    headers = {"b.npy": ("<f8", (30_000, 30_000)), "c.npy": ("|u1", (8192, 8193)), "d.npy": ("<f16", (8192, 8192))}
    for name, (kind, shape) in headers.items():
        with (tmp_path / name).open("wb") as file:
            np.lib.format.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})
            file.truncate(file.tell() + int(np.prod(shape)) * np.dtype(kind).itemsize)
    os.mkfifo(tmp_path / "e.npy")
    for path in sorted(tmp_path.iterdir()):
        for read in (read_map, map_size):
            with pytest.raises(
                ValueError, match=r"more than 67,108,864 pixels|at most 67,108,864|not a regular"
            ) as error:
                read(path)
            assert str(path) in str(error.value)
            assert len(str(error.value).splitlines()) == 1
