"""wepsam publish: what a repository holds, what is pushed, and what is never replaced."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import wepsam
from fake_hub import TOKEN, Hub
from helpers import Paint, Run
from wepsam import cards
from wepsam.cards import WeightsError
from wepsam.hub import client, publishing, readme
from wepsam.hub.client import HubError

# huggingface_hub's own, when it uploads a large file
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
NAME = "me/lite"
FILES = {
    *(".wepsam-files.json", "LICENSE-NOTES.md", "README.md", "example.jpg", "wepsam-lite.json", "wepsam-lite.onnx"),
}


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return TOKEN


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Somebody's own weights: their card has the fields that prediction needs, and few others."""
    weights = cards.SHIPPED / "wepsam-lite.onnx"
    path = tmp_path / "own.onnx"
    path.write_bytes(weights.read_bytes())
    card = cards.read(weights)
    left_out = ("license", "terms", "data", "summary", "scores", "speed", "steps", "limits", "bias", "intended use")
    cards.write(
        cards.path_of(path), {key: value for key, value in card.items() if key not in left_out} | {"name": "own"}
    )
    return path


def metadata(page: str | bytes) -> dict:
    """What the Hub reads of a page, by huggingface_hub's own reader."""
    return client.library().ModelCard(page if isinstance(page, str) else page.decode()).data.to_dict()


# ---- the folder


def test_a_folder_is_written_and_nothing_sent(hub: Hub, tmp_path: Path) -> None:
    done = wepsam.publish("wepsam-lite", NAME, folder=tmp_path / "a")
    assert {path.name for path in (tmp_path / "a").iterdir()} == set(done.files) == FILES
    assert done.url is None
    assert not hub.asked
    shipped = cards.SHIPPED / "wepsam-lite.onnx"
    assert (tmp_path / "a" / "wepsam-lite.onnx").read_bytes() == shipped.read_bytes()
    assert wepsam.load(tmp_path / "a" / "wepsam-lite.onnx").card == cards.read(shipped)
    with Image.open(tmp_path / "a" / "example.jpg") as picture:
        assert picture.size == (1200, 400)
    wepsam.publish("wepsam-lite", NAME, folder=tmp_path / "b")
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


@pytest.mark.parametrize("name", ["wepsam-lite", "wepsam-paper", "mr_cnn", "cnn_vlm-lite0"])
def test_the_metadata_are_those_of_the_card(name: str, hub: Hub) -> None:
    card = cards.read(cards.SHIPPED / f"{name}.onnx")
    page = readme.write(card, NAME, picture=None, training=False)
    said = metadata(page)
    assert (said["license"], said["library_name"]) == ("mit", "wepsam")
    assert set(said.get("datasets", ())) == set(card["learned_from"])
    assert "pipeline_tag" not in said
    found = client.library().ModelCard(page).data.eval_results
    for pictures, scores in card["scores"].items():
        means = {one.metric_type: one.metric_value for one in found if one.dataset_name == pictures}
        assert means == {metric: round(value["mean"], 4) for metric, value in scores.items()}
    assert {one.metric_type for one in found} == set(said["metrics"])
    for fact in (card["summary"], card["terms"], *card["limits"]):
        assert readme._plain(fact) in page
    assert readme._plain(card["terms"]) in readme.license_notes(card)


def test_a_card_that_says_little(hub: Hub, own: Path, tmp_path: Path) -> None:
    wepsam.publish(own, NAME, folder=tmp_path / "out")
    said = metadata((tmp_path / "out" / "README.md").read_bytes())
    assert set(said) == {"library_name", "tags", "datasets"}
    assert "License: not stated" in (tmp_path / "out" / "LICENSE-NOTES.md").read_text()


def test_licenses_and_names_that_the_hub_does_not_know(hub: Hub, own: Path, tmp_path: Path) -> None:
    hostile = 'x: "y"\n---\n# [a](http://b) <script>'
    changes = {"license": "Our own, v2", "summary": hostile, "learned_from": {"my data/2": "all", "osie": "train"}}
    changes |= {
        "scores": {"own": {"cc": {"mean": float("nan")}, "nss": {"mean": 1.25, "pictures": 3}, "sim": "?"}, "b": 1}
    }
    card = cards.read(own) | changes
    page = readme.write(card, NAME, picture=None, training=True)
    said = metadata(page)
    assert (said["license"], said["license_name"], said["license_link"]) == ("other", "our-own-v2", "LICENSE-NOTES.md")
    assert said["datasets"] == ["osie"]
    assert said["metrics"] == ["nss"]
    assert "<script>" not in page
    assert "](http://b)" not in page
    assert f"--start hf:{NAME}" in page


