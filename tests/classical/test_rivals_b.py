"""Each rival's distinctive step, by hand or against a slow obvious version."""

import numpy as np
import pytest
from scipy import ndimage

from learn.statistics import dictionary
from wepsam.classical._frame import median
from wepsam.classical.bms import bms, dilated
from wepsam.classical.bms_loops import attention
from wepsam.classical.covsal import cone, covsal, descriptors, dissimilarity, statistics
from wepsam.classical.fes import fes, posterior, surround_density
from wepsam.classical.gnms import boxes, gnms, integral, nonlocal_mean, pooled, superpixels, uniqueness, windows
from wepsam.classical.image_signature import image_signature, reconstructed, signature
from wepsam.classical.lgs import coded, dictionaries, global_rarity, local_rarity, mirrored, sparse_codes
from wepsam.classical.narfi import avoidance, clustered, first_centers, narfi
from wepsam.classical.narfi import frame as narfi_frame
from wepsam.classical.spectral_residual import residual, spectral_residual
from wepsam.classical.stc import dissimilarity as stc_dissimilarity
from wepsam.classical.stc import patches_of as stc_patches
from wepsam.classical.stc import places, stc
from wepsam.classical.sun import generalized_gaussian, scaled, self_information
from wepsam.classical.sun import statistics as sun_statistics


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


# ---- BMS


def surrounded(boolean: np.ndarray) -> np.ndarray:
    """The slow, obvious version: label the connected regions (8 neighbors), drop those with a pixel at the border."""
    labels, count = ndimage.label(boolean, np.ones((3, 3)))
    inside = np.ones(count + 1, bool)
    inside[[*labels[0], *labels[-1], *labels[:, 0], *labels[:, -1], 0]] = False
    return inside[labels]


def test_regions_at_the_border_vanish():
    boolean = np.array(
        [
            [0, 0, 0, 0, 0, 0, 0],
            [1, 1, 0, 0, 1, 0, 0],  # the left region touches the border, the right one does not
            [0, 0, 0, 0, 1, 0, 0],
            [0, 0, 1, 0, 0, 1, 0],  # connected across a corner: (2, 4) and (3, 5); so out at (4, 6)
            [0, 0, 0, 0, 0, 0, 1],
            [0, 1, 1, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0],
        ],
        np.uint8,
    )
    expected = np.zeros(boolean.shape)
    expected[2:5, 1:4] += 1  # around (3, 2)
    expected[4:7, 0:4] = 1  # around (5, 1) and (5, 2)
    assert expected.sum() == 9 + 12 - 3
    np.testing.assert_allclose(attention(boolean[None], 8, 1), expected / 18**0.5)


def test_a_hole_is_surrounded_in_the_complement():
    ring = np.zeros((7, 7), np.uint8)
    ring[1:6, 1:6] = 20
    ring[3, 3] = 0
    (above, *_), hole = np.where(ring > 0), np.zeros((7, 7))
    assert len(above) == 24
    hole[2:5, 2:5] = 1
    # Above 0, 8 and 16 alike: the ring, which dilated fills the picture, and the hole, each by its norm.
    np.testing.assert_allclose(attention(ring[None], 8, 1), 3 * (1 / 7 + hole / 3))


@pytest.mark.parametrize("reach", [0, 1, 3])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (6, 1), (3, 4), (30, 41)])
def test_attention_is_that_of_labelled_regions(rng, shape, reach):
    channels = rng.integers(0, 60, (2, *shape), dtype=np.uint8)
    expected = np.zeros(shape)
    for channel in channels:
        for threshold in range(channel.min(), channel.max(), 8):  # as long as both true and false occur
            for boolean in (channel > threshold, channel <= threshold):
                region = dilated(surrounded(boolean), reach)
                expected += region / max(1, np.linalg.norm(region))
    np.testing.assert_allclose(attention(channels, 8, reach), expected)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (6, 1), (3, 4), (30, 41)])
def test_median_is_scipys(rng, shape):
    channel = rng.integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(median(channel, 2), ndimage.median_filter(channel, 5))


