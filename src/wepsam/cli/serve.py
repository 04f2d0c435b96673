"""wepsam serve: the same answers over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wepsam import extras
from wepsam.cli import answer_options, options

if TYPE_CHECKING:
    from wepsam.service.limits import Limits


def serve(
    host: answer_options.Host = "127.0.0.1",
    port: answer_options.Port = 8000,
    model: options.PredictModel = "wepsam-lite",
    quality: options.Quality = "best",
    calibration: options.CalibrationOf = None,
    token_file: answer_options.TokenFile = None,
    host_name: answer_options.HostNames = None,
    workers: answer_options.ServeWorkers = -1,
    waiting: answer_options.Waiting = 64,
    max_pixels: options.MaxPixels = None,
    max_megabytes: answer_options.MaxMegabytes = 50,
    max_clip_seconds: answer_options.ClipSeconds = 120.0,
    request_seconds: answer_options.RequestSeconds = 30.0,
) -> None:
    """Answer over HTTP: maps, areas and reports for programs that are not Python.

    Pictures and clips are uploaded, answered and forgotten: nothing is written to a disk, and nothing is fetched from a
    URL. /openapi.json describes all paths. What is too large, too long, too slow or too much is refused with one line.
    One clip is watched at a time, beside the pictures.

        wepsam serve
        curl -F picture=@street.jpg http://127.0.0.1:8000/v1/predict -o map.png
        curl -F picture=@page.png -F areas=@areas.json http://127.0.0.1:8000/v1/areas
        curl -F picture=@page.png http://127.0.0.1:8000/v1/report -o report.html
        curl -F clip=@clip.mp4 'http://127.0.0.1:8000/v1/clip?format=overlay' -o overlay.mp4
        wepsam serve --host 0.0.0.0 --token-file token.txt --quality fast

    Needs pip install 'wepsam[app]'; for clips 'wepsam[app,video]'.
    """
    try:
        from wepsam.service import running
    except ModuleNotFoundError as error:
        raise extras.missing(error, "wepsam serve") from None
    allowed = limits(workers, max_megabytes, max_pixels, max_clip_seconds, waiting=waiting, seconds=request_seconds)
    running.serve(
        host, port, model, quality=quality, calibration=calibration, limits=allowed, token=token(token_file),
        hosts=host_name,
    )  # fmt: skip


def limits(workers: int, max_megabytes: int, max_pixels: int | None, clip_seconds: float, **others: Any) -> Limits:
    """The limits that options ask for; memory for at least four of the largest requests."""
    from wepsam.prediction import ordered
    from wepsam.service.limits import Limits

    if max_pixels is not None:
        others["pixels"] = max_pixels
    memory = max(Limits.memory, 4 * max_megabytes << 20)
    workers = ordered.worker_count(workers)
    return Limits(workers=workers, body=max_megabytes << 20, memory=memory, clip_seconds=clip_seconds, **others)


def token(path: Path | None) -> str | None:
    """The token in the first line of a text file; ValueError if it has none that a header can bear."""
    if path is None:
        return None
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no text in UTF-8; write the token there as plain letters and digits") from None
    found = lines[0].strip() if lines else ""
    if not found:
        raise ValueError(f"{path} has no token in its first line")
    if not (found.isascii() and found.isprintable()):
        raise ValueError(f"the token in {path} has other signs than ASCII's; no header can bear it")
    return found
