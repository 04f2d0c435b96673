"""The page and what it asks for, as an ASGI application. All that it asks is answered by `answering`."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp

import wepsam
from wepsam.app import answering, clips, examples
from wepsam.app.models import Models
from wepsam.app.visits import Held, Visits
from wepsam.attention.answers import Attention
from wepsam.attention.comparing import compared
from wepsam.calibration.presets import Which
from wepsam.prediction.predictor import DEFAULT, QUALITIES
from wepsam.service import answering as service
from wepsam.service import clips as service_clips
from wepsam.service import forms
from wepsam.service.application import answer_errors
from wepsam.service.desk import Desk
from wepsam.service.door import Door
from wepsam.service.limits import MEGABYTE, Limits, Refused

T = TypeVar("T")

FOLDER = Path(__file__).with_name("page")
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    **{f"/{name}": (name, "text/javascript; charset=utf-8") for name in (
        "page.js", "asking.js", "areas.js", "clips.js", "comparing.js", "crops.js", "parts.js"
    )},
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}  # fmt: skip
HEADERS = {
    # The page loads its own files and what it is told, and no other site may show it but the one that is named.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors ",
    "cache-control": "no-store", "referrer-policy": "no-referrer", "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin", "cross-origin-opener-policy": "same-origin",
}  # fmt: skip
MOST_AREAS, MOST_ASPECTS = 100, 20
SWEEP = 30.0  # seconds

Name = Annotated[str, InPath(max_length=50)]


class Asked(BaseModel):
    """What is asked for with which model."""

    model_config = ConfigDict(extra="forbid")
    visit: str = Field(max_length=50)
    model: str = Field(max_length=200)
    calibration: str | None = Field(None, max_length=200)
    viewport: str | None = Field(None, max_length=20)


class Shown(BaseModel):
    """A picture of the page and its areas."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(max_length=50)
    areas: list[dict[str, Any]] = Field([], max_length=MOST_AREAS)


class AskedOfOne(Asked):
    """About one picture."""

    picture: Shown


class AskedOfTwo(Asked):
    """About two pictures."""

    a: Shown
    b: Shown
    part: str | None = Field(None, max_length=50)


class Drawing(AskedOfOne):
    """A drawing of a picture: for the page, or in full for a file."""

    kind: str = Field(max_length=50)
    opacity: float = Field(0.75, ge=0, le=1)
    full: bool = False


class Crops(AskedOfOne):
    """Crops of a picture."""

    aspects: list[Annotated[str, Field(max_length=50)]] = Field(max_length=MOST_ASPECTS)


class AskedOfClip(Asked):
    """About a clip; or one of its files."""

    clip: Shown
    video: Literal["mp4", "webm"] = "mp4"
    kind: str = Field("", max_length=50)


class Report(Asked):
    """A report of several pictures."""

    pictures: list[Shown] = Field(min_length=1, max_length=100)
    kind: str = Field(max_length=50)
    compare: bool = False


