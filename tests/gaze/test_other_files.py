"""Files and cases beside the usual ones: webcams, data frames, tables of trials, pictures side by side, odd screens."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gaze import miniatures
from gaze.miniatures import SIZES, Looked, box, looked, on_screen, samples
from gaze.test_importing import check, of, rows, table, write_asc
from wepsam.gaze import GazeError, import_gaze, tables


def test_jspsych(tmp_path: Path, stimuli: Path) -> None:
    truth = [one for one in looked() if one.observer == "anna"]
    lines = ["trial_index,subject,stimulus,webgazer_data,webgazer_targets"]
    for number, one in enumerate(truth):
        where = box("corner", SIZES[one.image])
        gaze = [{"t": t, "x": x, "y": y} for t, x, y in samples(one, where, 100, 1.0) if np.isfinite(x)]
        gaze = [{"t": one.onset[0] - 500 / 6, "x": -900, "y": -900}, *gaze]  # the picture has just appeared
        sides = dict(zip(("left", "top", "width", "height"), where, strict=True))
        target = {"#jspsych-image-keyboard-response-stimulus": {"x": where[0], "y": where[1], **sides}}
        cells = (json.dumps(value).replace('"', '""') for value in (gaze, target))
        lines.append(f'{number},anna,img/{one.image},"' + '","'.join(cells) + '"')
    (tmp_path / "web.csv").write_text("\n".join(lines) + "\n")
    import_gaze(tmp_path / "web.csv", stimuli, tmp_path / "study")
    found = rows(tmp_path / "study")
    for one in truth:
        np.testing.assert_allclose(found[one.image, "anna"][:, :2], one.points, atol=3)


class Frame(dict[str, list[Any]]):
    """What a data frame can do that is needed here."""

    @property
    def columns(self) -> list[str]:
        return [*self]


def test_data_frames(tmp_path: Path, stimuli: Path) -> None:
    truth = looked()
    frame = Frame({name: [] for name in ("image", "subject", "x", "y", "onset", "duration")})
    for one in truth:
        for (x, y), onset, duration in zip(one.points, one.onset, one.duration, strict=True):
            row = (one.image, one.observer, x, y, onset, duration)
            for name, value in zip(frame, row, strict=True):
                frame[name].append(value)
    import_gaze(frame, stimuli, tmp_path / "study", origin="picture")
    check(tmp_path / "study", truth, 0.01)


@dataclass
class Gaze:
    """What a Gaze object of pymovements holds."""

    events: Any
    samples: Any
    experiment: Any
    trial_columns: list[str]


@dataclass
class Holder:
    frame: Any = None
    screen: Any = None
    width_px: int = 1280
    height_px: int = 1024
    origin: str = "upper left"


@pytest.mark.parametrize("located", [True, False])
def test_pymovements(located: bool, tmp_path: Path, stimuli: Path) -> None:
    truth = of("anna", looked())
    events = Frame({name: [] for name in ("image", "name", "onset", "offset", "location")})
    pixels = Frame({"image": [], "time": [], "pixel": []})
    for one in truth:
        shown = samples(one, box("none", SIZES[one.image]), 250)
        pixels["image"] += [one.image] * len(shown)
        pixels["time"] += shown[:, 0].tolist()
        pixels["pixel"] += [[x, y] for _, x, y in shown]
        places = on_screen(one.points, box("none", SIZES[one.image]), SIZES[one.image])
        for place, onset, duration in zip(places, one.onset, one.duration, strict=True):
            values = (one.image, "fixation", onset, onset + duration, [*place])
            for name, value in zip(events, values, strict=True):
                events[name].append(value)
            events["image"].append(one.image)
            events["name"].append("saccade")
            events["onset"].append(onset + duration)
            events["offset"].append(onset + duration + 20)
            events["location"].append(None)
    if not located:
        del events["location"]
    gaze = Gaze(Holder(events), pixels, Holder(screen=Holder()), ["image"])
    import_gaze([gaze], stimuli, tmp_path / "study", picture="center", scale="none", observer="anna")
    moved = [Looked("anna", o.image, o.points, o.onset - o.onset[0], o.duration) for o in truth]
    check(tmp_path / "study", moved, 0.5)


def test_a_table_of_trials_says_what_the_file_does_not(tmp_path: Path, stimuli: Path) -> None:
    truth = looked()
    text = {o: miniatures.asc(of(o, truth), "none", load="") for o in miniatures.OBSERVERS}
    (tmp_path / "asc").mkdir()
    for observer, lines in text.items():
        kept = [line for line in lines.splitlines() if "TRIAL_VAR" not in line]
        (tmp_path / "asc" / f"{observer}.asc").write_text("\n".join(kept) + "\n")
    with pytest.raises(GazeError, match="names no picture"):
        import_gaze(tmp_path / "asc", stimuli, tmp_path / "study")
    trials = "trial;image\n" + "".join(f"{n};{name}\n" for n, name in enumerate(SIZES, 1))
    (tmp_path / "trials.csv").write_text(trials)
    how = {"picture": "center", "scale": "none"}
    import_gaze(tmp_path / "asc", stimuli, tmp_path / "study", trials=tmp_path / "trials.csv", **how)
    check(tmp_path / "study", truth, 0.2)


def test_eyelink_pictures_side_by_side(tmp_path: Path, stimuli: Path) -> None:
    text = """MSG\t100 DISPLAY_COORDS 0 0 1279 1023
