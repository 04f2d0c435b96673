"""True-format miniatures of what vendors export, with all columns that their documentation lists.

Sources of the columns: the documentation of Pupil Cloud's and Pupil Player's exports, Tobii Pro Lab's manual, the
specification of BIDS (physiological recordings) and EyeLink's manual of edf2asc.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gaze import miniatures
from gaze.miniatures import SCREEN, SECONDS, SIZES, Looked, box, looked, on_screen, samples
from gaze.test_importing import check, of, rows
from wepsam.gaze import GazeError, import_gaze

START = 1_690_000_000_000_000_000  # ns


def write(path: Path, head: str, lines: Iterable[Sequence[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head.split(","), *lines])


# ---- EyeLink: one eye after the other, and both


def test_eyelink_loses_an_eye_and_goes_on_with_the_other(tmp_path: Path, stimuli: Path) -> None:
    """Trials of both eyes, of the left and of the right one in a file: each has the eye that it has."""
    truth = of("anna", looked())
    whole = miniatures.asc(truth, eyes="LR", rate=250)
    head, *trials = whole.split("TRIALID ")
    alone = int(np.argmin([one.duration.sum() for one in truth]))
    left = miniatures.asc(truth, eyes="L", rate=250).split("TRIALID ")[1 + alone].splitlines()
    cross = next(line for line in left if line.startswith("EFIX"))
    trials[alone] = "\n".join(line for line in left if line != cross) + "\n"  # the right eye is the better one
    (tmp_path / "anna.asc").write_text("TRIALID ".join([head, *trials]))
    done = import_gaze(tmp_path / "anna.asc", stimuli, tmp_path / "study")
    check(tmp_path / "study", truth, 0.2)  # the miniature's left eye alone sees as long as the right one
    assert "where the right eye was not recorded, the left one counts" in done.about["assumed"]
    done = import_gaze(tmp_path / "anna.asc", stimuli, tmp_path / "right", eye="right")
    assert {image for image, _ in rows(tmp_path / "right")} == {*SIZES} - {truth[alone].image}
    assert "recordings of the other eye alone are left out (--eye right)" in done.about["assumed"]
    import_gaze(tmp_path / "anna.asc", stimuli, tmp_path / "samples", detect=True)
    check(tmp_path / "samples", truth, 3, 0.045)


# ---- Pupil Labs


def pupil_core(place: Path, name: str, one: Looked) -> None:
    """What Pupil Player exports of a surface: fixations, gaze and the files beside them."""
    width, height = SIZES[one.image]
    fixations, gaze, frame = [], [], 0
    for number, ((x, y), onset, duration) in enumerate(zip(one.points, one.onset, one.duration, strict=True), 1):
        u, v, start = x / width, 1 - y / height, 5000 + onset / 1000
        for step in range(3):
            frame += 1
            fixations.append([start + step / 30, frame, number, start, duration, 1.2, u, v, u * 2, v * 2, True])
        for step in range(0, int(duration), 8):
            gaze.append([start, frame, start + step / 1000, u, v, u * 2, v * 2, True, 0.98])
        gaze.append([start, frame, start + duration / 1000 + 0.004, u, v, u, v, True, 0.1])  # a blink
    write(
        place / f"fixations_on_surface_{name}.csv",
        "world_timestamp,world_index,fixation_id,start_timestamp,duration,dispersion,norm_pos_x,norm_pos_y,x_scaled,"
        "y_scaled,on_surf",
        fixations,
    )
    write(
        place / f"gaze_positions_on_surface_{name}.csv",
        "world_timestamp,world_index,gaze_timestamp,x_norm,y_norm,x_scaled,y_scaled,on_surf,confidence",
        gaze,
    )
    write(
        place / "surface_events.csv", "world_index,world_timestamp,surface_name,event_type", [[1, 5000, name, "enter"]]
    )
    write(place / "surface_visibility.csv", "frame_count", [["90"], [], ["surface_name", "visible_frame_count"]])
    write(
        place / f"surf_positions_{name}.csv",
        "world_index,world_timestamp,img_to_surf_trans,num_detected_markers",
        [[1, 5000.0, "[[1. 0. 0.]]", 4]],
    )


def moved(every: Iterable[Looked]) -> list[Looked]:
    """With onsets from the first fixation."""
    return [replace(one, onset=one.onset - one.onset[0]) for one in every]


def test_a_folder_of_pupil_core_with_several_surfaces(tmp_path: Path, stimuli: Path) -> None:
    """Of all files of the exports, those with fixations on surfaces; all surfaces of a recording are of one person."""
    truth = looked()
    for one in truth:
        pupil_core(tmp_path / "in" / one.observer / "000" / "exports" / "000" / "surfaces", one.image[:-4], one)
        write(
            tmp_path / "in" / one.observer / "000" / "exports" / "000" / "fixations.csv",
            "id,start_timestamp,duration,start_frame_index,end_frame_index,norm_pos_x,norm_pos_y,dispersion,"
            "confidence,method,gaze_point_3d_x,gaze_point_3d_y,gaze_point_3d_z,base_data",
            [[1, 5000.0, 200, 1, 5, 0.5, 0.5, 1.1, 0.9, "3d gaze", 1, 1, 1, "5000.0"]],
        )
    done = import_gaze(tmp_path / "in", stimuli, tmp_path / "study")
    assert not done.failed
    check(tmp_path / "study", moved(truth), 0.01)


def test_gaze_on_a_surface_of_pupil_core(tmp_path: Path, stimuli: Path) -> None:
    truth = [one for one in looked() if one.image == "beach.png"]
    for one in truth:
        pupil_core(tmp_path / one.observer / "surfaces", "beach", one)
    files = sorted(tmp_path.glob("*/surfaces/gaze_positions_on_surface_beach.csv"))
    import_gaze(files, stimuli, tmp_path / "study")
    found = rows(tmp_path / "study")
    for one in truth:
        np.testing.assert_allclose(found["beach.png", one.observer][:, :2], one.points, atol=1)


def pupil_cloud(place: Path, every: Sequence[Looked], kind: str) -> None:
    """An enrichment of Pupil Cloud: of a Marker Mapper (kind "surface") or a Reference Image Mapper ("image")."""
    on = {"surface": "on surface", "image": "in reference image"}[kind]
    unit = {"surface": "[normalized]", "image": "[px]"}[kind]
    sections, fixations, gaze = [], [], []
    for number, one in enumerate(every):
        section, recording, start = f"section-{number}", f"recording-{number}", START + number * 10**11
        sections.append(
            [
                section,
                recording,
                "first look",
                f"w{number}",
                one.observer,
                start,
                start + 4 * 10**9,
                "recording.begin",
                "recording.end",
            ]
        )
        size = SIZES[one.image] if kind == "surface" else (0.5, 0.5)  # the reference image is twice as large
        for place_of, (point, onset, duration) in enumerate(zip(one.points, one.onset, one.duration, strict=True), 1):
            x, y = point / size
            first, last = start + int(onset) * 10**6, start + int(onset + duration) * 10**6
            fixations.append([section, recording, place_of, first, last, int(duration), "True", x, y])
            for moment in np.linspace(first, last, 1 + int(duration) // 5).round().astype(int).tolist():
                gaze.append([section, recording, moment, "True", x, y, place_of, ""])
            gaze.append([section, recording, last + 5 * 10**6, "False", "", "", "", ""])
        fixations.append([section, recording, 99, start + 35 * 10**8, start + 36 * 10**8, 100, "False", "", ""])
    write(
        place / "sections.csv",
        "section id,recording id,recording name,wearer id,wearer name,section start time [ns],"
        "section end time [ns],start event name,end event name",
        sections,
    )
    write(
        place / "fixations.csv",
        "section id,recording id,fixation id,start timestamp [ns],end timestamp [ns],"
        f"duration [ms],fixation detected {on},fixation x {unit},fixation y {unit}",
        fixations,
    )
    what = {"surface": "on surface", "image": "in reference image"}[kind]
    write(
        place / "gaze.csv",
        f"section id,recording id,timestamp [ns],gaze detected {on},gaze position {what} x {unit},"
        f"gaze position {what} y {unit},fixation id,blink id",
        gaze,
    )
    write(
        place / "surface_positions.csv",
        "section id,timestamp [ns],detected markers,tl x [px],tl y [px],tr x [px],"
        "tr y [px],br x [px],br y [px],bl x [px],bl y [px]",
        [["section-0", START, "1;2", *range(8)]],
    )
    write(
        place / "aoi_fixations.csv",
        "aoi id,aoi name,section id,recording id,fixation id,fixation duration [ms]",
        [["a", "head", "section-0", "recording-0", 1, 100]],
    )
    (place / "enrichment_info.txt").write_text("enrichment_name: beach\n")


@pytest.mark.parametrize("kind", ["surface", "image"])
@pytest.mark.parametrize("file", ["", "fixations.csv", "gaze.csv"])
def test_an_enrichment_of_pupil_cloud(kind: str, file: str, tmp_path: Path, stimuli: Path, paint: Any) -> None:
    """Of a folder the fixations are taken; gaze is put together by the fixations that it names."""
    from PIL import Image

    image = "beach.png"
    truth = [one for one in looked() if one.image == image]
    place = tmp_path / "beach_MARKER-MAPPER_csv"
    pupil_cloud(place, truth, kind)
    if kind == "image":
        width, height = SIZES[image]
        Image.new("RGB", (2 * width, 2 * height)).save(place / "reference_image.jpeg")
    done = import_gaze(place / file, stimuli, tmp_path / "study")
    assert not done.failed
    check(tmp_path / "study", truth, 0.01)
    assert done.about["fixations"].get("without a position", 0) == (0 if file == "gaze.csv" else 2)


RAW = {
    "gaze.csv": "section id,recording id,timestamp [ns],gaze x [px],gaze y [px],worn,fixation id,blink id,"
    "azimuth [deg],elevation [deg]",
    "fixations.csv": "section id,recording id,fixation id,start timestamp [ns],end timestamp [ns],duration [ms],"
    "fixation x [px],fixation y [px],azimuth [deg],elevation [deg]",
}


@pytest.mark.parametrize("name", RAW)
def test_the_scene_camera_of_pupil_cloud_is_refused(name: str, tmp_path: Path, stimuli: Path) -> None:
    """Raw exports, also under Neon's names, say nothing of the picture."""
    write(tmp_path / name, RAW[name], [["s", "r", *[1] * (RAW[name].count(",") - 1)]])
    with pytest.raises(GazeError, match="scene camera"):
        import_gaze(tmp_path / name, stimuli, tmp_path / "study")


