"""Kinds of foreign files: good ones to begin with, and what is done with them, up to an answer that is checked."""

from __future__ import annotations

import contextlib
import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from helpers import ROOT, made_up, tiny_weights, write_tar
from picture_samples import encoded, exif, ramp, tiff
from wepsam import cards, images

Make = Callable[[Path], None]
Use = Callable[[Path, str], None]


@dataclass(frozen=True)
class Kind:
    """One kind of foreign files.

    Attributes:
        make: writes good files into an empty folder.
        use: reads them as wepsam does; an AssertionError says that the answer is wrong.
        changed: patterns of the files that are changed, one in each case.
        again: what has to be done with a changed file before it is read, so that it is not refused at the door.
    """

    make: Make
    use: Use
    changed: tuple[str, ...] = ("*",)
    again: Callable[[Path], None] = lambda path: None


# ---- pictures and maps


def make_pictures(folder: Path) -> None:
    color, gray = ramp(40, 60), np.arange(2400, dtype=np.uint16).reshape(40, 60) * 27
    frames = [Image.fromarray(color), Image.fromarray(color[::-1])]
    files = {
        "plain.jpg": encoded(color, "JPEG", exif=exif(6)),
        "progressive.jpg": encoded(color, "JPEG", progressive=True),
        "cmyk.jpg": encoded(Image.fromarray(color).convert("CMYK"), "JPEG"),
        "color.png": encoded(color),
        "deep.png": encoded(Image.fromarray(gray)),
        "palette.png": encoded(Image.fromarray(color).convert("P")),
        "frames.gif": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "frames.webp": encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "lossless.webp": encoded(color, "WEBP", lossless=True),
        "lzw.tif": encoded(color, "TIFF", compression="tiff_lzw"),
        "float.tif": encoded(Image.fromarray(gray.astype(np.float32)), "TIFF", compression="tiff_adobe_deflate"),
        "floats.tif": tiff((color / 255).astype(np.float32), deflate=True, predictor=3),
        "big-endian.tif": tiff(gray[..., None].astype(np.float32), deflate=True, order=">", _262=[1]),
        "color.bmp": encoded(color, "BMP"),
        "color.ppm": encoded(color, "PPM"),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)


def use_pictures(folder: Path, changed: str) -> None:
    size = images.image_size(folder / changed)
    picture, own = images.read_sized(folder / changed, smallest=16)
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.shape[2] == 3
    assert own == size


def make_maps(folder: Path) -> None:
    from scipy.io import savemat

    values = np.hypot(*np.mgrid[-1:1:30j, -1:1:40j]).astype(np.float32)
    gray = np.rint(100 * values).astype(np.uint8)
    Image.fromarray(gray).save(folder / "gray.png")
    Image.fromarray(gray).save(folder / "gray.jpg")
    Image.fromarray(values).save(folder / "float.tif")
    np.save(folder / "map.npy", values)
    savemat(folder / "map.mat", {"I": values})
    savemat(folder / "small.mat", {"I": values}, do_compression=True)


def use_maps(folder: Path, changed: str) -> None:
    from wepsam.datasets.base import read_map as read_density
    from wepsam.evaluation.map_folder import map_size, read_map

    path = folder / changed
    for read in (read_map, read_density) if path.suffix != ".npy" else (read_map,):
        values = read(path)
        assert values.dtype == np.float64
        assert values.ndim == 2
        assert read is read_density or (np.isfinite(values).all() and values.min() >= 0)
    assert map_size(path) == read_map(path).shape


# ---- weights, cards, checkpoints


def make_weights(folder: Path) -> None:
    tiny_weights(folder / "square.onnx")
    tiny_weights(folder / "aspect.onnx", aspect=True)


def use_weights(folder: Path, changed: str) -> None:
    import wepsam

    for quality in ("fast", "best"):
        model = wepsam.load((folder / changed).with_suffix(".onnx"), quality=quality, threads=1)
        saliency_map = model(ramp())
        assert saliency_map.shape == ramp().shape[:2]
        assert np.isfinite(saliency_map).all()
        assert saliency_map.min() >= 0
        assert saliency_map.max() == 1


def belongs(path: Path) -> None:
    """The card of a changed .onnx gets its SHA-256: strangers write both."""
    card = json.loads(cards.path_of(path).read_text())
    cards.write(cards.path_of(path), card | {"sha256": cards.sha256(path)})


