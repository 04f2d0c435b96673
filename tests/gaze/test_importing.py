"""Known fixations, written as trackers do, come back in pixels of their pictures."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gaze import miniatures
from gaze.miniatures import SCREEN, SIZES, Looked, box, looked, on_screen
from wepsam.datasets import open_dataset
from wepsam.gaze import GazeError, import_gaze


def rows(study: Path) -> dict[tuple[str, str], np.ndarray]:
    """For each picture and observer (N, 4) x, y, onset and duration, in the order of time."""
    found: dict[tuple[str, str], list[list[float]]] = {}
    with (study / "fixations.csv").open() as file:
        for row in csv.DictReader(file):
            numbers = [float(row[name] or "nan") for name in ("x", "y", "onset", "duration")]
            found.setdefault((row["image"], row["observer"]), []).append(numbers)
    return {key: np.array(sorted(values, key=lambda v: v[2])) for key, values in found.items()}


def check(study: Path, truth: Sequence[Looked], pixels: float, seconds: float = 0.002) -> None:
    """The study has exactly these fixations."""
    found = rows(study)
    assert set(found) == {(one.image, one.observer) for one in truth}
    for one in truth:
        mine = found[one.image, one.observer]
        np.testing.assert_allclose(mine[:, :2], one.points, atol=pixels)
        np.testing.assert_allclose(mine[:, 2], one.onset / 1000, atol=seconds)
        np.testing.assert_allclose(mine[:, 3], one.duration / 1000, atol=seconds)


def of(observer: str, every: Sequence[Looked]) -> list[Looked]:
    return [one for one in every if one.observer == observer]


def write_asc(folder: Path, every: Sequence[Looked], **how: Any) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = []
    for observer in miniatures.OBSERVERS:
        path = folder / f"{observer}.asc"
        path.write_text(miniatures.asc(of(observer, every), **how))
        paths.append(path)
    return paths


@pytest.mark.parametrize(
    ("kind", "load"),
    [("none", "CENTER"), ("fit", "CENTER"), ("corner", "TOP_LEFT"), ("none", "BARE"), ("stretch", "FILL")],
)
@pytest.mark.parametrize("eyes", ["R", "L", "LR"])
def test_eyelink(kind: str, load: str, eyes: str, tmp_path: Path, stimuli: Path) -> None:
    truth = looked()
    files = write_asc(tmp_path / "asc", truth, kind=kind, load=load, eyes=eyes)
    done = import_gaze(files, stimuli, tmp_path / "study")
    check(tmp_path / "study", truth, 0.2)
    counts = done.about["fixations"]
    assert counts == {"read": 54, "before or after the picture": 6, "without a position": 0, "kept": 48,
                      "beside the picture": 0}  # fmt: skip
    assert not done.doubts
    data = open_dataset(f"csv={tmp_path / 'study'}")
    assert len(data) == 3
    assert sum(len(sample.fixations) for sample in data if sample.fixations is not None) == 48


def test_eyelink_with_a_comma_and_with_samples_too(tmp_path: Path, stimuli: Path) -> None:
    truth = looked()
    files = write_asc(tmp_path / "asc", truth, comma=True, rate=250, eyes="LR")
    import_gaze(files, stimuli, tmp_path / "study")
    check(tmp_path / "study", truth, 0.2)


def test_eyelink_trial_variables_need_the_place(tmp_path: Path, stimuli: Path) -> None:
    truth = looked()
    files = write_asc(tmp_path / "asc", truth, load="", kind="fit")
    with pytest.raises(GazeError, match="say --picture center and --scale none, fit or stretch"):
        import_gaze(files, stimuli, tmp_path / "study")
    import_gaze(files, stimuli, tmp_path / "study", picture="center", scale="fit")
    check(tmp_path / "study", truth, 0.2)
    with pytest.raises(GazeError, match=r"the share of fixations inside .*--scale fit"):
        import_gaze(files, stimuli, tmp_path / "other", picture="center", scale="0.3")


@pytest.mark.parametrize("rate", [250, 1000])
def test_eyelink_samples_alone(rate: float, tmp_path: Path, stimuli: Path) -> None:
    truth = looked()
    files = write_asc(tmp_path / "asc", truth, events=False, rate=rate, eyes="LR", noise=1.0, kind="fit")
    import_gaze(files, stimuli, tmp_path / "study")
    check(tmp_path / "study", truth, 3, 0.045)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("how", [{}, {"comma": True}, {"norm": False}, {"norm": False, "new": True}, {"new": True}])
def test_tobii(encoding: str, how: dict[str, bool], tmp_path: Path, stimuli: Path) -> None:
    truth = looked()
    path = tmp_path / "Pilot Data Export.tsv"
    path.write_bytes(miniatures.tobii(truth, **how).encode(encoding))
    done = import_gaze(path, stimuli, tmp_path / "study")
    check(tmp_path / "study", truth, 0.2)
    assert done.about["observers"] == 2


def test_pupil_surface(tmp_path: Path, stimuli: Path) -> None:
    truth = [one for one in looked() if one.image == "beach.png"]
    for one in truth:
        place = tmp_path / one.observer / "000" / "exports" / "000" / "surfaces"
        place.mkdir(parents=True)
        (place / "fixations_on_surface_beach.csv").write_text(miniatures.surface(one))
    files = sorted(tmp_path.glob("*/000/exports/000/surfaces/*.csv"))
    import_gaze(files, stimuli, tmp_path / "study")
    moved = [Looked(o.observer, o.image, o.points, o.onset - o.onset[0], o.duration) for o in truth]
    check(tmp_path / "study", moved, 0.01)


def test_pupil_reference_image(tmp_path: Path, stimuli: Path, paint: Any, write: Any) -> None:
    truth = [one for one in looked() if one.image == "street.png"]
    place = tmp_path / "street_REFERENCE-IMAGE-MAPPER_csv"
    place.mkdir()
    fixations, sections = miniatures.reference(truth)
    (place / "fixations.csv").write_text(fixations)
    (place / "sections.csv").write_text(sections)
    write(place / "reference_image.jpeg", paint(1, 1200, 800))
    done = import_gaze(place / "fixations.csv", stimuli, tmp_path / "study")
    check(tmp_path / "study", truth, 0.01)
    assert done.about["fixations"]["without a position"] == 2


def test_pupil_scene_camera_is_refused(tmp_path: Path, stimuli: Path) -> None:
    path = tmp_path / "fixations.csv"
    path.write_text("id,start_timestamp,duration,norm_pos_x,norm_pos_y\n1,5.0,200,.5,.5\n")
    with pytest.raises(GazeError, match="scene camera"):
        import_gaze(path, stimuli, tmp_path / "study")


@pytest.mark.parametrize("kind", ["none", "fit"])
@pytest.mark.parametrize("center", [False, True])
def test_bids(kind: str, center: bool, tmp_path: Path, stimuli: Path) -> None:
    truth = looked()
    for observer in miniatures.OBSERVERS:
        miniatures.bids(tmp_path / "bids", of(observer, truth), kind, center=center)
    done = import_gaze(tmp_path / "bids", stimuli, tmp_path / "study", picture="center", scale=kind)
    named = [Looked(f"sub-{o.observer}", o.image, o.points, o.onset, o.duration) for o in truth]
    check(tmp_path / "study", named, 2, 0.045)
    assert done.about["screen_pixels_per_degree"] == pytest.approx(36.4, abs=0.3)


def table(path: Path, truth: Sequence[Looked], change: Any, names: str = "image,observer,x,y,duration,onset") -> Path:
    """A table of fixations; `change` makes what it holds of pixels of the picture and the picture's size."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names.split(","))
        for one in truth:
            for point, onset, duration in zip(one.points, one.onset, one.duration, strict=True):
                x, y = change(point, SIZES[one.image])
                writer.writerow([one.image, one.observer, x, y, duration / 1000, onset / 1000])
    return path


