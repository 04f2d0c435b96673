"""The projection of a training on many devices: by hand, and where its limits are."""

import math
from dataclasses import replace

import pytest

from benchmarks.cluster import Cluster, calibrated, hours, seconds_a_step

PLAIN = Cluster(rate=100, inside=1e9, between=1e8, latency=0, disk=math.inf)


def test_one_device_computes_and_exchanges_nothing() -> None:
    assert seconds_a_step(PLAIN, 1, 128, 60e6) == (1.28, "network")


def test_an_exchange_goes_through_the_slowest_link() -> None:
    """By hand: 16 pictures at 100/s, and 2 * 7/8 of 60 MB at 1 GB/s; two machines at 0.1 GB/s."""
    assert seconds_a_step(PLAIN, 8, 128, 60e6) == (pytest.approx(0.16 + 0.105), "network")
    assert seconds_a_step(PLAIN, 16, 128, 60e6) == (pytest.approx(0.08 + 1.125), "exchange")


def test_the_slowest_limits() -> None:
    assert seconds_a_step(replace(PLAIN, decode=50), 1, 128, 0) == (2.56, "feed")
    assert seconds_a_step(replace(PLAIN, disk=6e3), 2, 128, 0) == (128, "disk")


def test_devices_without_a_picture_are_of_no_use() -> None:
    assert seconds_a_step(PLAIN, 64, 8, 0) == seconds_a_step(PLAIN, 8, 8, 0)


def test_hours_of_an_hour() -> None:
    assert hours(PLAIN, 1, 360_000, 100, 0) == (pytest.approx(1), "network")


def test_the_measured_rate_of_two_comes_out_again() -> None:
    cluster = calibrated(PLAIN, one=100, two=185, batch=128, gradient=60e6)
    assert 128 / seconds_a_step(cluster, 2, 128, 60e6)[0] == pytest.approx(185)
