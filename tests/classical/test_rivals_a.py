"""The distinctive step of each rival against golden maps, values worked out by hand, or a slow obvious version."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from learn.bases import fast_ica
from wepsam import maps
from wepsam.classical import CLASSICAL
from wepsam.classical.aim import basis, coefficients, information
from wepsam.classical.cas import in_context, mean_of_nearest, patches_at
from wepsam.classical.center_bias import center_gaussian
from wepsam.classical.ciw import INTENSITY, decomposed, recomposed, relative_contrast, sensitivity
from wepsam.classical.gao import generalized_gaussian, kl, mutual_information
from wepsam.classical.itti import _blur, _broadly_tuned, itti_map, normalized
from wepsam.classical.rare2012 import decorrelated, fused, rarity
from wepsam.classical.sdsr import DISK, resemblance, steering_kernels
from wepsam.images import read_image, resize

GOLDEN = np.load(Path(__file__).parents[1] / "golden/itti/public.npz")
SHA256 = np.load(Path(__file__).parents[1] / "golden/gbvs/public.npz")  # of the same pictures
FILES = {"hubble_deep_field": "hubble_deep_field.jpg", "rocket": "rocket.jpg", "immunohistochemistry": "ihc.png"}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


# ---- Itti


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
    np.testing.assert_allclose(_blur(6, sigma) @ values, expected, atol=1e-6)


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


def test_broadly_tuned_channels_are_zero_for_gray_and_signed_for_colors() -> None:
    colors = np.array([[0.5, 0.5, 0.5], [0.9, 0, 0], [0, 0.9, 0], [0, 0, 0.9], [0.9, 0.9, 0], [0.01, 0, 0]]).T[:, None]
    red_green, blue_yellow = _broadly_tuned(colors)[:, 0]
    # Divided by the intensity (mean): pure red is (3, 0, 0), pure yellow (1.5, 1.5, 0).
    np.testing.assert_allclose(red_green, [0, 3, -3, 0, 0.75 - 0.75, 0], atol=1e-12)
    np.testing.assert_allclose(blue_yellow, [0, 0, 0, 3, -1.5, 0], atol=1e-12)


# ---- AIM


def test_aim_coefficients_are_filters_answers_to_whole_patches(rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    filters = rng.normal(size=(2, 5, 5, 3)).astype(np.float32)
    planes = coefficients(picture, filters)
    assert planes.shape == (2, 5, 8)
    for row, column in ((0, 0), (4, 7), (2, 3)):
        patch = picture[row : row + 5, column : column + 5] / 255
        np.testing.assert_allclose(planes[:, row, column], (filters * patch).sum(axis=(1, 2, 3)), atol=1e-5)


def test_aim_information_counts_how_often_a_coefficient_occurs(rng: np.random.Generator) -> None:
    planes = np.zeros((2, 4, 5))
    planes[0, 1, 2] = 1  # 1 of 20 pixels, the others share a value
    planes[1, :, :2] = 1  # 8 of 20
    told = information(planes)
    assert told[1, 2] == pytest.approx(-np.log(1 / 20 + 1e-6) - np.log(12 / 20 + 1e-6))
    assert told[0, 0] == pytest.approx(-np.log(19 / 20 + 1e-6) - np.log(8 / 20 + 1e-6))
    planes = rng.normal(size=(1, 30, 40))
    slow = np.zeros((30, 40))
    low, width = planes.min(), np.ptp(planes) / 1000
    bins = np.minimum((planes[0] - low) // width, 999)
    for at in np.ndindex(30, 40):
        slow[at] = -np.log((bins == bins[at]).mean() + 1e-6)
    assert (np.abs(information(planes) - slow) < 1e-9).mean() > 0.99  # but for values on a bin's edge


def test_fast_ica_finds_the_rotation_of_sparse_sources(rng: np.random.Generator) -> None:
    sources = rng.laplace(size=(4000, 3))
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    mixed = (sources / sources.std(axis=0)) @ rotation.T
    found = np.abs(fast_ica(mixed, rng) @ rotation)  # a permutation, but for signs
    np.testing.assert_allclose(np.sort(found, axis=1)[:, -1], 1, atol=0.02)
    assert sorted(found.argmax(axis=1)) == [0, 1, 2]


def test_aims_basis_is_small_and_says_nothing_of_the_photographs() -> None:
    filters = basis()
    assert filters.shape == (42, 21, 21, 3)
    assert filters.nbytes < 1e6
    assert np.isfinite(filters).all()


# ---- SDSR


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


# ---- RARE2012


def test_rarity_of_two_levels_is_the_log_of_their_shares() -> None:
    values = np.zeros((10, 10))
    values[0, 0] = values[5, 5] = 3
    # -log(.02) and -log(.98), then stretched to [0, 1].
    np.testing.assert_allclose(rarity(values, scales=1), values / 3)
    values[:5] = 7  # three levels: 50, 1 and 49 of 100 pixels
    told = rarity(values, scales=1)
    shares = -np.log([0.5, 0.01, 0.49])
    expected = (shares - shares.min()) / np.ptp(shares)
    np.testing.assert_allclose([told[0, 0], told[5, 5], told[9, 9]], expected, atol=1e-6)


def test_the_raw_model_blurred_and_centered_is_the_improved_one(rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    picture[20:30, 50:65] = (230, 40, 40)
    improved = maps.blur(CLASSICAL["rare2012-raw"](picture).astype(float), 0.02 * 80) * center_gaussian(picture)
    np.testing.assert_allclose(CLASSICAL["rare2012"](picture), maps.to_unit(improved), atol=1e-5)


def test_fusion_drops_flat_maps_and_ranks_the_others() -> None:
    peak, half, busy = np.zeros((3, 10, 10))
    peak[2, 2] = 1  # (1 - .01)^2 = .9801
    half[:, :3] = 1  # (1 - .3)^2 = .49
    busy[:, :8] = 1  # (1 - .8)^2 = .04, below .3 of the best
    total = fused([busy, peak, half])
    first, second = 3 / 3 * 0.9801, 2 / 3 * 0.49
    assert total[2, 2] == pytest.approx(1)
    assert total[5, 1] == pytest.approx(second / (first + second))
    assert total[5, 5] == 0


def test_decorrelated_colors_are_uncorrelated_and_gray_has_one(rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    picture[..., 1] = picture[..., 0] // 2
    components = np.array(decorrelated(picture)).reshape(-1, 600)
    covariance = np.cov(components)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-9)
    assert (np.diff(np.diag(covariance)) <= 0).all()
    assert len(decorrelated(np.repeat(picture[..., :1], 3, axis=2))) == 1


# ---- CIW


@pytest.mark.parametrize("shape", [(32, 32), (37, 50), (5, 9), (1, 7), (2, 2)])
def test_ciw_planes_put_together_are_the_channel(rng: np.random.Generator, shape: tuple[int, int]) -> None:
    channel = rng.random(shape)
    np.testing.assert_allclose(recomposed(*decomposed(channel, 3)), channel, atol=1e-12)


def test_ciw_planes_tell_orientations_apart() -> None:
    stripes = np.tile([0.0, 0, 1, 1], (32, 8))  # upright: changes along rows
    energies = [(plane**2).mean() for plane in decomposed(stripes, 1)[0][0]]
    assert energies[0] > 100 * max(energies[1:])
    energies = [(plane**2).mean() for plane in decomposed(stripes.T.copy(), 1)[0][0]]
    assert energies[1] > 100 * max(energies[0], energies[2])


@pytest.mark.parametrize("orientation", [0, 1, 2])
def test_relative_contrast_is_a_ratio_of_mean_energies(rng: np.random.Generator, orientation: int) -> None:
    plane = rng.normal(size=(90, 80))
    steps = range(-32, 33)
    directions = {0: [(0, 1)], 1: [(1, 0)], 2: [(1, 1), (1, -1)]}[orientation]
    near = {(40 + s * y, 39 + s * x) for s in steps if abs(s) <= 6 for y, x in directions}
    far = {(40 + s * y, 39 + s * x) for s in steps if abs(s) > 6 for y, x in directions}
    energy = [np.mean([plane[at] ** 2 for at in places]) for places in (near, far)]
    ratio = energy[0] / (energy[1] + 1e-6)
    got = relative_contrast(plane, orientation)[40, 39]
    assert got == pytest.approx(ratio**2 / (1 + ratio**2))


def test_ciw_is_most_sensitive_to_contrast_at_middle_scales() -> None:
    none, full = np.array(0.0), np.array(1.0)
    gain = [float(sensitivity(full, s, INTENSITY) - sensitivity(none, s, INTENSITY)) for s in range(1, 8)]
    assert np.argmax(gain) == 3
    assert gain[3] == pytest.approx(4.981624)
    assert sensitivity(none, 6, INTENSITY) == 1
    assert sensitivity(none, 1, INTENSITY) < 1e-9


# ---- CAS


def test_cas_nearest_patches_against_brute_force(rng: np.random.Generator) -> None:
    patches, others = rng.random((300, 12)).astype(np.float32), rng.random((90, 12)).astype(np.float32)
    places, other_places = rng.random((300, 2)).astype(np.float32), rng.random((90, 2)).astype(np.float32)
    got = mean_of_nearest(patches, places, others, other_places, nearest=5)
    for k in (0, 17, 299):
        distances = [
            np.linalg.norm(patches[k] - other) / (1 + 3 * np.linalg.norm(places[k] - place))
            for other, place in zip(others, other_places, strict=True)
        ]
        assert got[k] == pytest.approx(np.mean(sorted(distances)[:5]), rel=1e-4)


def test_cas_patches_are_the_pictures_and_know_where_they_are(rng: np.random.Generator) -> None:
    channels = rng.random((3, 15, 31)).astype(np.float32)
    patches, places, grid = patches_at(channels, 1.0)
    assert grid == (3, 7)
    np.testing.assert_array_equal(patches[7 + 2], channels[:, 4:11, 8:15].ravel())
    np.testing.assert_allclose(places[7 + 2], [7.5 / 31, 11.5 / 31], rtol=1e-6)
    np.testing.assert_allclose(places[-1], [11.5 / 31, 27.5 / 31], rtol=1e-6)


def test_cas_context_fades_with_the_distance_to_what_is_attended() -> None:
    saliency = np.full((4, 10), 0.5)
    saliency[1, 2] = 1
    faded = in_context(saliency)
    assert faded[1, 2] == 1
    assert faded[1, 7] == pytest.approx(0.5 * (1 - 5 / 10))


# ---- Gao


def test_kl_of_gaussians_and_of_laplacians() -> None:
    two, one = np.array(2.0), np.array(1.0)

    def gaussian(sigma: float) -> tuple[np.ndarray, np.ndarray]:
        return np.array(sigma * np.sqrt(2)), two

    assert kl(gaussian(1), gaussian(1)) == pytest.approx(0, abs=1e-12)
    assert kl(gaussian(1), gaussian(3)) == pytest.approx(np.log(3) + 1 / 18 - 0.5)
    assert kl((np.array(2.0), one), (np.array(5.0), one)) == pytest.approx(np.log(5 / 2) + 2 / 5 - 1)


def test_generalized_gaussian_by_its_moments() -> None:
    alpha, beta = generalized_gaussian(np.array([4.0, 4.0]), np.array([3 * 16.0, 6 * 16.0]), prior=0)
    np.testing.assert_allclose(beta, [2, 1], rtol=1e-3)
    np.testing.assert_allclose(alpha, [2 * np.sqrt(2), 2 / np.sqrt(2)], rtol=1e-3)  # sd 2


def test_mutual_information_of_a_feature_with_two_gaussians(rng: np.random.Generator) -> None:
    """A square of noise three times as strong as the noise around it, wide enough for the windows to be filled."""
    feature = rng.normal(size=(600, 600))
    feature[275:325, 275:325] *= 3
    got = mutual_information(feature, 51, 151)[150, 150]
    share = (51 / 151) ** 2
    inner, outer = 9.0, 1.0
    both = share * inner + (1 - share) * outer
    fourth = 3 * (share * inner**2 + (1 - share) * outer**2)
    alpha, beta = generalized_gaussian(np.array(both), np.array(fourth))

    def from_gaussian(variance: float) -> float:
        return float(kl((np.sqrt(np.array(2 * variance)), np.array(2.0)), (alpha, beta)))

    assert got == pytest.approx(share * from_gaussian(inner) + (1 - share) * from_gaussian(outer), rel=0.25)
    assert got > 5 * mutual_information(feature, 51, 151)[40, 40]
