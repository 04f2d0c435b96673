"""What each request is answered: one function per path, from the bytes of pictures to the bytes of an answer."""

import io
import json
import warnings
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from wepsam import drawing, kinds, overlays
from wepsam.attention import crop_files, crop_pictures
from wepsam.attention.answers import Attention, attend, rounded
from wepsam.images import ImageError
from wepsam.prediction import predictor
from wepsam.prediction.predictor import Predictor
from wepsam.reporting import content, page
from wepsam.reporting.writing import compose, small
from wepsam.service.forms import Upload, line

Answer = tuple[bytes, str, dict[str, str]]  # content, media type, headers

MAP, OVERLAY, NPY, JSON = "map", "overlay", "npy", "json"
DRAWINGS = ("fog", "contours", "hot-spots")
FORMATS = (MAP, OVERLAY, *DRAWINGS, NPY, JSON)
CROPS = ("picture", JSON)
TABLE = "csv"
REPORTS = ("html", JSON, TABLE)
PNG, JPEG, QUALITY = "image/png", "image/jpeg", 90
QUICK = 1  # level of PNG: pictures of this level take a fraction of the time


def predict(upload: Upload, model: Predictor, kind: str, max_pixels: int) -> Answer:
    """A map, a drawing, or numbers."""
    if kind not in (MAP, NPY):
        answer = asked(upload, None, model, max_pixels)
        if kind == JSON:
            return in_json(answer.as_dict() | {"picture": upload.name, "density": grid(answer.density)})
        drawn = drawing.draw(answer, "heat" if kind == OVERLAY else kind, drawing.Style(legend=False))
        return encoded(drawn, JPEG), JPEG, headers(model, answer.warnings)
    stimulus, size = model.read(upload.data, max_pixels)
    doubted = model.doubt(stimulus)
    said = headers(model, [kinds.message(doubted, upload.name)] if doubted else [])
    saliency_map = predictor.saliency_map(model.low_resolution(stimulus), size)
    if kind == MAP:
        return encoded(overlays.gray(saliency_map), PNG), PNG, said
    buffer = io.BytesIO()
    np.save(buffer, saliency_map)
    return buffer.getvalue(), "application/octet-stream", said


def areas(upload: Upload, given: Any, model: Predictor, max_pixels: int, options: dict[str, Any]) -> Answer:
    """What each area of a picture gets."""
    answer = asked(upload, given, model, max_pixels, **options)
    return in_json(answer.as_dict() | {"picture": upload.name})


def crop(upload: Upload, aspect: str | None, size: str | None, model: Predictor, kind: str, max_pixels: int) -> Answer:
    """The crop of an aspect or of a size: the picture in its own format, or where it is."""
    if (aspect is None) == (size is None):
        raise ValueError("a crop needs an aspect or a size, not both: aspect=1:1 or size=400x400")
    (wanted,) = crop_pictures.kinds_of([aspect] if aspect else [], [size] if size else [])
    answer = asked(upload, None, model, max_pixels)
    found = crop_pictures.planned(upload.name, answer, wanted)
    if kind == JSON:
        return in_json(found.as_dict())
    made = crop_files.encode(upload.data, found.crop.box, answer.size, found.size, max_pixels=max_pixels)
    return made.data, made.media_type, headers(model, [*found.warnings, *made.remarks])


def report(
    uploads: Sequence[Upload],
    given: Any,
    model: Predictor,
    max_pixels: int,
    title: str | None,
    kind: str,
    viewport: str | None = None,
) -> Answer:
    """The page of `wepsam report`, its numbers, or its table."""
    answers, failed = [], []
    for upload, name in zip(uploads, content.names([one.name for one in uploads]), strict=True):
        try:
            answer = asked(upload, given, model, max_pixels, viewport=viewport)
        except ImageError as error:
            if len(uploads) == 1:
                raise
            failed.append({"picture": name, "error": line(error)})
            continue
        answers.append((content.of_picture(answer, name), small(answer)))
    if not answers:
        raise ImageError("none of the pictures can be read: " + "; ".join(one["error"] for one in failed))
    return report_file(*compose(answers, title, failed), kind)


def report_file(numbers: dict[str, Any], text: str, kind: str) -> Answer:
    """A report as one of REPORTS.

    Args:
        numbers: as `reporting.writing.compose` gives them.
        text: the page, from there too.
        kind: one of REPORTS.
    """
    if kind == JSON:
        return in_json(numbers, indent=1)  # people read it, too
    return table(content.csv_of_areas(numbers)) if kind == TABLE else html(text)


def table(text: str) -> Answer:
    """A CSV."""
    return text.encode(), "text/csv; charset=utf-8", {}


def html(text: str) -> Answer:
    """The page of a report, which may do nothing under this address."""
    return text.encode(), "text/html; charset=utf-8", {"content-security-policy": "sandbox; " + page.POLICY}


def asked(upload: Upload, given: Any, model: Predictor, max_pixels: int, **options: Any) -> Attention:
    """`wepsam.attend` on an upload, under the name that it has there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", kinds.PictureWarning)  # the answer says it
        return attend(upload.data, given, model=model, max_pixels=max_pixels, name=upload.name, **options)


def grid(density: np.ndarray) -> dict[str, Any]:
    """A density at the model's own resolution, for JSON: rows from the top, each sums of all is 1."""
    return {"height": density.shape[0], "width": density.shape[1], "values": rounded(density.tolist())}


def encoded(drawn: np.ndarray, media_type: str) -> bytes:
    """A picture as a file."""
    buffer = io.BytesIO()
    if media_type == PNG:
        # A map is smooth: runs of equal bytes say what changes from row to row, in fewer bytes.
        strategy = zlib.Z_RLE if drawn.ndim == 2 else zlib.Z_DEFAULT_STRATEGY
        Image.fromarray(drawn).save(buffer, "PNG", compress_level=QUICK, compress_type=strategy)
    else:
        Image.fromarray(drawn).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def in_json(value: Any, indent: int | None = None) -> Answer:
    """A value as JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent).encode(), "application/json", {}


def headers(model: Predictor, doubts: Sequence[str]) -> dict[str, str]:
    """What a picture without text is told with: the model, its calibration, what to doubt."""
    said = {"x-wepsam-model": model.name, "x-wepsam-calibration": model.calibration.name}
    if doubts:
        said["x-wepsam-warning"] = "; ".join(doubts)
    return {name: text.encode("ascii", "replace").decode() for name, text in said.items()}
