"""What wepsam.interop does without pysaliency; the rest is in tests/interop, for `make interop`."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import ExifTags, Image

from helpers import Paint, Write
from wepsam.interop import pysaliency as interop


class Files:
    """As much of pysaliency's FileStimuli as is read."""

    def __init__(self, *paths: Path) -> None:
        self.filenames = [str(path) for path in paths]

    def __len__(self) -> int:
        return len(self.filenames)


class Arrays:
    """As much of pysaliency's Stimuli as is read."""

    def __init__(self, *stimuli: np.ndarray) -> None:
        self._stimuli = [SimpleNamespace(stimulus_data=stimulus) for stimulus in stimuli]

    def __len__(self) -> int:
        return len(self._stimuli)

    def __iter__(self):
        return iter(self._stimuli)


def fixations(x, y, n, subjects):
    return SimpleNamespace(x=np.array(x), y=np.array(y), n=np.array(n), subjects=np.array(subjects))


def test_importing_the_bridge_imports_neither_side_of_it():
    code = "import sys, wepsam.interop.pysaliency; print([m for m in ('torch', 'pysaliency') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize(
    "use",
    [
        lambda dataset: interop.saliency_map_model(np.asarray),
        lambda dataset: interop.log_density_model(np.asarray),
        lambda dataset: interop.to_pysaliency(dataset),
    ],
)
def test_without_pysaliency_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, use):
    monkeypatch.setitem(sys.modules, "pysaliency", None)
    with pytest.raises(ImportError, match=r"pip install pysaliency==.* torch==") as error:
        use([])
    assert "\n" not in str(error.value)


def test_ids_are_as_short_as_they_can_be(tmp_path: Path, paint: Paint, write: Write):
    """As in CAT2000, whose categories number their pictures alike."""
    paths = [write(tmp_path / folder / "001.png", paint(0)) for folder in ("Social", "Action")]
    looked = fixations([3.5, 4, 5], [1, 2, 3], [0, 1, 1], [7.0, 7.0, 8.0])
    dataset = interop.from_pysaliency(Files(*paths), looked, name="two", sigma=3)
    assert [sample.id for sample in dataset] == ["Action/001", "Social/001"]
    assert dataset[1].fixations.tolist() == [[3.5, 1]]
    assert dataset[0].observer.tolist() == [7, 8]
    with pytest.raises(ValueError, match="there twice"):
        interop.from_pysaliency(Files(*paths, paths[0]), looked, name="three", sigma=3)


def test_fixations_beside_their_picture_are_left_out(tmp_path: Path, paint: Paint, write: Write):
    """pysaliency would count one at -0.5 in the first pixel, and one at -3 at the other end of the row."""
    files = Files(write(tmp_path / "001.png", paint(0, 40, 60)))
    looked = fixations([-0.5, -3, 60, 59.9], [1, 1, 1, 1], [0] * 4, [0] * 4)
    (sample,) = interop.from_pysaliency(files, looked, name="one", sigma=3)
    assert sample.fixations.tolist() == [[59.9, 1]]


def test_stimuli_in_memory_need_a_folder(tmp_path: Path, paint: Paint):
    color, gray = paint(0, 40, 60), paint(1, 50, 30)[..., 0]
    looked = fixations([3.0], [1.0], [1], [0])
    with pytest.raises(ValueError, match="folder="):
        interop.from_pysaliency(Arrays(color, gray), looked, name="two", sigma=3)
    one, two = interop.from_pysaliency(Arrays(color, gray), looked, name="two", sigma=3, folder=tmp_path / "new")
    assert (one.id, two.id) == ("00000", "00001")
    assert (one.stimulus() == color).all()
    assert (two.stimulus() == gray[..., None]).all()
    assert one.fixations.shape == (0, 2)


def test_a_rotated_picture_is_refused(tmp_path: Path, paint: Paint, write: Write):
    """A viewer, and we, turn it; pysaliency does not: the same fixation would mean another place."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 3
    path = write(tmp_path / "001.jpg", paint(0), exif=exif)
    with pytest.raises(ValueError, match="rotated by its EXIF orientation"):
        interop.from_pysaliency(Files(path), fixations([3.0], [1.0], [0], [0]), name="one", sigma=3)


def test_fixations_of_another_dataset_are_refused(tmp_path: Path, paint: Paint, write: Write):
    files = Files(write(tmp_path / "001.png", paint(0)))
    with pytest.raises(ValueError, match="of stimulus 4, and there are 1 stimuli"):
        interop.from_pysaliency(files, fixations([3.0], [1.0], [4], [0]), name="one", sigma=3)
