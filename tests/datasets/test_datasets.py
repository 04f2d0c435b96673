"""Readers on miniature trees in the true file formats, and, where they are at hand, on the real datasets."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from helpers import Paint, Write, ids, refused, write_osie
from wepsam import datasets, maps
from wepsam.classical import gbvs
from wepsam.datasets import FixationDataset, Sample, open_dataset

# ---- OSIE


LOOKED: dict[str, list[list[tuple[float, float]]]] = {
    "1001.jpg": [[(1, 1), (800, 600)], [(400.5, 300.25), (801, 10), (10, 0.5)], []],
    "1003.jpg": [[(20, 30)]],
}


@pytest.fixture
def osie_folder(tmp_path: Path, paint: Paint, write: Write) -> Path:
    folder = write_osie(tmp_path / "OSIE" / "data", LOOKED).parent
    for name in LOOKED:
        write(folder / "data" / "stimuli" / name, paint(1, 600, 800))
    return folder


def test_the_miniature_osie_is_built_like_the_true_one(osie_folder: Path, shared: Path) -> None:
    from scipy.io import loadmat

    def kinds(value: Any) -> Any:
        """The nesting down to the first leaves."""
        if value.dtype == object:
            return "cell", value.shape[1], kinds(value.flat[0])
        if value.dtype.names:
            return {name: kinds(value[name].flat[0]) for name in value.dtype.names}
        return value.dtype.kind, value.ndim

    ours, theirs = (
        kinds(loadmat(folder / "data" / "eye" / "fixations.mat")["fixations"])
        for folder in (osie_folder, shared / "data" / "osie")
    )
    assert ours == theirs


def test_osie(osie_folder: Path) -> None:
    data = datasets.osie(osie_folder)
    assert (data.name, data.sigma, data.pixels_per_degree, len(data)) == ("osie", 24, 24, 2)
    first, second = data
    assert (first.id, first.size, first.sigma) == ("1001", (600, 800), 24)
    assert first.fixations is not None
    # MATLAB's pixel 1 is our pixel 0. Glances beside the screen are dropped, their observer keeps the others.
    np.testing.assert_array_equal(first.fixations, [(0, 0), (799, 599), (399.5, 299.25)])
    np.testing.assert_array_equal(first.observer, [0, 0, 1])
    np.testing.assert_array_equal(second.fixations, [(19, 29)])
    assert first.stimulus().shape == (600, 800, 3)


def test_osie_from_any_folder_of_the_tree(osie_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(osie_folder.parent)
    monkeypatch.setenv("HOME", str(osie_folder.parent))
    for spec in ("OSIE", "OSIE/", "./OSIE/data/", osie_folder, "~/OSIE"):
        assert len(open_dataset(f"osie={spec}")) == 2


def test_osie_with_some_of_its_pictures(osie_folder: Path) -> None:
    (osie_folder / "data" / "stimuli" / "1001.jpg").unlink()
    assert [sample.id for sample in datasets.osie(osie_folder)] == ["1003"]
    (osie_folder / "data" / "stimuli" / "1003.jpg").unlink()
    refused(lambda: datasets.osie(osie_folder), "no pictures of osie", osie_folder)


def test_osie_with_one_picture_in_its_file(tmp_path: Path, paint: Paint, write: Write) -> None:
    write_osie(tmp_path, {"7.jpg": [[(5, 6), (7, 8)], [(9, 9)]]})
    write(tmp_path / "stimuli" / "7.jpg", paint(0))
    (sample,) = datasets.osie(tmp_path)
    np.testing.assert_array_equal(sample.fixations, [(4, 5), (6, 7), (8, 8)])


def test_osie_missing_or_broken(osie_folder: Path, tmp_path: Path) -> None:
    mat = osie_folder / "data" / "eye" / "fixations.mat"
    for content in (mat.read_bytes()[:2000], b"", b"not MATLAB's"):
        mat.write_bytes(content)
        refused(lambda: datasets.osie(osie_folder), f"{mat} cannot be read")
    from scipy.io import savemat

    savemat(mat, {"fixation": 1})
    refused(lambda: datasets.osie(osie_folder), mat, "no variable 'fixations'")
    mat.unlink()
    refused(lambda: datasets.osie(osie_folder), f"no OSIE at {osie_folder}: expected {mat}")
    refused(lambda: datasets.osie(tmp_path / "nowhere"), "nowhere/stimuli", "nowhere/eye/fixations.mat")


# ---- pictures with densities


@pytest.fixture
def omron_folder(tmp_path: Path, paint: Paint, write: Write) -> Path:
    """DUT-OMRON's layout: 224x224 pictures, 64x64 densities with a largest value of 255."""
    folder = tmp_path / "dut_omron"
    for seed, part in enumerate(["train", "train", "val"]):
        density = maps.density(np.array([(20 + 10 * seed, 30)]), (64, 64), 4.0)
        write(folder / "images" / part / f"{seed:04d}.jpg", paint(seed, 224, 224))
        write(folder / "maps" / part / f"{seed:04d}.png", np.rint(255 * density / density.max()).astype(np.uint8))
    return folder


