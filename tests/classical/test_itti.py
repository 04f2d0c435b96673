"""Itti's model against the authors' toolbox; N() and the blur by hand."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from helpers import ROOT
from wepsam.classical.itti import itti_map, normalized, truncated_blur
from wepsam.images import read_image, resize

GOLDEN = np.load(ROOT / "tests/golden/itti/public.npz")
SHA256 = np.load(ROOT / "tests/golden/gbvs/public.npz")  # of the same pictures
FILES = {"hubble_deep_field": "hubble_deep_field.jpg", "rocket": "rocket.jpg", "immunohistochemistry": "ihc.png"}


@pytest.mark.parametrize("key", GOLDEN.files)
def test_itti_is_the_toolbox(pictures: Path, key: str) -> None:
    name, size = key.split(".")
    rgb = read_image(pictures / FILES.get(name, f"{name}.png"))
    if hashlib.sha256(rgb.tobytes()).hexdigest() != SHA256[f"{name}.sha256"]:
        pytest.skip(f"{name} decodes to other pixels here than when the golden map was made")
    ours = itti_map(rgb if size == "full" else resize(rgb, (128, 128)), blur=0)
    assert ours.shape == GOLDEN[key].shape
    assert np.abs(ours - GOLDEN[key]).max() < 1e-4
    assert np.corrcoef(ours.ravel(), GOLDEN[key].ravel())[0, 1] > 0.99999


def test_itti_is_the_toolbox_on_all_golden_maps(shared: Path) -> None:
    for path in sorted((shared / "golden/gbvs/public").glob("*.npz")):
        case = np.load(path)
        assert np.abs(itti_map(case["input_128"], blur=0) - case["s128_itti"]).max() < 1e-4, path


def test_itti_blurs_like_a_convolution_with_replicated_ends() -> None:
    values = np.array([0.0, 0, 8, 0, 0, 4])
    sigma = 0.9
    taps = np.exp(-0.5 * (np.arange(-2, 3) / sigma) ** 2)
    expected = np.convolve(np.pad(values, 2, mode="edge"), taps / taps.sum(), mode="valid")
    np.testing.assert_allclose(truncated_blur(6, sigma) @ values, expected, atol=1e-6)


def test_n_promotes_one_peak_and_suppresses_many() -> None:
    alone, many = np.zeros((9, 9)), np.zeros((9, 9))
    alone[4, 4] = 2
    many[2::4, 2::4] = 2  # four equal maxima
    assert normalized(alone).max() == pytest.approx(10 * 10**2)
    assert normalized(many).max() == 0  # (10 - 10)^2
    two = alone.copy()
    two[1, 1] = 1  # 10 and 5: mean 7.5
    assert normalized(two).max() == pytest.approx(10 * 2.5**2)
    two[1, 1] = 0.1  # below a tenth of the largest: not a maximum
    assert normalized(two).max() == pytest.approx(1000)
    border = np.zeros((9, 9))
    border[0, 4] = 1  # no maximum inside the border: left as it is
    assert normalized(border).max() == 10
