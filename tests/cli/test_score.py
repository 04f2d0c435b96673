"""wepsam evaluate, as people type it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from helpers import Paint, Run, Write, one_line
from wepsam.classical import LEARNED_FROM
from wepsam.datasets import open_dataset


def test_a_model_on_pictures_it_has_learned_from_is_warned_of(
    own_dataset: Path, tmp_path: Path, wepsam_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LEARNED_FROM, "center-gaussian", {"own": "train"})
    command = ("evaluate", "center-gaussian", "-d", f"csv={own_dataset}", "-o", tmp_path)
    said = "center-gaussian has learned from the training part of own; these scores are optimistic"
    assert said in wepsam_command(*command, "--split", "all")[2]
    assert said not in wepsam_command(*command, "--split", "validation")[2]
    assert "optimistic" not in wepsam_command("evaluate", "gbvs", *command[2:], "--split", "all")[2]


def test_evaluate_for_programs(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    arguments = ["evaluate", "center-bias", "-d", f"csv={own_dataset}", "-o", tmp_path, "--json"]
    arguments += ["--split", "validation"]
    code, out, _ = wepsam_command(*arguments)
    assert code == 0
    about = json.loads(out, parse_constant=lambda constant: pytest.fail(constant))
    assert (about["model"], about["split"], about["pictures"]) == ("center-bias", "validation", 1)
    assert about["scores"]["auc_shuffled"]["mean"] is None  # one picture, no others
    assert about["scores"]["nss"]["mean"] is not None
    assert about == json.loads((tmp_path / "own-validation" / "center-bias.json").read_text())


def test_several_datasets_have_a_mean_in_which_each_counts_once(
    own_dataset: Path, tmp_path: Path, write: Write, wepsam_command: Run
) -> None:
    for seed in range(4):
        density = np.random.default_rng(seed).integers(0, 256, (20, 30), np.uint8)
        write(tmp_path / "images" / f"{seed}.png", np.full((20, 30), 7, np.uint8))
        write(tmp_path / "maps" / f"{seed}.png", density)
    command = ("evaluate", "center-gaussian", "-d", f"csv={own_dataset}", "-d", f"pages={tmp_path}", "-o", tmp_path)
    code, out, _ = wepsam_command(*command)
    assert code == 0
    means = [dict(zip(*read, strict=True)) for read in (
        ([m.split()[0] for m in line.split(": ", 1)[1].split(";")[0].split(", ")],
         [float(m.split()[1]) for m in line.split(": ", 1)[1].split(";")[0].split(", ")])
        for line in out.splitlines()[:2]
    )]  # fmt: skip
    row = [cell.strip() for cell in out.splitlines()[5].strip("|").split("|")]
    head = [cell.strip() for cell in out.splitlines()[3].strip("|").split("|")]
    assert head[1:] == ["AUC-Judd or AUC of the density", "NSS or NSS of the density", "CC", "SIM", "KL ↓"]
    cc = (means[0]["cc"] + means[1]["cc"]) / 2
    assert float(row[3].replace("*", "").split()[0]) == pytest.approx(cc, abs=1e-3)
    nss = (means[0]["nss"] + means[1]["nss_density"]) / 2
    assert float(row[2].replace("*", "").split()[0]) == pytest.approx(nss, abs=1e-3)
    assert "each counts once: own (12, all), pages (4, all)" in out
    code, out, _ = wepsam_command(*command, "--json")
    documents, decoder = [], json.JSONDecoder()
    while out.strip():
        document, end = decoder.raw_decode(out.lstrip())
        documents.append(document)
        out = out.lstrip()[end:]
    assert [one.get("dataset") for one in documents] == ["own", "pages", None]
    found = documents[2]["models"]["center-gaussian"]["scores"]["cc"]
    assert documents[2]["datasets"] == ["own", "pages"]
    assert found["mean"] == pytest.approx(sum(d["scores"]["cc"]["mean"] for d in documents[:2]) / 2)
    assert found["worst"]["mean"] == pytest.approx(min(d["scores"]["cc"]["mean"] for d in documents[:2]))


def test_evaluate_mistakes_exit_2(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    spec = f"csv={own_dataset}"
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", own_dataset)
    assert code == 2
    one_line(err, "is not NAME=FOLDER with a NAME among osie,")
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", f"osie={tmp_path}/nowhere/")
    assert code == 2
    one_line(err, f"no OSIE at {tmp_path}/nowhere: expected")
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", spec, "--split", "test")
    assert code == 2
    one_line(err, "not 'test'")
    code, _, err = wepsam_command("evaluate", "gvbs", "-d", spec)
    assert code == 2
    one_line(err, "no model 'gvbs'")
    (own_dataset / "fixations.csv").write_text("image,observer,x,y\n000.png,a,3,3\n")
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", spec, "--split", "validation")
    assert code == 2
    one_line(err, "has no validation pictures", "the split is all")


def test_the_quality_of_predict_and_evaluate(wepsam_command: Run, own_dataset: Path, tmp_path: Path) -> None:
    picture = str(next((own_dataset / "stimuli").iterdir()))
    code, _, err = wepsam_command("predict", picture, "-o", str(tmp_path / "maps"), "--quality", "slow")
    assert (code, err) == (2, "wepsam: quality is best or fast, not 'slow'\n")
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", f"csv={own_dataset}", "--quality", "fast")
    assert code == 2
    assert "quality 'fast' applies only to wepsam weights by name or file, not to gbvs" in err
    folder = tmp_path / "results"
    code, _, err = wepsam_command(
        *("evaluate", "wepsam-paper", "-d", f"csv={own_dataset}", "--split", "all", "-o", str(folder)),
        *("--quality", "fast", "--workers", "1"),
    )
    assert code == 0, err
    (found,) = folder.glob("*/wepsam-paper-fast.json")
    assert json.loads(found.read_text())["quality"] == "fast"


def test_references_are_scored_beside_a_model(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    command = ("evaluate", "center-gaussian", "-d", f"csv={own_dataset}", "--split", "all", "-o", tmp_path)
    folder = tmp_path / "own-all"
    code, out, _ = wepsam_command(*command, "--references")
    assert code == 0
    names = [line.split("|")[1].strip() for line in out.splitlines() if line.startswith("|")]
    assert names[2:] == [
        *("center Gaussian", "center bias (fitted)", "GBVS, full size"),
        *("one observer", "gold standard (all others)"),
    ]
    # What is there and still true is not computed again.
    lines = (folder / "gbvs.csv").read_text().splitlines()
    lines[1] = "000," + ",".join(["0.125"] * lines[0].count(","))
    (folder / "gbvs.csv").write_text("\n".join(lines) + "\n")
    code, out, _ = wepsam_command(*command, "--references", "--json")
    assert code == 0
    assert json.loads(out)[0]["model"] == "center-gaussian"
    assert (folder / "gbvs.csv").read_text().splitlines()[1] == lines[1]
    wepsam_command("evaluate", "gbvs", *command[2:])
    assert (folder / "gbvs.csv").read_text().splitlines()[1] != lines[1]


def test_where_only_densities_are_known_people_are_left_out(tmp_path: Path, write: Write, wepsam_command: Run) -> None:
    for seed in range(4):
        density = np.random.default_rng(seed).integers(0, 256, (20, 30), np.uint8)
        write(tmp_path / "images" / f"{seed}.png", np.full((20, 30), 7, np.uint8))
        write(tmp_path / "maps" / f"{seed}.png", density)
    command = ("evaluate", "center-gaussian", "-d", f"pages={tmp_path}", "-o", tmp_path / "results")
    code, out, err = wepsam_command(*command, "--references")
    assert code == 0
    assert "no row for gold-standard: pages does not say which observer looked where" in err
    assert "| GBVS, full size |" in out
    assert wepsam_command("compare", tmp_path / "results" / "pages-all")[2] == ""


def test_evaluate_a_folder_of_maps(
    own_dataset: Path, tmp_path: Path, wepsam_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, maps = f"csv={own_dataset}", tmp_path / "their_maps"
    maps.mkdir()
    for sample in open_dataset(spec):
        np.save(maps / f"{sample.id}.npy", sample.density())
    command = ("evaluate", f"{maps}/", "-d", spec, "--split", "all", "-o", tmp_path / "results")
    code, out, _ = wepsam_command(*command)
    assert code == 0
    path = tmp_path / "results" / "own-all" / "their_maps.json"
    assert out.startswith(f"{path.with_suffix('.csv')}: auc_judd ")
    assert json.loads(path.read_text())["maps"]["files"] == 12
    assert not list(path.parent.glob(".*"))
    (maps / "011.npy").unlink()
    code, out, err = wepsam_command(*command)
    assert (code, out) == (2, "")
    one_line(err, "has no map for 1 of 12 pictures, the first 011")
    code, _, err = wepsam_command("evaluate", maps.rename(tmp_path / "gbvs"), "-d", spec)
    assert code == 2
    one_line(err, "has the name of a model", "rename it")
    monkeypatch.chdir(tmp_path)  # a model's name means the model, whatever lies here
    assert wepsam_command("evaluate", "gbvs", "-d", spec)[0] == 0
    code, _, err = wepsam_command("evaluate", "wepsam-paper", "-d", spec, "--resize")
    assert code == 2
    one_line(err, "resize applies only to a folder of maps")


def test_submit(tmp_path: Path, paint: Paint, write: Write, wepsam_command: Run) -> None:
    unseen, out = tmp_path / "unseen", tmp_path / "mine"
    for name in ("Art", "Action"):
        write(unseen / name / "001.jpg", paint(1, 30, 40))
    command = ("submit", "write", "center-gaussian", unseen, "--benchmark", "cat2000", "--out", out)
    code, text, err = wepsam_command(*command, "--zip")
    assert code == 0
    assert text == f"{out}: 2 files, each as cat2000 takes it\n{tmp_path}/mine.zip\n"
    assert err == f"{unseen} has 2 pictures, cat2000 has 2000\n"
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        assert archive.namelist() == ["Action/001.png", "Art/001.png"]
    (out / "Art" / "001.png").unlink()
    code, text, err = wepsam_command("submit", "check", out, unseen, "-b", "cat2000")
    assert (code, text) == (1, "Art/001.jpg: no map\n")
    assert f"{out} is wrong in 1 way\n" in err
    code, _, err = wepsam_command(*command)
    assert code == 2
    one_line(err, out, "is not empty")
    code, _, err = wepsam_command("submit", "write", "one-observer", unseen, "-b", "mit300", "-o", tmp_path / "new")
    assert code == 2
    one_line(err, "one-observer")