def test_dut_omron(omron_folder: Path) -> None:
    data = open_dataset(f"dut_omron={omron_folder}/")
    assert [sample.id for sample in data] == ["train/0000", "train/0001", "val/0002"]
    assert not data.has_fixations
    for seed, sample in enumerate(data):
        assert (sample.fixations, sample.observer, sample.size) == (None, None, (224, 224))
        density = sample.density()
        assert density.shape == sample.size
        assert density.sum() == pytest.approx(1)
        row, column = np.unravel_index(density.argmax(), density.shape)
        # Where the small density has its peak, half pixel centers considered.
        assert abs(column + 0.5 - (20.5 + 10 * seed) * 3.5) < 2
        assert abs(row + 0.5 - 30.5 * 3.5) < 2
        with pytest.raises(ValueError, match="which observer"):
            sample.observed_by(np.array([0]))


def test_densities_of_many_kinds(tmp_path: Path, paint: Paint, write: Write) -> None:
    """8 bit, 16 bit, gray stored as color, any size: the same density."""
    density = maps.density(np.array([(30, 20)]), (40, 60), 5.0)
    eight, sixteen = (np.rint(white * density / density.max()) for white in (255, 65535))
    kinds = [eight.astype(np.uint8), sixteen.astype(np.uint16), np.dstack([eight.astype(np.uint8)] * 3)]
    for number, kind in enumerate(kinds):
        write(tmp_path / "images" / f"{number}.JPG", paint(number, 40, 60), format="JPEG")
        write(tmp_path / "maps" / f"{number}.PNG", kind, format="PNG")
    for sample in open_dataset(f"maps={tmp_path}"):
        np.testing.assert_allclose(sample.density(), density, atol=density.max() / 200)


def test_an_all_black_density_says_nothing(tmp_path: Path, paint: Paint, write: Write) -> None:
    write(tmp_path / "images" / "a.png", paint(0, 8, 9))
    write(tmp_path / "maps" / "a.png", np.zeros((8, 9), np.uint8))
    (sample,) = open_dataset(f"maps={tmp_path}")
    np.testing.assert_allclose(sample.density(), 1 / 72)


def test_missing_densities(omron_folder: Path, tmp_path: Path, paint: Paint, write: Write) -> None:
    write(omron_folder / "images" / "val" / "0002.png", paint(5))
    refused(lambda: datasets.dut_omron(omron_folder), "0002.jpg", "0002.png", "differ in their suffix only")
    write(omron_folder / "images" / "val" / "0009.jpg", paint(5))
    refused(lambda: datasets.dut_omron(omron_folder), "images/val/0009.jpg has no map", "maps/val/0009.*")
    refused(lambda: datasets.dut_omron(tmp_path / "x"), "no dut_omron at", "x/images", "x/maps")
    for folder in ("images", "maps"):
        (tmp_path / "y" / folder).mkdir(parents=True)
    refused(lambda: datasets.dut_omron(tmp_path / "y"), "no pictures of dut_omron")


# ---- pictures with a CSV