def test_dilation_is_a_square():
    dot = np.zeros((5, 6))
    dot[2, 3] = 1
    assert np.argwhere(dilated(dot, 1)).tolist() == [[r, c] for r in (1, 2, 3) for c in (2, 3, 4)]


def test_bms_prefers_what_is_surrounded_to_what_leaves_the_picture():
    stimulus = np.full((80, 120, 3), 90, np.uint8)
    stimulus[30:50, 20:40] = 200
    stimulus[30:50, 95:] = 200
    saliency_map = bms(stimulus)
    assert saliency_map[30:50, 20:40].min() > 0.4
    assert saliency_map[30:50, 95:].max() < 0.1


# ---- image signature


def test_signature_is_the_sign_of_the_cosine_transform(rng):
    from scipy.fft import dctn, idctn

    channel = rng.normal(size=(5, 8))
    np.testing.assert_array_equal(signature(channel), np.sign(dctn(channel)))
    np.testing.assert_allclose(reconstructed(channel), idctn(np.sign(dctn(channel)), norm="ortho"), atol=1e-12)
    assert np.count_nonzero(signature(np.full((5, 8), 70.0))) == 1


def test_a_sparse_foreground_on_a_spectrally_sparse_background_is_found(rng):
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


# ---- spectral residual


def test_a_flat_log_spectrum_has_no_residual():
    assert not residual(np.full((4, 6), 2.5)).any()
    peak = np.zeros((5, 5))
    peak[2, 2] = 9
    expected = np.zeros((5, 5))
    expected[1:4, 1:4] = -1
    expected[2, 2] = 8
    np.testing.assert_allclose(residual(peak), expected, atol=1e-12)
    corner = np.roll(peak, (2, 2), (0, 1))  # neighbors wrap around
    np.testing.assert_allclose(residual(corner), np.roll(expected, (2, 2), (0, 1)), atol=1e-12)


def test_spectral_residual_finds_what_is_not_like_the_rest_of_its_spectrum(rng):
    """A small square on a ground whose amplitudes fall as 1 / f, as those of natural pictures do."""
    frequency = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.fftfreq(64))
    spectrum = np.fft.fft2(rng.normal(size=(64, 64))) / np.maximum(frequency, 1 / 64)
    ground = np.fft.ifft2(spectrum).real
    stimulus = np.clip(128 + 20 * ground / ground.std(), 0, 255).astype(np.uint8)[..., None].repeat(3, 2)
    stimulus[25:29, 41:45] = 255
    row, column = np.unravel_index(spectral_residual(stimulus).argmax(), (64, 64))
    assert abs(row - 26.5) < 4
    assert abs(column - 42.5) < 4


# ---- CovSal


