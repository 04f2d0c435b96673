"""The tables of docs/reference/file-formats.md and errors.md: python -m recipes.file_formats

Small files of each kind are made by the functions that write them. What they hold is listed with its type; what it
means stands in file_fields.toml. A field that is in a file and not there, or there and in no file, is an error.
"""

import json
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import numpy as np
from PIL import Image

import wepsam
from wepsam import card_fields, markdown
from wepsam.attention.areas import Area, write_areas
from wepsam.cards import SHIPPED
from wepsam.cli.errors import exit_code
from wepsam.prediction.targets import SAVES
from wepsam.video.maps_in_time import GRID, MapsInTime

ROOT = Path(__file__).parents[1]
PAGE, ERRORS = (ROOT / "docs" / "reference" / name for name in ("file-formats.md", "errors.md"))
FIELDS: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("file_fields.toml").read_text("utf-8"))
TYPES = {bool: "true or false", int: "whole number", float: "number", str: "text", list: "list", dict: "object"}
# The files of one kind that a run makes, by the name of their table.
JSON = {
    "weak-manifest": ["weak/manifest.json"],
    "result": ["results/own-all/center-gaussian.json"],
    "areas": ["areas.json"],
    "report": ["report/report.json"],
    "reference": ["own.json"],
    "import": ["gaze/import.json"],
    "check": ["gaze/check.json"],
    "calibration": ["adapted/calibration.json"],
    "run-config": ["run/config.json"],
    "run-best": ["run/best.json"],
}
CSV = {
    "weak-not-kept": "weak/not_kept.csv",
    "result-rows": "results/own-all/center-gaussian.csv",
    "report-areas": "report/areas.csv",
    "fixations": "gaze/fixations.csv",
    "viewings": "gaze/viewings.csv",
    "run-log": "run/log.csv",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in tables(make(Path(folder))).items():
            markdown.insert(PAGE, name, text)
    markdown.insert(ERRORS, "errors", errors())


def make(out: Path) -> Path:
    """Make small files of each kind in a folder, by the functions that write them."""
    rng = np.random.default_rng(0)
    stimuli = out / "study" / "stimuli"
    stimuli.mkdir(parents=True)
    rows = ["image,observer,x,y,onset,duration"]
    for number in range(12):
        blotches = Image.fromarray(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8))
        blotches.resize((160, 120), Image.Resampling.BICUBIC).save(stimuli / f"{number:02}.png")
        for observer in "abc":
            for onset, (x, y) in enumerate(rng.normal((80, 60), (16, 12), (4, 2))):
                rows.append(f"{number:02}.png,{observer},{x:.1f},{y:.1f},{0.3 * onset:.1f},0.25")
    fixations = out / "study" / "fixations.csv"
    fixations.write_text("\n".join(rows) + "\n", encoding="utf-8")
    own = f"own={out / 'study'}"
    wepsam.label(str(stimuli), str(out / "weak"), teacher="spectral_residual", workers=1)
    wepsam.evaluate("center-gaussian", own, out=out / "results", workers=1)
    wepsam.adapt(stimuli, out / "adapted", fixations=fixations, model="center-gaussian")
    areas = [Area("title", box=(0.1, 0.0, 0.9, 0.2)), Area("face", polygons=([[0.4, 0.3], [0.6, 0.3], [0.5, 0.7]],))]
    write_areas(out / "areas.json", [*areas, Area("sky", mask=np.eye(4, dtype=np.uint8))])
    pair = sorted(stimuli.glob("*.png"))[:2]
    broken = out / "broken.png"
    broken.write_bytes(b"no picture")
    wepsam.report([*pair, broken], out / "report", areas, compare=True, people=out / "study", quality="fast")
    wepsam.benchmark(stimuli, out / "own.json", model="center-gaussian")
    wepsam.gaze.import_gaze(fixations, stimuli, out / "gaze", origin="picture")
    wepsam.gaze.check(out / "gaze")
    wepsam.predict(pair[0], out / "maps", model="center-gaussian", save=list(SAVES))
    wepsam.predict(pair[0], out / "maps", model="center-gaussian", save="log-density", bits=True)
    with MapsInTime((54, GRID), out) as kept:
        kept.add(0.0, np.ones((2, 2)), False)
        kept.save(out / "clip.npz")
    changes = {"epochs": 1, "batch_size": 4, "precision": "32-true"}
    network = {"width": 8, "blocks": 1, "area": 64 * 64}
    wepsam.finetune(own, out / "run", recipe="lite", start="random", network=network, changes=changes)
    return out


def tables(made: Path) -> dict[str, str]:
    """The Markdown tables of the page by their names."""
    found = {
        "weak-part": columns_of_store(), "card": card(), "card-told": told_by_cards(), "clip": clip(made),
        "maps": maps(made),
    }  # fmt: skip
    for name, paths in JSON.items():
        value = json.loads((made / paths[0]).read_text("utf-8"))
        if name == "areas":  # one entry of the list, with all shapes
            value = {key: one for entry in value for key, one in entry.items()}
        found[name] = table(("field", "type", "what it says"), fields(value, FIELDS[name]))
    for name, path in CSV.items():
        head = (made / path).read_text("utf-8").splitlines()[0].split(",")
        found[name] = table(("column", "what it says"), [(key, meaning(name, key)) for key in every(name, head)])
    return found


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return markdown.table(head, [(f"`{row[0]}`", *row[1:]) for row in rows])