def test_csv(tmp_path: Path, paint: Paint, write: Write) -> None:
    write(tmp_path / "stimuli" / "b.png", paint(0, 50, 100))
    write(tmp_path / "stimuli" / "a.JPG", paint(1, 50, 100), format="JPEG")
    write(tmp_path / "stimuli" / "unseen.png", paint(2))
    (tmp_path / "fixations.csv").write_text(
        "image,observer,x,y,duration_s\n"
        "b.png,zoe,0,0,.2\nb.png,al,99.9,49.9,.3\nb.png,zoe,10.5,20.25,.1\n"
        "b.png,al,100,20,.1\nb.png,al,20,-0.1,.1\nb.png,al,nan,3,.1\na.JPG,zoe,5,6,.1\n"
    )
    data = datasets.pictures_with_csv(tmp_path)
    assert [sample.id for sample in data] == ["a", "b"]
    assert data.sigma == data[1].sigma == 3  # 3 % of the longer side
    np.testing.assert_array_equal(data[1].fixations, [(0, 0), (99.9, 49.9), (10.5, 20.25)])
    np.testing.assert_array_equal(data[1].observer, [1, 0, 1])
    assert datasets.pictures_with_csv(tmp_path, sigma=7).sigma == 7


def test_csv_as_excel_and_windows_write_it(tmp_path: Path, paint: Paint, write: Write) -> None:
    """Byte order mark, CR LF, quotes, blanks behind commas, backslashes, an empty line at the end."""
    write(tmp_path / "stimuli" / "day 1" / "é.JPG", paint(0, 50, 100), format="JPEG")
    table = '\ufeffimage, observer, x, y\r\n"day 1\\é.JPG","A, B", 10, 20\r\nday 1\\é.JPG,C,3e1,40\r\n\r\n'
    (tmp_path / "fixations.csv").write_bytes(table.encode())
    (sample,) = open_dataset(f"csv={tmp_path}")
    assert sample.id == "day 1/é"
    np.testing.assert_array_equal(sample.fixations, [(10, 20), (30, 40)])
    np.testing.assert_array_equal(sample.observer, [0, 1])


def test_csv_of_pictures_in_folders_that_share_names(tmp_path: Path, paint: Paint, write: Write) -> None:
    for name in ("in/1.png", "out/1.png"):
        write(tmp_path / "stimuli" / name, paint(0))
    (tmp_path / "fixations.csv").write_text("image,observer,x,y\nout/1.png,a,1,2\nin/1.png,a,3,4\n")
    assert [sample.id for sample in open_dataset(f"csv={tmp_path}")] == ["in/1", "out/1"]
    write(tmp_path / "stimuli" / "in" / "1.bmp", paint(0))
    (tmp_path / "fixations.csv").write_text("image,observer,x,y\nin/1.bmp,a,1,2\nin/1.png,a,3,4\n")
    refused(lambda: open_dataset(f"csv={tmp_path}"), "in/1.bmp", "in/1.png", "differ in their suffix only")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"image,x,y\n", ["no column observer", "found image, x, y"]),
        (b"image;observer;x;y\na.png;1;2;3\n", ["separated by commas", "found image;observer;x;y"]),
        (b"", ["no column image, observer, x, y", "found nothing"]),
        (b"image,observer,x,y\na.png,1,2\n", ["line 2", "fewer fields"]),
        (b"image,observer,x,y\na.png,1,2,3\na.png,1,2,left\n", ["line 3", "not two numbers"]),
        (b"image,observer,x,y\na.png,1,,\n", ["line 2", "not two numbers"]),
        (b"image,x,y,observer\na.png,1,2\n", ["line 2", "fewer fields"]),
        (b"image,observer,x,y\nb.png,1,2,3\n", ["names b.png, which is not in", "stimuli"]),
        (b"image,observer,x,y\n\xe9.png,1,2,3\n", ["cannot be read", "UTF-8"]),
        ("image,observer,x,y\na.png,1,2,3\n".encode("utf-16"), ["cannot be read", "UTF-8"]),
        (b"image,observer,x,y\n", ["no pictures of pictures_with_csv"]),
    ],
)
def test_csv_that_cannot_be_understood(
    table: bytes, words: list[str], tmp_path: Path, paint: Paint, write: Write
) -> None:
    write(tmp_path / "stimuli" / "a.png", paint(0))
    (tmp_path / "fixations.csv").write_bytes(table)
    refused(lambda: open_dataset(f"csv={tmp_path}"), *words)


def test_csv_missing(tmp_path: Path) -> None:
    (tmp_path / "stimuli").mkdir()
    refused(lambda: open_dataset(f"csv={tmp_path}/"), "no pictures_with_csv at", f"expected {tmp_path}/fixations.csv")


