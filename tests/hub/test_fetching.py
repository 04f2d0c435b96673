"""hf:owner/name: what is fetched and what is not, what is refused, and what happens without a network."""

from __future__ import annotations

import hashlib
import json
import logging
import pickle
import re
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

import wepsam
from fake_hub import TOKEN, Hub
from helpers import Paint
from wepsam import cards, resolve
from wepsam.cards import WeightsError
from wepsam.evaluation.subject import subject
from wepsam.hub import client, fetching, names
from wepsam.hub.client import HubError

NAME = "hf:people/lite"
Files = dict[str, bytes]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server may be silent for a moment only, and nobody waits before the next attempt."""
    library = client.library()
    monkeypatch.setattr(client, "SECONDS", 0.5)
    monkeypatch.setattr(library.constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.5)
    monkeypatch.setattr("time.sleep", lambda _: None)


# ---- names


@pytest.mark.parametrize(
    ("text", "repository", "revision"),
    [
        ("hf:a/b", "a/b", None),
        ("hf:some-one/my.model_2", "some-one/my.model_2", None),
        ("hf:a/b@v1.0", "a/b", "v1.0"),
        ("hf:a/b@refs/pr/1", "a/b", "refs/pr/1"),
        (f"hf:a/b@{'0a' * 20}", "a/b", "0a" * 20),
    ],
)
def test_names(text: str, repository: str, revision: str | None) -> None:
    name = names.parse(text)
    assert (name.repository, name.revision, str(name)) == (repository, revision, text)
    assert (name.commit is not None) == (revision is not None and len(revision) == 40)


@pytest.mark.parametrize(
    "text",
    [
        *("hf:", "hf:gpt2", "hf:a/b/c", "hf:../b", "hf:a/..", "hf:a--b/c", "hf:/b", "hf:a/", "hf:a/b.git", "hf:a\\b"),
        *("hf:ä/b", "hf:a/b@", "hf:a/b@../main", "hf:a/b@-x", "hf:a/b c", "hf:a/b@x y", "hf:a/b@v\n", "hf:a/\x1b[31m"),
        f"hf:a/{'b' * 97}",
    ],
)
def test_names_that_are_none(text: str, hub: Hub) -> None:
    with pytest.raises(WeightsError, match=r"no model on the Hub: expected hf:owner/name or hf:owner/name@revision$"):
        wepsam.load(text)
    assert not hub.asked


def test_the_cache_says_which_commit_a_file_is(tmp_path: Path) -> None:
    commit = "12ab" * 10
    assert str(names.of_file(f"x/models--a--b/snapshots/{commit}/c.onnx")) == f"hf:a/b@{commit}"
    for path in (
        "c.onnx", f"snapshots/{commit}/c.onnx", f"x/datasets--a--b/snapshots/{commit}/c.onnx", f"x/y/z/{commit}/c.onnx",
        f"x/models--a/snapshots/{commit}/c.onnx", "x/models--a--b/snapshots/main/c.onnx",
    ):  # fmt: skip
        assert names.of_file(path) is None


# ---- loading


def test_a_model_of_the_hub_answers_as_the_file_does(hub: Hub, model: Files, paint: Paint) -> None:
    repository = hub.repository("people/lite", model | {"train.py": b"raise SystemExit", "pytorch_model.bin": b"\x80"})
    loaded = wepsam.load(NAME, quality="fast", threads=1)
    expected = wepsam.load("wepsam-lite", quality="fast", threads=1)(paint(0))
    np.testing.assert_array_equal(loaded(paint(0)), expected)
    assert loaded.weights.parent.name == next(iter(repository.commits))
    fetched = {path.rpartition("/")[2] for path in hub.paths() if "/resolve/" in path}
    assert fetched == {"wepsam-lite.onnx", "wepsam-lite.json"}  # what can run code stays there
    assert sorted(path.name for path in loaded.weights.parent.iterdir()) == ["wepsam-lite.json", "wepsam-lite.onnx"]
    again = pickle.loads(pickle.dumps(loaded))
    np.testing.assert_array_equal(again(paint(0)), expected)


def test_nothing_else_is_sent(hub: Hub, model: Files) -> None:
    """No telemetry, no question for versions, and no token, though there is one."""
    Path(client.library().constants.HF_TOKEN_PATH).write_text(TOKEN)
    hub.repository("people/lite", model)
    wepsam.load(NAME)
    assert not hub.tokens()
    for path in hub.paths():
        assert path.startswith(("/api/models/people/lite", "/people/lite/resolve/", "/content/")), path
    agents = {headers["user-agent"] for _, _, headers in hub.asked}
    of_ours = rf"wepsam/{re.escape(wepsam.__version__)}; hf_hub/[\d.]+; python/[\d.]+"
    assert all(re.fullmatch(rf"{of_ours}|python-httpx.*", agent) for agent in agents), agents
    assert not any(word in agent for agent in agents for word in ("torch", "agent/"))


def test_the_second_time_little_is_asked_and_of_a_commit_nothing(hub: Hub, model: Files) -> None:
    repository = hub.repository("people/lite", model)
    path = fetching.fetch(NAME)
    hub.asked.clear()
    assert fetching.fetch(NAME) == path
    assert hub.paths() == ["/api/models/people/lite"]
    hub.asked.clear()
    commit = next(iter(repository.commits))
    assert fetching.fetch(f"{NAME}@{commit}") == path
    assert not hub.asked


def test_a_download_reports_how_far_it_is(hub: Hub, model: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.repository("people/lite", model)
    reported: dict[str, list[float]] = {}

    class Bar:
        def __init__(self, total: float, what: str, after: float) -> None:
            self.done = reported.setdefault(f"{what} of {total}", [])

        def update(self, done: float) -> None:
            self.done.append(done)

    monkeypatch.setattr(fetching.progress, "bar", lambda *given, **more: nullcontext(Bar(*given, **more)))
    fetching.fetch(NAME)
    assert reported["downloading wepsam-lite.onnx (MB) of 3.900148"][-1] == 3.900148


def test_a_revision_is_that_of_its_commit(hub: Hub, model: Files) -> None:
    repository = hub.repository("people/lite", model)
    old = next(iter(repository.commits))
    card = json.loads(model["wepsam-lite.json"]) | {"summary": "newer"}
    new = repository.add(model | {"wepsam-lite.json": json.dumps(card).encode()})
    assert wepsam.load(NAME).card["summary"] == "newer"
    assert wepsam.load(f"{NAME}@{old}").card["summary"] != "newer"
    assert fetching.pinned(NAME) == f"{NAME}@{new}"


def test_a_private_repository_gets_the_token_and_no_other_host_does(
    hub: Hub, model: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.repository("people/lite", model, private=True)
    with pytest.raises(WeightsError, match=r"has no such repository, or it is private and needs a token") as refused:
        wepsam.load(NAME)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    wepsam.load(NAME)
    assert hub.tokens() == {f"Bearer {TOKEN}"}
    assert TOKEN not in str(refused.value)
    assert [path for path in hub.paths("GET") if path.startswith("/content/")]  # that it came without is asserted there


def test_a_token_that_is_not_to_be_sent_unasked(hub: Hub, model: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.repository("people/lite", model, private=True)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(client.library().constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
    with pytest.raises(WeightsError, match="private"):
        wepsam.load(NAME)
    assert not hub.tokens()


# ---- identity


def test_a_score_says_which_commit(hub: Hub, model: Files) -> None:
    repository = hub.repository("people/lite", model)
    first = subject(NAME).record
    commit = repository.add(model | {"README.md": b"more"})
    second = subject(NAME).record
    assert first["weights"] == second["weights"]
    assert second["source"] == f"{NAME}@{commit}"
    assert first != second  # so that an interrupted evaluation begins anew
    assert subject(NAME).name == "wepsam-lite"
    assert subject(wepsam.load(NAME)).record == second
    assert subject(second["source"]).record == second


def test_every_name_goes_through_resolve(hub: Hub, model: Files, paint: Paint) -> None:
    hub.repository("people/lite", model)
    assert resolve.is_weights(NAME)
    predict = resolve.predictor(NAME, quality="fast", threads=1)
    assert predict(paint(0)).shape == paint(0).shape[:2]


# ---- what is refused


def damaged(model: Files, **changes: object) -> Files:
    return model | {"wepsam-lite.json": json.dumps(json.loads(model["wepsam-lite.json"]) | changes).encode()}


def test_what_is_no_model(hub: Hub, model: Files, other_card: bytes) -> None:
    onnx, card = model["wepsam-lite.onnx"], model["wepsam-lite.json"]
    cases = {
        "empty": ({"README.md": b""}, "it has no .onnx file, expected one"),
        "below": ({"onnx/model.onnx": onnx, "onnx/model.json": card}, "it has no .onnx file, expected one"),
        "several": (model | {"b.onnx": onnx}, r"it has 2 .onnx files \(b.onnx, wepsam-lite.onnx\), expected one"),
        "cardless": ({"wepsam-lite.onnx": onnx}, "has no card wepsam-lite.json beside it"),
        "foreign": (model | {"wepsam-lite.json": b'{"a": 1}'}, "is not a card of weights: it lacks name"),
        "text": (model | {"wepsam-lite.json": b"<html>"}, r"is not a card of weights: no JSON"),
        "list": (model | {"wepsam-lite.json": b"[]"}, "is not a card of weights: expected a JSON object"),
        "wide": (damaged(model, input_area=10**9), "input_area is 1000000000"),
        "other": (model | {"wepsam-lite.json": other_card}, "is the card of another file than wepsam-lite.onnx"),
    }
    for name, (files, message) in cases.items():
        hub.repository(f"people/{name}", files)
        hub.asked.clear()
        with pytest.raises(WeightsError, match=message) as refused:
            wepsam.load(f"hf:people/{name}")
        assert "\n" not in str(refused.value)
        assert not isinstance(refused.value, OSError)
        assert not [path for path in hub.paths("GET") if path.startswith("/content/")], name  # before the download


def test_an_absurd_size_is_refused_before_the_download(hub: Hub, model: Files) -> None:
    for file, size in (("wepsam-lite.onnx", 10**12), ("wepsam-lite.json", 10**9), ("wepsam-lite.onnx", None)):
        hub.repository("people/lite", model, claims={file: {"size": size}})
        hub.asked.clear()
        with pytest.raises(WeightsError, match=rf"{file} has .*, expected at most [\d,]+; it is not downloaded"):
            wepsam.load(NAME)
        assert f"/people/lite/resolve/main/{file}" not in hub.paths()
        assert not [path for path in hub.paths() if path.startswith("/content/")]


def test_who_is_not_there_or_not_for_everybody(hub: Hub, model: Files) -> None:
    hub.repository("people/gated", model, gated=True)
    hub.repository("people/lite", model)
    for name, message in (
        ("hf:people/nothing", "has no such repository"),
        ("hf:people/gated", "its owner gives access on request"),
        (f"{NAME}@v9", "the repository has no such revision"),
        (f"{NAME}@{'ab' * 20}", "the repository has no such revision"),
    ):
        with pytest.raises(WeightsError, match=f"^{name}: .*{message}") as refused:
            wepsam.load(name)
        assert not isinstance(refused.value, OSError)


@pytest.mark.parametrize(
    ("mood", "place", "message"),
    [
        (500, "/api/models", "answers with the error 500; try again later"),
        (429, "/api/models", "answers with the error 429"),
        ("hang", "/api/models", "has not answered for 0.5 s"),
        ("html", "/api/models", "does not answer as a Hub does"),
        (500, "/people/lite/resolve", "answers with the error 500"),
        ("hang", "/people/lite/resolve", "has not answered for 0.5 s"),
        (500, "/content", "answers with the error 500"),
        ("cut", "/content", "cannot be reached, or broke off"),
        ("endless", "/content", "has more than the 3,900,148 bytes"),
    ],
)
def test_a_server_that_does_not_work(
    mood: int | str, place: str, message: str, hub: Hub, model: Files, quick: None, capfd: pytest.CaptureFixture[str]
) -> None:
    hub.repository("people/lite", model)
    hub.moods[place] = mood
    with pytest.raises(HubError, match=f"^{NAME}.*{message}") as refused:
        wepsam.load(NAME)
    assert "\n" not in str(refused.value)
    assert "\x1b" not in str(refused.value)
    assert capfd.readouterr() == ("", "")  # what huggingface_hub would print
    hub.moods.clear()
    wepsam.load(NAME)  # nothing half is left behind


@pytest.mark.parametrize(
    "headers", [{"retry-after": "3600"}, {"ratelimit": '"resolvers";r=0;t=3600', "ratelimit-policy": '"w";q=5;w=300'}]
)
def test_nobody_waits_for_an_hour(
    headers: dict[str, str], hub: Hub, model: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """huggingface_hub would, silently, and five times."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    hub.repository("people/lite", model)
    hub.moods["/content"], hub.headers = 429, headers
    with pytest.raises(HubError, match=r"takes no more requests for 3,600 s \(429\); try again then"):
        wepsam.load(NAME)
    assert not waited
    hub.headers = {"retry-after": "2"}
    with pytest.raises(HubError, match="answers with the error 429"):
        wepsam.load(NAME)
    assert waited, "it is asked again"
    assert 0 < waited[0] <= 3, "what the server asked for, or less with older versions of huggingface_hub"


