"""A Hugging Face Hub on loopback, as far as huggingface_hub asks it to load and to publish a model.

Large files (.onnx, .safetensors) are kept as the Hub keeps them: their content lies behind a redirection to another
host, where no token may arrive.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

LARGE = (".onnx", ".safetensors", ".jpg")
TOKEN = "hf_a-token-of-the-tests"
RESOLVE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
MODEL = re.compile(r"/api/models/([^/]+/[^/]+?)(?:/(revision|preupload|commit)/(.+))?")


@dataclass
class Repository:
    """A model repository: its commits, and what the server says of their files.

    Attributes:
        commits: files by commit, the latest last.
        private: whether only TOKEN may read it.
        gated: whether access is asked for.
        claims: what the server says of a file instead of the truth: "size", or "sha256" of a large one.
    """

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    private: bool = False
    gated: bool = False
    claims: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, files: dict[str, bytes]) -> str:
        """A new commit; returns its name."""
        text = json.dumps([len(self.commits), sorted((n, hashlib.sha1(b).hexdigest()) for n, b in files.items())])
        commit = hashlib.sha1(text.encode()).hexdigest()
        self.commits[commit] = files
        return commit

    def find(self, revision: str) -> str | None:
        return next(reversed(self.commits)) if revision == "main" else revision if revision in self.commits else None


@dataclass
class Hub:
    """The server's state, and what it was asked.

    Attributes:
        asked: (method, path, headers) of each request.
        moods: for what begins a path, what happens there: a status, "hang", "cut" (half of a body), "endless", "html".
        headers: that go with a status.
    """

    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    moods: dict[str, int | str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def repository(self, name: str, files: dict[str, bytes] | None = None, **settings: Any) -> Repository:
        """A new repository."""
        self.repositories[name] = repository = Repository(**settings)
        repository.add(files or {".gitattributes": b"*.onnx filter=lfs\n"})
        return repository

    def paths(self, method: str = "") -> list[str]:
        return [path for verb, path, _ in self.asked if verb.startswith(method)]

    def tokens(self) -> set[str]:
        return {headers["authorization"] for _, _, headers in self.asked if "authorization" in headers}


def git_sha1(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PUT = do_GET

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append((self.command, path, {name.lower(): text for name, text in self.headers.items()}))
        mood = next((mood for begin, mood in self.hub.moods.items() if path.startswith(begin)), None)
        if isinstance(mood, int):
            self._send(mood, b"out of order: ask a <human>\n\x1b[31m", "text/plain", self.hub.headers)
        elif mood == "html":
            self._send(200, b"<!DOCTYPE html><html><body>Sign in to the network</body></html>", "text/html")
        elif mood == "hang":
            threading.Event().wait(3)
            self.close_connection = True
        else:
            self._route(path, body, str(mood))

    def _route(self, path: str, body: bytes, mood: str) -> None:
        if match := RESOLVE.fullmatch(path):
            self._resolve(*match.groups())
        elif path.startswith("/content/"):
            self._content(self.hub.stored[path.rpartition("/")[2]], mood)
        elif path.startswith("/upload/"):
            assert hashlib.sha256(body).hexdigest() == path.rpartition("/")[2]
            self.hub.stored[path.rpartition("/")[2]] = body
            self._send(200)
        elif path.endswith("/info/lfs/objects/batch"):
            self._batch(json.loads(body))
        elif path == "/api/validate-yaml":
            assert json.loads(body)["content"].startswith("---\n")
            self._json({"errors": [], "warnings": []})
        elif path == "/api/repos/create":
            self._create(json.loads(body))
        elif match := MODEL.fullmatch(path):
            self._model(*match.groups(), body=body)  # type: ignore[misc]
        else:
            self._error(404, "EntryNotFound")

    # ---- reading

    def _is_ours(self, repository: Repository | None) -> bool:
        """Whether the one who asks may see it; answers otherwise."""
        known = self.headers.get("authorization") == f"Bearer {TOKEN}"
        if repository is None or (repository.private and not known):
            self._error(404 if known else 401, "RepoNotFound")
        elif repository.gated and not known:
            self._error(401, "GatedRepo")
        else:
            return True
        return False

    def _resolve(self, name: str, revision: str, file: str) -> None:
        repository = self.hub.repositories.get(name)
        if not self._is_ours(repository):
            return
        assert repository is not None
        commit = repository.find(revision)
        if commit is None or file not in repository.commits[commit]:
            self._error(404, "EntryNotFound" if commit else "RevisionNotFound")
            return
        data = repository.commits[commit][file]
        headers = {"x-repo-commit": commit}
        if not file.endswith(LARGE):
            self._send(200, data, "text/plain", headers | {"etag": f'"{git_sha1(data)}"'})
            return
        sha256 = hashlib.sha256(data).hexdigest()
        self.hub.stored[sha256] = data
        elsewhere = self.hub.url.replace("127.0.0.1", "localhost")
        linked = {"x-linked-etag": f'"{sha256}"', "x-linked-size": str(len(data))}
        self._send(302, b"", "text/plain", headers | linked | {"location": f"{elsewhere}/content/{sha256}"})

    def _content(self, data: bytes, mood: str) -> None:
        assert "authorization" not in self.headers, "a token was sent to another host"
        if mood == "cut":
            self.send_response(200)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
        elif mood == "endless":
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            for _ in range(1000):
                self.wfile.write(bytes(1 << 20))
        elif mood == "other":
            self._send(200, bytes(len(data)), "application/octet-stream")
        else:
            self._send(200, data, "application/octet-stream")

    def _model(self, name: str, what: str | None, revision: str | None, *, body: bytes) -> None:
        repository = self.hub.repositories.get(name)
        if not self._is_ours(repository):
            return
        assert repository is not None
        if what == "preupload":
            modes = [
                {"path": one["path"], "uploadMode": "lfs" if one["path"].endswith(LARGE) else "regular",
                 "shouldIgnore": False}
                for one in json.loads(body)["files"]
            ]  # fmt: skip
            self._json({"files": modes})
        elif what == "commit":
            self._commit(name, repository, [json.loads(line) for line in body.splitlines()])
        elif (commit := repository.find(revision or "main")) is None:
            self._error(404, "RevisionNotFound")
        else:
            files = repository.commits[commit]
            siblings = [self._sibling(repository, name, files[name]) for name in sorted(files)]
            about = {"id": name, "modelId": name, "sha": commit, "private": repository.private}
            self._json(about | {"gated": "manual" if repository.gated else False, "tags": [], "siblings": siblings})

    @staticmethod
    def _sibling(repository: Repository, name: str, data: bytes) -> dict[str, Any]:
        said = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} | repository.claims.get(name, {})
        lfs = {"lfs": {"sha256": said["sha256"], "size": said["size"], "pointerSize": 130}}
        about = {"rfilename": name, "size": said["size"], "blobId": git_sha1(data)}
        return {key: value for key, value in about.items() if value is not None} | (lfs if name.endswith(LARGE) else {})

    # ---- writing

    def _may_write(self) -> bool:
        if self.headers.get("authorization") == f"Bearer {TOKEN}":
            return True
        self._error(401, "")
        return False

    def _create(self, asked: dict[str, Any]) -> None:
        if not self._may_write():
            return
        name = f"{asked['organization']}/{asked['name']}"
        if name in self.hub.repositories:
            self._error(409, "")
            return
        private = asked.get("visibility") == "private" or bool(asked.get("private"))
        self.hub.repository(name, private=private)
        self._json({"url": f"{self.hub.url}/{name}", "name": name})

    def _batch(self, asked: dict[str, Any]) -> None:
        if self._may_write():
            objects = [
                one | {"actions": {"upload": {"href": f"{self.hub.url}/upload/{one['oid']}"}}}
                for one in asked["objects"]
            ]
            self._json({"transfer": "basic", "objects": objects})

    def _commit(self, name: str, repository: Repository, lines: list[dict[str, Any]]) -> None:
        if not self._may_write():
            return
        before = repository.find("main")
        assert before is not None
        assert lines[0]["key"] == "header"
        if lines[0]["value"].get("parentCommit", before) != before:
            self._error(412, "")
            return
        files = dict(repository.commits[before])
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.stored[value["oid"]]
            else:
                assert line["key"] == "deletedFile"
                del files[value["path"]]
        commit = repository.add(files)
        self._json({"commitUrl": f"{self.hub.url}/{name}/commit/{commit}", "commitOid": commit})

    # ---- answers

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), "application/json")

    def _error(self, status: int, code: str) -> None:
        self._send(status, b"{}", "application/json", {"x-error-code": code, "x-error-message": "no"})

    def _send(
        self, status: int, body: bytes = b"", kind: str = "text/plain", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, text in {"content-type": kind, "content-length": str(len(body))}.items() | (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def running() -> Iterator[Hub]:
    """A Hub that answers until the end."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    server.daemon_threads = True
    server.block_on_close = False
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who asked may be gone
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
