"""Talk to the Hub: its address, the folder of its cache, the token, and each error as one line.

huggingface_hub decides where the cache lies and which token there is (HF_HOME, HF_HUB_CACHE, HF_TOKEN, hf auth login).
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import wepsam
from wepsam import extras, offline
from wepsam.cards import WeightsError

SECONDS = 20.0  # that the server may be silent
ABOUT = {"library_name": "wepsam", "library_version": wepsam.__version__}  # what the server is told of us
TRUE = {"1", "ON", "YES", "TRUE"}  # what huggingface_hub takes for that


class HubError(OSError, WeightsError):
    """The Hub cannot be reached, or does not answer as it should: no mistake of the call. One line."""


class NoAccessError(WeightsError):
    """There is no such thing on the Hub, or it is not for everybody. One line."""


def library() -> Any:
    """The module huggingface_hub; ImportError with the extra to install."""
    try:
        return offline.huggingface_hub()
    except ModuleNotFoundError as error:
        raise extras.missing(error, "a model on the Hugging Face Hub") from None


def endpoint() -> str:
    """The address of the Hub: HF_ENDPOINT, or huggingface.co."""
    return (os.environ.get("HF_ENDPOINT", "").strip() or library().constants.ENDPOINT).rstrip("/")


def is_offline() -> bool:
    """Whether HF_HUB_OFFLINE forbids any request."""
    return library().constants.HF_HUB_OFFLINE or os.environ.get("HF_HUB_OFFLINE", "").upper() in TRUE


def cache() -> Path:
    """The folder in which huggingface_hub keeps what it has downloaded."""
    return Path(os.environ.get("HF_HUB_CACHE") or library().constants.HF_HUB_CACHE).expanduser()


def token() -> str | None:
    """The token of this machine's user; None if there is none, or if it is not to be sent unasked."""
    hub = library()
    return None if hub.constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else hub.get_token()


def api(token: str | bool) -> Any:
    """An HfApi that bears this token; False: none."""
    return library().HfApi(endpoint=endpoint(), token=token, **ABOUT)


def sha256_of(file: Any) -> str | None:
    """The SHA-256 of a large file, as the Hub says it before a download; None for small ones."""
    lfs = file.lfs
    return (lfs.get("sha256") if isinstance(lfs, dict) else getattr(lfs, "sha256", None)) if lfs else None


@contextmanager
def talking(what: str, to: str = "read") -> Iterator[None]:
    """Turn each error of a conversation with the Hub into one line.

    Meanwhile huggingface_hub logs and draws nothing, and the server may be silent for SECONDS only.

    Args:
        what: that it is about, such as "hf:owner/name".
        to: "read" or "write".

    Raises:
        NoAccessError: it does not exist, or is not for everybody.
        HubError: anything else.
    """
    logger, drawing = logging.getLogger("huggingface_hub"), library().utils
    level, drawn = logger.level, not drawing.are_progress_bars_disabled()
    logger.setLevel(logging.CRITICAL)
    if drawn:
        drawing.disable_progress_bars()
    try:
        with _impatient(what):
            yield
    except (WeightsError, ImportError):
        raise
    except Exception as error:
        raise _translated(what, to, error) from error
    finally:
        logger.setLevel(level)
        if drawn:
            drawing.enable_progress_bars()


@contextmanager
def _impatient(what: str) -> Iterator[None]:
    """Without this, some requests of huggingface_hub wait for ever, or for as long as a server says."""
    session = library().utils.get_session()

    def refuse(response: Any) -> None:
        if response.status_code == 429 and (seconds := _wait(response.headers)) > SECONDS:
            raise HubError(f"{what}: {endpoint()} takes no more requests for {seconds:,} s (429); try again then")

    before, hooks = session.timeout, session.event_hooks["response"]
    session.timeout = SECONDS
    hooks.append(refuse)
    try:
        yield
    finally:
        hooks.remove(refuse)
        with suppress(Exception):  # closed meanwhile
            session.timeout = before


def _wait(headers: Any) -> int:
    """Seconds after which a server wants to be asked again, as huggingface_hub reads it; 0 if it does not say."""
    given, rate = headers.get("retry-after", "").strip(), library().utils.parse_ratelimit_headers(headers)
    return max(int(given[:9]) if given.isdecimal() else 0, rate.reset_in_seconds if rate and not rate.remaining else 0)


def _translated(what: str, to: str, error: Exception) -> WeightsError:
    names = {kind.__name__ for kind in type(error).__mro__}
    status = getattr(getattr(error, "response", None), "status_code", None)
    place = endpoint()
    if "RevisionNotFoundError" in names:
        return NoAccessError(f"{what}: the repository has no such revision; name a branch, a tag or a commit")
    if "GatedRepoError" in names:
        return NoAccessError(f"{what}: its owner gives access on request: {place}; ask there, then `hf auth login`")
    if to == "write" and status in (401, 403, 404):
        return NoAccessError(f"{what}: the token may not write there; make one that may at {place}/settings/tokens")
    if "RepositoryNotFoundError" in names or status in (401, 403, 404):
        return NoAccessError(
            f"{what}: {place} has no such repository, or it is private and needs a token that may read it "
            f"(hf auth login, or HF_TOKEN)"
        )
    if status is not None:
        return HubError(f"{what}: {place} answers with the error {status}; try again later")
    if "OfflineModeIsEnabled" in names:
        return HubError(f"{what}: HF_HUB_OFFLINE forbids to ask {place}")
    if any("Timeout" in name for name in names):
        return HubError(f"{what}: {place} has not answered for {SECONDS:g} s; try again later")
    if names & {"TransportError", "ConnectionError"}:
        return HubError(f"{what}: {place} cannot be reached, or broke off ({_cause(error)}); try again later")
    if isinstance(error, OSError) and error.filename and error.strerror:
        return HubError(f"{what}: {error.filename}: {error.strerror}")
    if isinstance(error.__cause__, Exception):  # huggingface_hub wraps some of these
        return _translated(what, to, error.__cause__)
    if isinstance(error, OSError):
        return HubError(f"{what}: {_cause(error)}")
    return HubError(f"{what}: {place} does not answer as a Hub does ({_cause(error)})")


def _cause(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:197]}..."