@pytest.mark.parametrize("spec", ["osie", "OSIE=x", "salicon=x", "=x", ""])
def test_what_is_not_name_and_folder(spec: str) -> None:
    known = "among salicon-2015-fixations, salicon-2015-mouse" if "salicon" in spec else "osie"
    refused(lambda: open_dataset(spec), repr(spec), "NAME=FOLDER", known)


# ---- samples


def test_pictures_are_upright_and_so_is_their_size(tmp_path: Path, paint: Paint, write: Write) -> None:
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = 6
    write(tmp_path / "stimuli" / "a.jpg", paint(0, 40, 60), exif=tags)
    (tmp_path / "fixations.csv").write_text("image,observer,x,y\na.jpg,1,39,59\na.jpg,1,59,39\n")
    (sample,) = open_dataset(f"csv={tmp_path}")
    assert sample.size == (60, 40) == sample.stimulus().shape[:2]
    np.testing.assert_array_equal(sample.fixations, [(39, 59)])


def test_a_sample_by_hand() -> None:
    fixations = np.array([(0, 0), (2, 1), (2, 1), (1, 0)])
    sample = Sample("a", Path("a.png"), (2, 3), fixations, np.array([7, 7, 8, 9]), sigma=0)
    np.testing.assert_allclose(sample.density(), np.array([[1, 1, 0], [0, 0, 2]]) / 4)
    np.testing.assert_array_equal(sample.observed_by(np.array([8, 9])).fixations, [(2, 1), (1, 0)])
    nobody = sample.observed_by(np.array([1]))
    assert (sample.has_density, nobody.has_density) == (True, False)
    with pytest.raises(ValueError, match="no fixations"):
        nobody.density()
    with pytest.raises(ValueError, match="neither"):
        Sample("a", Path("a.png"), (2, 3)).density()


# ---- splits


def numbered(name: str, ids: list[str]) -> FixationDataset:
    return FixationDataset(name, tuple(Sample(id, Path(id), (1, 1)) for id in ids), 1.0)


def test_the_split_of_an_own_dataset_is_a_checksum() -> None:
    """crc32(id) divisible by ten, as zlib and any other CRC-32 says: the same tenth, whatever else is there."""
    data = numbered("own", [f"{i:03d}" for i in range(100)])
    validation = ids(data.split("validation"))
    assert " ".join(validation) == "010 012 018 019 027 031 039 045 051 064 071 072 073 079 098"
    assert sorted(validation + ids(data.split("train"))) == ids(data.split("all"))
    assert ids(data[10:20].split("validation")) == ["010", "012", "018", "019"]
    assert ids(numbered("own", ["beach", "cat", "street", "a/b"]).split("validation")) == ["street"]


def test_unknown_parts() -> None:
    with pytest.raises(ValueError, match=r'"train", "validation" and "all", not \'test\''):
        numbered("own", ["a"]).split("test")


def committed(name: str) -> list[str]:
    lines = files("wepsam.datasets").joinpath("splits", f"{name}.txt").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_the_committed_splits() -> None:
    every_seventh_is_missing = [str(n) for n in range(1001, 1701) if (n - 1001) % 7]
    assert committed("osie") == every_seventh_is_missing[3::6]
    assert len(committed("osie")) == 100
    assert len(set(committed("dut_omron"))) == len(committed("dut_omron")) == 1108
    assert all(id.startswith("val/") for id in committed("dut_omron"))
    assert committed("eyecrowd") == committed("scene") == []


def test_a_dataset_that_comes_in_parts_keeps_them() -> None:
    for train, validation in (("train", "val"), ("training", "validation")):
        data = numbered("own", [f"{part}/{i}" for part in (train, validation) for i in range(3)])
        assert ids(data.split("train")) == [f"{train}/{i}" for i in range(3)]
        assert ids(data.split("validation")) == [f"{validation}/{i}" for i in range(3)]
    alone = numbered("own", [f"val/{i}" for i in range(30)])  # one part only: a tenth, as of any dataset
    assert 0 < len(alone.split("validation")) < 30