def test_a_card_of_which_no_page_can_be_made(hub: Hub, own: Path) -> None:
    cards.write(cards.path_of(own), cards.read(own) | {"speed": "fast"})
    with pytest.raises(ValueError, match=r"own\.json cannot be made a page of: "):
        wepsam.publish(own, NAME, folder=own.parent / "out")


def test_a_folder_of_somebody_else_is_left_alone(hub: Hub, own: Path, tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "README.md").write_text("mine")
    with pytest.raises(ValueError, match=r"README\.md is there and was not written by wepsam publish"):
        wepsam.publish("wepsam-lite", NAME, folder=folder)
    assert [path.name for path in folder.iterdir()] == ["README.md"]
    (folder / "README.md").unlink()
    (folder / "notes.txt").write_text("mine")
    wepsam.publish("wepsam-lite", NAME, folder=folder)
    wepsam.publish(own, NAME, folder=folder)  # another model: its files replace those of the first
    assert {path.name for path in folder.iterdir() if path.suffix == ".onnx"} == {"own.onnx"}
    assert (folder / "notes.txt").read_text() == "mine"


def test_what_somebody_has_changed_in_the_folder_is_kept(hub: Hub, own: Path, tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    wepsam.publish("wepsam-lite", NAME, folder=folder)
    page = (folder / "README.md").read_bytes()
    (folder / "README.md").write_text("my own words")
    with pytest.raises(ValueError, match=r"README\.md was changed or added by somebody else; move it away"):
        wepsam.publish("wepsam-lite", NAME, folder=folder)
    assert (folder / "README.md").read_text() == "my own words"
    (folder / "README.md").write_bytes(page)
    (folder / "own.onnx").write_text("mine")
    with pytest.raises(ValueError, match=r"own\.onnx was changed or added by somebody else"):
        wepsam.publish(own, NAME, folder=folder)
    assert (folder / "own.onnx").read_text() == "mine"
    (folder / "own.onnx").unlink()
    (tmp_path / "elsewhere.md").write_bytes(page)
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to("../elsewhere.md")
    with pytest.raises(ValueError, match=r"README\.md"):
        wepsam.publish("wepsam-lite", NAME, folder=folder)
    assert (folder / "README.md").is_symlink()
    assert (folder / "wepsam-lite.onnx").is_file()  # and nothing else has gone


def test_a_folder_that_was_half_written_is_written_again(
    hub: Hub, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = publishing.write_bytes

    def broken_off(path: Path, data: bytes) -> None:
        if path.suffix == ".onnx":
            raise KeyboardInterrupt
        write(path, data)

    folder = tmp_path / "repository"
    for model in ("wepsam-lite", own):
        monkeypatch.setattr(publishing, "write_bytes", broken_off)
        with pytest.raises(KeyboardInterrupt):
            wepsam.publish(model, NAME, folder=folder)
        monkeypatch.setattr(publishing, "write_bytes", write)
        wepsam.publish(model, NAME, folder=folder)
        assert [path.stem for path in folder.glob("*.onnx")] == [Path(model).stem]


def test_what_is_refused(hub: Hub, token: str, tmp_path: Path) -> None:
    for name in ("lite", "a/b/c", "../x", "a/", "hf:a/b"):
        with pytest.raises(ValueError, match="no name of a repository; expected owner/name"):
            wepsam.publish("wepsam-lite", name)
    for model in ("gbvs", tmp_path / "nothing", "hf:"):
        with pytest.raises(ValueError, match=r"no weights|no model on the Hub"):
            wepsam.publish(model, NAME)
    with pytest.raises(ValueError, match="is missing"):
        wepsam.publish(tmp_path / "nothing.onnx", NAME)
    assert not hub.asked


# ---- the Hub


def test_there_and_back(hub: Hub, token: str, paint: Paint) -> None:
    asked: list[str] = []
    done = wepsam.publish("wepsam-lite", NAME, ask=lambda plan: asked.append(plan) is None)
    repository = hub.repositories[NAME]
    commit = repository.find("main")
    assert done.url == f"{hub.url}/{NAME}/commit/{commit}"
    assert len(repository.commits) == 2  # the Hub's own, and one of ours
    assert set(repository.commits[commit or ""]) == FILES | {".gitattributes"}
    assert asked[0].startswith(f"{hub.url}/{NAME} (new, public) gets:\n")
    assert "wepsam-lite.onnx  3,900,148 bytes" in asked[0]
    loaded, shipped = (wepsam.load(name, threads=1) for name in (f"hf:{NAME}", "wepsam-lite"))
    for seed in (0, 1):
        np.testing.assert_array_equal(loaded(paint(seed)), shipped(paint(seed)))
    assert loaded.card == shipped.card


def test_again_changes_nothing_and_another_model_replaces_the_first(hub: Hub, token: str, own: Path) -> None:
    wepsam.publish("wepsam-lite", NAME, private=True)
    repository = hub.repositories[NAME]
    assert repository.private
    wepsam.publish("wepsam-lite", NAME)
    asked: list[str] = []
    wepsam.publish(own, NAME, ask=lambda plan: asked.append(plan) is None)
    now = repository.commits[repository.find("main") or ""]
    assert {name for name in now if name.endswith((".onnx", ".json"))} == {"own.onnx", "own.json", ".wepsam-files.json"}
    assert "(existing, private)" in asked[0]
    assert "wepsam-lite.onnx is removed" in asked[0]
    assert "states no license" in asked[0]
    assert wepsam.load(f"hf:{NAME}").name == "own"


def test_no_is_an_answer(hub: Hub, token: str) -> None:
    assert wepsam.publish("wepsam-lite", NAME, ask=lambda _: False).url is None
    assert NAME not in hub.repositories
    assert not hub.paths("POST")


def test_a_repository_of_somebody_else_is_left_alone(hub: Hub, token: str) -> None:
    repository = hub.repository(NAME, {"config.json": b"{}", "pytorch_model.bin": b"\x80"})
    with pytest.raises(ValueError, match=r"me/lite holds config\.json, which wepsam publish did not write"):
        wepsam.publish("wepsam-lite", NAME)
    assert len(repository.commits) == 1
    hub.repository(
        "me/marked", {publishing.RECORD: b'{"format": "wepsam repository 1", "files": {}}', "README.md": b""}
    )
    with pytest.raises(ValueError, match=r"holds \.wepsam-files\.json, which|README\.md of me/marked was changed"):
        wepsam.publish("wepsam-lite", "me/marked")


def test_what_somebody_has_changed_there_is_kept(hub: Hub, token: str) -> None:
    wepsam.publish("wepsam-lite", NAME)
    repository = hub.repositories[NAME]
    before = repository.commits[repository.find("main") or ""]
    repository.add(before | {"README.md": b"my own words"})
    with pytest.raises(
        ValueError, match=r"README\.md of me/lite was changed or added by somebody else; remove it there"
    ):
        wepsam.publish("wepsam-lite", NAME)
    repository.add(before | {"notes.txt": b"mine"})
    wepsam.publish("wepsam-lite", NAME)
    assert repository.commits[repository.find("main") or ""]["notes.txt"] == b"mine"


def test_what_was_to_be_private_is_never_pushed_to_a_public_repository(hub: Hub, token: str) -> None:
    hub.repository(NAME)
    with pytest.raises(ValueError, match="is public, and was to be private"):
        wepsam.publish("wepsam-lite", NAME, private=True)
    assert not hub.paths("POST")


def test_without_a_token_or_a_network(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="publishing needs a token that may write: hf auth login, or HF_TOKEN"):
        wepsam.publish("wepsam-lite", NAME)
    assert not hub.asked
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    hub.repository(NAME)
    with pytest.raises(WeightsError, match="the token may not write there") as refused:
        wepsam.publish("wepsam-lite", NAME)
    assert "hf_another" not in str(refused.value)
    hub.moods["/api"] = 500
    with pytest.raises(HubError, match="answers with the error 500"):
        wepsam.publish("wepsam-lite", NAME)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubError, match="HF_HUB_OFFLINE forbids to push"):
        wepsam.publish("wepsam-lite", NAME)


# ---- the command


def test_the_command(hub: Hub, token: str, wepsam_command: Run, tmp_path: Path) -> None:
    code, out, err = wepsam_command("publish", "wepsam-lite", NAME)
    assert (code, out) == (2, "")
    assert "wepsam-lite.onnx  3,900,148 bytes" in err
    assert "--yes pushes it" in err
    assert not hub.repositories
    code, out, err = wepsam_command("publish", "wepsam-lite", NAME, "--yes", "--json")
    assert code == 0
    assert json.loads(out)["url"].startswith(f"{hub.url}/{NAME}/commit/")
    assert TOKEN not in out + err
    code, out, err = wepsam_command("publish", f"hf:{NAME}", "me/copy", "--folder", str(tmp_path / "copy"))
    assert code == 0
    assert (tmp_path / "copy" / "wepsam-lite.onnx").is_file()
    code, out, err = wepsam_command("publish", "wepsam-lite", "nowhere")
    assert (code, err.count("\n")) == (2, 1)
