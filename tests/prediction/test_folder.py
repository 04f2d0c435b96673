"""Many files: what is written, under which names, and on which scale; with predictors that cost nothing."""

import json
import re
import threading
from pathlib import Path

import numpy as np
import pytest

import wepsam
from wepsam.classical import center_gaussian
from wepsam.images import ImageError, read_image, save_image
from wepsam.prediction import drawing
from wepsam.prediction.folder import predict


@pytest.fixture
def photos(tmp_path, paint, write):
    for seed in range(3):
        write(tmp_path / "photos" / f"{seed}.png", paint(seed))
    return tmp_path / "photos"


def brightness(stimulus):
    """A map that differs between pictures."""
    return stimulus.mean(axis=2)


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# ---- what is written


def test_predict_goes_on_after_a_bad_picture(photos, tmp_path):
    (photos / "1b.jpg").write_text("<html>")
    (photos / "2b.png").write_bytes((photos / "2.png").read_bytes()[:2000])
    out = tmp_path / "out" / "maps"
    done = predict(photos, out, model=center_gaussian, save=["map", "overlay", "npy"], legend=False)
    assert set(done.written) == {str(photos / f"{seed}.png") for seed in range(3)}
    assert len(done.failed) == 2
    assert done.failed[0].startswith(f"{photos / '1b.jpg'}: ")
    assert done.failed[1].startswith(f"{photos / '2b.png'}: ")
    assert done.sheet is None
    for path, written in done.written.items():
        expected = center_gaussian(read_image(path))
        saved = np.load(written["npy"])
        assert (saved.dtype, saved.shape) == (np.float32, (90, 120))
        np.testing.assert_array_equal(saved, expected)
        gray = read_image(written["map"])
        assert gray.shape == (90, 120, 3)
        np.testing.assert_allclose(gray[..., 0], 255 * (expected - expected.min()) / np.ptp(expected), atol=0.51)
        assert read_image(written["overlay"]).shape == (90, 120, 3)
    assert files(out) == sorted(f"{s}{end}" for s in range(3) for end in ("_map.png", "_overlay.jpg", ".npy"))


def test_overlays_are_jpegs_unless_pngs_are_asked_for(tmp_path, pictures):
    predict(pictures / "coffee.png", tmp_path, model=center_gaussian, save="overlay,overlay-png")
    assert files(tmp_path) == ["coffee_overlay.jpg", "coffee_overlay.png"]
    jpeg, png = (read_image(tmp_path / f"coffee_overlay.{suffix}").astype(float) for suffix in ("jpg", "png"))
    style = drawing.Style()
    stimulus = read_image(pictures / "coffee.png")
    np.testing.assert_array_equal(png, drawing.overlay(stimulus, center_gaussian(stimulus), style))
    assert 0 < np.sqrt(np.mean((jpeg - png) ** 2)) < 5
    sizes = [(tmp_path / f"coffee_overlay.{suffix}").stat().st_size for suffix in ("jpg", "png")]
    assert 3 * sizes[0] < sizes[1]


def test_maps_are_saved_as_float32_whatever_the_predictor_computes_in(photos, tmp_path):
    predict(photos / "0.png", tmp_path, model=brightness, save="npy")
    saved = np.load(tmp_path / "0.npy")
    assert saved.dtype == np.float32
    np.testing.assert_allclose(saved, read_image(photos / "0.png").mean(axis=2))


def test_densities_of_any_model(photos, tmp_path):
    """Their definition, and the same to base 2 in a file of another name."""
    predict(photos, tmp_path, model=brightness, save="density, log-density")
    predict(photos, tmp_path, model=brightness, save=("log-density",), bits=True)
    density, log, bits = (np.load(tmp_path / f"0_{kind}.npy") for kind in ("density", "log-density", "log2-density"))
    expected = read_image(photos / "0.png").mean(axis=2)
    assert {density.dtype, log.dtype, bits.dtype} == {np.dtype(np.float64)}
    np.testing.assert_allclose(density, expected / expected.sum(), rtol=1e-5)
    assert density.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(np.exp(log), density)
    np.testing.assert_allclose(2**bits, density)


def test_densities_of_weights_are_those_of_the_predictor(photos, tmp_path):
    predict(photos / "0.png", tmp_path, save="npy,density,log-density", quality="fast")
    model = wepsam.load(quality="fast")
    np.testing.assert_array_equal(np.load(tmp_path / "0_log-density.npy"), model.log_density(photos / "0.png"))
    np.testing.assert_array_equal(np.load(tmp_path / "0.npy"), model(photos / "0.png"))
    assert np.load(tmp_path / "0_density.npy").sum() == pytest.approx(1, abs=1e-12)


