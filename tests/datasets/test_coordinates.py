"""Fixations that count something else than pixels of their picture: recognized, or refused with what mends it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from helpers import Paint, Write, refused
from wepsam.datasets import open_dataset

Change = Callable[[np.ndarray, np.ndarray], np.ndarray]
SIZES = {"a": (600, 800), "b": (480, 640), "c": (600, 450), "d": (600, 800), "e": (300, 400), "f": (600, 800)}


def looked() -> dict[str, np.ndarray]:
    """40 fixations on each picture, around its center, as people look."""
    rng = np.random.default_rng(3)
    around = {name: rng.normal(0.5, 0.17, (40, 2)).clip(0.02, 0.98) * size[::-1] for name, size in SIZES.items()}
    return {name: np.round(points, 3) for name, points in around.items()}


@pytest.fixture
def table(tmp_path: Path, paint: Paint, write: Write) -> Callable[[Change], str]:
    """A function: how points are written, given them and (width, height) of their picture -> NAME=FOLDER."""
    for name, size in SIZES.items():
        write(tmp_path / "stimuli" / f"{name}.png", paint(1, *size))

    def written(change: Change) -> str:
        with open(tmp_path / "fixations.csv", "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["image", "observer", "x", "y"])
            for name, points in looked().items():
                changed = change(points, np.array(SIZES[name][::-1]))
                rows.writerows([f"{name}.png", n % 3, *point] for n, point in enumerate(changed))
        return f"study={tmp_path}"

    return written


WRITTEN: dict[str, Change] = {
    "shares": lambda p, wh: p / wh,
    "center": lambda p, wh: (p - wh / 2) * (1, -1),
    "norm": lambda p, wh: (2 * p / wh - 1) * (1, -1),
    "1920x1080": lambda p, wh: p + (np.array([1920, 1080]) - wh) / 2,
    "1280x1024": lambda p, wh: p + (np.array([1280, 1024]) - wh) / 2,
    "1.8": lambda p, wh: p * 1.8,
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_what_they_count_can_be_said(kind: str, table: Callable[..., str]) -> None:
    data = open_dataset(table(WRITTEN[kind]), coordinates=kind)
    for sample in data:
        np.testing.assert_allclose(sample.fixations, looked()[sample.id], atol=1e-6)
    assert data.note == f"x and y of the table read as {kind}"


def test_shares_are_recognized(table: Callable[..., str], caplog: pytest.LogCaptureFixture) -> None:
    for sample in open_dataset(table(WRITTEN["shares"])):
        np.testing.assert_allclose(sample.fixations, looked()[sample.id], atol=1e-6)
    assert "taken for shares of width and height" in caplog.text


@pytest.mark.parametrize("kind", ["center", "norm", "1920x1080", "1280x1024"])
def test_others_are_refused_with_what_mends_them(kind: str, table: Callable[..., str]) -> None:
    spec = table(WRITTEN[kind])
    refused(lambda: open_dataset(spec), "of 240 fixations lie outside", f"use --coordinates {kind};")


def test_a_picture_that_was_shown_larger(table: Callable[..., str]) -> None:
    spec = table(WRITTEN["1.8"])
    refused(lambda: open_dataset(spec), "shown larger, at least 1.", "use --coordinates with the factor")


def test_columns_in_the_wrong_order(table: Callable[..., str]) -> None:
    spec = table(lambda p, wh: np.where(wh[0] > wh[1], (p - wh / 2) * (1, 0.5) + wh / 2, p)[:, ::-1] * (1, 1))
    refused(lambda: open_dataset(spec), "fixations lie outside", "exchange the columns")


@pytest.mark.parametrize("part", [0.1, 0.2])
def test_a_corner_is_refused(part: float, table: Callable[..., str]) -> None:
    spec = table(lambda p, wh: p * part)
    refused(lambda: open_dataset(spec), "all fixations lie in the top left corner", "--coordinates pixels")
    assert len(open_dataset(spec, coordinates="pixels")) == 6


def test_a_quarter_is_doubted(table: Callable[..., str], caplog: pytest.LogCaptureFixture) -> None:
    open_dataset(table(lambda p, wh: p / 2))
    assert "of a smaller picture?" in caplog.text


def test_glances_beside_the_screen_are_counted_and_left_out(
    table: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    def glancing(points: np.ndarray, wh: np.ndarray) -> np.ndarray:
        return np.vstack([points[:-3], [(-5, 10), (10, wh[1] + 3), (np.nan, np.nan)]])

    data = open_dataset(table(glancing))
    assert [len(sample.fixations) for sample in data if sample.fixations is not None] == [37] * 6
    assert "12 of 234 fixations lie outside their pictures and are left out" in caplog.text


def test_pixels_can_be_insisted_on(table: Callable[..., str], caplog: pytest.LogCaptureFixture) -> None:
    data = open_dataset(table(WRITTEN["1.8"]), coordinates="pixels")
    assert 0 < sum(sample.outside for sample in data) < 240
    assert "are left out" in caplog.text


@pytest.mark.parametrize("kind", ["", "pixel", "0", "0x0", "-1", "1920x", "nan"])
def test_unknown_kinds(kind: str, table: Callable[..., str]) -> None:
    spec = table(lambda p, wh: p)
    refused(lambda: open_dataset(spec, coordinates=kind), "coordinates are pixels, shares, center, norm", repr(kind))