WRITTEN: dict[str, tuple[Any, dict[str, str]]] = {
    "picture": (lambda p, s: p, {}),
    "screen": (lambda p, s: on_screen(p, box("fit", s), s), {}),
    "up": (lambda p, s: (on_screen(p, box("fit", s), s) - (0, SCREEN[1])) * (1, -1), {"origin": "bottom-left"}),
    "psychopy pix": (
        lambda p, s: (on_screen(p, box("fit", s), s) - np.array(SCREEN) / 2) * (1, -1), {"origin": "center"},
    ),
    "psychopy norm": (
        lambda p, s: (2 * on_screen(p, box("fit", s), s) / np.array(SCREEN) - 1) * (1, -1), {"unit": "norm"},
    ),
    "psychopy height": (
        lambda p, s: (on_screen(p, box("fit", s), s) - np.array(SCREEN) / 2) * (1, -1) / SCREEN[1], {"unit": "height"},
    ),
    "shares": (lambda p, s: on_screen(p, box("fit", s), s) / SCREEN, {"unit": "shares"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRITTEN)
def test_tables(kind: str, tmp_path: Path, stimuli: Path) -> None:
    truth, (change, said) = looked(), WRITTEN[kind]
    path = table(tmp_path / "log.csv", truth, change, "pic,who,gx,gy,dur,start")
    columns = {"image": "pic", "observer": "who", "x": "gx", "y": "gy", "duration": "dur", "onset": "start"}
    told: dict[str, Any] = {"origin": "picture"} if kind == "picture" else said | {
        "screen": "1280x1024", "picture": "center", "scale": "fit"}  # fmt: skip
    import_gaze(path, stimuli, tmp_path / "study", columns=columns, **told)
    check(tmp_path / "study", truth, 0.01)


def test_a_table_that_does_not_say_where_the_picture_stood(tmp_path: Path, stimuli: Path) -> None:
    path = table(tmp_path / "log.csv", looked(), lambda p, s: p, "pic,who,x,y,dur,start")
    with pytest.raises(GazeError, match="--screen 1920x1080 --picture center"):
        import_gaze(path, stimuli, tmp_path / "study", columns={"image": "pic"})
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize(
    ("written", "said", "reason"),
    [
        ("psychopy norm", {}, "these look normalized; say --unit norm"),
        ("shares", {}, "these look normalized; say --unit shares"),
        ("psychopy pix", {}, "center, y up .PsychoPy., use --origin center"),
        ("up", {}, "y seems to point up, use --y up"),
    ],
)
def test_what_is_implausible_is_refused_with_the_reason(
    written: str, said: dict[str, str], reason: str, tmp_path: Path, stimuli: Path
) -> None:
    change = WRITTEN[written][0]
    if written == "up":

        def change(p: np.ndarray, s: tuple[int, int]) -> Any:
            return on_screen(p, box("fit", s), s) * (1, -1)

    path = table(tmp_path / "log.csv", looked(), change, "image,who,x,y,dur,start")
    with pytest.raises(GazeError, match=reason):
        import_gaze(path, stimuli, tmp_path / "study", screen=SCREEN, picture="center", scale="fit", **said)  # type: ignore[arg-type]


def test_glances_beside_the_picture_are_dropped_and_counted(tmp_path: Path, stimuli: Path) -> None:
    truth = looked()
    path = table(tmp_path / "fixations.csv", truth, lambda p, s: p)
    with path.open("a") as file:
        file.write("beach.png,anna,-3,10,0.2,2.9\nbeach.png,anna,641,10,0.2,2.9\nbeach.png,anna,,,0.2,2.9\n")
        file.write("cross.png,anna,10,10,0.2,2.9\n")
    done = import_gaze(path, stimuli, tmp_path / "study")
    check(tmp_path / "study", truth, 0.01)
    assert done.about["fixations"] == {
        "read": 52, "without a position": 1, "kept": 48, "beside the picture": 2, "without a picture": 1
    }  # fmt: skip
    assert any("cross.png is not among the stimuli" in line for line in done.about["assumed"])


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path, stimuli: Path) -> None:
    truth = looked()
    files = write_asc(tmp_path / "asc", truth)
    (tmp_path / "asc" / "zzz.asc").write_bytes(b"\xff\xfe\x00 nothing")
    done = import_gaze([*files, tmp_path / "asc" / "zzz.asc"], stimuli, tmp_path / "study")
    check(tmp_path / "study", truth, 0.2)
    assert len(done.failed) == 1
    assert "zzz.asc" in done.failed[0]


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, stimuli: Path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "fixations.csv").write_text("mine")
    with pytest.raises(GazeError, match="was not written by wepsam gaze import"):
        import_gaze(write_asc(tmp_path / "asc", looked()), stimuli, tmp_path / "study")
    assert (tmp_path / "study" / "fixations.csv").read_text() == "mine"
