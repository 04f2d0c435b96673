"""wepsam predict, with a predictor that knows nothing of the picture but its size."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helpers import Paint, Run, Write, one_line
from wepsam.classical import center_gaussian
from wepsam.images import ImageError, read_image
from wepsam.prediction.folder import predict_files


def test_predict_goes_on_after_a_bad_picture(photos: Path, tmp_path: Path, paint: Paint) -> None:
    (photos / "1b.jpg").write_text("<html>")
    (photos / "2b.png").write_bytes((photos / "2.png").read_bytes()[:2000])
    done = predict_files([photos], tmp_path / "out" / "maps", center_gaussian, ["map", "overlay", "npy"])
    assert set(done.written) == {str(photos / f"{seed}.png") for seed in range(3)}
    assert len(done.failed) == 2
    assert done.failed[0].startswith(f"{photos / '1b.jpg'}: ")
    assert done.failed[1].startswith(f"{photos / '2b.png'}: ")
    assert done.sheet is None
    for path, files in done.written.items():
        expected = center_gaussian(read_image(path))
        saved = np.load(files["npy"])
        assert (saved.dtype, saved.shape) == (np.float32, (90, 120))
        np.testing.assert_array_equal(saved, expected)
        gray = read_image(files["map"])
        assert gray.shape == (90, 120, 3)
        np.testing.assert_allclose(gray[..., 0], 255 * (expected - expected.min()) / np.ptp(expected), atol=0.51)
        assert read_image(files["overlay"]).shape == (90, 120, 3)
    written = sorted(path.name for path in (tmp_path / "out" / "maps").iterdir())
    assert written == sorted(f"{s}{end}" for s in range(3) for end in ("_map.png", "_overlay.png", ".npy"))


def test_maps_are_saved_as_float32_whatever_the_predictor_computes_in(photos: Path, tmp_path: Path) -> None:
    done = predict_files([photos / "0.png"], tmp_path, lambda x: x.mean(axis=2), ["npy"])
    saved = np.load(done.written[str(photos / "0.png")]["npy"])
    assert saved.dtype == np.float32
    np.testing.assert_allclose(saved, read_image(photos / "0.png").mean(axis=2))


def test_pictures_of_one_stem_do_not_overwrite_each_other(
    tmp_path: Path, paint: Paint, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["cat.png", "cat.jpg", "in/cat.png", "out/cat.png", "out/CAT.bmp", "in/in_cat_png.png", "x/in/cat.png"]
    for seed, name in enumerate(names):
        write(tmp_path / "p" / name, paint(seed, 20 + seed, 30))
    monkeypatch.chdir(tmp_path / "p")
    done = predict_files(["."], tmp_path / "out", center_gaussian, ["npy"])
    files = {Path(path).as_posix(): Path(kinds["npy"]).name for path, kinds in done.written.items()}
    assert len({name.lower() for name in files.values()}) == len(names)  # on any disk
    assert files["cat.jpg"] == "cat.npy"
    assert files["cat.png"] == "p_cat_png.npy"
    assert files["in/in_cat_png.png"] == "in_cat_png.npy"
    for seed, name in enumerate(names):
        assert np.load(tmp_path / "out" / files[name]).shape == (20 + seed, 30)


def test_the_contact_sheet_shows_the_first_twelve(tmp_path: Path, paint: Paint, write: Write) -> None:
    for seed in range(14):
        write(tmp_path / f"{seed:02d}.png", paint(seed))
    sheets = {}
    for count in (1, 12, 14):
        done = predict_files(sorted(tmp_path.glob("*.png"))[:count], tmp_path / "out", center_gaussian, [], sheet=True)
        assert done.sheet == str(tmp_path / "out" / "sheet.png")
        sheets[count] = read_image(done.sheet)
    np.testing.assert_array_equal(sheets[14], sheets[12])
    assert sheets[1].shape[0] < sheets[12].shape[0]
    (tmp_path / "bad.png").write_bytes(b"")
    assert predict_files([tmp_path / "bad.png"], tmp_path / "no", center_gaussian, sheet=True).sheet is None


def test_pictures_are_never_overwritten(photos: Path) -> None:
    (photos / "0.png").rename(photos / "1_map.png")  # what the map of 1.png would be called
    before = (photos / "1_map.png").read_bytes()
    with pytest.raises(ImageError, match=r"1_map\.png is a picture to predict for"):
        predict_files([photos], photos, center_gaussian)
    assert (photos / "1_map.png").read_bytes() == before


def test_predict_nothing(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=f"no pictures in {tmp_path}"):
        predict_files([tmp_path], tmp_path / "out", center_gaussian)
    with pytest.raises(ImageError, match="no such file"):
        predict_files([tmp_path / "a.png"], tmp_path / "out", center_gaussian)
    assert not (tmp_path / "out").exists()


def test_pictures_above_the_bound_are_refused(photos: Path, tmp_path: Path, write: Write, paint: Paint) -> None:
    write(photos / "large.png", paint(0, 200, 300))
    done = predict_files([photos], tmp_path, center_gaussian, max_pixels=90 * 120)
    assert len(done.written) == 3
    assert "more than 10,800 pixels" in done.failed[0]


def test_the_predict_command(
    photos: Path, tmp_path: Path, wepsam_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wepsam.prediction.predictor.load", lambda name, **_: center_gaussian)
    out_folder = tmp_path / "out"
    code, out, err = wepsam_command("predict", photos, "--out", out_folder, "--save", "npy, map", "--sheet")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"3 npy: {out_folder}/*.npy",
        f"3 maps: {out_folder}/*_map.png",
        f"contact sheet: {out_folder}/sheet.png",
    ]
    (photos / "broken.JPG").write_bytes(b"")
    code, out, err = wepsam_command("predict", photos, "-o", out_folder, "--json")
    assert code == 1
    done = json.loads(out)
    assert len(done["written"]) == 3
    assert done["failed"] == [f"{photos / 'broken.JPG'}: the file is empty"]
    assert err.splitlines()[-2:] == [done["failed"][0], "1 of 4 pictures failed"]
    code, _, err = wepsam_command("predict", photos, "-o", out_folder, "--save", "jpg")
    assert code == 2
    assert "--save takes map, overlay, npy, not 'jpg'" in err
    code, _, err = wepsam_command("predict", tmp_path / "nowhere", "-o", out_folder)
    assert code == 2
    one_line(err, "nowhere: no such file or folder")


def test_names_that_the_terminal_cannot_show(photos: Path, tmp_path: Path) -> None:
    """Neither an ASCII terminal nor a name that is no UTF-8 stops a command."""
    page = tmp_path / "ünï"
    shutil.copytree(photos, page)
    script = (
        "import wepsam.prediction.predictor; from wepsam.classical import center_gaussian; "
        "wepsam.prediction.predictor.load = lambda name, **_: center_gaussian; from wepsam.cli import main; main()"
    )
    command = [sys.executable, "-c", script, "predict", str(page), "-o", str(page / "out"), "--save", "npy"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, encoding="ascii")
    assert (result.returncode, result.stderr) == (0, "")
    assert "\\xfcn\\xef" in result.stdout