MSG\t200 TRIALID 1
START\t300 \tRIGHT\tEVENTS
EVENTS\tGAZE\tRIGHT\tRATE\t 500.00
MSG\t400 !V IMGLOAD TOP_LEFT beach.png 0 0 640 480
MSG\t402 !V IMGLOAD TOP_LEFT street.png 800 300 400 600
EFIX R   450\t650\t200\t  100.0\t  200.0\t 1000
EFIX R   700\t900\t200\t  850.0\t  400.0\t 1000
EFIX R   950\t1150\t200\t  700.0\t  900.0\t 1000
EFIX R   1200\t1400\t200\t  .\t  .\t 1000
END\t2000 \tEVENTS
"""
    (tmp_path / "s.asc").write_text(text)
    done = import_gaze(tmp_path / "s.asc", stimuli, tmp_path / "study")
    found = rows(tmp_path / "study")
    np.testing.assert_allclose(found["beach.png", "s"][:, :2], [(100, 200)])
    np.testing.assert_allclose(found["street.png", "s"][:, :2], [(50, 100)])
    counts = done.about["fixations"]
    assert (counts["kept"], counts["beside the picture"], counts["without a position"]) == (2, 1, 1)


def test_eyelink_pictures_one_after_the_other_and_late_messages(tmp_path: Path, stimuli: Path) -> None:
    """Two pictures in a trial; in the next one the picture is named when all is over; delays move messages."""
    text = """MSG\t100 DISPLAY_COORDS 0 0 1280 1024
