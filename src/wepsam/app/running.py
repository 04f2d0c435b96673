"""The page at an address, and a browser that opens it."""

import os
import sys
import threading
import webbrowser
from collections.abc import Sequence

from wepsam.app import application
from wepsam.calibration.presets import Which
from wepsam.service import running
from wepsam.service.limits import Limits


def run(
    host: str,
    port: int,
    model: str,
    *,
    quality: str,
    calibration: Which,
    limits: Limits,
    token: str | None,
    hosts: Sequence[str] | None,
    browse: bool,
    public: bool = False,
    shown_in: str | None = None,
) -> None:
    """Show the page until SIGINT or SIGTERM.

    Args:
        host: the address to listen at.
        port: 0 takes a free one.
        model: as `application.create` takes it, as quality, calibration, limits, token and hosts.
        quality: of all answers.
        calibration: the one to begin with.
        limits: what a visit may cost.
        token: that browsers ask people for.
        hosts: names of the page; None: localhost alone at a local address, and any name elsewhere.
        browse: whether to open the page in the browser of the desktop, if there is one.
        public: whether everybody may come in who reaches the address.
        shown_in: as `application.create` takes it.

    Raises:
        OSError: the address cannot be listened at.
        ValueError: an address that others reach, without a token, and not public; or `shown_in` is no site.
    """
    names = running.names_of(host, token, hosts, public=public)
    app = application.create(
        model, quality=quality, calibration=calibration, limits=limits, token=token, hosts=names, shown_in=shown_in
    )

    def ready(address: str) -> str:
        if browse and _has_desktop():
            # In a thread of its own, for the browser's command may take long; the socket listens already.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        return f"{address} is the page; open it in a browser. Ctrl-C ends it"

    running.listen(app, host, port, limits, ready, log_level="warning")


def _has_desktop() -> bool:
    """Whether a browser would open in a window, not in the terminal."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