def create(
    model: str = DEFAULT,
    *,
    quality: str = QUALITIES[0],
    calibration: Which = None,
    limits: Limits | None = None,
    token: str | None = None,
    hosts: Sequence[str] | None = (),
    shown_in: str | None = None,
) -> ASGIApp:
    """The page as an ASGI application, for uvicorn or any other server.

    Args:
        model: the one to begin with: wepsam's weights by name, or an .onnx file.
        quality: "best" or "fast".
        calibration: the one to begin with.
        limits: what a visit may cost.
        token: that browsers ask people for; None: everybody may come in.
        hosts: names by which the page may be addressed besides localhost; None: any.
        shown_in: the site that may show the page within its own, such as "https://example.org"; None: no site.

    Raises:
        WeightsError: no such weights.
        ValueError: no such quality or calibration, or `shown_in` is no site.
    """
    if shown_in is not None and not re.fullmatch(r"https?://[\w.-]+(:\d+)?", shown_in, re.ASCII):
        raise ValueError(f"{shown_in!r:.200} is no site; expected one such as https://huggingface.co")
    headers = dict(HEADERS)
    headers["content-security-policy"] += shown_in or "'none'"
    limits = limits or Limits()
    desk = Desk(model, limits, quality, calibration)
    visits = Visits(limits)

    async def sweep() -> None:
        while True:
            await asyncio.sleep(SWEEP)
            visits.sweep()

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(sweep())
        yield
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        desk.close()

    app = FastAPI(title="wepsam app", lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    answer_errors(app)
    room = Room(desk, visits, Models(desk.predictor()))
    _files(app, room)
    _visits(app, room)
    _questions(app, room)
    _clips(app, room)

    @app.middleware("http")
    async def protect(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers.update(headers)
        return response

    return Door(app, limits, token, hosts, lambda *_: None, asks_people=True)


class Room:
    """What the paths of the page share: the desk, the visits, the models and the examples."""

    def __init__(self, desk: Desk, visits: Visits, models: Models) -> None:
        self.desk, self.visits, self.models = desk, visits, models
        self.examples = examples.found()

    async def work(self, work: Callable[[], T]) -> T:
        """Compute when a worker is free."""
        done = await self.desk.run("page", work)
        self.visits.make_room()
        return done

    def answer(self, held: Held, asked: Asked, areas: list[dict[str, Any]]) -> Attention:
        """What a model says of a picture and its areas."""
        predictor = self.models.predictor(asked.model, asked.calibration)
        key = asked.model, predictor.calibration.name, asked.viewport or ""
        answer = held.answer(
            key,
            lambda upload: service.asked(
                upload, None, predictor, self.desk.limits.pixels, viewport=asked.viewport or None
            ),
        )
        return answer.with_areas(areas) if areas else answer


def _files(app: FastAPI, room: Room) -> None:
    def add(path: str, body: bytes, media_type: str) -> None:
        @app.get(path)
        async def file() -> Response:
            return Response(body, media_type=media_type)

    for path, (name, media_type) in FILES.items():
        add(path, (FOLDER / name).read_bytes(), media_type)

    @app.get("/api/about")
    async def about() -> dict[str, Any]:
        """What the page offers."""
        limits = room.desk.limits
        return {
            "models": room.models.about(), "views": answering.VIEWS, "screens": answering.SCREENS,
            "examples": [one.title for one in room.examples], "wepsam": wepsam.__version__,
            "group": answering.group(), "megabytes": limits.body // MEGABYTE, "pictures": limits.pictures,
            "clip_seconds": limits.clip_seconds if find_spec("av") else 0,
        }  # fmt: skip

    @app.get("/api/examples/{number}")
    async def thumbnail(number: int) -> Response:
        """A small picture of an example."""
        example = _example(room, number)
        return Response(await room.work(lambda: examples.thumbnail(example)), media_type=service.JPEG)


def _visits(app: FastAPI, room: Room) -> None:
    @app.post("/api/visits")
    async def start() -> dict[str, Any]:
        """A visit begins."""
        return {"visit": room.visits.start()}

    @app.post("/api/visits/{visit}/alive")
    async def alive(visit: Name) -> dict[str, Any]:
        """The page is still open."""
        room.visits.hear(visit)
        return {}

    @app.post("/api/visits/{visit}/end")
    async def end(visit: Name) -> dict[str, Any]:
        """The page is closed: its pictures are forgotten."""
        room.visits.end(visit)
        return {}

    @app.post("/api/visits/{visit}/pictures")
    async def add(request: Request, visit: Name) -> dict[str, Any]:
        """A picture or a clip comes in."""
        room.visits.hear(visit)
        upload = (await forms.read(request, room.desk.limits)).picture
        is_clip = await room.work(lambda: service_clips.is_clip(upload))
        if is_clip:
            service_clips.check_installed()
        return {"id": room.visits.add(visit, upload, is_clip), "name": upload.name, "is_clip": is_clip}

    @app.post("/api/visits/{visit}/examples/{number}")
    async def add_example(visit: Name, number: int) -> dict[str, Any]:
        """A picture is chosen from the examples."""
        upload = await room.work(_example(room, number).upload)
        return {"id": room.visits.add(visit, upload), "name": upload.name, "is_clip": False}

    @app.post("/api/visits/{visit}/pictures/{picture}/remove")
    async def remove(visit: Name, picture: Name) -> dict[str, Any]:
        """A picture or a clip is forgotten."""
        room.visits.remove(visit, picture)
        return {}


def _questions(app: FastAPI, room: Room) -> None:
    most = room.desk.limits.pixels

    def held(asked: Asked, shown: Shown) -> Held:
        return room.visits.picture(asked.visit, shown.id)

    async def file(work: Callable[[], answering.File]) -> Response:
        body, media_type = await room.work(work)
        return Response(body, media_type=media_type)

    @app.post("/api/answer")
    async def answer(asked: AskedOfOne) -> dict[str, Any]:
        """All that is said of a picture and its areas."""
        one = held(asked, asked.picture)
        return await room.work(lambda: answering.said(room.answer(one, asked, asked.picture.areas), one.upload.name))

    @app.post("/api/drawing")
    async def drawing(asked: Drawing) -> Response:
        """A drawing of a picture."""
        one = held(asked, asked.picture)

        def draw() -> answering.File:
            found = room.answer(one, asked, asked.picture.areas)
            if asked.full:
                return answering.drawn_in_full(found, one.upload, asked.kind, asked.opacity, most)
            return answering.drawn(found, asked.kind, asked.opacity)

        return await file(draw)

    @app.post("/api/crops")
    async def crops(asked: Crops) -> list[dict[str, Any]]:
        """Where crops are, and what they keep."""
        one = held(asked, asked.picture)
        return await room.work(lambda: answering.crops(room.answer(one, asked, []), asked.aspects))

    @app.post("/api/crop")
    async def crop(asked: Crops) -> Response:
        """One crop as a file."""
        one, aspect = held(asked, asked.picture), next(iter(asked.aspects), "")
        return await file(lambda: answering.cropped(room.answer(one, asked, []), one.upload, aspect, most))

    @app.post("/api/comparison")
    async def comparison(asked: AskedOfTwo) -> Response:
        """What differs between two pictures; or one of the pictures that show it."""
        pair = [(held(asked, shown), shown.areas) for shown in (asked.a, asked.b)]
        names = pair[0][0].upload.name, pair[1][0].upload.name

        def compare() -> answering.File:
            a, b = (room.answer(one, asked, areas) for one, areas in pair)
            found = compared(a, b)
            if asked.part is not None:
                return answering.comparison_drawn(found, asked.part)
            return service.in_json(answering.compared(found, names))[:2]

        return await file(compare)

    @app.post("/api/report")
    async def report(asked: Report) -> Response:
        """The report of pictures, as a file."""
        pictures = [(held(asked, shown), shown.areas) for shown in asked.pictures]

        def write() -> answering.File:
            said = [(one.upload.name, room.answer(one, asked, areas)) for one, areas in pictures]
            return answering.reported(said, asked.kind, asked.compare)

        return await file(write)


def _clips(app: FastAPI, room: Room) -> None:
    @app.post("/api/clip")
    async def clip(asked: AskedOfClip) -> dict[str, Any]:
        """All that is said of a clip and its areas; while it is watched, how far that is."""
        held = room.visits.clip(asked.visit, asked.clip.id)
        predictor = room.models.predictor(asked.model, asked.calibration)
        key = asked.model, predictor.calibration.name, asked.video
        job = held.ask(key, room.desk, predictor, room.visits.make_room)
        if not job.done.done():
            return job.progress()
        seen, areas = held.seen(), asked.clip.areas
        return await room.work(lambda: clips.said(seen, areas))

    @app.post("/api/clip/file")
    async def file(asked: AskedOfClip) -> Response:
        """A file about a clip that has been watched."""
        seen, areas = room.visits.clip(asked.visit, asked.clip.id).seen(), asked.clip.areas
        body, media_type = await room.work(lambda: seen.file(asked.kind, areas))
        return Response(body, media_type=media_type)


def _example(room: Room, number: int) -> examples.Example:
    if not 0 <= number < len(room.examples):
        raise Refused(404, f"no example {number}; expected 0 to {len(room.examples) - 1}")
    return room.examples[number]
