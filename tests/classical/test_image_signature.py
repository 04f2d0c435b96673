"""The image signature against scipy's transform, and on a picture of the publication's theorem."""

import numpy as np
import pytest
from scipy.fft import dctn, idctn

from wepsam.classical.image_signature import image_signature, reconstructed, signature


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_signature_is_the_sign_of_the_cosine_transform(rng: np.random.Generator) -> None:
    channel = rng.normal(size=(5, 8))
    np.testing.assert_array_equal(signature(channel), np.sign(dctn(channel)))
    np.testing.assert_allclose(reconstructed(channel), idctn(np.sign(dctn(channel)), norm="ortho"), atol=1e-12)
    assert np.count_nonzero(signature(np.full((5, 8), 70.0))) == 1


def test_a_sparse_foreground_on_a_spectrally_sparse_background_is_found(rng: np.random.Generator) -> None:
    """The publication's theorem, as a picture: a few cosines, much stronger than the dots that lie on them."""
    y, x = np.mgrid[:48, :64] + 0.5
    waves = sum(np.cos(np.pi * v * y / 48) * np.cos(np.pi * u * x / 64) for v, u in [(1, 2), (3, 1), (2, 5), (4, 4)])
    foreground = np.zeros((48, 64), bool)
    foreground[10:13, 40:43] = foreground[30:33, 12:15] = True
    energy = reconstructed(30 * waves + 10 * foreground) ** 2
    assert energy[foreground].mean() > 10 * energy[~foreground].mean()
    stimulus = np.clip(128 + 20 * waves + 15 * foreground, 0, 255).astype(np.uint8)[..., None].repeat(3, 2)
    saliency_map = image_signature(stimulus)
    assert saliency_map[foreground].min() > 0.5
    assert np.mean(saliency_map > 0.5) < 0.1