def make_checkpoints(folder: Path) -> None:
    import torch
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    from helpers import squares
    from wepsam.networks.paper import PaperConfig, PaperNet
    from wepsam.training import loop
    from wepsam.training.settings import TrainSettings

    network = PaperNet(PaperConfig(filters=(2, 2, 2), hidden=2, init="he"), torch.Generator().manual_seed(0))
    settings = TrainSettings(epochs=1, batch_size=12, optimizer="adamw", learning_rate=(1e-3, 0), loss="kl")
    loop.train(network, [squares()], [squares()], settings, folder, "random")
    old = folder / "old.safetensors"  # as earlier versions wrote it: no checksum stops a change at the door
    with safe_open(folder / "best.safetensors", "pt") as file:
        about = file.metadata()["about"]
    save_file(load_file(folder / "best.safetensors"), old, {"about": about})


def use_checkpoints(folder: Path, changed: str) -> None:
    from wepsam.training import checkpoint

    if changed.endswith(".safetensors"):
        assert checkpoint.load_weights(folder / changed)[1]["step"] == 1
        return
    record = json.loads((folder / "best.json").read_text())
    checkpoint.claim(folder, {key: record[key] for key in checkpoint.DETERMINES})
    assert all(row["step"] in ("0", "1") for row in checkpoint.read_log(folder, 1))


# ---- tables and stores


def make_tables(folder: Path) -> None:
    (folder / "stimuli").mkdir()
    rng = np.random.default_rng(0)
    with (folder / "fixations.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "observer", "x", "y"])
        for number in range(3):
            Image.fromarray(ramp(30, 40)).save(folder / "stimuli" / f"{number}.png")
            writer.writerows([f"{number}.png", "ab"[k % 2], *rng.uniform(5, 25, 2).round(2)] for k in range(6))


def use_tables(folder: Path, changed: str) -> None:
    from wepsam.datasets import open_dataset

    data = open_dataset(f"csv={folder}")
    assert 1 <= len(data) <= 3
    for sample in data:
        assert sample.path.resolve().is_relative_to(folder.resolve())
        assert sample.fixations is not None
        x, y = sample.fixations.T
        assert ((x >= 0) & (x < 40) & (y >= 0) & (y < 30)).all()
        if sample.has_density:
            np.testing.assert_allclose(sample.density().sum(), 1)


def make_stores(folder: Path) -> None:
    from wepsam.weak.labeling import label

    rng = np.random.default_rng(0)
    pictures = folder / "photos"
    pictures.mkdir()
    for number in range(5):
        Image.fromarray(rng.integers(0, 256, (8, 9, 3), np.uint8)).resize((90, 80)).save(pictures / f"{number}.png")
    (pictures / "broken.jpg").write_bytes(b"<html>")
    label(pictures, folder / "weak", workers=1, part_size=3)


def use_stores(folder: Path, changed: str) -> None:
    from wepsam.weak import store

    weak = folder / "weak"
    assert sum(sum(statuses.values()) for statuses, _ in store.check(weak)) == 6
    rows = store.select(weak, 1.0)
    stimuli, teacher_maps, ids = store.read_rows(weak, rows)
    assert stimuli.shape == (len(ids), 128, 128, 3)
    assert teacher_maps.shape == (len(ids), 32, 32)


# ---- archives and results


def make_archives(folder: Path) -> None:
    pictures = {f"{k}.jpg": encoded(ramp(16, 24), "JPEG") for k in range(3)}
    inner = write_tar(folder / "inner.tar", pictures).read_bytes()
    (folder / "inner.tar").unlink()
    write_tar(folder / "plain.tar", pictures)
    write_tar(folder / "nested.tar", {"a.tar": inner, "z.jpg": pictures["0.jpg"]})
    write_tar(folder / "pax.tar", {"é" * 100 + ".jpg": pictures["0.jpg"], "b.jpg": pictures["1.jpg"]}, format=2)


def use_archives(folder: Path, changed: str) -> None:
    from wepsam.weak.fetching import read_pictures
    from wepsam.weak.picture_list import find_pictures

    path = folder / changed
    pictures = find_pictures(path)[:]
    for picture, source in read_pictures(pictures):
        if picture.flaw or isinstance(source, OSError):
            continue
        assert 0 <= picture.offset <= path.stat().st_size
        assert picture.size >= 0
        with contextlib.suppress(images.ImageError):
            assert images.read_image(source).ndim == 3


def make_results(folder: Path) -> None:
    from wepsam.evaluation import results

    rng = np.random.default_rng(0)
    for name in ("one", "other"):
        scores = {metric: rng.uniform(0, 1, 8).tolist() for metric in ("cc", "nss", "auc_judd")}
        for place in ("own", "gathered"):
            made_up(name, **scores).save(folder / place)
    results.gather(folder / "gathered")


def use_results(folder: Path, changed: str) -> None:
    from wepsam.evaluation import comparison, table

    place = folder / changed.partition("/")[0]
    for made in comparison.compare(place, paired="one"):
        for cells in made.rows.values():
            assert all(np.isnan(c.mean) or c.pictures > 0 for c in cells)
            assert all(isinstance(c.mean, float) for c in cells)
        for write in table.FORMATS.values():
            assert isinstance(write(made), str)


def make_studies(folder: Path) -> None:
    """The gathered files of a study, with few rows of each run."""
    study = ROOT / "results" / "reproduction" / "plateau"
    (folder / "plateau").mkdir()
    for name, rows in (("logs.csv", 4), ("scores.csv", 2)):
        head, *lines = (study / name).read_text().splitlines(keepends=True)
        seen = Counter[str]()
        kept = [line for line in lines if not seen.update([run := line.partition(",")[0]]) and seen[run] <= rows]
        (folder / "plateau" / name).write_text("".join([head, *kept]))
    (folder / "plateau" / "jobs.json").write_bytes((study / "jobs.json").read_bytes())


def use_studies(folder: Path, changed: str) -> None:
    from wepsam.reproduction.report import page

    for text in page.blocks(["plateau"], folder).values():
        assert isinstance(text, str)


# ---- areas


def make_areas(folder: Path) -> None:
    box, corners = [0.25, 0.5, 0.75, 1.0], [[20, 30], [60, 30], [60, 60], [20, 60]]
    flat = [float(value) for corner in corners for value in corner]
    own = [
        {"label": "buy", "box": box},
        {"label": "sky", "unit": "pixels", "polygon": corners},
        {"label": "mask", "mask": {"size": [3, 4], "counts": [3, 2, 4, 3]}},
    ]
    annotations = [{"image_id": 1, "category_id": 2, "segmentation": [flat], "bbox": [1, 2, 3, 4]}] * 2
    results = [
        {"value": {"x": 25, "y": 50, "width": 50, "height": 50, "rotation": 30, "rectanglelabels": ["car"]}},
        {"value": {"points": [[25, 50], [75, 50], [75, 100]], "polygonlabels": ["sky"]}},
    ]
    contents = {
        "own": own,
        "browser": {"viewport": [160, 120], "areas": [{"id": "a", "x": 40, "y": 60, "width": 80, "height": 60}]},
        "coco": {
            "images": [{"id": 1, "file_name": "street.jpg", "height": 60, "width": 80}],
            "categories": [{"id": 2, "name": "person"}],
            "annotations": annotations,
        },
        "studio": [{"data": {"image": "/1/ab-street.jpg"}, "annotations": [{"result": results}]}],
    }
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    (folder / "boxes.csv").write_text("label,x0,y0,x1,y1\nbuy,20,30,60,60\nsky,0,0,80,20\n")
    (folder / "corners.csv").write_text("label;x;y\n" + "".join(f"sky;{x};{y}\n" for x, y in corners))
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8) // 16 * 100).save(folder / "mask.png")


