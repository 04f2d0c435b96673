"""The toolbox of GBVS and Itti's model against plain, slow versions."""

import numpy as np
import pytest

from wepsam.classical import toolbox_loops
from wepsam.classical.toolbox import border_ramp, enlarged, gabor_energy, imresized, lattice_shape, min_max


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize("shape", [(32, 32), (40, 57), (8, 5), (1, 3)])
def test_gabor_answers_are_plain_convolutions(rng: np.random.Generator, shape: tuple[int, int]) -> None:
    """The folded filters of the compiled loop against 27x27 filters as they are defined, tap by tap."""
    plane = rng.random(shape)
    y, x = np.mgrid[-13:14, -13:14]
    padded = np.pad(plane, 13, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (27, 27))
    for got, angle in zip(gabor_energy(plane), np.deg2rad([0, 45, 90, 135]), strict=True):
        across = x * np.sin(angle) - y * np.cos(angle)
        along = x * np.cos(angle) + y * np.sin(angle)
        energy = 0
        for phase in (0, np.pi / 2):
            taps = np.exp(-0.5 * ((across / 2) ** 2 + (along / 4) ** 2)) * np.cos(2 * across + phase)
            taps -= taps.mean()
            energy += np.abs(np.einsum("hwij,ij->hw", windows, taps[::-1, ::-1] / np.linalg.norm(taps)))
        np.testing.assert_allclose(got, energy * border_ramp(*shape, 13, plane.dtype), atol=1e-12)


@pytest.mark.parametrize("shape", [(600, 800), (33, 47), (11, 10), (2, 12), (1, 1)])
def test_decimation_is_a_plain_sum(rng: np.random.Generator, shape: tuple[int, int]) -> None:
    """Taps 1 5 10 10 5 1 between two pixels, renormalized at the border; sides of 10 and less stay."""
    planes = rng.integers(0, 256, (2, *shape), dtype=np.uint8)
    expected = planes / 255
    for axis, n in enumerate(shape, 1):
        if n > 10:
            offsets = 2 * np.arange(n // 2)[:, None] + np.arange(-2, 4)
            taps = np.where((offsets >= 0) & (offsets < n), [1, 5, 10, 10, 5, 1], 0)
            gathered = np.moveaxis(expected, axis, -1)[..., offsets.clip(0, n - 1)]
            expected = np.moveaxis((gathered * taps).sum(-1) / taps.sum(1), -1, axis)
    np.testing.assert_allclose(toolbox_loops.decimate(planes, 1 / 255), expected, atol=1e-12)


def test_lattice_shapes() -> None:
    assert lattice_shape(600, 800) == (24, 32)
    assert lattice_shape(128, 128) == (32, 32)
    assert lattice_shape(1, 1000) == (1, 32)


def test_narrow_pictures_are_enlarged_within_bounds() -> None:
    for shape, expected in (((200, 300), (200, 300)), ((64, 96), (128, 192)), ((1, 300), (14, 4096))):
        assert enlarged(np.zeros((*shape, 3), np.uint8)).shape == (*expected, 3)


def test_the_border_ramp_by_hand() -> None:
    expected = np.outer([1 / 3, 2 / 3, 1, 2 / 3, 1 / 3], [1 / 3, 2 / 3, 1, 1, 2 / 3, 1 / 3])
    np.testing.assert_allclose(border_ramp(5, 6, 4, np.dtype(float)), expected)  # half the shorter side: 2, not 4


def test_resizing_keeps_a_constant_map_and_the_mirror_image(rng: np.random.Generator) -> None:
    maps = rng.random((2, 9, 14))
    for shape in ((20, 31), (4, 5), (9, 40)):
        np.testing.assert_allclose(imresized(np.full((1, 9, 14), 3.0), shape), 3)
        np.testing.assert_allclose(imresized(maps[:, :, ::-1].copy(), shape), imresized(maps, shape)[:, :, ::-1])


def test_maps_are_stretched_one_by_one() -> None:
    maps = np.array([[[1.0, 3], [2, 1]], [[5, 5], [5, 5]]])
    np.testing.assert_array_equal(min_max(maps), [[[0, 1], [0.5, 0]], [[0, 0], [0, 0]]])