def test_a_committed_split_does_not_depend_on_what_is_at_hand() -> None:
    data = numbered("osie", ["1002", "1005", "1006", "1012"])
    assert ids(data.split("validation")) == ["1005", "1012"]
    assert ids(data.split("train")) == ["1002", "1006"]


def test_datasets_slice() -> None:
    data = numbered("own", ["a", "b", "c"])
    assert (len(data), data[1].id, ids(data[1:]), data[1:].name) == (3, "b", ["b", "c"], "own")


# ---- the real ones


@cache
def real(shared: Path, name: str) -> FixationDataset:
    return open_dataset(f"{name}={shared / 'data' / name}/")


@pytest.mark.parametrize(
    ("name", "pictures", "validation", "fixations"),
    [("osie", 600, 100, 140), ("dut_omron", 4104, 1108, None), ("eyecrowd", 500, 0, 253), ("scene", 500, 0, 88)],
)
def test_real_counts(shared: Path, name: str, pictures: int, validation: int, fixations: int | None) -> None:
    data = real(shared, name)
    assert len(data) == pictures == len({sample.id for sample in data})
    assert len(data.split("validation")) == validation
    assert sorted(ids(data.split("validation")) + ids(data.split("train"))) == ids(data)
    assert data.has_fixations == (fixations is not None)
    if fixations:
        found = datasets.check(name, shared / "data" / name)
        assert found["per_picture"]["mean"] == pytest.approx(fixations, abs=1)
        assert 10 < found["per_picture"]["sd"] < 16
        assert found["center"] == pytest.approx([0.5, 0.5], abs=0.07)
        assert 0.2 < found["spread"][0] < 0.24  # wider than high
        assert 0.15 < found["spread"][1] < 0.2
        counts = [len(sample.fixations) for sample in data if sample.fixations is not None]
        assert np.mean(counts) == pytest.approx(fixations, abs=1)
        assert min(counts) > 50
    else:
        assert ids(data.split("validation")) == committed("dut_omron")


@pytest.mark.parametrize("name", ["osie", "dut_omron", "eyecrowd", "scene"])
def test_real_densities(shared: Path, name: str) -> None:
    """Each sums to 1; together they lie on the middle, wider than high: the center bias."""
    data = real(shared, name)
    total = np.zeros((32, 32))
    for sample in data[:: len(data) // 40]:
        density = sample.density()
        assert density.shape == sample.size
        assert density.sum() == pytest.approx(1)
        assert density.min() >= 0
        total += maps.to_density(maps.enlarge(density, (32, 32)))
    places = (np.arange(32) + 0.5) / 32
    for axis, loose_spread in ((0, (0.15, 0.28)), (1, (0.13, 0.23))):
        share = maps.to_density(total.sum(axis=axis))
        center = share @ places
        assert abs(center - 0.5) < 0.08
        assert loose_spread[0] < np.sqrt(share @ (places - center) ** 2) < loose_spread[1]


@pytest.mark.parametrize("name", ["osie", "dut_omron", "eyecrowd", "scene"])
def test_real_fixations_lie_on_their_own_pictures(shared: Path, name: str) -> None:
    """Densities resemble GBVS of their own picture more than GBVS of the others; misaligned data would not."""
    data = real(shared, name)
    chosen = data[:: len(data) // 24][:24]
    human = np.stack([maps.enlarge(sample.density(), (32, 32)).ravel() for sample in chosen])
    teacher = np.stack([gbvs(sample.stimulus(), size=128, full_size=False).ravel() for sample in chosen])
    resemblance = np.corrcoef(human, teacher)[: len(chosen), len(chosen) :]
    own = np.diag(resemblance)
    others = (resemblance.sum(axis=1) - own) / (len(chosen) - 1)
    assert own.mean() > others.mean() + 0.03
    assert np.mean(own > others) > 0.6


def test_a_few_pictures_of_ones_own_have_one_for_validation() -> None:
    for some in ("ab", "pqrs"):
        dataset = FixationDataset("own", tuple(Sample(i, Path(i), (1, 1)) for i in some), 1.0)
        validation = dataset.split("validation")
        assert len(validation) >= 1
        assert len(validation) + len(dataset.split("train")) == len(some)
    assert len(FixationDataset("own", (Sample("a", Path("a"), (1, 1)),), 1.0).split("train")) in (0, 1)