def use_areas(folder: Path, changed: str) -> None:
    from wepsam.attention import shares
    from wepsam.attention.areas import write_areas
    from wepsam.attention.intervals import Group
    from wepsam.attention.reading import read_areas

    size = (60, 80)
    areas = read_areas(folder / changed, size, "street.jpg")
    density = np.full((6, 8), 1 / 48)
    scores, elsewhere = shares.measure(density, density, areas, Group())
    assert -1e-9 <= elsewhere <= 1
    for score, area in zip(scores, areas, strict=True):
        assert 0 <= score.share_low <= score.share <= score.share_high <= 1
        assert 0 < area.surface <= 1
        assert score.label.isprintable()
    write_areas(folder / "again.json", areas)
    assert [area.label for area in read_areas(folder / "again.json", size)] == [area.label for area in areas]


KINDS = {
    "pictures": Kind(make_pictures, use_pictures),
    "maps": Kind(make_maps, use_maps),
    "cards": Kind(make_weights, use_weights, ("*.json",)),
    "weights": Kind(make_weights, use_weights, ("*.onnx",), belongs),
    "checkpoints": Kind(
        make_checkpoints, use_checkpoints, ("best.safetensors", "old.safetensors", "config.json", "log.csv")
    ),
    "tables": Kind(make_tables, use_tables, ("fixations.csv", "fixations.csv", "stimuli/0.png")),
    "stores": Kind(make_stores, use_stores, ("weak/manifest.json", "weak/part-*.parquet")),
    "archives": Kind(make_archives, use_archives),
    "results": Kind(make_results, use_results, ("own/*.json", "own/*.csv", "gathered/*")),
    "studies": Kind(make_studies, use_studies, ("plateau/*",)),
    "areas": Kind(make_areas, use_areas),
}
