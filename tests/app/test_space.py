"""The Space of recipes/space: its command line is started here as it stands there, and asked as a proxy asks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import wepsam
from helpers import ROOT

SPACE = ROOT / "recipes" / "space"
DOCKERFILE = (SPACE / "Dockerfile").read_text(encoding="utf-8")
NAME = "some-one-lite.hf.space"
PROXIES = {
    "that hands the name on": {"host": NAME},
    "with a name of its own": {"host": "10.28.3.7:7860", "x-forwarded-host": NAME, "x-forwarded-proto": "https"},
}


def command() -> list[str]:
    """What the container runs."""
    found = re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert found
    words: list[str] = json.loads(found[1])
    return words


def front() -> dict[str, str]:
    """What the Hub reads of the page: plain pairs."""
    _, head, _ = (SPACE / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return dict(line.split(": ", 1) for line in head.splitlines())


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the Space answers: a folder and a home that nothing may be written to, and any free port."""
    home = tmp_path_factory.mktemp("space")
    home.chmod(0o500)
    wepsam_, *words = command()
    assert wepsam_ == "wepsam"
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    environment = kept | {"HOME": str(home), "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    call = [sys.executable, "-m", "wepsam", *words, "--port", "0"]
    with subprocess.Popen(call, stderr=subprocess.PIPE, text=True, cwd=home, env=environment) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.match(r"http://0\.0\.0\.0:(\d+) is the page", line)
        assert found, line
        yield f"http://127.0.0.1:{found[1]}"
        process.terminate()
        assert process.wait(60) == 0
    assert list(home.iterdir()) == []


def test_the_hub_is_told_what_the_container_does() -> None:
    about = front()
    words = command()
    assert about["sdk"] == "docker"
    assert about["app_port"] == words[words.index("--port") + 1] == "7860"
    assert f"EXPOSE {about['app_port']}\n" in DOCKERFILE
    assert words[words.index("--host") + 1] == "0.0.0.0"
    assert "--uid 1000 user" in DOCKERFILE
    assert "\nUSER user\n" in DOCKERFILE
    assert f"wepsam[app,hub]=={wepsam.__version__}" in DOCKERFILE
    assert len(about["short_description"]) <= 60  # what the Hub takes


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_visitor_behind_a_proxy(address: str, proxy: str, tmp_path: Path) -> None:
    headers = PROXIES[proxy]
    with httpx.Client(base_url=address, headers=headers, trust_env=False) as client:
        page = client.get("/")
        assert page.status_code == 200
        assert "frame-ancestors https://huggingface.co" in page.headers["content-security-policy"]
        own = {"origin": f"https://{NAME}"}
        visit = client.post("/api/visits", headers=own).json()["visit"]
        drawn = client.post(f"/api/visits/{visit}/examples/2", headers=own).json()
        asked = {"visit": visit, "model": "wepsam-lite", "picture": {"id": drawn["id"], "areas": []}}
        answer = client.post("/api/answer", json=asked, headers=own)
        assert answer.status_code == 200
        assert answer.json()["model"] == "wepsam-lite"
        for foreign in ("https://evil.example", "null"):
            assert client.post("/api/visits", headers={"origin": foreign}).status_code == 403


def test_it_bounds_what_a_visitor_may_send(address: str) -> None:
    with httpx.Client(base_url=address, headers={"host": NAME}, trust_env=False) as client:
        visit = client.post("/api/visits").json()["visit"]
        answer = client.post(f"/api/visits/{visit}/pictures", content=bytes(21 << 20))
        assert answer.status_code == 413
