"""Ways to ask a service: in this process, and `wepsam serve` in a process of its own."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from wepsam.service.application import create
from wepsam.service.limits import Limits


def asked(weights: Path, method: str, url: str, limits: Limits | None = None, **request: Any) -> httpx.Response:
    """One request to a service in this process."""
    settings = {name: request.pop(name) for name in ("token", "hosts") if name in request}

    async def ask() -> httpx.Response:
        app = create(str(weights), limits=limits or Limits(workers=1), **settings)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return await client.request(method, url, **request)

    return asyncio.run(ask())


class Server:
    """`wepsam serve` in a process of its own."""

    def __init__(self, weights: Path, *arguments: str) -> None:
        call = [sys.executable, "-m", "wepsam", "serve", "--port", "0", "--model", str(weights), *arguments]
        self.process = subprocess.Popen(call, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        assert self.process.stderr is not None
        lines = []
        for line in self.process.stderr:
            lines.append(line)
            if found := re.search(r"^http://127\.0\.0\.1:(\d+) answers", line):
                self.port = int(found[1])
            if "startup complete" in line:
                return
        raise AssertionError("".join(lines))

    def connect(self, head: str) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection.sendall(head.replace("\n", "\r\n").encode())
        return connection
