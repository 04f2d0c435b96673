"""A model of the Hub as a file in the cache: its .onnx, or for who trains its .safetensors, and its card."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wepsam import card_fields, cards, progress
from wepsam.cards import WeightsError
from wepsam.files import below, write_text
from wepsam.hub import client, names
from wepsam.hub.client import HubError, NoAccessError
from wepsam.hub.names import HubName

MOST = 512 << 20  # bytes of weights; the largest that ship have 15 MB
ONNX, SAFETENSORS = ".onnx", ".safetensors"
MEGABYTE = 1e6

log = logging.getLogger("wepsam")


def fetch(name: str, *, for_training: bool = False) -> Path:
    """The weights of a model on the Hub, as a file in the cache of huggingface_hub.

    Only that file and its card are fetched. A commit that was named and lies in the cache is taken from there without a
    question. Where the Hub cannot be reached, the commit that the cache has of the revision is taken, and a log line
    says so.

    Args:
        name: such as hf:owner/name or hf:owner/name@revision.
        for_training: take the .safetensors of the repository, if it has one, instead of the .onnx.

    Returns:
        The file; beside an .onnx lies its card. Its folder is named by the commit (`names.of_file`).

    Raises:
        WeightsError: no such model, none that is for everybody, or none of wepsam: the card is missing or impossible,
            the file has another SHA-256 or more than 512 MB.
        HubError: (a WeightsError, too) the Hub cannot be reached, and the cache does not have it.
        ImportError: huggingface_hub is not installed.
    """
    wanted = names.parse(name)
    client.library()
    path = _cached(wanted, wanted.commit, for_training) if wanted.commit else None
    if path is not None and not (for_training and path.suffix == ONNX):  # there may be a .safetensors on the Hub
        return path
    if client.is_offline():
        reason = HubError(f"{wanted}: HF_HUB_OFFLINE forbids to ask {client.endpoint()}")
    else:
        try:
            return _online(wanted, for_training)
        except HubError as error:
            reason = error
    commit = wanted.commit or _remembered(wanted)
    path = _cached(wanted, commit, for_training) if commit else None
    if path is None:
        raise HubError(f"{reason}; and the cache ({client.cache()}) does not have it") from reason
    log.warning("%s; the commit %s is taken from the cache", reason, commit[:12] if commit else "")
    return path


def pinned(name: str) -> str:
    """The name of the same model with the commit that it has now; see `fetch` for the errors."""
    return str(names.of_file(fetch(name)))


def _online(wanted: HubName, for_training: bool) -> Path:
    """As `fetch`, of the Hub itself: without a token first, for most models need none."""
    try:
        return _download(wanted, for_training, False)
    except NoAccessError:
        if not (token := client.token()):
            raise
    return _download(wanted, for_training, token)


def _download(wanted: HubName, for_training: bool, token: str | bool) -> Path:
    with client.talking(str(wanted)):
        info = client.api(token).model_info(
            wanted.repository, revision=wanted.revision, files_metadata=True, timeout=client.SECONDS
        )
        listed = {file.rfilename: file for file in info.siblings or ()}
        commit = str(info.sha)
        if not names.COMMIT.fullmatch(commit):
            raise ValueError("it names no commit")
        here = wanted.at(commit)
        path = _cached(here, commit, for_training, listed)
        if path is None:
            chosen = _chosen(here, listed, for_training)
            path = _get_safetensors(here, listed[chosen], token) if chosen.endswith(SAFETENSORS) else _get_onnx(
                here, chosen, listed, token
            )  # fmt: skip
    _remember(wanted, commit)
    return path


def _get_onnx(here: HubName, chosen: str, listed: Mapping[str, Any], token: str | bool) -> Path:
    """The .onnx, after its card: the card may refuse it before it is downloaded."""
    beside = cards.path_of(chosen).name
    if beside not in listed:
        raise WeightsError(f"{here}: {chosen} has no card {beside} beside it, so it is no model of wepsam publish")
    size = _size(here, listed[chosen], MOST)
    card_path = _get(here, beside, _size(here, listed[beside], card_fields.MAX_BYTES), token)
    try:
        card = cards.load(card_path)
        card_fields.check(card)
    except ValueError as error:
        _forget(card_path)
        raise WeightsError(f"{here}: {beside} is not a card of weights: {_without(error, card_path)}") from None
    announced = client.sha256_of(listed[chosen])
    if announced and announced != card["sha256"]:
        raise WeightsError(f"{here}: {beside} is the card of another file than {chosen} (their SHA-256 differ)")
    path = _get(here, chosen, size, token)
    if cards.sha256(path) != card["sha256"]:
        _forget(path)
        raise WeightsError(f"{here}: {chosen} has another SHA-256 than its card says; it is not kept")
    return path


def _get_safetensors(here: HubName, file: Any, token: str | bool) -> Path:
    path = _get(here, file.rfilename, _size(here, file, MOST), token)
    if (announced := client.sha256_of(file)) and cards.sha256(path) != announced:
        _forget(path)
        raise WeightsError(f"{here}: {file.rfilename} has another SHA-256 than the Hub says; it is not kept")
    return path


def _chosen(here: HubName, listed: Mapping[str, Any] | set[str], for_training: bool) -> str:
    """The one file of weights at the top of a repository."""
    if for_training:
        found = [name for name in listed if name.endswith(SAFETENSORS) and "/" not in name]
        if len(found) == 1:
            return found[0]
    found = sorted(name for name in listed if name.endswith(ONNX) and "/" not in name)
    if len(found) != 1:
        many = f"{len(found)} .onnx files ({', '.join(found)[:200]})" if found else "no .onnx file"
        raise WeightsError(f"{here}: it has {many}, expected one; `wepsam publish` makes such a repository")
    return found[0]


def _size(here: HubName, file: Any, most: int) -> int:
    if not isinstance(file.size, int) or not 0 <= file.size <= most:
        has = f"{file.size:,} bytes" if isinstance(file.size, int) else "no known size"
        raise WeightsError(f"{here}: {file.rfilename} has {has}, expected at most {most:,}; it is not downloaded")
    return file.size


def _get(here: HubName, name: str, size: int, token: str | bool) -> Path:
    """One file of a commit in the cache, downloaded unless it is there."""
    hub, place = client.library(), client.endpoint()
    url = hub.hf_hub_url(here.repository, name, revision=here.revision, endpoint=place)
    # hf_hub_download would ask a server that is silent or out of order for six minutes.
    hub.get_hf_file_metadata(url, token=token, timeout=client.SECONDS, **client.ABOUT)
    with progress.bar(size / MEGABYTE, f"downloading {name} (MB)", after=0.5) as bar:

        class Shown:
            """What huggingface_hub takes for a bar of tqdm: one for each file."""

            done = 0  # bytes, also of attempts that broke off

            def __init__(self, *_: Any, **__: Any) -> None: ...

            def update(self, count: float | None = 1) -> None:
                Shown.done += max(0, int(count or 0))
                # It goes on for as long as anything comes, so a server could send without an end.
                if Shown.done > 2 * size + MEGABYTE:
                    raise HubError(f"{here}: {name} has more than the {size:,} bytes that the Hub announced")
                bar.update(min(Shown.done, size) / MEGABYTE)

            def close(self) -> None: ...

            def __enter__(self) -> "Shown":
                return self

            def __exit__(self, *_: Any) -> None: ...

        path = hub.hf_hub_download(
            here.repository, name, revision=here.revision, cache_dir=client.cache(), endpoint=place, token=token,
            tqdm_class=Shown, **client.ABOUT,
        )  # fmt: skip
    return Path(path)


# ---- the cache: models--OWNER--NAME/snapshots/COMMIT/FILE, and refs/REVISION with a commit


def _folder(wanted: HubName) -> Path:
    return client.cache() / f"models--{wanted.repository.replace('/', '--')}"


def _cached(wanted: HubName, commit: str, for_training: bool, listed: Mapping[str, Any] | None = None) -> Path | None:
    """The weights of a commit, if they are in the cache and whole; `listed`: the files that the Hub has of it."""
    folder = _folder(wanted) / "snapshots" / commit
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    try:
        chosen = _chosen(wanted, there if listed is None else listed, for_training)
    except WeightsError:
        return None  # asked for again where the Hub itself is the reason
    if chosen not in there:
        return None
    if chosen.endswith(ONNX):
        try:
            cards.read(folder / chosen)
        except WeightsError:
            if listed is not None:
                _forget(folder / chosen)  # it is downloaded again
            return None
    return folder / chosen


def _remembered(wanted: HubName) -> str | None:
    """The commit that a revision had when it was last asked for."""
    try:
        commit = below(_folder(wanted) / "refs", wanted.revision or "main").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return commit if names.COMMIT.fullmatch(commit) else None


def _remember(wanted: HubName, commit: str) -> None:
    """Only now, when all files of the commit are there: an earlier one stays in use until then."""
    if wanted.commit or _remembered(wanted) == commit:
        return
    path = below(_folder(wanted) / "refs", wanted.revision or "main")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, commit)
    except OSError as error:
        log.warning("%s: without a network it will not be found in the cache (%s)", wanted, error)


def _forget(path: Path) -> None:
    """Remove a file from the cache, and the content that it links to."""
    content = path.resolve()
    path.unlink(missing_ok=True)
    if client.cache().resolve() in content.parents:
        content.unlink(missing_ok=True)


def _without(error: Exception, path: Path) -> str:
    return str(error).removeprefix(f"{path} is not a card: ")
