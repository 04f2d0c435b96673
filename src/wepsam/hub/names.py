"""What names of models on the Hub look like: hf:owner/name, hf:owner/name@revision."""

import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, TypeGuard

from wepsam.cards import WeightsError

PREFIX = "hf:"
# Of an owner or a repository: letters, digits, "-", "_" and "."; no "--", no "..", neither sign at an end.
PART = r"(?![.-])(?:(?!--|\.\.)[A-Za-z0-9_.-]){1,96}(?<![.-])"
REVISION = r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./+-]{0,200}(?<!/)"  # a branch, a tag, a commit, refs/pr/1
COMMIT = re.compile("[0-9a-f]{40}")


@dataclass(frozen=True)
class HubName:
    """A model on the Hub.

    Attributes:
        repository: "owner/name".
        revision: a branch, a tag or a commit; None is the branch main.
    """

    repository: str
    revision: str | None = None

    def __str__(self) -> str:
        return f"{PREFIX}{self.repository}" + (f"@{self.revision}" if self.revision else "")

    @property
    def commit(self) -> str | None:
        """The commit, if the revision is a whole one: what it holds never changes."""
        return self.revision if self.revision and COMMIT.fullmatch(self.revision) else None

    def at(self, commit: str) -> "HubName":
        """The same model at a commit."""
        return HubName(self.repository, commit)


def is_name(model: Any) -> TypeGuard[str]:
    """Whether this names a model on the Hub."""
    return isinstance(model, str) and model.startswith(PREFIX)


def parse(text: str) -> HubName:
    """The model that a name such as hf:owner/name@v1 stands for.

    Raises:
        WeightsError: it is no such name.
    """
    repository, _, revision = text.removeprefix(PREFIX).partition("@")
    if not is_name(text) or not is_repository(repository) or ("@" in text and not re.fullmatch(REVISION, revision)):
        raise WeightsError(f"{text!r:.200} is no model on the Hub: expected hf:owner/name or hf:owner/name@revision")
    return HubName(repository, revision or None)


def is_repository(text: str) -> bool:
    """Whether this can be the name of a repository, as owner/name."""
    return re.fullmatch(f"{PART}/{PART}", text) is not None and not text.endswith(".git")


def of_file(path: str | PathLike[str]) -> HubName | None:
    """The model and its commit, if a file lies in the cache of the Hub; None for any other file.

    The cache keeps the files of a commit in models--OWNER--NAME/snapshots/COMMIT. So who has only the file of an opened
    model can say which commit that is.
    """
    folders = Path(path).parts[-4:-1]
    if len(folders) < 3 or folders[1] != "snapshots" or not COMMIT.fullmatch(folders[2]):
        return None
    kind, *parts = folders[0].split("--")
    repository = "/".join(parts)
    return HubName(repository, folders[2]) if kind == "models" and is_repository(repository) else None
