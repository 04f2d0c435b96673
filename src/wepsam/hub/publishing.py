"""A model as a repository of the Hub: the files, as a folder, or pushed in one commit."""

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from wepsam import cards, overlays, resolve
from wepsam.drawing.examples import balloons
from wepsam.files import below, foreign, not_ours, parse_json, write_bytes
from wepsam.hub import client, names, readme
from wepsam.prediction.loading import models, weights_file
from wepsam.prediction.predictor import Predictor

RECORD = ".wepsam-files.json"  # what we wrote, so that nothing else is ever replaced
FORM = "wepsam repository 1"
PICTURE = "example.jpg"
FOREIGN = (".gitattributes",)  # that the Hub itself puts into an empty repository

Files = dict[str, bytes]


@dataclass(frozen=True)
class Published:
    """What was published, or written to a folder.

    Attributes:
        repository: "owner/name".
        files: the size of each file in bytes, by name.
        url: of the commit; None where nothing was pushed.
        folder: that was written to; None otherwise.
    """

    repository: str
    files: dict[str, int]
    url: str | None = None
    folder: Path | None = None


def publish(
    model: str | os.PathLike[str],
    repository: str,
    *,
    private: bool = False,
    folder: str | os.PathLike[str] | None = None,
    card: dict[str, Any] | None = None,
    ask: Callable[[str], bool] | None = None,
) -> Published:
    """Publish weights on the Hugging Face Hub, with their card, a page and notes of the license.

    The repository is made if it is missing, and everything is pushed in one commit. Only files that an earlier call
    wrote are replaced. The token is that of huggingface_hub: HF_TOKEN, or `hf auth login`.

    Args:
        model: an .onnx file, the name of shipped weights, a run folder or a checkpoint (.safetensors). Of the latter
            two an .onnx file is made, and the checkpoint goes along, for who trains.
        repository: "owner/name".
        private: make a new repository private.
        folder: write the files there, and send nothing.
        card: of a run: further entries of its card, such as license, terms and data.
        ask: gets a text that says what is going to be pushed, and answers whether to; None: push.

    Returns:
        What was published. Its `url` is None if nothing was: into a folder, or because `ask` said no.

    Raises:
        ValueError: no such weights, no name of a repository, a card for weights that have one; or the folder or
            repository has files that are not ours.
        HubError: the Hub cannot be reached.
        ImportError: huggingface_hub is not installed; or torch, for a run.
    """
    if not names.is_repository(repository):
        raise ValueError(f"{repository!r:.200} is no name of a repository; expected owner/name")
    client.library()
    files = _files(model, repository, card)
    sizes = {name: len(data) for name, data in files.items()}
    if folder is not None:
        _write(files, Path(folder))
        return Published(repository, sizes, folder=Path(folder))
    return Published(repository, sizes, _push(files, repository, private, ask))


# ---- the files


def _files(model: str | os.PathLike[str], repository: str, more: dict[str, Any] | None) -> Files:
    """The files of the repository by name. The same model makes the same bytes."""
    path = Path(model)
    if resolve.is_weights(model):
        if more:
            raise ValueError(f"{model} has a card, and another was given; that is for a run or a checkpoint")
        return _of_weights(weights_file(model), repository, None)
    if path.is_dir() or path.suffix == ".safetensors":
        from wepsam.deploy.to_onnx import export

        checkpoint = path / "best.safetensors" if path.is_dir() else path
        with tempfile.TemporaryDirectory() as place:
            made = export(checkpoint, Path(place) / f"{repository.rpartition('/')[2]}.onnx", card=more)
            return _of_weights(made, repository, checkpoint.read_bytes())
    raise ValueError(f"no weights {model}: expected an .onnx file, one of {', '.join(models())}, or a run folder")


def _of_weights(weights: Path, repository: str, checkpoint: bytes | None) -> Files:
    card, data = cards.read_weights(weights)
    predictor = Predictor(weights, threads=1, warn=False)  # what cannot predict is not published
    name, card_path = str(card["name"]), cards.path_of(weights)
    with foreign(card_path, "cannot be made a page of: {}"):  # fields that prediction does not need may be anything
        notes = readme.license_notes(card)
        page = readme.write(card, repository, picture=PICTURE, training=checkpoint is not None)
    files = {
        f"{name}.onnx": data,
        f"{name}.json": card_path.read_bytes(),
        PICTURE: _picture(predictor),
        readme.NOTES: notes.encode(),
        "README.md": page.encode(),
    }
    if checkpoint is not None:
        files[f"{name}.safetensors"] = checkpoint
    about = {file: _fingerprint(content) for file, content in sorted(files.items())}
    record = {"format": FORM, "model": name, "sha256": card["sha256"], "files": about}
    return dict(sorted((files | {RECORD: json.dumps(record, indent=1).encode() + b"\n"}).items()))


