"""Pictures unlike photographs are warned of: once each, at the line of the caller, and only if the card says so."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

import wepsam
from helpers import Run, Write
from learn import drawn
from wepsam import PictureWarning, cards, resolve

TEXT = "this looks like a web page; the model has learned from photographs"
MODEL = "wepsam-paper"  # one forward of 128x128 pixels: the fastest of the shipped ones


@pytest.fixture(scope="module")
def page() -> np.ndarray:
    return drawn.web_page(np.random.default_rng(9000))


@pytest.fixture(scope="module")
def model() -> wepsam.Predictor:
    return wepsam.load(MODEL, threads=1)


@pytest.fixture
def mixed(tmp_path: Path, page: np.ndarray, paint, write: Write) -> list[Path]:  # type: ignore[no-untyped-def]
    """Page, photograph, page."""
    pictures = {"a.png": page, "b.png": paint(0, 300, 400), "c.png": page[:, ::-1]}
    return [write(tmp_path / "in" / name, np.ascontiguousarray(picture)) for name, picture in pictures.items()]


def test_one_warning_at_the_line_of_the_caller(model: wepsam.Predictor, page: np.ndarray, mixed: list[Path]) -> None:
    for predict in (model, model.log_density):
        with pytest.warns(PictureWarning) as caught:
            predict(page)
        assert [str(warning.message) for warning in caught] == [TEXT]
        assert caught[0].filename == __file__
        with pytest.warns(PictureWarning) as caught:
            predict(mixed[0])
        assert [str(warning.message) for warning in caught] == [f"{mixed[0]}: {TEXT}"]
        predict(mixed[1])  # here a warning would be an error


@pytest.mark.parametrize("workers", [1, 3])
def test_many_warns_when_the_turn_of_a_picture_comes(
    model: wepsam.Predictor, mixed: list[Path], workers: int, tmp_path: Path
) -> None:
    taken, answers = [], model.many([*mixed, tmp_path / "none.png"], workers=workers, return_errors=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for answer in answers:
            taken.append((type(answer), len(caught)))
    assert [str(warning.message) for warning in caught] == [f"{mixed[k]}: {TEXT}" for k in (0, 2)]
    assert {warning.filename for warning in caught} == {__file__}
    assert taken == [(np.ndarray, 1), (np.ndarray, 1), (np.ndarray, 2), (wepsam.ImageError, 2)]


def test_it_can_be_filtered_turned_off_and_made_an_error(page: np.ndarray, model: wepsam.Predictor) -> None:
    assert issubclass(PictureWarning, UserWarning)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PictureWarning)
        expected = model(page)
    silent = wepsam.load(MODEL, threads=1, warn=False)
    np.testing.assert_array_equal(silent(page), expected)
    np.testing.assert_array_equal(next(iter(silent.many([page, page], workers=2))), expected)
    with pytest.raises(PictureWarning, match="looks like a web page"):
        model(page)  # pytest makes errors of warnings
    with pytest.raises(PictureWarning, match="looks like a web page"):
        list(model.many([page] * 9, workers=2))


def test_only_a_card_that_says_photographs_has_doubts(
    page: np.ndarray, tmp_path: Path, model: wepsam.Predictor
) -> None:
    """People's own exports, such as one that was adapted to pages, say nothing and are not doubted."""
    assert all(card["pictures"] == "photographs" for card in wepsam.models().values())
    card = cards.load(cards.path_of(model.weights))
    shutil.copy(model.weights, tmp_path / "own.onnx")
    for said in ({}, {"pictures": "web pages"}):
        own = {name: value for name, value in card.items() if name != "pictures"} | said
        (tmp_path / "own.json").write_text(json.dumps(own))
        adapted = wepsam.load(tmp_path / "own.onnx", threads=1)
        adapted(page)
        assert adapted.doubt(page) is None
    assert model.doubt(page) == "web page"
    assert ("has learned from web pages" in cards.describe(own), "warned" in str(cards.describe(own))) == (True, False)
    assert "has learned from photographs; others are warned of" in cards.describe(card)


def test_evaluation_and_labeling_are_not_interrupted(page: np.ndarray) -> None:
    resolve.predictor(MODEL, threads=1)(page)


def test_folders(mixed: list[Path], tmp_path: Path, page: np.ndarray) -> None:
    with pytest.warns(PictureWarning) as caught:
        done = wepsam.predict(mixed, tmp_path / "out", model=MODEL, save="npy")
    assert done.doubted == {str(mixed[0]): "web page", str(mixed[2]): "web page"}
    assert [str(warning.message) for warning in caught] == [f"{path}: {TEXT}" for path in done.doubted]
    assert {warning.filename for warning in caught} == {__file__}
    for model in ("center-gaussian", lambda stimulus: stimulus[..., 0].astype(np.float32)):
        assert wepsam.predict(mixed, tmp_path / "out", model=model, save="npy").doubted == {}
    silent = wepsam.load(MODEL, threads=1, warn=False)
    assert len(wepsam.predict(mixed, tmp_path / "out", model=silent, save="npy").doubted) == 2


def test_the_sheet_says_it_too(mixed: list[Path], tmp_path: Path) -> None:
    sheets = []
    for model in (MODEL, "own"):
        if model == "own":
            weights = wepsam.load(MODEL).weights
            shutil.copy(weights, tmp_path / "own.onnx")
            card = cards.load(cards.path_of(weights))
            del card["pictures"]
            (tmp_path / "own.json").write_text(json.dumps(card))
            wepsam.predict(mixed[:1], tmp_path / model, model=tmp_path / "own.onnx", save=(), sheet=True)
        else:
            with pytest.warns(PictureWarning):
                wepsam.predict(mixed[:1], tmp_path / model, model=model, save=(), sheet=True)
        sheets.append(wepsam.read_image(tmp_path / model / "sheet.png").astype(int))
    changed = np.argwhere((sheets[0] != sheets[1]).any(axis=2))
    assert len(changed)  # the words below the map, and nothing else
    assert np.ptp(changed[:, 0]) < 30


# ---- the command


def test_the_command_says_it_in_a_line_and_quiet_says_nothing(
    mixed: list[Path], tmp_path: Path, wepsam_command: Run
) -> None:
    command = ("predict", mixed[0].parent, "-o", tmp_path / "out", "--model", MODEL, "--save", "npy")
    code, out, err = wepsam_command(*command)
    assert (code, out) == (0, f"3 npy: {tmp_path / 'out'}/*.npy\n")
    assert err.splitlines()[-2:] == [f"{mixed[0]}: {TEXT}", f"{mixed[2]}: {TEXT}"]
    code, out, err = wepsam_command(*command, "--quiet", "--json")
    assert (code, "looks like" in err) == (0, False)
    assert json.loads(out)["doubted"] == {str(mixed[0]): "web page", str(mixed[2]): "web page"}
    assert "looks like" not in wepsam_command(*command, "--model", "center-gaussian")[2]


def test_many_doubts_are_counted() -> None:
    from wepsam.cli.predict import DOUBTS, doubts

    doubted = {f"{k:02d}.png": "chart" if k % 5 == 0 else "web page" for k in range(12)}
    lines = doubts(doubted, 50)
    assert len(lines) == DOUBTS + 1
    assert lines[0] == "00.png: this looks like a chart; the model has learned from photographs"
    assert lines[-1] == "12 of 50 pictures look like web pages or charts; the model has learned from photographs"
    assert len(doubts(dict.fromkeys(map(str, range(DOUBTS)), "page of text"), 50)) == DOUBTS
