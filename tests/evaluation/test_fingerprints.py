"""Nothing stale: whatever a result depends on makes it again, and a line says so."""

from __future__ import annotations

import csv
import json
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers import Paint, Run, Write
from wepsam import maps
from wepsam.classical import center_gaussian
from wepsam.datasets import FixationDataset, Sample, open_dataset
from wepsam.evaluation import compare, evaluate, evaluate_all, fingerprints, read
from wepsam.evaluation.results import read_current

REFERENCE = "center-bias"


def _first(data: FixationDataset, change: Callable[[Sample], Sample]) -> FixationDataset:
    return replace(data, samples=(change(data[0]), *data.samples[1:]))


CHANGES: dict[str, Callable[[Sample], Sample]] = {
    "coordinates": lambda s: replace(s, fixations=np.add(s.fixations, (0.01, 0))),
    "order of coordinates": lambda s: replace(s, fixations=np.asarray(s.fixations)[:, ::-1]),
    "observers": lambda s: replace(s, observer=np.asarray(s.observer)[::-1].copy()),
    "sigma of one picture": lambda s: replace(s, sigma=s.sigma * 1.01),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_the_truth_is_all_that_predictions_are_compared_with(
    own: FixationDataset, change: Callable[[Sample], Sample], tmp_path: Path
) -> None:
    other = _first(own, change)
    assert fingerprints.fingerprint(other) == fingerprints.fingerprint(own)  # all of these it did not see
    assert fingerprints.truth(other) != fingerprints.truth(own)
    evaluate(REFERENCE, own).save(tmp_path)
    assert read_current(tmp_path, REFERENCE, own, "all", "mit") is not None
    assert read_current(tmp_path, REFERENCE, other, "all", "mit") is None


def test_the_same_data_elsewhere_are_the_same(own: FixationDataset, own_dataset: Path, tmp_path: Path) -> None:
    own_dataset.rename(tmp_path / "moved")
    moved = open_dataset(f"csv={tmp_path / 'moved'}")
    for sample in moved:
        os.utime(sample.path, (0, 0))
    assert fingerprints.of_data(moved)["truth_sha256"] == fingerprints.truth(own)
    before = fingerprints.of_data(moved)
    swapped = replace(own, samples=moved.samples)
    assert fingerprints.of_data(swapped) == before
    big_endian = _first(moved, lambda s: replace(s, fixations=np.asarray(s.fixations).astype(">f8")))
    assert fingerprints.truth(big_endian) == fingerprints.truth(own)


def test_a_picture_or_density_with_other_bytes_is_another(tmp_path: Path, paint: Paint, write: Write) -> None:
    """Of the same name and size, even of the same length and time."""
    for seed in range(3):
        density = maps.density(np.array([(20 + 5 * seed, 20)]), (40, 60), 6.0)
        write(tmp_path / "images" / f"{seed}.bmp", paint(seed, 40, 60))
        write(tmp_path / "maps" / f"{seed}.bmp", np.rint(255 * density / density.max()).astype(np.uint8))
    data = open_dataset(f"maps={tmp_path}")
    before = fingerprints.of_data(data)
    for folder, key in (("images", "pictures_sha256"), ("maps", "truth_sha256")):
        path = tmp_path / folder / "1.bmp"
        status, content = path.stat(), path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        after = fingerprints.of_data(data)
        assert {name for name in before if before[name] != after[name]} == {key}
        path.write_bytes(content)
        assert fingerprints.of_data(data) == before


def test_the_record_names_data_code_and_card(own: FixationDataset) -> None:
    about = evaluate("wepsam-lite", own[:1], quality="fast").about
    assert {*fingerprints.DATA, "code_sha256", "card_sha256", "weights"} <= set(about)
    assert about["auc_judd"] == "exact expectation over the order of equal values"
    card = {"name": "m", "sha256": "0", "blur": 1.0}
    assert fingerprints.of_card(card) == fingerprints.of_card(card | {"scores": {"osie": {}}, "speed": {}})
    assert fingerprints.of_card(card) != fingerprints.of_card(card | {"blur": 2.0})


# ---- references that were saved


def study(folder: Path, by: float) -> FixationDataset:
    """The same numbers of fixations on the same pictures, but elsewhere: what the old checksum did not see."""
    lines = list(csv.reader((folder / "fixations.csv").read_text().splitlines()))
    moved = [[*line[:2], *(f"{float(value) * by:.2f}" for value in line[2:4]), *line[4:]] for line in lines[1:]]
    (folder / "fixations.csv").write_text("\n".join(map(",".join, [lines[0], *moved])) + "\n")
    return open_dataset(f"csv={folder}")


def test_references_are_made_again_after_the_fixations_were_replaced(
    own_dataset: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "wepsam")
    out = tmp_path / "results"
    list(evaluate_all("center-gaussian", study(own_dataset, 0.7), out, references=True))
    caplog.clear()
    right = study(own_dataset, 1 / 0.7)
    again = {r.about["model"]: r for _, r in evaluate_all("center-gaussian", right, out, references=True)}
    for name in ("center-bias", "gbvs", "one-observer", "gold-standard"):
        assert (
            f"{name}.json is made again, these have changed since it was saved: fixations or densities" in caplog.text
        )
        assert again[name].mean() == pytest.approx(evaluate(name, right).mean(), nan_ok=True)
    caplog.clear()
    list(evaluate_all("center-gaussian", right, out, references=True))
    assert caplog.text.count("is kept: nothing that it depends on has changed") == 4


@pytest.mark.parametrize("key", ["truth_sha256", "pictures_sha256", "code_sha256", "dataset_sha256"])
def test_a_saved_reference_that_does_not_say_what_it_is_of_is_made_again(
    own: FixationDataset, tmp_path: Path, key: str
) -> None:
    path = evaluate(REFERENCE, own).save(tmp_path).with_suffix(".json")
    about = json.loads(path.read_text())
    del about[key]
    path.write_text(json.dumps(about))
    assert read_current(tmp_path, REFERENCE, own, "all", "mit") is None
    (table,) = compare(tmp_path)  # it can be read all the same
    assert list(table.rows) == [REFERENCE]


def test_code_of_another_version_makes_references_again(
    own: FixationDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate(REFERENCE, own).save(tmp_path)
    assert len(fingerprints.code()) == 64
    monkeypatch.setattr(fingerprints, "code", lambda: "other")
    assert read_current(tmp_path, REFERENCE, own, "all", "mit") is None


def test_another_model_of_that_name_is_no_reference(own: FixationDataset, tmp_path: Path) -> None:
    evaluate(center_gaussian, own, name="gbvs").save(tmp_path)
    assert read_current(tmp_path, "gbvs", own, "all", "mit") is None


def test_a_damaged_reference_is_made_again(
    own: FixationDataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    evaluate(REFERENCE, own).save(tmp_path)
    (tmp_path / f"{REFERENCE}.csv").write_text("id,nss\n")
    assert read_current(tmp_path, REFERENCE, own, "all", "mit") is None
    assert "center-bias.json is made again: " in caplog.text
    assert "not results of wepsam evaluate" in caplog.text


# ---- rows of an interrupted evaluation


def test_rows_are_kept_or_made_again_with_a_line(
    own: FixationDataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "wepsam")
    seen: list[int] = []

    def stops(stimulus: np.ndarray) -> np.ndarray:
        seen.append(1)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return center_gaussian(stimulus)

    for data, kept in ((own, True), (_first(own, CHANGES["coordinates"]), False)):
        seen.clear()
        with pytest.raises(KeyboardInterrupt):
            evaluate(stops, own, name="m", out=tmp_path, workers=1)
        seen[:] = [1] * 9
        caplog.clear()
        result = evaluate(stops, data, name="m", out=tmp_path, workers=1)
        assert (len(seen) - 9 == 8) is kept
        assert ("4 rows of an interrupted evaluation are kept" in caplog.text) is kept
        assert ("4 rows of an interrupted evaluation are made again" in caplog.text) is not kept
        assert result.rows == evaluate(center_gaussian, data).rows


# ---- one table


def test_models_that_were_scored_on_other_fixations_are_no_table(
    own_dataset: Path, tmp_path: Path, wepsam_command: Run
) -> None:
    evaluate("center-gaussian", study(own_dataset, 0.7), out=tmp_path / "a", name="one")
    right = study(own_dataset, 1 / 0.7)
    evaluate("center-gaussian", right, out=tmp_path / "a", name="other")
    evaluate("center-gaussian", right, out=tmp_path / "b", name="third")
    (folder,), (elsewhere,) = ((list((tmp_path / name).iterdir())) for name in "ab")
    with pytest.raises(ValueError, match="were evaluated on different fixations or densities"):
        compare(folder)
    (folder / "other.csv").unlink()
    (folder / "other.json").unlink()
    with pytest.raises(ValueError, match="different fixations or densities"):
        compare([folder, elsewhere])
    code, _, err = wepsam_command("compare", folder, elsewhere)
    assert code == 2
    assert len(err.splitlines()) == 1
    path = folder / "one.json"
    about = json.loads(path.read_text())
    del about["truth_sha256"], about["pictures_sha256"]  # as an older version wrote it
    path.write_text(json.dumps(about))
    (table,) = compare([folder, elsewhere])
    assert set(table.rows) == {"one", "third"}
    assert len(read(folder)) == 1