# ---- Tobii Pro Lab


MORE = [
    "Recording timestamp [\u03bcs]", "Computer timestamp [\u03bcs]", "Sensor", "Project name", "Export date",
    "Participant name", "Recording name", "Recording date", "Recording date UTC", "Recording start time",
    "Recording start time UTC", "Recording duration [ms]", "Timeline name", "Recording Fixation filter name",
    "Recording software version", "Recording resolution height [px]", "Recording resolution width [px]",
    "Recording monitor latency [ms]", "Average calibration accuracy [mm]", "Average calibration precision SD [mm]",
    "Eyetracker timestamp [\u03bcs]", "Event", "Event value", "Gaze point X [DACS px]", "Gaze point Y [DACS px]",
    "Gaze point left X [DACS px]", "Gaze point left Y [DACS px]", "Gaze point right X [DACS px]",
    "Gaze point right Y [DACS px]", "Gaze point X [MCS px]", "Gaze point Y [MCS px]", "Gaze point left X [MCS px]",
    "Gaze point left Y [MCS px]", "Gaze point right X [MCS px]", "Gaze point right Y [MCS px]",
    "Gaze direction left X [ADCS mm]", "Pupil diameter left [mm]", "Pupil diameter right [mm]", "Validity left",
    "Validity right", "Eye position left X [DACS mm]", "Presented Stimulus name", "Presented Media name",
    "Presented Media width [px]", "Presented Media height [px]", "Presented Media position X [DACS px]",
    "Presented Media position Y [DACS px]", "Original Media width [px]", "Original Media height [px]",
    "Eye movement type", "Eye movement event duration [ms]", "Eye movement type index", "Fixation point X [DACS px]",
    "Fixation point Y [DACS px]", "Fixation point X [MCS px]", "Fixation point Y [MCS px]",
    "Mouse position X [DACS px]", "Mouse position Y [DACS px]", "Mouse position X [MCS px]",
    "Mouse position Y [MCS px]",
]  # fmt: skip