def test_other_bytes_than_the_card_says_are_not_kept(hub: Hub, model: Files) -> None:
    hub.repository("people/lite", model)
    hub.moods["/content"] = "other"
    with pytest.raises(WeightsError, match="has another SHA-256 than its card says; it is not kept"):
        wepsam.load(NAME)
    hub.moods.clear()
    wepsam.load(NAME)


def test_a_damaged_file_in_the_cache_is_downloaded_again(hub: Hub, model: Files) -> None:
    hub.repository("people/lite", model)
    path = fetching.fetch(NAME)
    path.resolve().write_bytes(b"half")
    wepsam.load(NAME)
    assert cards.read(path)


# ---- without a network


def test_the_cache_answers_without_a_network(
    hub: Hub, model: Files, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    repository = hub.repository("people/lite", model)
    path = fetching.fetch(NAME)
    commit = next(iter(repository.commits))
    hub.moods["/"] = 500
    with caplog.at_level(logging.WARNING, "wepsam"):
        assert fetching.fetch(NAME) == path
    assert f"error 500; try again later; the commit {commit[:12]} is taken from the cache" in caplog.text
    hub.asked.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    caplog.clear()
    with caplog.at_level(logging.WARNING, "wepsam"):
        assert fetching.fetch(NAME) == path
    assert f"HF_HUB_OFFLINE forbids to ask {hub.url}; the commit {commit[:12]} is taken from the cache" in caplog.text
    assert not hub.asked


def test_without_a_network_and_a_cache(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubError, match=r"HF_HUB_OFFLINE forbids to ask .*; and the cache \(.*\) does not have it$"):
        wepsam.load(NAME)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match=r"127.0.0.1:9 cannot be reached.*; and the cache \(.*\) does not have it$"):
        wepsam.load(NAME)
    assert not hub.asked


def test_the_last_whole_commit_stays_in_use_without_a_network(hub: Hub, model: Files, quick: None) -> None:
    """A download of a newer commit that broke off does not hide the older one."""
    repository = hub.repository("people/lite", model)
    path = fetching.fetch(NAME)
    newer = model | {"wepsam-lite.onnx": model["wepsam-lite.onnx"] + bytes(8)}
    repository.add(damaged(newer, sha256=hashlib.sha256(newer["wepsam-lite.onnx"]).hexdigest()))
    hub.moods["/content"] = "cut"
    assert fetching.fetch(NAME) == path
