"""Do crops keep what people look at? Tables in docs/explanation/answers.md: python recipes/crop_check.py [DATA OPTIONS]

DATA is the folder with osie/, eyecrowd/ and sjtu/ (docs/reference/datasets.md). Crops of their validation pictures are
compared with people's fixations, and the result is kept in results/attention/crops.json. Without DATA the tables are
made again
from that file. The rivals run in interpreters of their own:

    python3 -m venv /tmp/smart && /tmp/smart/bin/pip install smartcrop==0.5.0
    python3 -m venv /tmp/vips && /tmp/vips/bin/pip install pyvips==3.2.0 pyvips-binary==8.18.7 pillow
    python recipes/crop_check.py DATA --smartcrop /tmp/smart/bin/python --vips /tmp/vips/bin/python

results/attention/faces.json has the faces that people looked at. benchmarks/crops/find_faces.py found them, and each of
them was looked at.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wepsam import maps, markdown, progress, resolve
from wepsam.attention import coverage, cropping
from wepsam.attention.answers import rounded
from wepsam.attention.hot_spots import HotSpot, hot_spots
from wepsam.datasets import Sample
from wepsam.evaluation.results import interval
from wepsam.files import write_json
from wepsam.prediction.predictor import DEFAULT, Predictor
from wepsam.reproduction import laboratories
from wepsam.shapes import within

ROOT = Path(__file__).parents[1]
PAGE, RESULT = ROOT / "docs" / "explanation" / "answers.md", ROOT / "results" / "attention" / "crops.json"
FACES, RIVALS = RESULT.with_name("faces.json"), ROOT / "benchmarks" / "crops"
CHECKED = ("osie", "eyecrowd", "sjtu")
ASPECTS = ("1:1", "16:9", "4:5", "9:16")
CENTER, MOST, BEST = "center", "most of the map alone", "best for these people"
SMARTCROP, VIPS = "smartcrop", "libvips attention"
ORDER = (CENTER, SMARTCROP, VIPS, MOST, DEFAULT, BEST)
MEASURES = ("kept", "cut", "left_out")
CELLS = 64  # of the longer side of people's density, in which their hot spots are found
SMALL, CROWD = 0.06, 5  # of a face's width in the picture's; faces of a picture from which it is a crowd
FACED = ("dropped", "dropped, small", "dropped, large", "dropped, crowd", "dropped, few")

Row = dict[str, Any]
Box = Sequence[float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?")
    parser.add_argument("--smartcrop", metavar="PYTHON")
    parser.add_argument("--vips", metavar="PYTHON")
    options = parser.parse_args()
    if options.data:
        progress.show()
        write_json(RESULT, rounded(measure(options.data, {SMARTCROP: options.smartcrop, VIPS: options.vips})))
    found = json.loads(RESULT.read_text(encoding="utf-8"))
    faces = json.loads(FACES.read_text(encoding="utf-8"))
    for name, text in tables(found, faces).items():
        markdown.insert(PAGE, name, text)


# ---- measuring


def measure(folder: str, pythons: Mapping[str, str | None]) -> Row:
    """What the tables say, from the pictures of a folder."""
    predict = resolve.predictor(DEFAULT, threads=1)
    assert isinstance(predict, Predictor)
    samples = [
        (part.name, sample) for part in laboratories.validation_parts(folder, CHECKED) for sample in part
        if sample.has_density
    ]  # fmt: skip
    windows = [[cropping.window(sample.size, aspect) for aspect in ASPECTS] for _, sample in samples]
    boxes: dict[str, list[list[Box]]] = {CENTER: [], MOST: [], DEFAULT: [], BEST: []}
    spent = dict.fromkeys(("network", DEFAULT), 0.0)
    people = []
    for (_, sample), sizes in progress.track([*zip(samples, windows, strict=True)], "cropping"):
        made = _ours(predict, sample, sizes, spent)
        for name, found in made.items():
            boxes[name].append(found)
        people.append(hot_spots(_small(sample.density())))
    costs = {name: 1000 * seconds / len(samples) for name, seconds in spent.items()}
    work = json.dumps([[str(s.path), sizes] for (_, s), sizes in zip(samples, windows, strict=True)])
    for name, script in ((SMARTCROP, "with_smartcrop.py"), (VIPS, "with_vips.py")):
        if python := pythons[name]:
            done = subprocess.run([python, RIVALS / script], input=work, capture_output=True, text=True, check=True)
            answer = json.loads(done.stdout)
            boxes[name], costs[name] = answer["boxes"], answer["ms"]
    faces = json.loads(FACES.read_text(encoding="utf-8"))["pictures"]
    rows = []
    for name in [name for name in ORDER if name in boxes]:
        scored = [
            [_scores(sample, box, spots, faces.get(lab, {}).get(sample.id, [])) for box in found]
            for (lab, sample), found, spots in zip(samples, boxes[name], people, strict=True)
        ]
        for lab in CHECKED:
            here = [one for (other, _), one in zip(samples, scored, strict=True) if other == lab]
            rows += [
                {"laboratory": lab, "crops": name, "aspect": aspect} | _means(here, which)
                for aspect, which in (*((a, [k]) for k, a in enumerate(ASPECTS)), ("all", range(len(ASPECTS))))
            ]
    relative = {name: cost / costs["network"] for name, cost in costs.items()}
    pictures = {lab: sum(other == lab for other, _ in samples) for lab in CHECKED}
    return {"weights": predict.card["sha256"], "pictures": pictures, "cost": relative, "rows": rows}


def _ours(
    predict: Predictor, sample: Sample, sizes: Sequence[tuple[int, int]], spent: dict[str, float]
) -> dict[str, list[Box]]:
    """The boxes of an own method for each window; the processor time is added to what was spent."""
    begin = time.process_time()
    density = predict.low_resolution(predict.read(sample.path)[0])
    middle = time.process_time()
    spots = hot_spots(density)
    own: list[Box] = [cropping.crop_box(density, sample.size, aspect, spots=spots) for aspect in ASPECTS]
    spent["network"] += middle - begin
    spent[DEFAULT] += (time.process_time() - middle) / len(ASPECTS)
    height, width = sample.size
    center: list[Box] = []
    for w, h in sizes:
        x, y = (width - w) // 2, (height - h) // 2
        center.append((x, y, x + w, y + h))
    assert sample.fixations is not None
    return {
        CENTER: center,
        MOST: [_highest(sample.size, window, lambda box: _held(density, box, sample.size)) for window in sizes],
        DEFAULT: own,
        BEST: [_highest(sample.size, window, lambda box: _inside(sample.fixations, box).mean()) for window in sizes],
    }


def _highest(size: tuple[int, int], window: tuple[int, int], value: Callable[[Box], float]) -> Box:
    """Of all places of a window, in steps of two pixels, the first at which it is worth most."""
    (height, width), (w, h) = size, window
    places = [(x, y, x + w, y + h) for x in range(0, width - w + 1, 2) for y in range(0, height - h + 1, 2)]
    return max(places, key=value)


def _held(density: np.ndarray, box: Box, size: tuple[int, int]) -> float:
    shares = np.array(box) / [size[1], size[0], size[1], size[0]]
    rows, columns = (coverage.edges(side) for side in density.shape)
    down = coverage.overlap(shares[1], shares[3], rows)
    return float(down @ density @ coverage.overlap(shares[0], shares[2], columns))


def _inside(fixations: np.ndarray, box: Box) -> np.ndarray:
    x, y = fixations.T
    return (x >= box[0]) & (x < box[2]) & (y >= box[1]) & (y < box[3])


def _small(density: np.ndarray) -> np.ndarray:
    return maps.to_density(maps.enlarge(density.astype(np.float32), within(*density.shape, CELLS)))


def _scores(sample: Sample, box: Box, spots: Sequence[HotSpot], faces: Sequence[Box]) -> dict[str, float]:
    """Of one crop: the share of the fixations that it keeps, of hot spots and faces what it cuts and drops."""
    height, width = sample.size
    shares = tuple(np.array(box) / [width, height, width, height])
    held = np.array([cropping.part_inside(spot.box, shares) for spot in spots])
    low, high = cropping.PARTLY
    assert sample.fixations is not None
    found = {"kept": float(_inside(sample.fixations, box).mean())}
    if len(held):
        found |= {"cut": float(((held >= low) & (held <= high)).mean()), "left_out": float((held < low).mean())}
    gone = np.array([cropping.part_inside(face, box) < 0.5 for face in faces])
    if len(gone):
        small = np.array([(face[2] - face[0]) / width < SMALL for face in faces])
        groups = {"dropped, small": gone[small], "dropped, large": gone[~small]}
        found |= {"dropped": float(gone.mean())} | {name: float(g.mean()) for name, g in groups.items() if len(g)}
        found["dropped, crowd" if len(faces) >= CROWD else "dropped, few"] = float(gone.mean())
    return found


def _means(pictures: Sequence[Sequence[Mapping[str, float]]], aspects: Sequence[int]) -> Row:
    """(mean, low, high, pictures) of each measure: 95 % bootstrap intervals; each picture counts once."""
    found: Row = {}
    for name in (*MEASURES, *FACED):
        values = [[one[k][name] for k in aspects] for one in pictures if name in one[0]]
        if values:
            found[name] = [*interval(np.mean(values, axis=1)), len(values)]
    return found


# ---- what is shown


def tables(found: Row, faces: Row) -> dict[str, str]:
    """The tables of the page by name."""
    return {"crops": crops_table(found), "crop-aspects": aspects_table(found), "crop-faces": faces_table(found, faces)}


def crops_table(found: Row) -> str:
    """Fixations kept and hot spots cut, over all aspects."""
    head = ["crops", *(f"{lab} {what}" for lab in CHECKED for what in ("kept", "cut")), "time"]
    rows = []
    for name in _methods(found):
        cells = [_cell(_row(found, lab, name)[what]) for lab in CHECKED for what in ("kept", "cut")]
        rows.append([_bold(name), *cells, f"{found['cost'][name]:.2f}" if name in found["cost"] else ""])
    counts = ", ".join(f"{lab} {count}" for lab, count in found["pictures"].items())
    note = (
        f"Means over {', '.join(ASPECTS)} ± half of the 95 % bootstrap interval over pictures ({counts}). Kept: share "
        "of people's fixations in the crop. Cut: share of people's hot spots of which 10 to 90 % are in it. Time: "
        "processor time of a crop of a decoded picture; reading a picture and running the network once takes 1."
    )
    return f"{markdown.table(head, rows)}\n\n{note}"


def aspects_table(found: Row) -> str:
    """The same by aspect, as means over the laboratories."""
    head = ["crops", *(f"{aspect} {what}" for aspect in ASPECTS for what in ("kept", "cut", "left out"))]
    rows = []
    for name in _methods(found):
        means = [
            np.mean([_row(found, lab, name, aspect)[what][0] for lab in CHECKED])
            for aspect in ASPECTS for what in MEASURES
        ]  # fmt: skip
        rows.append([_bold(name), *(f"{100 * mean:.1f} %" for mean in means)])
    note = "Means over the laboratories. Left out: hot spots of people of which less than 10 % is in the crop."
    return f"{markdown.table(head, rows)}\n\n{note}"


def faces_table(found: Row, faces: Row) -> str:
    """How often a face that people looked at is not in the crop."""
    labs = [lab for lab in CHECKED if "dropped" in _row(found, lab, CENTER)]
    head = ["crops", *labs, *(f"{labs[-1]}: {what.partition(', ')[2]}" for what in FACED[1:])]
    rows = []
    for name in _methods(found):
        cells = [_cell(_row(found, lab, name)["dropped"]) for lab in labs]
        cells += [_cell(_row(found, labs[-1], name)[what]) for what in FACED[1:]]
        rows.append([_bold(name), *cells])
    eye, pictures = faces["by_eye"], {lab: len(faces["pictures"][lab]) for lab in labs}
    counts = " and ".join(f"{count} pictures of {lab}" for lab, count in pictures.items())
    note = (
        "Share of the faces of a picture of which less than half is in the crop; means over "
        f"{', '.join(ASPECTS)} and {counts} ± half of the 95 % bootstrap interval. Small: narrower than {SMALL:.0%} "
        f"of the picture. Crowd: at least {CROWD} faces that people looked at; few: less. The cascade found "
        f"{faces['found']} boxes; of a random {eye['boxes']} of them {eye['are_faces'] / eye['boxes']:.0%} are faces "
        f"by eye. At {faces['looked_at']} boxes a quarter of the viewers or more had looked. Each of these was "
        f"checked by eye, and the {faces['faces']} that are faces count here. On {eye['pictures']} random pictures "
        f"the cascade found {eye['found']} of about {eye['visible']} faces that one can see: it missed "
        f"{1 - eye['found'] / eye['visible']:.0%}, most of them turned to the side, in the shade, or tiny."
    )
    return f"{markdown.table(head, rows)}\n\n{note}"


def _methods(found: Row) -> list[str]:
    return list(dict.fromkeys(row["crops"] for row in found["rows"]))


def _row(found: Row, laboratory: str, name: str, aspect: str = "all") -> Row:
    wanted = {"laboratory": laboratory, "crops": name, "aspect": aspect}
    return next(row for row in found["rows"] if wanted.items() <= row.items())


def _cell(value: Sequence[float]) -> str:
    mean, low, high, _ = value
    return f"{100 * mean:.1f} ± {50 * (high - low):.1f} %"


def _bold(name: str) -> str:
    return f"**{name}**" if name == DEFAULT else name


if __name__ == "__main__":
    main()
