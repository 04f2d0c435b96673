"""Connections of a service: none is held for longer than its limits allow.

uvicorn bounds neither the time in which the headers of a request arrive nor that in which an answer is taken. Clients
that send a letter a minute, or do not read, would hold connections without end.
"""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

LEAST_RATE = 65_536  # bytes per second in which an answer is taken, after the time that a request may take, too
LONG = "takes_long"  # the state of a request whose work ends when the client has gone
SPARE = 64  # connections beyond those that are answered, which are told so with 503; further ones are closed


class Connection(H11Protocol):
    """A connection that knows since when it waits for its client.

    Attributes:
        asking: since when a request has begun that has not all of its headers; None without one.
        telling: since when an answer is being taken, and how many bytes of it were left then; None without one.
        ended: whether the client sends nothing more. It may still read: the answer is sent.
    """

    asking: float | None = None
    telling: tuple[float, int] | None = None
    ended = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count a new connection; close it if there are too many already."""
        super().connection_made(transport)
        self.asking = self.loop.time()
        if self.limit_concurrency is not None and len(self.connections) > self.limit_concurrency + SPARE:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        if self.asking is None and self._is_idle():
            self.asking, self.telling = self.loop.time(), None  # who asks again has taken the last answer, or soon will
        super().data_received(data)

    def handle_events(self) -> None:
        """Answer what has arrived; a request whose headers are all here is not late."""
        super().handle_events()
        if not self._is_idle():
            self.asking = None

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends nothing more: the connection stays open if a whole request is being answered.

        Not if that takes minutes: a client that has gone looks the same, and nobody would take the answer.
        """
        self.ended = not self._is_idle() and not self.cycle.more_body and not self._is_long()
        return self.ended

    def on_response_complete(self) -> None:
        """Begin with the next request, or end with the last one."""
        super().on_response_complete()
        if self.ended and self._is_idle():
            self.transport.close()

    def check(self, seconds: float) -> None:
        """End the connection if its client takes too long: to send headers, or to take an answer.

        Args:
            seconds: in which the headers have to arrive, and an answer of few bytes has to be taken.
        """
        now, left = self.loop.time(), self.transport.get_write_buffer_size()
        if not left:
            self.telling = None
        elif self.telling is None or left > self.telling[1]:
            self.telling = now, left
        elif now - self.telling[0] > seconds + self.telling[1] / LEAST_RATE:
            self.transport.abort()
        if self.asking is not None and now - self.asking > seconds:
            self.asking = None
            self._unset_keepalive_if_required()
            if self.conn.our_state is h11.IDLE:  # not in what remains of a request
                self.transport.write(_late(seconds))
            self.transport.close()

    def _is_long(self) -> bool:
        return bool(self.cycle.scope.get("state", {}).get(LONG))

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete


def check(connections: Iterable[Any], seconds: float, memory: int) -> None:
    """End the connections whose clients take too long, and those that take longest while answers fill the memory.

    Args:
        connections: all of a service.
        seconds: as for `Connection.check`.
        memory: bytes of all answers that are being taken.
    """
    telling = []
    for connection in [*connections]:
        connection.check(seconds)
        if connection.telling is not None:
            telling.append((connection.telling[0], connection.transport.get_write_buffer_size(), connection.transport))
    held = sum(left for _, left, _ in telling)
    for _, left, transport in sorted(telling, key=lambda one: one[0])[:-1]:  # one answer may be larger than all that
        if held <= memory:
            break
        transport.abort()
        held -= left


def _late(seconds: float) -> bytes:
    body = json.dumps({"error": f"the headers did not arrive within {seconds:g} s"}).encode()
    head = "HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\nconnection: close\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