def tobii(every: Sequence[Looked], without: str = "") -> str:
    """All columns of a recording on a screen; between the pictures a film and an instruction.

    Args:
        every: in order.
        without: leave out the columns that have this in their names.
    """
    columns = [name for name in MORE if not without or without not in name]
    lines, time, index, last = ["\t".join(columns)], 0, 0, ""
    for one in every:
        time, last = (0 if one.observer != last else time), one.observer
        width, height = SIZES[one.image]
        where = box("fit", (width, height))
        common = {
            "Sensor": "Eye Tracker", "Participant name": one.observer, "Recording name": "Recording1",
            "Recording resolution width [px]": SCREEN[0], "Recording resolution height [px]": SCREEN[1],
        }  # fmt: skip
        other = {"Presented Stimulus name": "film", "Presented Media name": "film.mp4"}
        media = {
            "Presented Stimulus name": one.image[:-4], "Presented Media name": one.image,
            "Presented Media width [px]": where[2], "Presented Media height [px]": where[3],
            "Presented Media position X [DACS px]": where[0], "Presented Media position Y [DACS px]": where[1],
            "Original Media width [px]": width, "Original Media height [px]": height,
        }  # fmt: skip
        found: list[dict[str, Any]] = [
            {"time": time + step, "Eye movement type": "Fixation", "Eye movement type index": index + 1,
             "Eye movement event duration [ms]": 400, "Fixation point X [MCS px]": 5, "Fixation point Y [MCS px]": 5,
             "Fixation point X [DACS px]": 5, "Fixation point Y [DACS px]": 5} | other
            for step in range(0, 400, 17)
        ]  # fmt: skip
        time, index = time + 1000, index + 1
        found.append({"time": time, "Sensor": "", "Event": "ImageStimulusStart", "Event value": one.image} | media)
        for point, onset, duration in zip(one.points, one.onset, one.duration, strict=True):
            index += 1
            x, y = on_screen(point, where, (width, height))
            fixation = {
                "Eye movement type": "Fixation", "Eye movement type index": index,
                "Eye movement event duration [ms]": duration, "Fixation point X [MCS px]": point[0],
                "Fixation point Y [MCS px]": point[1], "Fixation point X [DACS px]": x, "Fixation point Y [DACS px]": y,
                "Gaze point X [DACS px]": x + 1, "Gaze point Y [DACS px]": y - 1, "Validity left": "Valid",
            }  # fmt: skip
            found += [{"time": time + onset + step} | fixation | media for step in range(0, int(duration), 17)]
            found.append(
                {
                    "time": time + onset + duration,
                    "Eye movement type": "Saccade",
                    "Eye movement event duration [ms]": 30,
                    "Eye movement type index": index,
                }
                | media
            )
        time += int(SECONDS * 1000)
        found.append({"time": time, "Sensor": "", "Event": "ImageStimulusEnd", "Event value": one.image} | media)
        for row in found:
            row = common | row | {"Recording timestamp [\u03bcs]": row["time"] * 1000}
            lines.append("\t".join(str(row.get(name, "")) for name in columns))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("without", ["", "point X [DACS", "[MCS"])
