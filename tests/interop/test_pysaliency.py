"""Against pysaliency itself. `make interop` runs this in an environment where it can be imported."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.special import logsumexp

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for pkg_resources, which is deprecated
    pysaliency = pytest.importorskip("pysaliency", reason="pysaliency has an environment of its own: make interop")

from agreement import Comparison, board_kl, cut, ours, theirs

import wepsam
from helpers import Paint, Write
from wepsam import maps, metrics
from wepsam.classical import center_gaussian
from wepsam.datasets import FixationDataset, Sample, osie, pictures_with_csv
from wepsam.interop.pysaliency import from_pysaliency, log_density_model, saliency_map_model, to_pysaliency

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pysaliency"),  # numpy.trapz
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # FileStimuli leaves the files open that it measures
]


def brightness(stimulus: np.ndarray) -> np.ndarray:
    """A predictor with values > 0 and, over noise, without ties."""
    return stimulus.astype(np.float32) @ np.float32([0.3, 0.59, 0.11]) + 1


@pytest.fixture
def sizes(tmp_path: Path, paint: Paint, write: Write) -> FixationDataset:
    """Five pictures of different sizes, 3 observers, fixations repeated and at the very border."""
    rng = np.random.default_rng(11)
    samples = []
    for number in range(5):
        height, width = 40 + 7 * number, 60 - 5 * number
        path = write(tmp_path / f"{number:03d}.png", paint(number, height, width))
        points = rng.uniform(0, [width, height], (20, 2))
        points[:4] = points[4], points[4], (width - 1e-9, height - 1e-9), (0, 0)
        samples.append(Sample(path.stem, path, (height, width), points, rng.integers(0, 3, 20), sigma=4.0))
    return FixationDataset("sizes", tuple(samples), 4.0)


def assert_agree(comparison: Comparison, tolerance: float = 1e-6) -> None:
    mine, other = ours(comparison), theirs(comparison)
    assert mine.keys() == other.keys() == {"auc_judd", "auc_shuffled", "nss", "cc", "sim", "kl_div", "info_gain"}
    for name in mine:
        np.testing.assert_allclose(mine[name], other[name], rtol=0, atol=tolerance, err_msg=name)


# ---------------------------------------------------------------------------------------------------- metrics


def test_all_metrics_agree_on_osie(shared: Path):
    model = wepsam.load(threads=1)
    assert_agree(Comparison(osie(shared / "data" / "osie")[:10], model), 1e-9)


def test_all_metrics_agree_whatever_the_sizes(sizes: FixationDataset):
    """Fixations of other pictures are scaled, and those at the border stay inside."""
    assert_agree(Comparison(sizes, brightness), 1e-9)


def test_all_metrics_agree_with_ties_and_zeros(sizes: FixationDataset):
    """But for the eps of KL, of which pysaliency writes five digits: at most 2.1e-5 for a map that is 0 everywhere that
    people look."""
    comparison = Comparison(sizes, lambda stimulus: cut(brightness(stimulus)))
    kl, board = ours(comparison)["kl_div"], board_kl(comparison)
    assert 1e-6 < np.abs(kl - board).max() < np.log(np.finfo(float).eps / 2.2204e-16)
    assert_agree(comparison, 2.1e-5)


def test_a_constant_map_is_chance_here_and_a_rounding_error_there():
    """pysaliency's NSS divides the rounding error of the mean by that of the standard deviation, unless both are 0."""
    fixations = np.array([[3, 2], [4, 4]])
    for constant in (0.1, 0.5):
        assert metrics.nss(np.full((6, 7), constant), fixations, protocol="tuebingen") == 0
    assert np.abs(pysaliency.metrics.NSS(np.full((6, 7), 0.1), *fixations.T)).tolist() == [1, 1]
    assert pysaliency.metrics.NSS(np.full((6, 7), 0.5), *fixations.T).tolist() == [0, 0]
    density = maps.density(fixations, (6, 7), 1.0)
    for constant in (0.1, 0.5):
        assert metrics.cc(np.full((6, 7), constant), density) == 0
        assert pysaliency.metrics.CC(np.full((6, 7), constant), density) == 0


