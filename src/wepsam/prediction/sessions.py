"""ONNX Runtime's session for a file of weights: opened from checked bytes, on providers that are on this machine."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wepsam import cores, offline
from wepsam.cards import WeightsError
from wepsam.prediction import onnx_file

REMOTE = "AzureExecutionProvider"  # sends pictures to a service: never chosen unless it is named
CPU = "CPUExecutionProvider"


def open_session(path: Path, data: bytes, threads: int, providers: str | Sequence[str] | None) -> Any:
    """An open file of weights, from its checked bytes: nothing else is read.

    Raises:
        ValueError: a provider that is not installed or does not start.
        WeightsError: the file cannot be opened, or reaches beyond itself.
    """
    onnxruntime = offline.onnxruntime()
    available = onnxruntime.get_available_providers()
    wanted = [providers] if isinstance(providers, str) else [*(providers or ())]
    if unknown := [provider for provider in wanted if provider not in available]:
        raise ValueError(f"no provider {', '.join(unknown)}: this ONNX Runtime has {', '.join(available)}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or cores.threads()
    options.log_severity_level = 4  # what fails comes as an error; on stderr it would be a second line
    options.add_session_config_entry("session.load_model_format", "ONNX")  # the format that was checked
    chosen = wanted or [provider for provider in available if provider != REMOTE]
    try:
        onnx_file.check(data)
        # From the CPU there is nothing to fall back to, and the attempt prints on stdout.
        session = onnxruntime.InferenceSession(data, options, providers=chosen, enable_fallback=int(chosen != [CPU]))
    except Exception as error:  # ONNX Runtime's own kinds, from C++
        raise WeightsError(f"{path} cannot be opened: {first_line(error)}") from None
    # ONNX Runtime falls back to the CPU without an error, for example where a GPU's libraries are missing.
    if wanted and wanted[0] not in session.get_providers():
        raise ValueError(f"{wanted[0]} does not start on this machine; is its driver installed? Or use {CPU}")
    return session


def first_line(error: Exception) -> str:
    """The first line of an error of ONNX Runtime, whose messages have many."""
    return next(iter(str(error).splitlines()), type(error).__name__)