def test_tobii_with_several_media(without: str, tmp_path: Path, stimuli: Path) -> None:
    """Coordinates of the media and of the screen, either alone or both; a film between the pictures is counted."""
    truth = looked()
    (tmp_path / "export.tsv").write_text(tobii(truth, without), encoding="utf-8")
    done = import_gaze(tmp_path / "export.tsv", stimuli, tmp_path / "study")
    check(tmp_path / "study", truth, 0.01)
    assert done.about["fixations"]["without a picture"] == len(truth)
    assert any("film.mp4 is not among the stimuli" in line for line in done.about["assumed"])


# ---- BIDS


def bids(folder: Path, mine: Sequence[Looked], messages: str, indexed: bool = True, rate: float = 500) -> None:
    """A recording whose tracker noted the pictures; the experiment's own events say when trials began, and no more.

    Args:
        folder: of the dataset.
        mine: of one observer.
        messages: "load": as Data Viewer has them; "name": any message with the name.
        indexed: whether events count as the time stamps do; otherwise they count rows of the recording, from 1.
        rate: of samples, in Hz.
    """
    base = f"sub-{mine[0].observer}_task-look"
    place, first = folder / f"sub-{mine[0].observer}" / "beh", 7_186_799
    place.mkdir(parents=True)
    time, gaze, events = 0.0, [], [(first - 400, "n/a", "n/a", "RECCFG CR 500 2 0 R")]
    trials = ["onset\tduration\ttrial_type"]
    for number, one in enumerate(mine):
        where = box("fit", SIZES[one.image])
        shown = samples(one, where, rate, noise=0.5, seed=number)
        stamp = first + round(time * 1000)
        x, y = where[0] + where[2] / 2, where[1] + where[3] / 2
        events.append((stamp - 2, "n/a", "n/a", f"TRIALID {number}"))
        events.append(
            (
                stamp,
                "n/a",
                "n/a",
                {
                    "load": f"!V IMGLOAD CENTER ../pictures/{one.image} {x:g} {y:g} {where[2]:g} {where[3]:g}",
                    "name": f"showing {one.image}",
                }[messages],
            )
        )
        for onset, duration in zip(one.onset, one.duration, strict=True):
            events.append((stamp + int(onset), int(duration), "fixation", "n/a"))
            events.append((stamp + int(onset + duration), 24, "saccade", "n/a"))
        trials.append(f"{time + 2:.3f}\t{SECONDS}\tpicture")
        gaze += [(time + t / 1000, x, y) for t, x, y in shown]
        time += SECONDS
        events.append((first + round(time * 1000), "n/a", "n/a", "TRIAL_RESULT 0"))
        gaze += [(time + t, np.nan, np.nan) for t in np.arange(0, 0.5, 1 / rate)]
        time += 0.5
    if not indexed:
        events = [(round((stamp - first) * rate / 1000) + 1, *rest) for stamp, *rest in events]
    _zip(
        place / f"{base}_recording-eye1_physio.tsv.gz",
        [(first + round(t * 1000), *("n/a" if np.isnan(v) else f"{v:.2f}" for v in (x, y)), 4600) for t, x, y in gaze],
    )
    _zip(
        place / f"{base}_recording-eye1_physioevents.tsv.gz",
        [
            (onset, duration, kind, 0 if kind != "n/a" else "n/a", json.dumps(text) if text != "n/a" else text)
            for onset, duration, kind, text in events
        ],
    )
    (place / f"{base}_recording-eye1_physio.json").write_text(
        json.dumps(
            {
                "DeviceSerialNumber": "17535483",
                "Columns": ["timestamp", "x_coordinate", "y_coordinate", "pupil_size"],
                "Manufacturer": "SR-Research",
                "PhysioType": "eyetrack",
                "RecordedEye": "right",
                "SamplingFrequency": rate,
                "SampleCoordinateSystem": "gaze-on-screen",
                "StartTime": 2.0,
                "timestamp": {"Units": "ms"},
                "x_coordinate": {"Units": "pixel"},
                "y_coordinate": {"Units": "pixel"},
                "pupil_size": {"Units": "a.u."},
            }
        )
    )
    (place / f"{base}_recording-eye1_physioevents.json").write_text(
        json.dumps(
            {
                "Columns": ["onset", "duration", "trial_type", "blink", "message"],
                "Description": "Messages logged by the measurement device",
                **({"ForeignIndexColumn": "timestamp"} if indexed else {}),
            }
        )
    )
    (place / f"{base}_events.tsv").write_text("\n".join(trials) + "\n")
    (folder / "task-look_events.json").write_text(
        json.dumps(
            {
                "StimulusPresentation": {
                    "ScreenDistance": 0.6,
                    "ScreenOrigin": ["top", "left"],
                    "ScreenResolution": [*SCREEN],
                    "ScreenSize": [0.38, 0.30],
                }
            }
        )
    )