def test_fixations_and_maps_below_zero_are_errors_here_and_shifted_there():
    saliency_map = np.arange(12.0).reshape(3, 4)
    with pytest.raises(ValueError, match="outside"):
        metrics.nss(saliency_map, [[-0.5, 0]], protocol="tuebingen")
    at_the_start = pysaliency.metrics.NSS(saliency_map, [0], [0])
    assert pysaliency.metrics.NSS(saliency_map, [-0.5], [0]) == at_the_start
    with pytest.raises(ValueError, match=">= 0"):
        metrics.sim(saliency_map - 1, saliency_map, protocol="tuebingen")
    assert pysaliency.metrics.SIM(saliency_map - 1, saliency_map) == pytest.approx(1)


def test_the_mean_of_a_dataset_is_over_fixations_there(sizes: FixationDataset):
    """Ours is over pictures: `average="image"`. They differ when pictures have different numbers of fixations."""
    first, *rest = sizes
    few = FixationDataset("few", (first.observed_by(np.array([0])), *rest), 4.0)
    comparison = Comparison(few, brightness)
    auc = ours(comparison)["auc_judd"]
    assert comparison.model.AUC(comparison.stimuli, comparison.fixations, average="image") == pytest.approx(auc.mean())
    weights = [len(sample.fixations) for sample in few]
    by_fixation = comparison.model.AUC(comparison.stimuli, comparison.fixations)
    assert by_fixation == pytest.approx(np.average(auc, weights=weights))
    assert by_fixation != pytest.approx(auc.mean())


# ---------------------------------------------------------------------------------------------------- models


def test_a_predictor_is_a_saliency_map_model(paint: Paint):
    model, stimulus = saliency_map_model(brightness), paint(0)
    assert isinstance(model, pysaliency.SaliencyMapModel)
    assert (model.saliency_map(stimulus) == brightness(stimulus)).all()
    assert model.saliency_map(stimulus).dtype == np.float64


def test_gray_and_transparent_stimuli_reach_the_predictor_as_rgb(paint: Paint):
    seen = []
    model = saliency_map_model(lambda stimulus: seen.append(stimulus) or np.ones(stimulus.shape[:2]))
    gray, clear = paint(0)[..., 0], np.zeros((5, 6, 4), np.uint8)
    model.saliency_map(gray)
    model.saliency_map(clear)
    assert (seen[0] == gray[..., None]).all()
    assert seen[0].shape == (*gray.shape, 3)
    assert (seen[1] == 255).all()


def test_a_predictor_is_a_probabilistic_model(paint: Paint):
    """The map over its sum, a thousandth of it even: elsewhere that costs 0.0015 bits, at a zero 10 below chance."""
    saliency_map = np.arange(12.0).reshape(3, 4)
    stimulus = paint(0, 3, 4)
    model = log_density_model(lambda _: saliency_map)
    assert isinstance(model, pysaliency.Model)
    log_density = model.log_density(stimulus)
    assert abs(logsumexp(log_density)) < 1e-12
    with np.errstate(divide="ignore"):
        lost = (np.log(saliency_map / saliency_map.sum()) - log_density) / np.log(2)
    assert lost.max() < 0.0015
    assert (log_density[0, 0] + np.log(12)) / np.log(2) == pytest.approx(-np.log2(1000))
    without = log_density_model(lambda _: saliency_map, floor=0).log_density(stimulus)
    assert without[0, 0] == -np.inf
    nothing = log_density_model(lambda _: np.zeros((3, 4))).log_density(stimulus)
    np.testing.assert_allclose(nothing, -np.log(12))


def test_what_is_no_density_is_refused(paint: Paint):
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        log_density_model(brightness, floor=-0.1)
    with pytest.raises(ValueError, match=">= 0"):
        log_density_model(lambda _: np.array([[-1.0, 2.0]])).log_density(paint(0, 1, 2))


