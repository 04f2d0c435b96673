"""Small files as trackers write them, of fixations that are known."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SCREEN = (1280, 1024)
SIZES = {"beach.png": (640, 480), "street.png": (400, 600), "icon.png": (300, 220)}  # (width, height)
OBSERVERS = ("anna", "ben")
SECONDS = 3.0

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Looked:
    """What one observer did with one picture: (N, 2) pixels of the picture, (N,) ms since it appeared, (N,) ms."""

    observer: str
    image: str
    points: np.ndarray
    onset: np.ndarray
    duration: np.ndarray


def looked(seed: int = 0, count: int = 8) -> list[Looked]:
    """Fixations of each observer on each picture, one after the other, around its center."""
    rng = np.random.default_rng(seed)
    found = []
    for observer in OBSERVERS:
        for image, size in SIZES.items():
            points = _apart(rng, count, size)
            duration = rng.integers(120, 280, count)
            onset = np.cumsum(np.concatenate([[40], duration[:-1] + rng.integers(30, 60, count - 1)]))
            found.append(Looked(observer, image, points, onset, duration))
    return found


def _apart(rng: np.random.Generator, count: int, size: tuple[int, int]) -> np.ndarray:
    """(count, 2) points around the center, each a good way from the one before."""
    points: list[np.ndarray] = []
    while len(points) < count:
        point = np.round(rng.normal(0.5, 0.2, 2).clip(0.03, 0.97) * size, 1)
        if not points or np.hypot(*(point - points[-1])) > 0.35 * min(size):
            points.append(point)
    return np.array(points)


def box(kind: str, size: tuple[int, int], screen: tuple[int, int] = SCREEN) -> Box:
    """Where a picture stands on the screen."""
    (width, height), (across, down) = size, screen
    if kind == "stretch":
        return 0, 0, across, down
    if kind == "corner":
        return 100, 50, width, height
    scale = {"none": 1.0, "fit": min(across / width, down / height)}[kind]
    return (across - scale * width) / 2, (down - scale * height) / 2, scale * width, scale * height


def on_screen(points: np.ndarray, where: Box, size: tuple[int, int]) -> np.ndarray:
    """(N, 2) pixels of the screen."""
    return points * (where[2] / size[0], where[3] / size[1]) + where[:2]


def samples(one: Looked, where: Box, rate: float, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """(M, 3) ms and pixels of the screen of an eye that goes from one fixation to the next."""
    rng = np.random.default_rng(seed)
    time = np.arange(0, SECONDS * 1000, 1000 / rate)
    places = on_screen(one.points, where, SIZES[one.image])
    knots = np.column_stack([one.onset, one.onset + one.duration]).ravel()
    values = np.repeat(places, 2, axis=0)
    # Saccades accelerate and brake: minimum jerk.
    place = np.interp(time, knots, np.arange(len(knots)))
    part = place - np.floor(place)
    moving = np.floor(place) % 2 == 1
    smooth = np.floor(place) + np.where(moving, part**3 * (10 - 15 * part + 6 * part**2), part)
    gaze = np.column_stack([np.interp(smooth, np.arange(len(knots)), values[:, axis]) for axis in range(2)])
    gaze[(time < knots[0]) | (time >= knots[-1])] = np.nan
    return np.column_stack([time, gaze + rng.normal(0, noise, gaze.shape)])


# ---- EyeLink


def asc(
    mine: Sequence[Looked],
    kind: str = "none",
    *,
    load: str = "CENTER",
    eyes: str = "R",
    events: bool = True,
    rate: float = 0,
    comma: bool = False,
    noise: float = 0.0,
) -> str:
    """An ASC file of one observer, as edf2asc writes it: a trial for each picture.

    Args:
        mine: of one observer.
        kind: of placement, as in `box`.
        load: how `!V IMGLOAD` says it; "" for trial variables alone.
        eyes: "L", "R" or "LR"; the left eye sees half as long.
        events: whether there are EFIX and the like.
        rate: of samples; 0 for none.
        comma: a decimal comma.
        noise: of samples, in pixels.
    """
    names = " ".join({"L": "LEFT", "R": "RIGHT"}[eye] for eye in eyes)
    lines = [
        "** CONVERTED FROM s01.edf using edfapi 4.2.1 Win32  EyeLink on Thu May  5 2022",
        "** DATE: Thu May  5 10:38:22 2022", "** TYPE: EDF_FILE BINARY EVENT SAMPLE TAGGED", "** VERSION: EYELINK II 1",
        "** SOURCE: EYELINK CL", "** EYELINK II CL v5.15 Jan 24 2018", "**", "",
        f"MSG\t900 DISPLAY_COORDS 0 0 {SCREEN[0] - 1} {SCREEN[1] - 1}",
        "INPUT\t901\t0",
        "MSG\t950 !CAL CALIBRATION HV9 R RIGHT   GOOD",
    ]  # fmt: skip
    begin = 10_000
    for number, one in enumerate(mine, 1):
        size, shown = SIZES[one.image], begin + 520
        where = box(kind, size)
        place = {
            "CENTER": f"!V IMGLOAD CENTER ../../images/{one.image} {where[0] + where[2] / 2:g} "
            f"{where[1] + where[3] / 2:g} {where[2]:g} {where[3]:g}",
            "TOP_LEFT": f"!V IMGLOAD TOP_LEFT images\\{one.image} {where[0]:g} {where[1]:g} {where[2]:g} {where[3]:g}",
            "BARE": f"!V IMGLOAD CENTER images/{one.image}",
            "FILL": f"!V IMGLOAD FILL {one.image}",
        }.get(load)
        lines += [
            f"MSG\t{begin - 80} TRIALID {number}", f"MSG\t{begin - 60} RECCFG CR 1000 2 1 {eyes}",
            f"MSG\t{begin - 60} GAZE_COORDS 0.00 0.00 {SCREEN[0] - 1}.00 {SCREEN[1] - 1}.00",
            f"MSG\t{begin - 60} THRESHOLDS R 79 231", f"START\t{begin} \t{names}\tSAMPLES\tEVENTS", "PRESCALER\t1",
            "VPRESCALER\t1", "PUPIL\tAREA", f"EVENTS\tGAZE\t{names}\tRATE\t1000.00\tTRACKING\tCR\tFILTER\t2",
            f"SAMPLES\tGAZE\t{names}\tRATE\t1000.00\tTRACKING\tCR\tFILTER\t2",
        ]  # fmt: skip
        if events:  # on the cross, until the picture has appeared
            lines += [f"SFIX {eye}   {begin + 2}" for eye in eyes]
        lines.append(f"MSG\t{shown + 2} 2 SYNCTIME")
        if place:
            lines.append(f"MSG\t{shown + 3} 3 {place}")
        if events:
            middle = f"{SCREEN[0] / 2:.1f}\t  {SCREEN[1] / 2:.1f}"
            lines += [f"EFIX {eye}   {begin + 2}\t{shown + 10}\t529\t  {middle}\t   1264" for eye in eyes]
            for (x, y), onset, duration in zip(
                on_screen(one.points, where, size), one.onset, one.duration, strict=True
            ):
                first = shown + onset
                for eye in eyes:
                    long = duration // 2 if eye == "L" and len(eyes) > 1 else duration
                    off = 40 if eye == "L" and len(eyes) > 1 else 0
                    lines.append(f"SFIX {eye}   {first}")
                    lines.append(
                        f"EFIX {eye}   {first}\t{first + long - 1}\t{long}\t  {x + off:.1f}\t  {y:.1f}\t   1102"
                    )
                    lines += [f"SSACC {eye}  {first + long}"]
                    lines.append(
                        f"ESACC {eye}  {first + long}\t{first + long + 20}\t21\t  {x:.1f}\t  {y:.1f}\t  501.0\t"
                        "  300.2\t   4.53\t    213"
                    )
        if rate:
            for time, x, y in samples(one, where, rate, noise, number):
                lost = np.isnan(x)
                cell = "   .\t   .\t    0.0" if lost else f"  {x:.1f}\t  {y:.1f}\t 1264.0"
                lines.append(f"{shown + time:.0f}\t{cell}" + (f"\t{cell}" if len(eyes) > 1 else "") + "\t...")
        end = shown + int(SECONDS * 1000)
        lines += [
            f"MSG\t{end} !V CLEAR 116 116 116", f"END\t{end + 5} \tSAMPLES\tEVENTS\tRES\t  40.1\t  38.5",
            f"MSG\t{end + 8} !V TRIAL_VAR condition free", f"MSG\t{end + 8} !V TRIAL_VAR picture {one.image}",
            f"MSG\t{end + 9} TRIAL_RESULT 0",
        ]  # fmt: skip
        begin = end + 2000
    text = "\n".join(lines) + "\n"
    if comma:
        text = "\n".join(
            line.replace(".", ",") if line[:4] in ("EFIX", "ESAC") or (line[:1].isdigit()) else line
            for line in text.replace("   .\t   .", "   _\t   _").split("\n")
        ).replace("   _\t   _", "   .\t   .").replace(",,,", "...")  # fmt: skip
    return text


# ---- Tobii


TOBII = [
    "Recording timestamp", "Computer timestamp", "Sensor", "Project name", "Participant name", "Recording name",
    "Recording resolution height", "Recording resolution width", "Event", "Event value", "Gaze point X", "Gaze point Y",
    "Gaze point X (MCSnorm)", "Gaze point Y (MCSnorm)", "Validity left", "Presented Stimulus name",
    "Presented Media name", "Presented Media width", "Presented Media height", "Presented Media position X (DACSpx)",
    "Presented Media position Y (DACSpx)", "Original Media width", "Original Media height", "Eye movement type",
    "Gaze event duration", "Eye movement type index", "Fixation point X", "Fixation point Y",
    "Fixation point X (MCSnorm)", "Fixation point Y (MCSnorm)",
]  # fmt: skip


def tobii(
    every: Sequence[Looked], kind: str = "fit", *, norm: bool = True, comma: bool = False, new: bool = False
) -> str:
    """Tobii Pro Lab's export of all observers: rows at 60 Hz, events between them.

    Args:
        every: in order.
        kind: of placement.
        norm: whether coordinates of the media are there.
        comma: a decimal comma.
        new: names of columns with units, as since 2022; times in microseconds.
    """
    names = {
        "Recording timestamp": "Recording timestamp [\u03bcs]", "Gaze event duration": "Gaze event duration [ms]",
        "Gaze point X": "Gaze point X [DACS px]", "Gaze point Y": "Gaze point Y [DACS px]",
        "Fixation point X": "Fixation point X [DACS px]", "Fixation point Y": "Fixation point Y [DACS px]",
        "Fixation point X (MCSnorm)": "Fixation point X [MCS norm]",
        "Fixation point Y (MCSnorm)": "Fixation point Y [MCS norm]",
        "Presented Media width": "Presented Media width [px]",
        "Presented Media height": "Presented Media height [px]",
        "Presented Media position X (DACSpx)": "Presented Media position X [DACS px]",
        "Presented Media position Y (DACSpx)": "Presented Media position Y [DACS px]",
        "Recording resolution width": "Recording resolution width [px]",
        "Recording resolution height": "Recording resolution height [px]",
    }  # fmt: skip
    wanted = [name for name in TOBII if norm or "MCS" not in name]
    lines = ["\t".join(names.get(name, name) if new else name for name in wanted)]
    time, index = 0, 0
    last = ""
    for one in every:
        time = 0 if one.observer != last else time
        last = one.observer
        size = SIZES[one.image]
        where = box(kind, size)
        common = {
            "Project name": "Pilot", "Participant name": one.observer, "Recording name": f"Recording {one.observer}",
            "Recording resolution width": SCREEN[0], "Recording resolution height": SCREEN[1],
        }  # fmt: skip
        media = {
            "Presented Stimulus name": one.image.partition(".")[0], "Presented Media name": f"{one.image} (1)",
            "Presented Media width": where[2], "Presented Media height": where[3],
            "Presented Media position X (DACSpx)": where[0], "Presented Media position Y (DACSpx)": where[1],
            "Original Media width": size[0], "Original Media height": size[1],
        }  # fmt: skip
        rows: list[dict[str, object]] = []
        rows.append({"Recording timestamp": time, "Event": "ImageStimulusStart", "Event value": one.image} | media)
        for number, (point, onset, duration) in enumerate(zip(one.points, one.onset, one.duration, strict=True)):
            index += 1
            x, y = on_screen(point, where, size)
            fixation = {
                "Sensor": "Eye Tracker", "Eye movement type": "Fixation", "Gaze event duration": duration,
                "Eye movement type index": index, "Fixation point X": x, "Fixation point Y": y,
                "Fixation point X (MCSnorm)": f"{point[0] / size[0]:.6f}",
                "Fixation point Y (MCSnorm)": f"{point[1] / size[1]:.6f}", "Gaze point X": x + 1, "Gaze point Y": y,
            }  # fmt: skip
            rows += [
                {"Recording timestamp": time + onset + step} | fixation | media for step in range(0, int(duration), 17)
            ]
            if number == 2:
                rows.append({"Recording timestamp": time + onset + 5, "Event": "MouseEvent"} | media)
            rows.append({
                "Recording timestamp": time + onset + duration, "Sensor": "Eye Tracker", "Eye movement type": "Saccade",
                "Gaze event duration": 30, "Eye movement type index": index} | media)  # fmt: skip
        end = time + int(SECONDS * 1000)
        rows.append({"Recording timestamp": end, "Event": "ImageStimulusEnd", "Event value": one.image} | media)
        rows.append({"Recording timestamp": end + 10, "Sensor": "Eye Tracker", "Eye movement type": "EyesNotFound"})
        time = end + 500
        for row in rows:
            cells = common | row
            if new:
                cells["Recording timestamp"] = int(cells["Recording timestamp"]) * 1000  # type: ignore[call-overload]
            texts = [str(cells.get(name, "")) for name in wanted]
            if comma:
                keep = ("Presented Media name", "Event value")
                texts = [
                    text if name in keep else text.replace(".", ",") for name, text in zip(wanted, texts, strict=True)
                ]
            lines.append("\t".join(texts))
    return "\r\n".join(lines) + "\r\n"


# ---- Pupil Labs


def surface(one: Looked) -> str:
    """Pupil Player's fixations on a surface that is the picture: shares, y up, a row for each frame of the camera."""
    lines = [
        "world_timestamp,world_index,fixation_id,start_timestamp,duration,dispersion,norm_pos_x,norm_pos_y,x_scaled,"
        "y_scaled,on_surf"
    ]
    size = SIZES[one.image]
    for number, ((x, y), onset, duration) in enumerate(zip(one.points, one.onset, one.duration, strict=True)):
        for frame in range(3):
            jitter = (frame - 1) * 0.001
            lines.append(
                f"{5000 + onset / 1000 + frame / 30:.6f},{frame},{number},{5000 + onset / 1000:.6f},{duration:.1f},1.1,"
                f"{x / size[0] + jitter:.6f},{1 - y / size[1] - jitter:.6f},0.5,0.5,True"
            )
        lines.append(
            f"{5000 + onset / 1000 + 0.1:.6f},9,{number},{5000 + onset / 1000:.6f},{duration:.1f},1.1,2,2,2,2,False"
        )
    return "\n".join(lines) + "\n"


