"""How good a study is: what `wepsam gaze check` says, as a value for JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

import wepsam
from wepsam.attention.answers import rounded
from wepsam.evaluation.results import interval
from wepsam.files import as_seen, read_json
from wepsam.gaze import agreement, tables
from wepsam.gaze.importing import ABOUT, FORMAT, VIEWINGS
from wepsam.gaze.study import Seen, Study
from wepsam.spreadsheets import original

CHECK, VERSION = "wepsam-gaze-check", 1
LOSS, BESIDE, DRIFT = 0.2, 0.15, 0.1  # from which an observer's lost samples, glances beside and offset are doubted
FEW_FIXATIONS = 5  # a picture and observer; fewer say little
SHORT = 0.05  # seconds; shorter fixations are rarely any
LONG = 2.0  # seconds; longer ones neither


def check(study: Study) -> dict[str, Any]:
    """Numbers on a study, and what to doubt of it.

    Args:
        study: as `read_study` gives it.

    Returns:
        pictures, observers: a row for each; agreement: leave-one-observer-out scores; ceiling: what a model could reach
        at most; durations, drift, data loss, and remarks: what to doubt, a sentence each.
    """
    found = agreement.leave_one_out(study)
    odd = agreement.odd_ones(found) if len(found.rows) else []
    viewings = _viewings(study)
    agrees = {metric: found.of_observer(metric) for metric in agreement.METRICS}
    observers = [
        _observer(study, name, {metric: of.get(name) for metric, of in agrees.items()}, viewings, name in odd)
        for name in study.observers
    ]
    pictures = [_picture(name, seen, found, viewings) for name, seen in study.seen.items()]
    every = _together(study)
    counts = [len(seen.by([one]).points) for seen in study.seen.values() for one in seen.viewers]
    said: dict[str, Any] = {
        "format": CHECK,
        "version": VERSION,
        "wepsam": wepsam.__version__,
        "folder": study.folder.name,
        "numbers": {
            "pictures": len(pictures), "observers": len(observers), "fixations": len(every["place"]),
            "viewings": len(counts), "fixations_a_viewing": _spread(np.array(counts, dtype=float)),
            "duration": _spread(every["duration"]), "beside": _share(viewings, "beside"),
            "lost": _mean([one["lost"] for one in viewings if one["lost"] is not None]),
            "middle": [float(one) for one in every["place"].mean(axis=0)] if len(every["place"]) else None,
            "groups": {name: sum(study.groups.get(one) == name for one in study.observers)
                       for name in sorted(set(study.groups.values()))},
        },
        "agreement": {name: found.mean(name) for name in agreement.METRICS} if len(found.rows) else None,
        "ceiling": agreement.ceiling(study),
        "observers": observers,
        "pictures": pictures,
        "import": _imported(study),
    }  # fmt: skip
    return rounded(_plain(said | {"remarks": _remarks(said, every)}))


def _together(study: Study) -> dict[str, np.ndarray]:
    """Places in shares of the sides, durations and onsets of all fixations."""
    seen = [*study.seen.values()]
    places = [one.points / one.sample.size[::-1] for one in seen]
    return {
        "place": np.concatenate([np.empty((0, 2)), *places]),
        "duration": np.concatenate([np.empty(0), *(one.duration for one in seen)]),
        "onset": np.concatenate([np.empty(0), *(one.onset for one in seen)]),
    }


def _viewings(study: Study) -> list[dict[str, Any]]:
    """What the import noted of each viewing; nothing for a study that was made otherwise."""
    file = study.folder / VIEWINGS
    if not file.is_file():
        return []
    table = tables.read(file)
    lost, beside, kept = (table.numbers(name) for name in ("lost", "beside", "fixations"))
    return [
        {"image": as_seen(image), "observer": original(observer), "lost": None if np.isnan(lost[row]) else lost[row],
         "beside": beside[row], "fixations": kept[row]}
        for row, (image, observer) in enumerate(zip(table.text("image"), table.text("observer"), strict=True))
    ]  # fmt: skip


def _share(viewings: list[dict[str, Any]], name: str) -> float | None:
    total = sum(one["fixations"] + one["beside"] for one in viewings)
    return sum(one[name] for one in viewings) / total if total else None


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _spread(values: np.ndarray) -> dict[str, float] | None:
    """Mean, median and the middle 90 % of what is known."""
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return {"mean": float(values.mean()), "median": float(middle), "low": float(low), "high": float(high)}


def _observer(
    study: Study, name: str, agrees: dict[str, float | None], viewings: list[dict[str, Any]], odd: bool
) -> dict[str, Any]:
    seen = [one.by([name]) for one in study.seen.values() if name in one.viewers]
    places = np.concatenate([np.empty((0, 2)), *(one.points / one.sample.size[::-1] for one in seen)])
    rest = [
        (others / all_of.sample.size[::-1]).mean(axis=0)
        for all_of in study.seen.values()
        if name in all_of.viewers and len(others := all_of.points[all_of.observer != name])
    ]
    noted = [one for one in viewings if one["observer"] == name]
    durations = np.concatenate([np.empty(0), *(one.duration for one in seen)])
    # Against the same pictures as the others saw them: what all share, such as a center, is no drift.
    drift = (places.mean(axis=0) - np.mean(rest, axis=0)).tolist() if len(places) and rest else None
    return {
        "observer": name,
        "group": study.groups.get(name, ""),
        "pictures": len(seen),
        "fixations": len(places),
        "a_picture": len(places) / max(len(seen), 1),
        "duration": float(np.nanmedian(durations)) if np.isfinite(durations).any() else None,
        "lost": _mean([one["lost"] for one in noted if one["lost"] is not None]),
        "beside": _share(noted, "beside"),
        "middle": places.mean(axis=0).tolist() if len(places) else None,
        "drift": drift,
        **agrees,
        "agrees_with_nobody": odd,
    }


def _picture(name: str, seen: Seen, found: agreement.Agreement, viewings: list[dict[str, Any]]) -> dict[str, Any]:
    rows = found.rows[found.rows["picture"] == found.pictures.index(name)] if len(found.rows) else found.rows
    mine = [one for one in viewings if one["image"] == name]
    return {
        "picture": name,
        "width": seen.sample.size[1],
        "height": seen.sample.size[0],
        "observers": len(seen.viewers),
        "fixations": len(seen.points),
        "beside": _share(mine, "beside"),
        "middle": (seen.points / seen.sample.size[::-1]).mean(axis=0).tolist() if len(seen.points) else None,
        **{metric: float(np.nanmean(rows[metric])) if len(rows) else None for metric in agreement.METRICS},
        "nss_interval": list(interval(rows["nss"])[1:]) if len(rows) else None,
    }


def _imported(study: Study) -> dict[str, Any] | None:
    """What the import said, without its list of files."""
    try:
        about = read_json(study.folder / ABOUT)
        if about.get("format") != FORMAT:
            return None
        return {name: about[name] for name in ("fixations", "said", "assumed", "doubts", "coordinates", "failed")}
    except (OSError, ValueError, KeyError, AttributeError):
        return None


def _remarks(said: dict[str, Any], every: dict[str, np.ndarray]) -> list[str]:
    lines = [f"{one['observer']} agrees with nobody (NSS {one['nss']:.2f}); look at the recording, or leave it out"
             for one in said["observers"] if one["agrees_with_nobody"]]  # fmt: skip
    for one in said["observers"]:
        if one["lost"] is not None and one["lost"] > LOSS:
            lines.append(f"{one['observer']}: {one['lost']:.0%} of the samples are lost")
        if one["beside"] is not None and one["beside"] > BESIDE:
            lines.append(f"{one['observer']}: {one['beside']:.0%} of the fixations lie beside the pictures")
        if one["drift"] is not None and max(map(abs, one["drift"])) > DRIFT:
            x, y = one["drift"]
            lines.append(
                f"{one['observer']}: fixations lie {x:+.0%} of the width and {y:+.0%} of the height from those of the "
                "others on the same pictures; the calibration may have drifted"
            )
        if one["pictures"] and one["a_picture"] < FEW_FIXATIONS < said["numbers"]["fixations_a_viewing"]["median"]:
            lines.append(f"{one['observer']}: only {one['a_picture']:.1f} fixations a picture")
    durations = every["duration"][np.isfinite(every["duration"])]
    if len(durations) and (short := float((durations < SHORT).mean())) > 0.05:
        lines.append(f"{short:.0%} of the fixations are shorter than {SHORT * 1000:g} ms: noise may have split them")
    if len(durations) and (long := float((durations > LONG).mean())) > 0.05:
        lines.append(f"{long:.0%} of the fixations are longer than {LONG:g} s: saccades may have been missed")
    if len(said["observers"]) < 2:
        lines.append("a single observer cannot agree with anybody")
    elif said["agreement"] is None:
        lines.append("no picture was seen by two observers")
    elif said["agreement"]["nss"]["high"] < 0.3:
        value = said["agreement"]["nss"]["mean"]
        lines.append(f"observers hardly agree (NSS {value:.2f}): are the places of the pictures right?")
    middle = said["numbers"]["middle"]
    if middle is not None and max(abs(one - 0.5) for one in middle) > 0.2:
        lines.append(
            f"the middle of all fixations lies at {middle[0]:.0%} of width and {middle[1]:.0%} of height, far from the "
            "center: are the places of the pictures right?"
        )
    return lines + list((said["import"] or {}).get("doubts", []))


def _plain(value: Any) -> Any:
    """Numbers of numpy as those of Python; NaN as None, which JSON can hold."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