def test_classical_models_by_name(photos, tmp_path):
    done = predict(photos, tmp_path, model="center-gaussian", save="npy")
    assert len(done.written) == 3
    np.testing.assert_array_equal(np.load(tmp_path / "0.npy"), center_gaussian(read_image(photos / "0.png")))


def test_maps_alone_need_no_whole_picture(photos, tmp_path, monkeypatch):
    monkeypatch.setattr("wepsam.prediction.folder.read_image", None)
    assert len(predict(photos, tmp_path, save="npy", quality="fast").written) == 3


def test_pictures_above_the_bound_are_refused(photos, tmp_path, write, paint):
    write(photos / "large.png", paint(0, 200, 300))
    done = predict(photos, tmp_path, model=center_gaussian, max_pixels=90 * 120)
    assert len(done.written) == 3
    assert "more than 10,800 pixels" in done.failed[0]


# ---- names


def test_named_files_lie_in_out_and_found_ones_keep_their_path(photos, tmp_path, write, paint):
    write(photos / "sub" / "deep" / "x.jpg", paint(5))
    write(tmp_path / "single.JPG", paint(6), format="JPEG")
    (tmp_path / "list.txt").write_text("single.JPG\nphotos/sub\n")

    def names(*images):
        done = predict(images, tmp_path / "out", model=center_gaussian, save="npy")
        return [Path(written["npy"]).relative_to(tmp_path / "out").as_posix() for written in done.written.values()]

    assert names(photos) == ["0.npy", "1.npy", "2.npy", "sub/deep/x.npy"]
    assert names(photos / "sub") == names(str(photos / "sub") + "/") == ["deep/x.npy"]
    assert names(photos / "sub" / "deep" / "x.jpg") == ["x.npy"]
    assert names(tmp_path / "single.JPG", photos) == ["single.npy", "0.npy", "1.npy", "2.npy", "sub/deep/x.npy"]
    assert names(tmp_path / "list.txt") == ["single.npy", "deep/x.npy"]
    # A picture that is named twice is done once.
    assert names(photos / "0.png", photos) == ["0.npy", "1.npy", "2.npy", "sub/deep/x.npy"]


@pytest.mark.parametrize(
    ("names", "save"),
    [
        (["cat.jpg", "cat.png"], "map"),
        (["cat.png", "CAT.jpg"], "npy"),
        (["a/cat.png", "b/cat.png"], "overlay"),
        (["cat.png", "cat_density.png"], "npy,density"),
    ],
)
def test_results_of_one_name_are_refused_before_any_work(names, save, tmp_path, write, paint):
    paths = [write(tmp_path / name, paint(0)) for name in names]
    with pytest.raises(ImageError, match="would both be written to") as error:
        predict(paths, tmp_path / "out", model=center_gaussian, save=save)
    for path in paths:
        assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_folders_keep_pictures_of_one_name_apart(tmp_path, write, paint):
    for name in ("a/cat.png", "b/cat.png"):
        write(tmp_path / "in" / name, paint(0))
    predict(tmp_path / "in", tmp_path / "out", model=center_gaussian, save="npy")
    assert files(tmp_path / "out") == ["a/cat.npy", "b/cat.npy"]


def test_pictures_are_never_overwritten(photos, tmp_path):
    (photos / "0.png").rename(photos / "1_map.png")  # the name of 1.png's map
    before = (photos / "1_map.png").read_bytes()
    (tmp_path / "link").symlink_to(photos)
    for out in (photos, tmp_path / "link"):
        with pytest.raises(ImageError, match=r"1_map\.png is a picture to predict for"):
            predict(photos, out, model=center_gaussian)
    assert (photos / "1_map.png").read_bytes() == before
    (photos / "1.png").rename(photos / "sheet.png")
    with pytest.raises(ImageError, match=r"sheet\.png is a picture to predict for"):
        predict(photos, photos, model=center_gaussian, save=(), sheet=True)


def test_nothing_to_predict_for(tmp_path):
    with pytest.raises(ImageError, match=f"no pictures in {tmp_path}"):
        predict(tmp_path, tmp_path / "out", model=center_gaussian)
    with pytest.raises(ImageError, match="no such file"):
        predict([tmp_path / "a.png"], tmp_path / "out", model=center_gaussian)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"save": "map,jpg"}, "save takes map, overlay, overlay-png, npy, density, log-density, not 'jpg'"),
        ({"save": ""}, "save takes"),
        ({"save": ["gif"]}, "not 'gif'"),
        ({"scale": "large"}, "scale is own or common, not 'large'"),
        ({"colors": "hot"}, "no colors 'hot': choose one of ember, gray"),
        ({"overlay_strength": 2}, "strength=2: expected 0 to 1"),
        ({"workers": 0}, "workers=0: expected -1"),
        ({"bits": True}, "bits is the unit of log-density"),
        ({"model": "deepgaze"}, "deepgaze"),
    ],
)
def test_mistakes_are_one_line_before_any_work(wrong, words, photos, tmp_path):
    with pytest.raises(ValueError, match=re.escape(words)) as error:
        predict(photos, tmp_path / "out", **{"model": center_gaussian, **wrong})
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