def reference(every: Sequence[Looked], scale: float = 2.0) -> tuple[str, str]:
    """Pupil Cloud's fixations.csv and sections.csv of a picture that several people saw, in pixels of a photograph."""
    lines = [
        "section id,recording id,fixation id,start timestamp [ns],end timestamp [ns],duration [ms],"
        "fixation detected in reference image,fixation x [px],fixation y [px]"
    ]
    sections = [
        "section id,recording id,recording name,wearer id,wearer name,section start time [ns],section end time [ns]"
    ]
    for number, one in enumerate(every):
        start = 1_650_000_000_000_000_000 + number * 10**11
        sections.append(f"sec{number},rec{number},r,w{number},{one.observer},{start},{start + 4 * 10**9}")
        for place, ((x, y), onset, duration) in enumerate(zip(one.points, one.onset, one.duration, strict=True)):
            first = start + int(onset) * 10**6
            lines.append(
                f"sec{number},rec{number},{place},{first},{first + int(duration) * 10**6},{duration},true,"
                f"{scale * x:.3f},{scale * y:.3f}"
            )
        lines.append(f"sec{number},rec{number},99,{start + 3 * 10**9},{start + 31 * 10**8},100,false,,")
    return "\n".join(lines) + "\n", "\n".join(sections) + "\n"