def _zip(path: Path, lines: Iterable[Sequence[Any]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines("\t".join(map(str, line)) + "\n" for line in lines)


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("messages", ["load", "name"])
def test_the_trackers_messages_in_bids(messages: str, indexed: bool, tmp_path: Path, stimuli: Path) -> None:
    """They say which picture was shown when, and where if Data Viewer's words do; indexed by time stamps or by rows."""
    truth = looked()
    for observer in miniatures.OBSERVERS:
        bids(tmp_path / "bids", of(observer, truth), messages, indexed)
    how = {} if messages == "load" else {"picture": "center", "scale": "fit"}
    done = import_gaze(tmp_path / "bids", stimuli, tmp_path / "study", **how)
    check(tmp_path / "study", [replace(one, observer=f"sub-{one.observer}") for one in truth], 2, 0.045)
    assert not done.failed


def test_events_of_the_experiment_come_before_the_trackers(tmp_path: Path, stimuli: Path) -> None:
    truth = of("anna", looked())
    bids(tmp_path / "bids", truth, "name")
    file = tmp_path / "bids" / "sub-anna" / "beh" / "sub-anna_task-look_events.tsv"
    begins = [line.split("\t")[0] for line in file.read_text().splitlines()[1:]]
    lines = [f"{begin}\t{SECONDS}\timages/{one.image}" for begin, one in zip(begins, truth, strict=True)]
    file.write_text("\n".join(["onset\tduration\tstim_file", *lines[:2]]) + "\n")
    import_gaze(tmp_path / "bids", stimuli, tmp_path / "study", picture="center", scale="fit")
    assert {image for image, _ in rows(tmp_path / "study")} == {one.image for one in truth[:2]}


# ---- damaged files


def test_a_damaged_file_is_one_line_and_the_others_go_on(tmp_path: Path, stimuli: Path) -> None:
    truth = of("anna", looked())
    (tmp_path / "in").mkdir()
    whole = miniatures.asc(truth, eyes="LR", rate=250)
    (tmp_path / "in" / "anna.asc").write_text(whole)
    fixation = next(line for line in whole.splitlines() if line.startswith("EFIX"))
    cells = fixation.split()
    cells[5] = "779.\N{INVERTED QUESTION MARK}"
    (tmp_path / "in" / "bert.asc").write_text(whole.replace(fixation, "\t".join(cells)))
    done = import_gaze(tmp_path / "in", stimuli, tmp_path / "study")
    check(tmp_path / "study", truth, 0.2)
    (line,) = done.failed
    assert line.startswith(f"{tmp_path / 'in' / 'bert.asc'} cannot be read (could not convert")
    assert "\n" not in line


def test_a_time_that_is_none_is_one_line(tmp_path: Path, stimuli: Path) -> None:
    place = tmp_path / "beach_MARKER-MAPPER_csv"
    pupil_cloud(place, [one for one in looked() if one.image == "beach.png"][:1], "surface")
    file = place / "gaze.csv"
    file.write_text(file.read_text().replace(str(START)[:6], "later", 1))
    with pytest.raises(GazeError, match=r"^\S*gaze\.csv cannot be read \(invalid literal for int\(\)"):
        import_gaze(file, stimuli, tmp_path / "study")


def test_numbers_that_cannot_be_are_left_out(tmp_path: Path, stimuli: Path) -> None:
    file = tmp_path / "fixations.csv"
    file.write_text("image,observer,x,y,onset,duration\nbeach.png,a,10,10,0,1e308\nbeach.png,a,20,20,1,1e308\n")
    import_gaze(file, stimuli, tmp_path / "study")
    assert "inf" not in (tmp_path / "study" / "fixations.csv").read_text()