# ---- scale, legend, sheet


def test_on_a_common_scale_the_same_saliency_has_the_same_color(tmp_path, write):
    """One picture's map is flat, the other's has a peak; sizes differ, and so do the units of the maps."""
    gray = np.full((90, 120, 3), 128, np.uint8)
    paths = [write(tmp_path / "flat.png", gray), write(tmp_path / "peak.png", gray[:60, :60])]

    def model(stimulus):
        flat = np.full(stimulus.shape[:2], 7.0, np.float32)
        if len(stimulus) == 60:
            flat[:20, :20] = 91.0  # a ninth of the picture: 91 / (16 1/3) = 5.57 times the average
        return flat

    saves = {"save": "map,overlay-png", "model": model, "legend": False}
    predict(paths, tmp_path / "common", scale="common", **saves)
    predict(paths, tmp_path / "own", scale="own", **saves)
    flat, peaked = (read_image(tmp_path / "common" / f"{name}_map.png")[..., 0] for name in ("flat", "peak"))
    highest = 91 / (7 + (91 - 7) / 9)
    assert peaked.max() == 255
    assert np.unique(flat).tolist() == [round(255 / highest)]
    assert peaked.min() == round(255 * 7 / 91)
    assert read_image(tmp_path / "own" / "flat_map.png").max() == 0
    # A flat map has no minimum that differs from its maximum; on the common scale it has a color.
    np.testing.assert_array_equal(read_image(tmp_path / "own" / "flat_overlay.png"), gray)
    assert (read_image(tmp_path / "common" / "flat_overlay.png") != gray).any()


def test_a_common_scale_with_a_bad_picture(photos, tmp_path):
    (photos / "bad.png").write_bytes(b"")
    for workers in (1, 3):
        done = predict(photos, tmp_path / "out", model=brightness, save="map", scale="common", workers=workers)
        assert len(done.written) == 3
        assert len(done.failed) == 1
    (tmp_path / "bad").mkdir()
    (photos / "bad.png").rename(tmp_path / "bad" / "bad.png")
    assert not predict(tmp_path / "bad", tmp_path / "out", model=brightness, scale="common").written


def test_a_legend_stands_below_the_overlay_unless_it_is_turned_off(photos, tmp_path):
    for legend in (True, False):
        predict(photos, tmp_path / str(legend), model=center_gaussian, save="overlay-png", legend=legend, sheet=True)
    with_legend, without = (read_image(tmp_path / legend / "0_overlay.png") for legend in ("True", "False"))
    assert without.shape == (90, 120, 3)
    assert with_legend.shape[1] == 120
    assert with_legend.shape[0] > 100
    np.testing.assert_array_equal(with_legend[:90], without)
    sheets = [read_image(tmp_path / legend / "sheet.png") for legend in ("True", "False")]
    assert sheets[0].shape[0] > sheets[1].shape[0]
    np.testing.assert_array_equal(sheets[0][: len(sheets[1])], sheets[1])


def test_the_sheet_shows_the_first_twelve_with_their_names(tmp_path, paint, write):
    for seed in range(14):
        write(tmp_path / "in" / f"{seed:02d}.png", paint(seed))
    paths, sheets = sorted((tmp_path / "in").glob("*.png")), {}
    for count in (1, 12, 14):
        done = predict(paths[:count], tmp_path / "out", model=center_gaussian, save=(), sheet=True)
        assert done.sheet == str(tmp_path / "out" / "sheet.png")
        sheets[count] = read_image(done.sheet)
    np.testing.assert_array_equal(sheets[14], sheets[12])
    assert sheets[1].shape[0] < sheets[12].shape[0]
    paths[0].rename(tmp_path / "in" / "another name.png")
    predict(tmp_path / "in" / "another name.png", tmp_path / "out", model=center_gaussian, save=(), sheet=True)
    assert (read_image(tmp_path / "out" / "sheet.png") != sheets[1]).any()
    write(tmp_path / "bad.png", paint(0)).write_bytes(b"")
    assert predict(tmp_path / "bad.png", tmp_path / "no", model=center_gaussian, sheet=True).sheet is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (5, 12)])