def _fingerprint(data: bytes) -> dict[str, str]:
    """By which the Hub names a small file, and a large one."""
    return {
        "git": hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _picture(predictor: Predictor) -> bytes:
    """A drawn picture and the model's answer, side by side, as a JPEG."""
    stimulus = np.asarray(balloons().resize((600, 400), Image.Resampling.LANCZOS))
    drawn = overlays.overlay(stimulus, predictor(stimulus))
    buffer = io.BytesIO()
    Image.fromarray(np.hstack([stimulus, drawn])).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write a folder; ValueError if one of its files is not ours, or was changed."""
    if found := not_ours(folder, files, RECORD, FORM):
        raise ValueError(f"{folder / found} is there and was not written by wepsam publish; choose another folder")
    before = _recorded((folder / RECORD).read_bytes()) if (folder / RECORD).is_file() else {}

    def is_ours(name: str) -> bool:
        path = below(folder, name)
        data = path.read_bytes() if path.is_file() and not path.is_symlink() else None
        # The same bytes as now are those of a call that was interrupted.
        return data is not None and (data == files.get(name) or _fingerprint(data) == before.get(name))

    for name in files.keys() - {RECORD}:
        if os.path.lexists(folder / name) and not is_ours(name):
            raise ValueError(f"{folder / name} was changed or added by somebody else; move it away to have it replaced")
    folder.mkdir(parents=True, exist_ok=True)
    for name in filter(is_ours, before.keys() - files.keys()):  # of a model with another name
        below(folder, name).unlink()
    # The record of a first call comes first, that of a later one last: what was interrupted can be done again.
    for name in sorted(files, key=lambda name: (name == RECORD) == bool(before)):
        write_bytes(below(folder, name), files[name])


def _recorded(data: bytes) -> dict[str, Any]:
    """The fingerprints of the files that a record names; {} if it is none of ours."""
    try:
        record = parse_json(data)
        return dict(record["files"]) if record["format"] == FORM else {}
    except (ValueError, TypeError, KeyError):
        return {}


# ---- the Hub


def _push(files: Files, repository: str, private: bool, ask: Callable[[str], bool] | None) -> str | None:
    """Push the files in one commit; returns its URL, or None if `ask` says no."""
    token = client.token()
    if token is None:
        raise ValueError("publishing needs a token that may write: hf auth login, or HF_TOKEN; --folder writes it here")
    if client.is_offline():
        raise client.HubError(f"HF_HUB_OFFLINE forbids to push to {client.endpoint()}; --folder writes the files here")
    hub, api, place = client.library(), client.api(token), f"{client.endpoint()}/{repository}"
    with client.talking(place):
        there = _there(api, repository)
        gone: list[str] = [] if there is None else _replaceable(api, there, files, repository)
    if there is not None and private and not there.private:
        raise ValueError(f"{place} is public, and was to be private; make it private there, or choose another name")
    if ask is not None and not ask(_plan(files, gone, place, private, there)):
        return None
    operations = [hub.CommitOperationAdd(name, data) for name, data in files.items()]
    operations += [hub.CommitOperationDelete(name) for name in gone]
    with client.talking(place, "write"):
        if there is None:
            api.create_repo(repository, private=private, repo_type="model")
        done = api.create_commit(
            repository, operations, commit_message=f"wepsam publish: {_model(files)}",
            parent_commit=None if there is None else there.sha,
        )  # fmt: skip
    return str(done.commit_url)


def _there(api: Any, repository: str) -> Any:
    """What the Hub says of the repository; None if there is none."""
    try:
        return api.model_info(repository, files_metadata=True, timeout=client.SECONDS)
    except client.library().errors.RepositoryNotFoundError as error:
        if error.response.status_code == 404:
            return None
        raise


def _replaceable(api: Any, there: Any, files: Files, repository: str) -> list[str]:
    """See that nothing in a repository would be replaced but what we wrote; returns our files that are to go."""
    listed = {file.rfilename: file for file in there.siblings or ()}
    ours: dict[str, Any] = {}
    if RECORD in listed:
        with tempfile.TemporaryDirectory() as place:
            got = api.hf_hub_download(repository, RECORD, revision=there.sha, cache_dir=place)
            ours = _recorded(Path(got).read_bytes())
    if not ours and (others := sorted(listed.keys() - {*FOREIGN})):
        raise ValueError(
            f"{repository} holds {others[0]}, which wepsam publish did not write; choose another name, or an empty one"
        )
    for name in files.keys() & listed.keys() - {RECORD}:
        if name not in ours or not _is(listed[name], ours[name]):
            raise ValueError(
                f"{name} of {repository} was changed or added by somebody else; remove it there to have it replaced"
            )
    return sorted(name for name in ours.keys() - files.keys() if name in listed and _is(listed[name], ours[name]))


def _is(file: Any, fingerprint: Any) -> bool:
    """Whether a file on the Hub is the one that was recorded."""
    if not isinstance(fingerprint, dict):
        return False
    sha256 = client.sha256_of(file)
    return sha256 == fingerprint.get("sha256") if sha256 else file.blob_id == fingerprint.get("git")


def _plan(files: Files, gone: list[str], place: str, private: bool, there: Any) -> str:
    """What is going to happen, for people."""
    seen = there.private if there is not None else private
    kind = f"{'new' if there is None else 'existing'}, {'private' if seen else 'public'}"
    lines = [f"{place} ({kind}) gets:"]
    lines += [f"  {name}  {len(data):,} bytes" for name, data in files.items()]
    lines += [f"  {name} is removed" for name in gone]
    if "license: " not in files["README.md"].decode().split("\n---\n")[0]:
        lines.append('  the card states no license; add "license" to it, so that people know what they may do')
    return "\n".join(lines)


def _model(files: Files) -> str:
    return next(name for name in files if name.endswith(".onnx")).removesuffix(".onnx")
