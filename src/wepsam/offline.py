"""Offline means offline: what libraries would send or keep on their own is switched off here, for the whole process.

ONNX Runtime reads its switch when it is imported, whoever imports it (torch's exporter does too). So the package throws
the switch when it is itself imported.
"""

import logging
import os
import sys
from importlib import import_module
from typing import Any

log = logging.getLogger("wepsam")

# Environment variables, which child processes inherit.
SWITCHES = {
    # The wheels of ONNX Runtime 1.32 ask the name server for a collector of events some seconds after the import.
    # They also leave an identifier of the device and a database of events in the user's cache.
    "ORT_DISABLE_TELEMETRY": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    # huggingface_hub would fetch a list of programs, to tell the server which of them runs it.
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
_came_first = False  # whether ONNX Runtime was imported, with its telemetry on, before wepsam


def switch_off() -> None:
    """Throw all switches. They overrule what the environment says: nothing is sent."""
    global _came_first
    _came_first |= "onnxruntime" in sys.modules and os.environ.get("ORT_DISABLE_TELEMETRY") != "1"
    os.environ.update(SWITCHES)


def onnxruntime() -> Any:
    """The module `onnxruntime`; whoever needs it gets it here."""
    global _came_first
    switch_off()
    module = import_module("onnxruntime")
    if _came_first:
        _came_first = False
        # Stops events, but not what the import has begun: with 1.32 on Linux the process still asks the name server,
        # and still leaves its identifier and database in the cache.
        module.disable_telemetry_events()
        log.warning(
            "onnxruntime was imported before wepsam, so it may send telemetry; import wepsam first, or set "
            "ORT_DISABLE_TELEMETRY=1"
        )
    return module


def huggingface_hub() -> Any:
    """The module `huggingface_hub`, which sends what it is asked to and no more; whoever needs it gets it here."""
    switch_off()
    if "huggingface_hub" not in sys.modules:
        # For files of some megabytes plain HTTP will do; the client of Xet keeps a cache and logs of its own.
        os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
        os.environ.setdefault("HF_HUB_DISABLE_SYMLINKS_WARNING", "1")  # of Windows, where the cache holds copies
    module = import_module("huggingface_hub")
    for part in ("constants", "errors", "utils"):
        import_module(f"huggingface_hub.{part}")
    module.constants.HF_HUB_DISABLE_TELEMETRY = True  # read at its import, which may have been earlier
    return module