MSG\t200 TRIALID A
START\t300 \tLEFT\tEVENTS
MSG\t500 -20 !V IMGLOAD CENTER beach.png 640 512
EFIX L   510\t610\t100\t  640.0\t  512.0\t 1000
EFIX L   530\t630\t100\t  641.0\t  512.0\t 1000
MSG\t900 !V IMGLOAD CENTER street.png 640 512
EFIX L   950\t1050\t100\t  640.0\t  512.0\t 1000
MSG\t1200 !V CLEAR 0 0 0
EFIX L   1250\t1350\t100\t  640.0\t  512.0\t 1000
END\t2000 \tEVENTS
MSG\t2100 TRIALID B
START\t2200 \tLEFT\tEVENTS
EFIX L   2300\t2400\t100\t  640.0\t  512.0\t 1000
END\t3000 \tEVENTS
MSG\t3010 !V IMGLOAD CENTER icon.png 640 512
MSG\t3020 TRIAL_RESULT 0
"""
    (tmp_path / "s.asc").write_text(text)
    done = import_gaze(tmp_path / "s.asc", stimuli, tmp_path / "study")
    found = rows(tmp_path / "study")
    np.testing.assert_allclose(found["beach.png", "s"], [(321, 240, 0.01, 0.1)])
    np.testing.assert_allclose(found["street.png", "s"], [(200, 300, 0.05, 0.1)])
    np.testing.assert_allclose(found["icon.png", "s"], [(150, 110, 0.1, 0.1)])
    assert done.about["fixations"]["before or after the picture"] == 2


def test_href_is_refused(tmp_path: Path, stimuli: Path) -> None:
    text = miniatures.asc(of("anna", looked())).replace("EVENTS\tGAZE", "EVENTS\tHREF").replace(
        "SAMPLES\tGAZE", "SAMPLES\tHREF")  # fmt: skip
    (tmp_path / "s.asc").write_text(text)
    with pytest.raises(GazeError, match="HREF, not GAZE"):
        import_gaze(tmp_path / "s.asc", stimuli, tmp_path / "study")


def test_samples_in_a_table(tmp_path: Path, stimuli: Path) -> None:
    """Rows of samples, times in ms, a semicolon and a comma, on a screen."""
    truth = looked()
    lines = ["subject_nr;stimulus;timestamp;gaze_x;gaze_y"]
    for one in truth:
        for t, x, y in samples(one, box("fit", SIZES[one.image]), 200, 1.0):
            cells = ("-", "-") if np.isnan(x) else (f"{x:.2f}", f"{y:.2f}")
            lines.append(f"{one.observer};{one.image};{t:.0f};" + ";".join(cells).replace(".", ","))
    (tmp_path / "log.csv").write_bytes("\n".join(lines).encode("utf-16"))
    import_gaze(tmp_path / "log.csv", stimuli, tmp_path / "study", screen="1280x1024", picture="center", scale="fit")
    check(tmp_path / "study", truth, 2, 0.045)


def test_upside_down_is_seen_by_what_people_look_at(tmp_path: Path, shared: Path) -> None:
    from wepsam.datasets import osie

    data = osie(shared / "data" / "osie")[:8]
    lines = ["image,observer,x,y,duration,onset"]
    for sample in data:
        assert sample.fixations is not None
        assert sample.observer is not None
        for (x, y), one in zip(sample.fixations, sample.observer, strict=True):
            lines.append(f"{sample.path.name},o{one},{x},{sample.size[0] - 1e-3 - y},0.2,0.1")
    (tmp_path / "fixations.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(GazeError, match="y seems to point the other way"):
        import_gaze(tmp_path / "fixations.csv", data[0].path.parent, tmp_path / "study")
    done = import_gaze(tmp_path / "fixations.csv", data[0].path.parent, tmp_path / "study", y="up")
    assert done.about["fixations"]["kept"] == len(lines) - 1


BROKEN = [b"", b"\x00\x01\x02", b"a,b\n", b"x,y,image\n1,2\n", b"START 1\n", b"EFIX L 1 2\n"]


@pytest.mark.parametrize("content", BROKEN)
def test_broken_files_are_one_line(content: bytes, tmp_path: Path, stimuli: Path) -> None:
    for name in ("s.asc", "s.tsv", "sub-1_task-a_physio.tsv.gz", "s.csv"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(GazeError) as caught:
            import_gaze(tmp_path / name, stimuli, tmp_path / "study")
        assert "\n" not in str(caught.value)
        assert name in str(caught.value)


def test_a_name_that_leads_elsewhere_or_is_twice(tmp_path: Path, stimuli: Path, paint: Any, write: Any) -> None:
    path = table(tmp_path / "fixations.csv", looked(), lambda p, s: p)
    path.write_text(path.read_text().replace("beach.png", "../../beach.png"))
    import_gaze(path, stimuli, tmp_path / "study")
    assert sorted(one.name for one in (tmp_path / "study" / "stimuli").iterdir()) == sorted(SIZES)
    write(stimuli / "a" / "x.png", paint(1))
    write(stimuli / "b" / "x.png", paint(1))
    path.write_text("image,observer,x,y\nx.png,o,1,1\n")
    with pytest.raises(GazeError, match=r"may be a/x\.png or b/x\.png"):
        import_gaze(path, stimuli, tmp_path / "other")


def test_a_second_import_replaces_the_first(tmp_path: Path, stimuli: Path) -> None:
    truth = looked()
    for seed in (0, 1):
        truth = looked(seed)
        import_gaze(write_asc(tmp_path / "asc", truth), stimuli, tmp_path / "study")
    check(tmp_path / "study", truth, 0.2)


def test_the_limit_on_cells_of_other_tables_stays(tmp_path: Path) -> None:
    before, path = csv.field_size_limit(), tmp_path / "long.csv"
    path.write_text("a,b\n1," + "x" * 200_000 + "\n", encoding="utf-8")
    assert len(tables.read(path).columns["b"][0]) == 200_000
    assert csv.field_size_limit() == before
