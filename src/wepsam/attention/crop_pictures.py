"""Crops of one picture, and of many: what `wepsam crop` does."""

import warnings as python_warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from wepsam import kinds, progress, resolve, shapes
from wepsam.attention import crop_files, cropping
from wepsam.attention.answers import Attention, attend, rounded
from wepsam.attention.areas import Box
from wepsam.attention.cropping import Aspect, Crop
from wepsam.calibration.presets import Which
from wepsam.files import below, write_bytes
from wepsam.images import MAX_PIXELS, ImageError, Source, pixel_count
from wepsam.prediction import ordered
from wepsam.prediction.folder import FAILURES
from wepsam.prediction.predictor import DEFAULT, QUALITIES
from wepsam.prediction.targets import Images, Picture, find_pictures

BYTES = 14  # a pixel: the picture as decoded, a crop of nearly all of it, and its smaller copy for the model
LONGEST_SIDE = 65_500  # pixels
MOST_KINDS = 50  # of crops


@dataclass(frozen=True)
class Kind:
    """A kind of crop that is wanted of each picture.

    Attributes:
        label: "16:9" or "400x300".
        aspect: width to height.
        size: (width, height) to resize the crop to; None keeps its pixels.
    """

    label: str
    aspect: Fraction
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class CroppedPicture:
    """One crop of one picture.

    Attributes:
        picture: its file name.
        label: the kind of crop, "16:9" or "400x300".
        width: of the upright picture, in pixels.
        height: of the upright picture.
        crop: where it is, and what it keeps.
        hot_spots: how many the picture has.
        size: (width, height) of the crop in its file, in pixels; without a file, as it would be.
        file: where it was written; None if nothing is to be written.
        warnings: lines that say what to doubt.
    """

    picture: str
    label: str
    width: int
    height: int
    crop: Crop
    hot_spots: int
    size: tuple[int, int]
    file: str | None
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON. `box` is in pixels of the upright picture, `shares` the same in shares of its sides."""
        crop = self.crop
        return {
            "picture": self.picture,
            "label": self.label,
            "width": self.width,
            "height": self.height,
            "box": list(crop.box),
            "shares": rounded(crop.shares),
            "kept": rounded(crop.kept),
            "hot_spots": self.hot_spots,
            "hot_spots_cut": len(crop.cut),
            "hot_spots_left_out": len(crop.left_out),
            "focal_point": rounded(crop.focal_point),
            "object_position": crop.object_position,
            "size": list(self.size),
            "file": self.file,
            "warnings": list(self.warnings),
        }


@dataclass
class Crops:
    """The outcome of `crop_pictures`.

    Attributes:
        made: the crops, picture by picture.
        failed: one line for each picture that could not be read or written.
    """

    made: list[CroppedPicture] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def crop(
    picture: Source | Attention,
    aspect: Aspect,
    *,
    keep: Box | None = None,
    model: resolve.Model = DEFAULT,
    quality: str = QUALITIES[0],
    calibration: Which = None,
    max_pixels: int | None = None,
) -> Crop:
    """Where to crop a picture: the window that keeps the most attention and, if it can, cuts no hot spot.

        found = wepsam.crop("photo.jpg", "1:1")
        Image.open("photo.jpg").crop(found.box)  # if its EXIF does not turn it; `wepsam crop` writes files

    Args:
        picture: as `attend` takes it; or what `attend` has answered, so that the network need not run again.
        aspect: width to height: "16:9", (16, 9) or 1.78. The crop is the largest window of it.
        keep: (x0, y0, x1, y1) in shares of the sides, an area that the crop has to hold if it is large enough.
        model: as `attend` takes it.
        quality: as `attend` takes it.
        calibration: as `attend` takes it.
        max_pixels: as `attend` takes it.

    Returns:
        The box in pixels of the picture, the share of the attention that it keeps, and what it cuts.

    Raises:
        ImageError: the picture cannot be read.
        ValueError: no aspect, no box, or no such model, quality or calibration.

    Examples:
        >>> import numpy as np, wepsam
        >>> picture = np.full((120, 160, 3), 128, np.uint8)
        >>> picture[40:80, 90:130] = 220, 40, 30  # a red square on gray
        >>> wepsam.crop(picture, "1:1").box  # the right part, with the whole square
        (40, 0, 160, 120)
    """
    cropping.as_aspect(aspect)
    if not isinstance(picture, Attention):
        picture = attend(picture, model=model, quality=quality, calibration=calibration, max_pixels=max_pixels)
    return cropping.best_crop(picture.density, picture.size, aspect, keep=keep, spots=picture.hot_spots)


# Long by its parameters and their documentation.
def crop_pictures(
    images: Images,
    out: str | PathLike[str] | None = None,
    *,
    aspect: Iterable[str] = (),
    size: Iterable[str] = (),
    keep: Box | None = None,
    enlarge: bool = False,
    exif: bool = True,
    overwrite: bool = False,
    model: resolve.Model = DEFAULT,
    quality: str = QUALITIES[0],
    calibration: Which = None,
    max_pixels: int | None = None,
    workers: int = -1,
) -> Crops:
    """Crop pictures, and folders of them, to one or several aspects and sizes.

    With one aspect or size a crop has its picture's name, OUT/NAME or OUT/SUB/NAME; with several, the aspect is put
    before the suffix: OUT/STEM_16x9.jpg. It has the picture's format, EXIF and color profile, and is upright. A picture
    that cannot be read is reported, and the work goes on with the next.

    Args:
        images: a picture, folder (searched recursively) or list file (.txt), or several of them.
        out: folder for the crops; None only says where they would be.
        aspect: such as "16:9"; the crops keep their pixels.
        size: such as "400x300", in pixels: the crop of this aspect, resized.
        keep: (x0, y0, x1, y1) in shares of the sides, an area that each crop has to hold if it is large enough.
        enlarge: also resize crops that are smaller than `size`. Otherwise they keep their pixels, and a line says so.
        exif: keep EXIF, XMP and comments, which may say where a picture was taken. The color profile is always kept.
        overwrite: write over files with other content. The same content is never a reason to stop.
        model: as `attend` takes it.
        quality: as `attend` takes it.
        calibration: as `attend` takes it.
        max_pixels: as `attend` takes it.
        workers: how many pictures at a time, in threads; -1 for one per core.

    Returns:
        What became of each picture: its crops, or why it has none.

    Raises:
        ImageError: there is no picture, a path does not exist, two crops would have the same name, or a crop would be
            written over a picture. Nothing has been written then.
        ValueError: another argument that is not as described.
    """
    wanted = kinds_of(aspect, size)
    keep = None if keep is None else cropping.checked_box(keep)
    workers = ordered.worker_count(workers)
    endings = {kind.label: f"_{kind.label.replace(':', 'x')}.*" if len(wanted) > 1 else ".*" for kind in wanted}
    folder = None if out is None else Path(out)
    pictures = find_pictures(images, folder or Path(), endings if folder else {}, apart=folder is not None)
    workers, most = min(workers, len(pictures)), max_pixels or MAX_PIXELS
    predict = resolve.predictor(model, quality=quality, threads=0 if workers <= 1 else 1, calibration=calibration)
    write = None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        write = partial(_write, folder=folder, exif=exif, overwrite=overwrite, max_pixels=most)

    def work(picture: Picture) -> list[CroppedPicture] | str:
        try:
            return _crops(picture, attend(picture.path, model=predict, max_pixels=most), wanted, keep, enlarge, write)
        except FAILURES as error:
            text = str(error) or "not enough memory"
            return text if isinstance(error, ImageError) else f"{picture.path}: {text}"

    done = Crops()
    with (
        python_warnings.catch_warnings(),
        closing(
            ordered.in_order(
                work, pictures, max(1, workers), lambda p: BYTES * pixel_count(p.path, max_pixels=most),
                ordered.room(workers),
            )
        ) as outcomes,
    ):  # fmt: skip
        python_warnings.simplefilter("ignore", kinds.PictureWarning)  # they are in the answers
        for _, outcome in zip(progress.track(pictures, "cropping"), outcomes, strict=True):
            if isinstance(outcome, str):
                done.failed.append(outcome)
            else:
                done.made += outcome
    return done


def kinds_of(aspects: Iterable[str], sizes: Iterable[str]) -> list[Kind]:
    """The kinds of crops that aspects and sizes ask for, each once; ValueError with one line for anything else."""
    found = {}
    for text in aspects:
        ratio = cropping.as_aspect(text)
        label = text.replace("/", ":")
        found[label] = Kind(label, ratio)
    for text in sizes:
        width, height = shapes.sides(text, "the size of the crop", "400x300", LONGEST_SIDE)
        ratio = cropping.as_aspect((width, height))
        found[f"{width}x{height}"] = Kind(f"{width}x{height}", ratio, (width, height))
    names = {label.replace(":", "x") for label in found}
    if not found or len(names) < len(found) or len(found) > MOST_KINDS:
        raise ValueError(
            f"the crops are {', '.join(found) or 'none'}; expected an aspect (1:1) or a size (400x400), "
            f"at most {MOST_KINDS}, and no two with the same numbers"
        )
    return [*found.values()]


Written = tuple[Path, tuple[int, int], list[str]]  # the file, its (width, height), what could not be kept


def _crops(
    picture: Picture,
    answer: Attention,
    wanted: Sequence[Kind],
    keep: Box | None,
    enlarge: bool,
    write: Callable[..., Written] | None,
) -> list[CroppedPicture]:
    made = []
    for kind in wanted:
        found = planned(str(picture.path), answer, kind, keep, enlarge)
        if write is not None:
            path, size, lost = write(picture, kind, found.crop, answer.size, found.size)
            found = replace(found, size=size, file=str(path), warnings=(*found.warnings, *lost))
        made.append(found)
    return made


def planned(name: str, answer: Attention, kind: Kind, keep: Box | None = None, enlarge: bool = False) -> CroppedPicture:
    """One crop of a picture of this name about which all is known; nothing is written."""
    found = cropping.best_crop(answer.density, answer.size, kind.aspect, keep=keep, spots=answer.hot_spots)
    own = found.box[2] - found.box[0], found.box[3] - found.box[1]
    is_small = kind.size is not None and (own[0] < kind.size[0] or own[1] < kind.size[1])
    size = own if kind.size is None or (is_small and not enlarge) else kind.size
    remarks = [*answer.warnings]
    if is_small and not enlarge:
        remarks.append(f"smaller than {kind.label}: the crop has {own[0]}x{own[1]} pixels and is not enlarged")
    if found.keep < 1 - 1e-9:
        remarks.append(f"{kind.label}: the crop holds {found.keep:.0%} of the area to keep")
    height, width = answer.size
    return CroppedPicture(name, kind.label, width, height, found, len(answer.hot_spots), size, None, tuple(remarks))


def _write(
    picture: Picture,
    kind: Kind,
    found: Crop,
    full: tuple[int, int],
    size: tuple[int, int],
    *,
    folder: Path,
    exif: bool,
    overwrite: bool,
    max_pixels: int,
) -> Written:
    target = picture.targets[kind.label]
    below(folder, target.relative_to(folder).as_posix())  # a link in there may lead elsewhere
    made = crop_files.encode(picture.path, found.box, full, size, exif=exif, max_pixels=max_pixels)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_bytes(target, made.data, new=not overwrite)
    except FileExistsError:
        if not target.is_file() or target.read_bytes() != made.data:
            raise ImageError(
                f"{target} exists and is something else; choose another folder, or let it be replaced (--overwrite)"
            ) from None
    return target, made.size, made.remarks
