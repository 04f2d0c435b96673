"""The table of facts, in the package, on the command line and in the docs."""

from __future__ import annotations

import json

from helpers import ROOT, Run
from wepsam.datasets import ABOUT, DATASETS
from wepsam.datasets.about import markdown


def test_every_public_reader_has_its_facts() -> None:
    named = [name for about in ABOUT.values() for name in about.names]
    assert sorted(named) == sorted(set(DATASETS) - {"csv", "maps"})
    assert len(set(named)) == len(named)
    for key, about in ABOUT.items():
        assert about.names[0].startswith(key)
        assert about.home.startswith("http")
        for fact in (about.title, about.observers, about.task, about.size, about.terms, about.citation, about.layout):
            assert fact
            assert "|" not in fact  # a cell of the table
            assert "\n" not in fact


def test_docs_have_the_table() -> None:
    text = (ROOT / "docs" / "reference" / "datasets.md").read_text()
    assert markdown() in text, "run wepsam datasets list --markdown and put the tables into docs/reference/datasets.md"
    for name in DATASETS:
        assert f"`{name}`" in text or f"-d {name}=" in text


def test_wepsam_datasets(wepsam_command: Run) -> None:
    code, out, err = wepsam_command("datasets")
    assert (code, err) == (0, "")
    for about in ABOUT.values():
        assert about.title in out
        assert about.home in out
        assert about.citation in out
        assert ", ".join(about.names) in out
    code, out, err = wepsam_command("datasets", "--json")
    assert json.loads(out)["cat2000"]["sigma"] == 40
    code, out, err = wepsam_command("datasets", "--markdown")
    assert (code, out) == (0, markdown())