def test_region_statistics_are_those_of_the_patches(rng):
    pixels = rng.normal(size=(16, 16, 3)) + 50
    for k, (means, covariances) in zip((2, 4, 8), statistics(pixels, (2, 4, 8)), strict=True):
        assert means.shape == (16 // k, 16 // k, 3)
        for row, column in ((0, 0), (1, 0), (1, 1)):
            patch = pixels[row * k : (row + 1) * k, column * k : (column + 1) * k].reshape(-1, 3)
            np.testing.assert_allclose(means[row, column], patch.mean(axis=0))
            np.testing.assert_allclose(covariances[row, column], np.cov(patch.T), atol=1e-10)


def test_descriptors_are_as_far_apart_as_sigma_points(rng):
    d = 7
    means, roots = rng.normal(size=(2, d)), rng.normal(size=(2, d, d))
    covariances = roots @ roots.transpose(0, 2, 1)

    def sigma_points(mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        columns = np.linalg.cholesky(2 * (d + 0.1) * (covariance + 0.001 * np.eye(d))).T
        return np.concatenate([[mean], mean + columns, mean - columns])

    expected = np.linalg.norm(sigma_points(means[0], covariances[0]) - sigma_points(means[1], covariances[1]))
    ours = descriptors(means, covariances)
    assert np.linalg.norm(ours[0] - ours[1]) == pytest.approx(expected)


def test_dissimilarity_counts_the_nearest_tenth(rng):
    vectors = rng.normal(size=(5, 6, 2))
    ours = dissimilarity(vectors, 8)
    for r, c in ((0, 0), (2, 3), (4, 5)):
        others = [
            np.linalg.norm(vectors[r, c] - vectors[y, x]) / (1 + 8 * np.hypot(y - r, x - c))
            for y in range(max(0, r - 3), min(5, r + 4))
            for x in range(max(0, c - 3), min(6, c + 4))
            if (y, x) != (r, c)
        ]
        assert ours[r, c] == pytest.approx(np.mean(sorted(others)[: max(1, len(others) // 10)]))


def test_covsal_finds_a_patch_of_another_texture(rng):
    gray = rng.normal(128, 10, (128, 128))
    gray[40:64, 70:94] = 128 + 40 * np.sign(rng.normal(size=(24, 24)))
    saliency_map = covsal(np.clip(gray, 0, 255).astype(np.uint8)[..., None].repeat(3, 2))
    row, column = np.unravel_index(saliency_map.argmax(), (128, 128))
    assert 36 < row < 68
    assert 66 < column < 98
    assert cone(2) == pytest.approx(np.full((2, 2), 0.5))


# ---- FES


def test_density_ratio_by_hand():
    """Center kernel 1 / 1 at its peak, surround kernels 1 / 10 each: with equal priors 1 / (1 + mean kernel / 10)."""
    half = np.full((1, 1), 0.5)
    assert posterior(np.zeros((1, 1)), half) == 1  # no one around looks like it
    assert posterior(np.ones((1, 1)), half) == pytest.approx(10 / 11)
    assert posterior(np.ones((1, 1)), half / 5) == pytest.approx(1 / 1.9)  # prior .1: odds 9 against it, times .1


def test_surround_density_is_a_mean_of_kernels_on_a_circle():
    colors = np.zeros((21, 21, 3))
    colors[:, 15:, 0] = 20  # right of the center: 3 of 8 samples at radius 7 are 20 Lab units away
    expected = (5 + 3 * np.exp(-(20**2) / (2 * 10**2))) / 8
    assert surround_density(colors, 7)[10, 10] == pytest.approx(expected)


def test_fes_finds_a_disc_of_another_color():
    y, x = np.mgrid[:96, :128]
    stimulus = np.full((96, 128, 3), (60, 120, 60), np.uint8)
    stimulus[(y - 40) ** 2 + (x - 80) ** 2 < 49] = (200, 40, 40)
    row, column = np.unravel_index(fes(stimulus).argmax(), (96, 128))
    assert (row - 40) ** 2 + (column - 80) ** 2 < 49


# ---- SUN


def test_generalized_gaussians_are_fitted_by_moments(rng):
    values = np.stack([rng.normal(0, 3, 100_000), rng.laplace(0, 2, 100_000)], axis=1)
    scales, shapes = generalized_gaussian(values)
    assert shapes == pytest.approx([2, 1], rel=0.03)
    assert scales == pytest.approx([3 * 2**0.5, 2], rel=0.03)


def test_self_information_is_minus_the_log_likelihood_but_for_a_constant(rng):
    from scipy.stats import gennorm

    responses, scales, shapes = rng.normal(size=(5, 3)), np.array([0.5, 1, 2]), np.array([0.5, 1, 2])
    ours = self_information(responses, scales, shapes)
    likelihood = gennorm.logpdf(responses, shapes, scale=scales).sum(axis=1)
    assert np.ptp(ours + likelihood) < 1e-9
    by_hand = self_information(np.array([[1.0, -2, 0]]), np.array([0.25, 2, 2]), np.array([0.5, 1, 2]))
    assert by_hand == pytest.approx([2 + 1 + 0])


def test_rare_responses_score_higher(rng):
    filters, scales, shapes = sun_statistics()
    assert len(filters) == len(scales) == len(shapes)
    assert np.abs(filters.sum(axis=1)).max() < 1e-4  # gray says nothing
    frequent, rare = scales[None] * 0.5, scales[None] * 5
    assert self_information(rare, scales, shapes) > self_information(frequent, scales, shapes)
    assert scaled(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)).std() == pytest.approx(1, rel=1e-4)


# ---- LGS


def test_sparse_codes_solve_the_lasso(rng):
    """Where a coefficient is not 0 the residual's answer is the sparsity with its sign, elsewhere at most that."""
    atoms = rng.normal(size=(12, 8))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    patches = rng.normal(size=(20, 8))
    codes = sparse_codes(patches, atoms, sparsity=0.2, steps=3000)
    answers = (patches - codes @ atoms) @ atoms.T
    active = np.abs(codes) > 1e-6
    assert 0.1 < active.mean() < 0.9
    np.testing.assert_allclose(answers[active], 0.2 * np.sign(codes[active]), atol=1e-4)
    assert np.abs(answers[~active]).max() < 0.2 + 1e-4


def test_codes_reconstruct_patches_from_the_learned_dictionaries(rng):
    atoms, _ = dictionaries()
    assert atoms.shape == (6, 128, 64)
    y, x = np.mgrid[:8, :8] - 3.5
    edges = [np.tanh(np.cos(a) * x + np.sin(a) * y - o).ravel() for a in np.arange(0, 3, 0.5) for o in (-2, 0, 1)]
    patches = np.array(edges, np.float32) + 2
    for channel in atoms:
        codes = coded(patches, channel)
        rebuilt = codes[:, :1] / 8 + codes[:, 1:] @ channel
        assert np.mean((rebuilt - patches) ** 2) < 0.1 * patches.var()
        assert np.mean(codes[:, 1:] != 0) < 0.5


def test_a_dictionary_learns_what_its_patches_are_made_of(rng):
    made_of = rng.normal(size=(2, 8, 8))
    made_of -= made_of.mean(axis=(1, 2), keepdims=True)
    images = mirrored(made_of / np.linalg.norm(made_of, axis=(1, 2), keepdims=True))
    assert images.shape == (8, 64)
    weights = rng.normal(size=(800, 8)) * (rng.random((800, 8)) < 0.15) * 5
    learned = mirrored(dictionary((weights @ images).astype(np.float32), 4, rng))
    assert np.abs(images @ learned.T).max(axis=1).min() > 0.95


def test_rarities_by_hand():
    codes = np.array([[[0.0], [0.0]], [[0.0], [5.0]]])
    log = np.log
    assert global_rarity(codes) == pytest.approx(np.array([[-log(0.75), -log(0.75)], [-log(0.75), -log(0.25)]]))
    diagonal = 1 / 2**0.5
    mean = 5 / (2 + diagonal)  # two neighbors at 1, one at the root of 2
    assert local_rarity(codes) == pytest.approx(np.array([[mean * diagonal, mean], [mean, 5]]))


# ---- GNMS


def test_superpixels_cover_every_pixel_once(rng):
    colors = np.zeros((24, 36, 3))
    colors[:, 20:] = 60  # an edge that is none of the grid's
    labels, centers = superpixels(colors + rng.normal(0, 1, (24, 36, 3)), (2, 3))
    assert labels.shape == (24, 36)
    assert set(np.unique(labels)) <= set(range(6))
    assert centers.shape == (6, 5)
    for number in np.unique(labels):  # none lies across the edge
        assert np.ptp(colors[labels == number]) == 0
        y, x = np.nonzero(labels == number)
        assert centers[number, 3:] == pytest.approx([(y.mean() + 0.5) / 12 - 0.5, (x.mean() + 0.5) / 12 - 0.5])


def test_uniqueness_by_hand():
    centers = np.array([[0.0, 0, 0, 0, 0], [0, 0, 0, 0, 1], [30, 40, 0, 0, 1]])  # colors 0, 0, 50 apart; places 0, 1, 1
    near = np.exp(-0.5 / 4**2)
    sizes = np.array([1, 1, 2])
    expected = [100 * near / (1 + near + 2 * near), 100 / (near + 1 + 2), 50 * (near + 1) / (near + 1 + 2)]
    assert uniqueness(centers, sizes) == pytest.approx(np.array(expected))


def test_the_most_objectlike_window_holds_the_object():
    colors = np.zeros((72, 96, 3))
    colors[24:48, 36:60] = 50  # cells (2..3, 3..4) of (6, 8)
    labels = np.zeros((72, 96), int)
    labels[24:48, 36:60] = 1
    scores, inside = windows(colors, labels, (6, 8), 2)
    best = scores.argmax()
    assert inside[best].tolist() == [0, 24 * 24]
    assert scores[best] == pytest.approx(50 * 3**0.5)
    mean, largest = pooled(scores, inside, np.bincount(labels.ravel()))
    assert mean[1] > mean[0]
    assert largest[1] > largest[0]
    table = integral(np.ones((3, 4, 1)))
    assert boxes(table, *np.array([[0, 1], [0, 2], [3, 2], [4, 4]])).ravel().tolist() == [12, 2]


def test_nonlocal_mean_blends_what_is_alike():
    centers = np.array([[0.0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [90, 0, 0, 0, 0]])
    blended = nonlocal_mean(np.array([1.0, 4, 10]), centers, np.array([2, 1, 1]))
    assert blended == pytest.approx([2, 2, 10], abs=1e-5)


# ---- NARFI


def test_the_first_centers_come_from_the_border():
    colors = np.zeros((32, 48, 3))
    colors[:2], colors[-2:] = 10, 20
    colors[10:20, 10:20] = 90
    centers = first_centers(colors)
    assert centers[:2].tolist() == [[10] * 3, [20] * 3]
    assert centers[4].tolist() == [90] * 3  # the farthest color from all of the border's
    labels = clustered(colors.reshape(-1, 3), centers).reshape(32, 48)
    assert len({labels[0, 20], labels[-1, 20], labels[15, 15]}) == 3


def test_avoidance_by_hand():
    labels = np.zeros((16, 16), int)
    labels[1:-1, 1:-1] = 1
    labels[4:8, 4:8] = 2
    labels[:, :1] = labels[5:9, 1:3] = 3  # 16 of 60 frame pixels, 24 of 256 in all
    assert narfi_frame(16, 16).sum() == 60
    assert avoidance(labels).tolist() == [0, 1, 1, 0]


def test_narfi_is_nearly_binary():
    stimulus = np.full((64, 96, 3), (90, 120, 90), np.uint8)
    stimulus[20:40, 30:60] = (200, 60, 40)
    saliency_map = narfi(stimulus)
    assert saliency_map[24:36, 34:56].min() > 0.9
    assert np.mean((saliency_map > 0.1) & (saliency_map < 0.9)) < 0.15


# ---- STC


def test_dissimilarity_by_hand():
    template = np.zeros((1, 75))
    patches = np.zeros((2, 75))
    patches[1, ::3] = 20  # 20 Lab units of lightness everywhere
    assert stc_dissimilarity(patches, template)[:, 0] == pytest.approx([0, 1 - np.exp(-0.5)])
    assert stc_patches(np.arange(12.0).reshape(2, 2, 3)).shape == (2, 2, 75)


def test_templates_are_the_same_from_either_side():
    for n in (1, 2, 7, 24, 65):
        assert places(n).tolist() == (n - 1 - places(n)[::-1]).tolist()
        assert 1 <= len(places(n)) <= 8


@pytest.mark.parametrize("model", [gnms, stc])
def test_an_object_of_another_color_is_found(model):
    stimulus = np.full((96, 128, 3), (90, 120, 90), np.uint8)
    stimulus[36:56, 72:92] = (200, 60, 40)
    saliency_map = model(stimulus)
    row, column = np.unravel_index(saliency_map.argmax(), (96, 128))
    assert 34 <= row < 58
    assert 70 <= column < 94
    assert saliency_map[:20, :40].max() < 0.3