def fields(value: Any, said: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """A row for each field of a JSON value that the text knows: its name, its type and its meaning.

    Raises:
        ValueError: a field that the text does not know, or the reverse.
    """
    found = dict(walk(value, "", said))
    if unknown := [name for name in found if name not in said]:
        raise ValueError(f"file_fields.toml does not say what {', '.join(unknown)} is")
    if missing := [name for name, one in said.items() if name not in found and isinstance(one, str)]:
        raise ValueError(f"no file has {', '.join(missing)}, which file_fields.toml explains")
    return [(name, *((found[name], one) if isinstance(one, str) else one)) for name, one in said.items()]


def walk(value: Any, path: str, said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields below a path with their types, as deep as the text goes; a star stands for names that differ."""
    below = f"{path}." if path else ""
    if isinstance(value, list) and any(name.startswith(f"{path}[]") for name in said):
        for entry in value:
            yield from walk(entry, f"{path}[]", said)
    elif isinstance(value, dict) and any(name.startswith(below) for name in said):
        star = any(name.startswith(f"{below}*") for name in said)
        for key, one in value.items():
            yield from walk(one, f"{below}{'*' if star else key}", said)
    else:
        yield path, TYPES.get(type(value), "null")


def every(name: str, names: list[str]) -> list[str]:
    """The same names; ValueError unless the text knows these and no others."""
    if set(names) != set(FIELDS[name]):
        raise ValueError(f"{name} has {', '.join(names)}, file_fields.toml explains {', '.join(FIELDS[name])}")
    return names


def meaning(name: str, key: str) -> str:
    return str(FIELDS[name][key])


def columns_of_store() -> str:
    from wepsam.weak.store import COLUMNS

    rows = [(name, str(kind), what) for name, (kind, what) in COLUMNS.items()]
    return table(("column", "type", "what it says"), rows)


def card() -> str:
    """The fields that prediction and evaluation read: which cards need them, what they may be, what they say."""
    groups = {
        "every": card_fields.REQUIRED, "of a square input": card_fields.SQUARE, "in the aspect": card_fields.ASPECT
    }  # fmt: skip
    rows = []
    for group, checks in groups.items():
        for name, check in checks.items():
            needed = "may be missing" if name in card_fields.OPTIONAL else group
            rows.append((name, needed, expected(name, check), meaning("card", name)))
    every("card", [row[0] for row in rows])
    return table(("field", "needed by cards", "what it may be", "what it says"), rows)


def expected(name: str, check: card_fields.Check) -> str:
    """What a check expects, in its own words."""
    try:
        check(name, None)
    except ValueError as error:
        return str(error).partition("expected ")[2]
    raise ValueError(f"the check of {name} takes anything")


def told_by_cards() -> str:
    """The other fields of the card of the default weights, which are for people."""
    shipped = json.loads((SHIPPED / f"{wepsam.prediction.predictor.DEFAULT}.json").read_text("utf-8"))
    checked = {*card_fields.REQUIRED, *card_fields.SQUARE, *card_fields.ASPECT}
    names = every("card-told", [name for name in shipped if name not in checked])
    return table(("field", "type", "what it says"), [
        (name, TYPES[type(shipped[name])], meaning("card-told", name)) for name in names
    ])  # fmt: skip


def clip(made: Path) -> str:
    arrays = dict(np.load(made / "clip.npz"))
    shapes = {"maps": "(T, h, w)", "times": "(T,)"}
    return table(("array", "type", "what it says"), [
        (name, f"{arrays[name].dtype} {shapes[name]}", meaning("clip", name)) for name in every("clip", [*arrays])
    ])  # fmt: skip


def maps(made: Path) -> str:
    """The files of a picture by the ends of their names."""
    kinds = {ending: kind for kind, ending in SAVES.items()} | {"_log2-density.npy": "log-density"}
    rows = []
    for ending in every("maps", [*kinds]):
        array = read(made / "maps" / f"00{ending}")
        shape = "(H, W, 3)" if array.ndim == 3 else "(H, W)"
        rows.append((f"STEM{ending}", f"`{kinds[ending]}`", f"{array.dtype} {shape}", meaning("maps", ending)))
    return table(("file", "`--save`", "type", "what it says"), rows)


def read(path: Path) -> np.ndarray:
    return np.load(path) if path.suffix == ".npy" else np.asarray(Image.open(path))


def errors() -> str:
    """Our errors that callers meet: what they say, what else they are, and the exit code of a command that ends so."""
    rows = {}
    for module in walk_packages(wepsam.__path__, "wepsam."):
        if module.name == "wepsam.__main__":
            continue
        for name, kind in vars(import_module(module.name)).items():
            if name.endswith("Error") and isinstance(kind, type) and kind.__module__.startswith("wepsam."):
                first = " ".join((kind.__doc__ or "").split()).partition(". ")[0].rstrip(".")
                bases = ", ".join(f"`{base.__name__}`" for base in kind.__bases__)
                known = f"{kind.__module__}.{name}".replace("._picture_files.", ".")
                rows[known] = (f"{known}", bases, str(exit_code(kind(""))), first)
    return table(("error", "is a", "exit code", "what it says"), [rows[name] for name in sorted(rows)])


if __name__ == "__main__":
    main()
