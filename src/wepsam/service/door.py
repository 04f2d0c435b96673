"""The door of a service: who may ask, how much they may send, and how many may wait.

It stands before the application, so that a request that is refused costs nothing: a body that is too large is not read,
and a body that does not fit into the memory of the service is not read yet.
"""

import asyncio
import base64
import hmac
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wepsam.service.limits import Limits, Refused, busy

Count = Callable[[str, int], None]

LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
OPEN = ("/healthz",)  # needs no token


class Door:
    """An ASGI application around another one.

    Attributes:
        reading: bytes of the requests that are inside.
    """

    def __init__(
        self,
        inner: ASGIApp,
        limits: Limits,
        token: str | None,
        hosts: Sequence[str] | None,
        count: Count,
        *,
        asks_people: bool = False,
    ) -> None:
        """
        Args:
            inner: the application.
            limits: what it may cost.
            token: that a request has to bear; None: everybody may ask.
            hosts: names by which the service may be addressed, without ports; None: any. A page on the web can make a
                browser ask 127.0.0.1 under a name of its own.
            count: told the path and the status of each answer.
            asks_people: whether browsers ask for the token, as a password under any name (basic authentication).
        """
        self.inner, self.limits, self.token, self.count = inner, limits, token, count
        self.asks_people = asks_people
        self.hosts = None if hosts is None else LOCAL | {host.lower() for host in hosts}
        self.reading = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it with one line."""
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.count(scope["path"], message["status"])
            await send(message)

        try:
            headers = Headers(scope=scope)
            self._admit(scope["path"], headers)
            size = self._declared(headers) if scope["method"] in ("POST", "PUT", "PATCH") else 0
        except Refused as refused:
            await self._refuse(refused, counted)
            return
        self.reading += size
        try:
            body = await self._body(receive, size) if size else b""
            if scope["method"] == "HEAD":  # as GET; the server sends the headers alone
                scope = {**scope, "method": "GET"}
            await self.inner(scope, _replayed(body, receive), counted)
        except Refused as refused:
            await self._refuse(refused, counted)
        finally:
            self.reading -= size

    def _admit(self, path: str, headers: Headers) -> None:
        address, origin = headers.get("host"), headers.get("origin")
        # HTTP/1.0 needs no Host, and programs that use it leave it out; a browser never does.
        if self.hosts is not None and address is not None and _name(address) not in self.hosts:
            raise Refused(403, f"this service is not addressed as {_name(address)[:100]!r}; --host-name adds a name")
        # A proxy may ask under another name than it was asked by. It says so in a header that the page of another site
        # cannot make a browser send.
        names = {name.strip().lower() for name in (address or "", *headers.get("x-forwarded-host", "").split(","))}
        if origin is not None and _origin(origin) not in names - {""}:
            raise Refused(403, "requests from pages of other sites are refused")
        given = self._given(headers.get("authorization", ""))
        if self.token is not None and path not in OPEN and not hmac.compare_digest(given, self.token.encode()):
            raise Refused(401, "this service needs a token: Authorization: Bearer TOKEN")

    def _given(self, authorization: str) -> bytes:
        """The token of a request; empty without one."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return given.strip().encode()
        if scheme.lower() == "basic" and self.asks_people:
            with suppress(ValueError):
                return base64.b64decode(given.strip(), validate=True).partition(b":")[2]
        return b""

    def _declared(self, headers: Headers) -> int:
        """The bytes that a request is going to have, or at most may have."""
        text = headers.get("content-length")
        if text is None:
            size = self.limits.body if "chunked" in headers.get("transfer-encoding", "").lower() else 0
        elif not text.isdecimal():
            raise Refused(400, "the content-length is no number")
        else:
            size = int(text)
        if size > self.limits.body:
            raise Refused(413, f"the request has {size:,} bytes; at most {self.limits.body:,} are taken")
        if self.reading + size > self.limits.memory:
            raise busy()
        return size

    async def _body(self, receive: Receive, most: int) -> bytes:
        """The whole body, if it arrives in time."""
        parts: list[bytes] = []
        length = 0
        try:
            async with asyncio.timeout(self.limits.seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refused(400, "the request ended before its body")
                    parts.append(message.get("body", b""))
                    length += len(parts[-1])
                    if length > most:
                        raise Refused(413, f"the request has more than {most:,} bytes")
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            raise Refused(408, f"the request did not arrive within {self.limits.seconds:g} s") from None

    async def _refuse(self, refused: Refused, send: Send) -> None:
        body = json.dumps({"error": refused.text}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        headers += [(b"connection", b"close")]  # what remains of the request is not read
        if refused.status == 429:
            headers.append((b"retry-after", refused.retry.encode()))
        if refused.status == 401:
            headers.append((b"www-authenticate", b'Basic realm="wepsam"' if self.asks_people else b"Bearer"))
        await send({"type": "http.response.start", "status": refused.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _replayed(body: bytes, receive: Receive) -> Receive:
    """What the application receives: the body that was read, then what the connection says."""
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _origin(origin: str) -> str:
    """The host and port in an Origin header; "" if there is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # brackets that do not close
        return ""


def _name(host: str) -> str:
    """The name in a Host header, without the port."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdecimal() else host.lower()