def test_the_shipped_model_as_the_board_asks_for_it(sizes: FixationDataset):
    stimuli, fixations = to_pysaliency(sizes)
    model = log_density_model(wepsam.load(threads=1))
    for stimulus in stimuli:
        log_density = model.log_density(stimulus)
        assert log_density.shape == stimulus.size
        assert abs(logsumexp(log_density)) < 1e-3  # the board's own limit
    baseline = log_density_model(center_gaussian)
    assert np.isfinite(model.information_gain(stimuli, fixations, baseline))


# ---------------------------------------------------------------------------------------------------- datasets


def test_a_dataset_survives_the_way_there_and_back(sizes: FixationDataset):
    stimuli, fixations = to_pysaliency(sizes)
    assert isinstance(stimuli, pysaliency.FileStimuli)
    assert fixations.subject_count == 3
    back = from_pysaliency(stimuli, fixations, name="sizes", sigma=4.0)
    for one, other in zip(sizes, back, strict=True):
        assert (one.id, one.path, one.size, one.sigma) == (other.id, other.path, other.size, other.sigma)
        assert (one.fixations == other.fixations).all()
        assert (one.observer == other.observer).all()


def test_a_csv_dataset_goes_over(own_dataset: Path):
    dataset = pictures_with_csv(own_dataset)
    stimuli, fixations = to_pysaliency(dataset)
    assert len(stimuli) == len(dataset)
    assert len(fixations) == sum(len(sample.fixations) for sample in dataset)
    assert (stimuli.stimuli[3] == dataset[3].stimulus()).all()


def test_the_order_of_ours_is_that_of_the_ids(sizes: FixationDataset):
    stimuli, fixations = to_pysaliency(FixationDataset("back to front", sizes.samples[::-1], 4.0))
    back = from_pysaliency(stimuli, fixations, name="sizes", sigma=4.0)
    assert [sample.id for sample in back] == [sample.id for sample in sizes]
    assert (back[0].fixations == sizes[0].fixations).all()


def test_densities_without_points_are_refused(sizes: FixationDataset):
    bare = FixationDataset("bare", (Sample("a", sizes[0].path, sizes[0].size),), 4.0)
    with pytest.raises(ValueError, match="needs points"):
        to_pysaliency(bare)


def test_scanpaths_of_stimuli_in_memory(tmp_path: Path, paint: Paint):
    """Any of pysaliency's classes will do: FixationTrains, Stimuli, and slices of them."""
    pictures = [paint(number, 40, 60) for number in range(3)]
    trains = pysaliency.FixationTrains.from_fixation_trains(
        xs=[[1, 2, 3], [4, 5]], ys=[[1, 1, 1], [2, 2]], ts=[[0, 1, 2], [0, 1]], ns=[0, 1], subjects=[0, 1]
    )
    dataset = from_pysaliency(pysaliency.Stimuli(pictures)[:2], trains, name="memory", sigma=2.0, folder=tmp_path)
    assert [sample.fixations[:, 0].tolist() for sample in dataset] == [[1, 2, 3], [4, 5]]
    assert (dataset[1].stimulus() == pictures[1]).all()


def test_evaluate_takes_what_came_from_pysaliency(sizes: FixationDataset):
    back = from_pysaliency(*to_pysaliency(sizes), name="sizes", sigma=4.0)
    assert np.isfinite(wepsam.evaluate(brightness, back, name="brightness").mean()["nss"])


def test_pictures_of_any_mode_have_the_same_size_on_both_sides(tmp_path: Path, paint: Paint):
    samples = []
    for mode in ("L", "RGB", "RGBA", "P"):
        path = tmp_path / f"{mode}.png"
        Image.fromarray(paint(0, 40, 60)).convert(mode).save(path)
        samples.append(Sample(mode, path, (40, 60), np.array([[3.0, 4.0]]), np.array([0]), 2.0))
    stimuli, fixations = to_pysaliency(FixationDataset("modes", tuple(samples), 2.0))
    assert np.isfinite(saliency_map_model(brightness).NSSs(stimuli, fixations)).all()