def test_overlays_of_tiny_pictures_have_legends_too(shape, tmp_path, write):
    path = write(tmp_path / "tiny.png", np.zeros((*shape, 3), np.uint8))
    predict(path, tmp_path / "out", model=brightness, save="overlay", sheet=True)
    assert read_image(tmp_path / "out" / "tiny_overlay.jpg").shape[1] == shape[1]


def test_a_style_is_the_same_in_any_unit():
    saliency_map = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    style = drawing.Style(highest=2.0)
    stimulus = np.full((20, 30, 3), 200, np.uint8)
    np.testing.assert_array_equal(
        drawing.overlay(stimulus, saliency_map, style), drawing.overlay(stimulus, 64 * saliency_map, style)
    )


# ---- many at a time


def test_several_workers_write_what_one_does_and_report_in_order(tmp_path, paint):
    """Broken pictures among them, and one so slow that the others overtake it."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for k in range(20):
        save_image(photos / f"{k:02d}.png", paint(k, 900, 1200) if k == 0 else paint(k))
    (photos / "07.png").write_bytes(b"no picture")
    (photos / "13.png").write_bytes(b"")
    # No photographs: without warnings.
    model, reports, contents = wepsam.load(threads=1, quality="fast", warn=False), [], []
    for workers in (1, 4):
        out = tmp_path / f"out{workers}"
        done = predict(photos, out, model=model, save=["map", "overlay", "npy"], sheet=True, workers=workers)
        reports.append(json.dumps([[*done.written], done.failed]))
        contents.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert reports[0] == reports[1]
    assert [*done.written] == sorted(done.written)
    assert len(done.written) == 18
    assert len(done.failed) == 2
    assert len(contents[0]) == 3 * 18 + 1
    assert contents[0] == contents[1]


def test_workers_work_side_by_side(tmp_path, paint):
    for k in range(4):
        save_image(tmp_path / f"{k}.png", paint(k))
    together = threading.Barrier(4, timeout=30)  # opens when all four are there

    def model(stimulus):
        together.wait()
        return stimulus.mean(axis=2)

    assert len(predict(tmp_path, tmp_path / "out", model=model, save="npy", workers=4).written) == 4


def test_an_interruption_begins_no_further_picture(tmp_path, paint):
    for k in range(30):
        save_image(tmp_path / f"{k:02d}.png", paint(k))
    begun = []

    def model(stimulus):
        begun.append(1)
        if len(begun) == 3:
            raise KeyboardInterrupt
        return stimulus.mean(axis=2)

    with pytest.raises(KeyboardInterrupt):
        predict(tmp_path, tmp_path / "out", model=model, save="npy", workers=2)
    assert len(begun) < 15


def test_pictures_that_take_too_much_to_draw_are_refused_in_a_line(tmp_path, write, paint, monkeypatch):
    """An overlay takes more memory than a map; who allows more pixels allows more memory."""
    path = write(tmp_path / "a.png", paint(0))
    monkeypatch.setattr("wepsam._picture_costs.MAX_BYTES", 10 * 90 * 120)
    done = wepsam.predict(path, tmp_path / "out", save="overlay", quality="fast")
    assert len(done.failed) == 1
    assert f"{path}: 10,800 pixels" in done.failed[0]
    assert "max_pixels" in done.failed[0]
    assert not wepsam.predict(path, tmp_path / "out", save="map", quality="fast").failed
    assert not wepsam.predict(path, tmp_path / "out", save="overlay", quality="fast", max_pixels=200_000_000).failed


def test_what_was_drawn_is_not_predicted_for_again(photos, tmp_path):
    pytest.importorskip("numba")  # of the extra [classical]
    first = predict(photos, photos, model="itti")
    assert predict(photos, photos, model="itti").written == first.written


def test_a_result_never_leaves_its_folder(photos, tmp_path):
    """A link in there leads elsewhere: one failed picture."""
    pytest.importorskip("numba")  # of the extra [classical]
    (photos / "sub").mkdir(exist_ok=True)
    (photos / "0.png").rename(photos / "sub" / "0.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "victim").mkdir()
    (tmp_path / "out" / "sub").symlink_to(tmp_path / "victim")
    done = predict(photos, tmp_path / "out", model="itti")
    assert done.written
    assert any("a link leads to" in line for line in done.failed)
    assert not list((tmp_path / "victim").iterdir())


def test_accents_written_in_two_ways_are_one_name(photos, tmp_path):
    pytest.importorskip("numba")  # of the extra [classical]
    for name in ("caf\u00e9.png", "cafe\u0301.png"):
        (photos / name).write_bytes((photos / "1.png").read_bytes())
    if len(list(photos.glob("caf*"))) == 2:  # not where the disk itself takes them for one
        with pytest.raises(ImageError, match="would both be written to"):
            predict(photos, tmp_path / "out", model="itti")
