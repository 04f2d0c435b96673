"""SDSR: steering kernels and resemblance against slow, obvious versions."""

import numpy as np
import pytest

from wepsam.classical.sdsr import DISK, resemblance, steering_kernels


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_steering_kernels_of_a_flat_patch_are_all_one_and_follow_edges() -> None:
    flat = steering_kernels(np.full((5, 5), 0.4))
    np.testing.assert_allclose(flat, 1, atol=0.02)
    edge = np.zeros((8, 8))
    edge[:, 4:] = 1  # upright: what lies along it is nearer than what lies across
    left, right, up, down = (steering_kernels(edge)[k, 4, 4] for k in (3, 5, 1, 7))
    assert up == pytest.approx(down)
    assert up > max(left, right) + 0.003
    np.testing.assert_array_equal(steering_kernels(edge)[4], 1)


def test_steering_matrix_by_singular_values(rng: np.random.Generator) -> None:
    """The closed form for 2x2 matrices against a singular value decomposition of the nine weighted gradients."""
    channel = rng.random((3, 3))
    down, right = np.gradient(channel)
    _, s, vectors = np.linalg.svd(np.column_stack([(DISK * right).ravel(), (DISK * down).ravel()]))
    stretch = (s[0] + 1) / (s[1] + 1)
    steering = vectors.T @ np.diag([stretch, 1 / stretch]) @ vectors
    steering *= ((s[0] * s[1] + 1e-7) / DISK.sum()) ** 0.42
    # Of the kernel of the pixel to the left of the middle, the middle is the neighbor to the right.
    expected = [np.exp(-(at @ steering @ at) / (2 * 0.2**2)) for at in np.array([[1, 0], [0, 1], [1, 1], [-1, 1]])]
    kernels = steering_kernels(channel)
    got = [kernels[5, 1, 0], kernels[7, 0, 1], kernels[8, 0, 0], kernels[6, 0, 2]]
    np.testing.assert_allclose(got, expected, rtol=1e-9)


def test_resemblance_compares_every_pixel_with_every_other(rng: np.random.Generator) -> None:
    kernels = rng.random((4, 5, 6))
    padded = np.pad(kernels, ((0, 0), (1, 1), (1, 1)), mode="symmetric")
    features = [padded[:, r : r + 3, c : c + 3].ravel() for r in range(5) for c in range(6)]
    unit = np.array([f / np.linalg.norm(f) for f in features])
    expected = np.exp((unit @ unit.T - 1) / 0.3**2).sum(axis=1).reshape(5, 6)
    np.testing.assert_allclose(resemblance(kernels, 3, 0.3), expected, rtol=1e-4)
