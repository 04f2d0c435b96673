"""A service at an address, until it is told to stop."""

import errno
import ipaddress
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from wepsam.calibration.presets import Which
from wepsam.service import application, connections
from wepsam.service.limits import Limits

GRACE = 30  # seconds that requests have to end when the service is told to stop


def serve(
    host: str,
    port: int,
    model: str,
    *,
    quality: str,
    calibration: Which,
    limits: Limits,
    token: str | None,
    hosts: Sequence[str] | None,
) -> None:
    """Answer until SIGINT or SIGTERM; requests that are inside are answered first.

    Args:
        host: the address to listen at.
        port: 0 takes a free one.
        model: as `application.create` takes it, as quality, calibration, limits and token.
        quality: of requests that do not say it.
        calibration: of requests that do not say it.
        limits: what a request may cost.
        token: that a request has to bear.
        hosts: names of the service; None: localhost alone at a local address, and any name elsewhere.

    Raises:
        OSError: the address cannot be listened at.
        ValueError: an address that others reach, without a token.
    """
    names = names_of(host, token, hosts)
    app = application.create(model, quality=quality, calibration=calibration, limits=limits, token=token, hosts=names)
    listen(app, host, port, limits, lambda address: f"{address} answers with {model}; Ctrl-C ends it")


def names_of(
    host: str, token: str | None, hosts: Sequence[str] | None, *, public: bool = False
) -> Sequence[str] | None:
    """The names by which a service at an address may be addressed; None: any.

    Raises:
        ValueError: an address that others reach, without a token, and not meant for the public.
    """
    if not is_local(host) and token is None and not public:
        raise ValueError(f"at {host} other machines can ask this service; give it a token by --token-file")
    return (() if is_local(host) else None) if hosts is None else hosts


def listen(
    app: ASGIApp, host: str, port: int, limits: Limits, ready: Callable[[str], str], log_level: str = "info"
) -> None:
    """Answer until SIGINT or SIGTERM; requests that are inside are answered first.

    Args:
        app: the application.
        host: the address to listen at.
        port: 0 takes a free one.
        limits: how many connections there are, and how long a client may take.
        ready: called with the URL once it is listened at; what it returns is printed to stderr.
        log_level: "info" logs each request; "warning" only what is wrong.

    Raises:
        OSError: the address cannot be listened at.
    """
    config = uvicorn.Config(
        app, host=host, port=port, log_level=log_level, limit_concurrency=limits.connections, server_header=False,
        timeout_graceful_shutdown=GRACE, date_header=True, ws="none", lifespan="on", http=connections.Connection,
    )  # fmt: skip
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends an answer's body without waiting (TCP_NODELAY) only where the protocol is named.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise OSError(f"port {port} is taken, perhaps by another wepsam; choose one with --port, or 0") from None
        listening.listen(128)
        shown = f"[{host}]" if ":" in host else host
        print(ready(f"http://{shown}:{listening.getsockname()[1]}"), file=sys.stderr, flush=True)
        _Server(config, limits).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that ends slow connections, and for which SIGINT and SIGTERM are the usual end.

    They are not raised again when all is answered.
    """

    def __init__(self, config: uvicorn.Config, limits: Limits) -> None:
        super().__init__(config)
        self._limits = limits

    async def on_tick(self, counter: int) -> bool:
        """Several times a second: look after the connections."""
        connections.check(self.server_state.connections, self._limits.seconds, self._limits.memory)
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def is_local(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
