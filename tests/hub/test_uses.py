"""Commands that take a model of the Hub: scored, trained from, a teacher of labels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import wepsam
from fake_hub import Hub
from helpers import Paint, Run, save_run
from wepsam.hub import fetching

NAME = "hf:people/lite"
Files = dict[str, bytes]


def test_evaluate_says_which_commit_and_scores_anew_after_another(
    hub: Hub, model: Files, own_dataset: Path, tmp_path: Path, wepsam_command: Run
) -> None:
    repository = hub.repository("people/lite", model)
    call = "evaluate", NAME, "-d", f"own={own_dataset}", "--quality", "fast", "--out", tmp_path / "results"
    for more in (b"first", b"second"):
        commit = repository.add(model | {"README.md": more})
        code, _, err = wepsam_command(*call)
        assert code == 0, err
        (path,) = (tmp_path / "results").rglob("wepsam-lite-fast.json")
        assert f"{NAME}@{commit}" in path.read_text()


def test_what_cannot_be_fetched_is_one_line_and_an_exit_code(hub: Hub, tmp_path: Path, wepsam_command: Run) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / "a.png")
    hub.repository("people/empty", {"README.md": b""})
    for name, expected in (("hf:people/empty", 2), ("hf:people/none", 2), ("hf:none", 2)):
        code, out, err = wepsam_command("predict", tmp_path / "a.png", "-o", tmp_path / "out", "--model", name)
        assert (code, out, len(err.splitlines())) == (expected, "", 1)
        assert err.startswith(f"wepsam: {name}" if name != "hf:none" else "wepsam: 'hf:none'")
    hub.moods["/api"] = 503
    code, out, err = wepsam_command("predict", tmp_path / "a.png", "-o", tmp_path / "out", "--model", "hf:people/empty")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert not (tmp_path / "out").exists()


def test_a_run_is_published_with_its_weights_and_trained_from(hub: Hub, tmp_path: Path, paint: Paint) -> None:
    torch = pytest.importorskip("torch")
    from wepsam.networks.lite import LiteConfig, LiteNet
    from wepsam.training import starts

    torch.manual_seed(0)
    network = LiteNet(LiteConfig(width=8, blocks=1, area=64 * 64))
    run = save_run(tmp_path / "run", network)
    terms = {"license": "CC-BY-4.0", "terms": "Name us."}
    done = wepsam.publish(run, "people/tiny", folder=tmp_path / "repository", card=terms)
    assert {"tiny.onnx", "tiny.json", "tiny.safetensors"} <= set(done.files)
    assert "wepsam finetune --start hf:people/tiny" in (tmp_path / "repository" / "README.md").read_text()
    assert "license: cc-by-4.0" in (tmp_path / "repository" / "README.md").read_text()
    with pytest.raises(ValueError, match="has a card, and another was given"):
        wepsam.publish("wepsam-lite", "people/tiny", folder=tmp_path / "repository", card=terms)
    files = {path.name: path.read_bytes() for path in (tmp_path / "repository").iterdir()}
    commit = next(iter(hub.repository("people/tiny", files).commits))
    loaded, origin = starts.load("hf:people/tiny")
    assert origin.startswith(f"hf:people/tiny@{commit}: ")
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in loaded.state_dict().items())
    assert not [path for path in hub.paths() if path.endswith(".onnx")]
    hub.repository("people/same", files)
    pinned = fetching.pinned("hf:people/same")
    assert wepsam.load(pinned)(paint(0)).shape == paint(0).shape[:2]
    assert starts.file_of(pinned).name == "tiny.safetensors"  # though the cache has the .onnx alone
    hub.moods["/content"] = "other"
    hub.repository("people/other", files)
    with pytest.raises(ValueError, match="has another SHA-256 than the Hub says"):
        starts.load("hf:people/other")


def test_a_shipped_network_is_trained_from_by_its_onnx(hub: Hub, model: Files) -> None:
    pytest.importorskip("torch")
    from wepsam.training import starts

    commit = next(iter(hub.repository("people/lite", model).commits))
    network, origin = starts.load(NAME)
    assert origin == f"{NAME}@{commit}"
    assert starts.learned_from(NAME) == wepsam.models()["wepsam-lite"]["learned_from"]
    shipped = starts.load("wepsam-lite")[0].state_dict()
    assert all((value == shipped[name]).all() for name, value in network.state_dict().items())


def test_a_teacher_is_pinned(hub: Hub, model: Files, tmp_path: Path, paint: Paint) -> None:
    pytest.importorskip("pyarrow")
    commit = next(iter(hub.repository("people/lite", model).commits))
    for seed in range(3):
        (tmp_path / "photos").mkdir(exist_ok=True)
        Image.fromarray(paint(seed)).save(tmp_path / "photos" / f"{seed}.png")
    done = wepsam.label(tmp_path / "photos", tmp_path / "weak", teacher=NAME, workers=1)
    assert sum(done.values()) == 3
    texts = [path.read_text() for path in (tmp_path / "weak").glob("*.json")]
    assert any(f"{NAME}@{commit}" in text for text in texts)


def test_adapting_names_the_commit(hub: Hub, model: Files, own_dataset: Path, tmp_path: Path) -> None:
    commit = next(iter(hub.repository("people/lite", model).commits))
    adapted = wepsam.adapt(
        own_dataset / "stimuli", tmp_path / "out", fixations=own_dataset / "fixations.csv", model=NAME, folds=2
    )
    assert adapted.model is not None
    card = json.loads((tmp_path / "out" / "adapted.json").read_text())
    assert card["adapted from"] == f"{NAME}@{commit}"
    assert np.isfinite(wepsam.load(adapted.model)(own_dataset / "stimuli" / "000.png")).all()
