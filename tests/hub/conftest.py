"""A Hub on loopback, with a cache of its own, and files of a small model to lay there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import fake_hub
from wepsam import cards, offline

pytest.importorskip("huggingface_hub")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[fake_hub.Hub]:
    """Nobody's token, an empty cache, and a server that was asked nothing yet."""
    library = offline.huggingface_hub()
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(library.constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr(library.constants, "HF_STORED_TOKENS_PATH", str(tmp_path / "tokens"))
    monkeypatch.setattr(library.constants, "HF_HUB_DISABLE_XET", True)
    with fake_hub.running() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        for name in ("ENDPOINT", "HUGGINGFACE_CO_URL_TEMPLATE"):  # as if it had been imported now
            known = getattr(library.constants, name).replace("https://huggingface.co", hub.url)
            monkeypatch.setattr(library.constants, name, known)
        yield hub
    library.close_session()


@pytest.fixture
def model() -> dict[str, bytes]:
    """The smallest shipped model as the files of a repository."""
    weights = cards.SHIPPED / "wepsam-lite.onnx"
    return {"wepsam-lite.onnx": weights.read_bytes(), "wepsam-lite.json": cards.path_of(weights).read_bytes()}


@pytest.fixture
def other_card(model: dict[str, bytes]) -> bytes:
    """The card of another file."""
    return json.dumps(json.loads(model["wepsam-lite.json"]) | {"sha256": 64 * "0"}).encode()
