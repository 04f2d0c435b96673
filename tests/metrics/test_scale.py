"""A score does not depend on the scale of a map, and an array means the same in every type of number, or is refused."""

import warnings
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wepsam import maps, metrics

pytestmark = pytest.mark.usefixtures("passes")

SHAPE = (24, 32)
RNG = np.random.default_rng(11)
FIXATIONS, OTHERS = (RNG.random((n, 2)) * SHAPE[::-1] for n in (15, 60))
SALIENCY_MAP = RNG.random(SHAPE) + 0.01
DENSITY, BASELINE = maps.density(FIXATIONS, SHAPE, 3.0) + 1e-6, maps.density(OTHERS, SHAPE, 6.0) + 1e-6


def scores(saliency_map, density=DENSITY, baseline=BASELINE, *, protocol="mit"):
    """Every metric there is."""
    names = [*metrics.PROTOCOLS[protocol], "emd"]
    truth = {"fixations": FIXATIONS, "other_fixations": OTHERS, "density": density, "baseline": baseline}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return metrics.score(saliency_map, **truth, protocol=protocol, metrics=names)


def expected(protocol):
    return scores(SALIENCY_MAP, protocol=protocol)


PROTOCOL = st.sampled_from(list(metrics.PROTOCOLS))


@given(st.integers(-960, 1015), st.integers(-960, 1015), st.integers(-960, 1015), PROTOCOL)
def test_powers_of_two_change_no_bit(exponent, of_density, of_baseline, protocol):
    scaled = scores(
        np.ldexp(SALIENCY_MAP, exponent),
        np.ldexp(DENSITY, of_density),
        np.ldexp(BASELINE, of_baseline),
        protocol=protocol,
    )
    # Sums of a few hundred values between 2^-20 and 2: neither the maps nor these lose a bit on the way.
    assert scaled == expected(protocol)


@given(st.floats(-290, 305), PROTOCOL)
def test_other_factors_change_only_what_rounding_does(exponent, protocol):
    factor = 10.0**exponent
    scaled = scores(factor * SALIENCY_MAP, factor * DENSITY, factor * BASELINE, protocol=protocol)
    assert scaled == pytest.approx(expected(protocol), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("scale", [1e-310, 5e-324, 1e-162, 1e154, 1e307])
def test_extreme_maps_have_the_scores_of_their_pattern(scale):
    """Steps of the smallest number there is are as good as steps of 1; signs and offsets too."""
    pattern = np.random.default_rng(4).integers(0, 12, SHAPE).astype(float)
    assert scores(pattern * scale) == pytest.approx(scores(pattern), rel=1e-9)
    both = pattern - 6
    assert metrics.nss(both * scale, FIXATIONS) == pytest.approx(metrics.nss(both, FIXATIONS), rel=1e-12)
    assert metrics.cc(DENSITY, both * scale) == pytest.approx(metrics.cc(DENSITY, both), rel=1e-12)


def test_from_the_largest_to_the_smallest_number():
    """The range itself is too large for a number."""
    values = np.zeros(SHAPE)
    values[0, :2] = np.finfo(float).max, -np.finfo(float).max
    unit = np.zeros(SHAPE)
    unit[0, :2] = 1, -1
    at = np.array([[0, 0], [5, 5]])
    auc_judds = [partial(metrics.auc_judd, protocol=protocol) for protocol in metrics.PROTOCOLS]
    for metric in (metrics.nss, *auc_judds, metrics.auc_borji):
        assert metric(values, at) == pytest.approx(metric(unit, at), rel=1e-12)
    assert metrics.cc(values, DENSITY) == pytest.approx(metrics.cc(unit, DENSITY), rel=1e-12)
    assert metrics.sim(values, DENSITY) == pytest.approx(metrics.sim(unit, DENSITY), rel=1e-12)


def test_ranks_are_of_the_map_itself():
    """exp of scores that nobody has normalized: the AUCs see levels that are 1e600 apart."""
    levels = np.random.default_rng(6).permutation(np.linspace(-700, 700, SHAPE[0] * SHAPE[1])).reshape(SHAPE)
    for protocol in metrics.PROTOCOLS:
        by_rank = metrics.auc_judd(levels, FIXATIONS, protocol=protocol)
        assert metrics.auc_judd(np.exp(levels), FIXATIONS, protocol=protocol) == by_rank
    assert metrics.auc_density(np.exp(levels), DENSITY) == metrics.auc_density(levels, DENSITY)


def test_a_negative_value_is_named_as_it_is():
    with pytest.raises(ValueError, match=r"the smallest is -2e\+300"):
        metrics.kl_div(np.array([[1e300, -2e300]]), np.ones((1, 2)))


@pytest.mark.parametrize("kind", [">f8", ">f4", "<f4", "f2", "?", "u1", ">u2", ">i4", "i8", "longdouble"])
def test_every_type_of_number_means_the_same(kind):
    whole = np.random.default_rng(8).integers(0, 2 if kind == "?" else 100, SHAPE)
    array = whole.astype(kind)
    assert scores(array, array, BASELINE.astype(">f4")) == scores(
        whole.astype(float), whole.astype(float), BASELINE.astype("f4")
    )
    points = FIXATIONS.astype(">f8")
    assert metrics.nss(array, points) == metrics.nss(whole, FIXATIONS)


@pytest.mark.skipif(np.finfo(np.longdouble).maxexp == 1024, reason="no wider floats here")
@pytest.mark.parametrize("exponent", [-4000, 4000])
def test_floats_of_a_wider_range(exponent):
    assert scores(np.ldexp(SALIENCY_MAP.astype(np.longdouble), exponent)) == expected("mit")


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (np.ma.masked_less(SALIENCY_MAP, 0.5), "values of the saliency map are masked"),
        (SALIENCY_MAP.astype(object), "holds object, expected real numbers"),
        (SALIENCY_MAP.astype(complex), "holds complex128, expected real numbers"),
        (SALIENCY_MAP.astype(str), "expected real numbers"),
        (np.zeros(SHAPE, "datetime64[s]"), "expected real numbers"),
        (np.zeros(SHAPE, [("a", float)]), "expected real numbers"),
    ],
)
def test_what_is_no_map_is_refused_in_a_line(values, complaint):
    for call in (lambda: metrics.nss(values, FIXATIONS), lambda: metrics.score(values, density=DENSITY)):
        with pytest.raises(ValueError, match=complaint) as caught:
            call()
        assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(ValueError, match=complaint.replace("saliency map", "density")):
        metrics.cc(SALIENCY_MAP, values)


def test_a_mask_that_hides_nothing_is_no_mask():
    assert metrics.nss(np.ma.array(SALIENCY_MAP), FIXATIONS) == expected("mit")["nss"]


def test_masked_fixations_are_refused():
    """numpy would count the points that the mask hides."""
    hidden = np.ma.array(FIXATIONS, mask=FIXATIONS < 3)
    with pytest.raises(ValueError, match="some fixations are masked"):
        metrics.nss(SALIENCY_MAP, hidden)