# ---- BIDS


def bids(folder: Path, mine: Sequence[Looked], kind: str, *, rate: float = 500, center: bool = False) -> Path:
    """A recording of one observer as BIDS has it: samples without a head, JSON, events; the path of the samples."""
    person = f"sub-{mine[0].observer}"
    place = folder / person / "beh"
    place.mkdir(parents=True, exist_ok=True)
    rows, events, begin = [], ["onset\tduration\ttrial_type\tstim_file"], 2.0
    rng = np.random.default_rng(1)
    for one in mine:
        shown = samples(one, box(kind, SIZES[one.image]), rate, noise=1.0, seed=int(rng.integers(1000)))
        if center:
            shown[:, 1:] = (shown[:, 1:] - np.array(SCREEN) / 2) * (1, -1)
        rows += [(begin + t / 1000, x, y) for t, x, y in shown]
        events.append(f"{begin:.3f}\t{SECONDS}\tpicture\timages/{one.image}")
        events.append(f"{begin + SECONDS:.3f}\t0.5\tcross\tn/a")
        begin += SECONDS + 0.5
        rows += [(begin - 0.5 + t, np.nan, np.nan) for t in np.arange(0, 0.5, 1 / rate)]
    base = f"{person}_task-look"

    def cell(value: float) -> str:
        return "n/a" if np.isnan(value) else f"{value:.2f}"

    text = "".join(f"{(t - 2.0) * 1000 + 7654321:.0f}\t{cell(x)}\t{cell(y)}\t3.1\n" for t, x, y in rows)
    path = place / f"{base}_recording-eye1_physio.tsv.gz"
    with gzip.open(path, "wt") as file:
        file.write(text)
    said = {
        "SamplingFrequency": rate, "StartTime": 2.0,
        "Columns": ["timestamp", "x_coordinate", "y_coordinate", "pupil_size"],
        "PhysioType": "eyetrack", "RecordedEye": "right", "SampleCoordinateSystem": "gaze-on-screen",
        "timestamp": {"Units": "ms"}, "x_coordinate": {"Units": "pixel"}, "y_coordinate": {"Units": "pixel"},
    }  # fmt: skip
    path.with_name(f"{base}_recording-eye1_physio.json").write_text(json.dumps(said))
    (place / f"{base}_events.tsv").write_text("\n".join(events) + "\n")
    (folder / "task-look_events.json").write_text(json.dumps({"StimulusPresentation": {
        "ScreenDistance": 0.6, "ScreenOrigin": ["center"] if center else ["top", "left"],
        "ScreenResolution": list(SCREEN), "ScreenSize": [0.38, 0.30]}}))  # fmt: skip
    return path
