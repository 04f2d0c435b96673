"""The paths of a service, as FastAPI describes them in /openapi.json."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

import wepsam
from wepsam.attention.areas import AreaError
from wepsam.calibration.presets import Which
from wepsam.images import ImageError
from wepsam.prediction.predictor import DEFAULT, QUALITIES, Predictor
from wepsam.service import answering, clips, forms
from wepsam.service.connections import LONG
from wepsam.service.desk import Desk
from wepsam.service.door import Door
from wepsam.service.limits import Limits, Refused
from wepsam.video import maps_in_time, watching

log = logging.getLogger("wepsam")

Quality = Annotated[str | None, Query(description="best or fast; by default as the service was started")]
Calibration = Annotated[str | None, Query(description="one of those that /v1/models lists")]
AreasQuery = Annotated[
    str | None, Query(alias="areas", description="the areas as JSON, where the body is the picture itself")
]

Viewport = Annotated[str | None, Query(description="the screen through which a long page is seen, such as 1280x800")]

AREAS_EXAMPLE = '[{"label": "buy", "box": [0.7, 0.1, 0.9, 0.2]}]'
FILES = {
    forms.PICTURE: "JPEG, PNG, WebP, AVIF, GIF, TIFF, BMP or PPM",
    forms.CLIP: "MP4, MOV, MKV, WebM, AVI or what else FFmpeg reads",
}
RAW = {forms.PICTURE: "image/*", forms.CLIP: "video/*"}
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"application/json": {"example": {"error": "one line"}}}}
    for status, text in {
        400: "the request is damaged", 401: "a token is missing", 408: "it arrived too slowly",
        413: "it is too large", 422: "no picture, no clip, no area, or no such option",
        429: "the service is busy; ask again",
    }.items()
}  # fmt: skip


class ClipOptions(BaseModel):
    """What is asked about a clip: in the query, or as fields of the form."""

    format: str = Field(clips.FORMATS[0], description=f"one of {', '.join(clips.FORMATS)}")
    areas: str | None = Field(None, description="the areas as JSON, fixed or moving")
    unit: str | None = Field(None, description="shares, pixels or percent")
    fps: float = Field(watching.FPS, description="frames a second that the model sees")
    grid: int = Field(maps_in_time.GRID, description="cells of the longer side of the maps")
    shown: str | None = Field(None, description="the clip's size on the screen, such as 1920x1080")
    quality: str | None = Field(None, description="best or fast; by default as the service was started")
    calibration: str | None = Field(None, description="one of those that /v1/models lists")

    def check(self, desk: Desk) -> tuple[str, Predictor, clips.Wanted]:
        """The format, the model, and how it watches; an error of one line for what there is not."""
        kind = _one_of(self.format, clips.FORMATS)
        return kind, desk.predictor(self.quality, self.calibration), clips.Wanted(self.fps, self.grid, self.shown)


def create(
    model: str = DEFAULT,
    *,
    quality: str = QUALITIES[0],
    calibration: Which = None,
    limits: Limits | None = None,
    token: str | None = None,
    hosts: Sequence[str] | None = (),
) -> ASGIApp:
    """The service as an ASGI application, for uvicorn or any other server.

    Args:
        model: wepsam's weights by name, or an .onnx file.
        quality: of requests that do not say it.
        calibration: of requests that do not say it.
        limits: what a request may cost.
        token: that a request has to bear; None: everybody may ask.
        hosts: names by which the service may be addressed besides localhost; None: any.

    Raises:
        WeightsError: no such weights.
        ValueError: no such quality or calibration.
    """
    limits = limits or Limits()
    desk = Desk(model, limits, quality, calibration)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.close()

    app = FastAPI(
        title="wepsam", version=wepsam.__version__, lifespan=life,
        description="Where will people look in this picture or clip? It is uploaded, answered and forgotten.",
        docs_url=None, redoc_url=None,  # their pages load scripts from elsewhere
    )  # fmt: skip
    answer_errors(app)
    _pictures(app, desk)
    _clips(app, desk)
    _about(app, desk)
    paths = {route.path for route in app.routes if isinstance(route, APIRoute)}
    return Door(app, limits, token, hosts, lambda path, status: desk.count(path if path in paths else "other", status))


def _pictures(app: FastAPI, desk: Desk) -> None:
    most = desk.limits.pixels

    async def answer(request: Request, path: str, work: Any) -> Response:
        found = await forms.read(request, desk.limits)

        def working() -> answering.Answer:
            try:
                answered: answering.Answer = work(found)
            except ImageError:
                clips.refuse(found.pictures)
                raise
            return answered

        body, media_type, headers = await desk.run(path, working)
        return Response(body, media_type=media_type, headers=headers)

    @app.post(
        "/v1/predict", openapi_extra=_body(), responses=ERRORS | _files("image/png", "image/jpeg", "application/json")
    )
    async def predict(
        request: Request,
        format: Annotated[str, Query(description=f"one of {', '.join(answering.FORMATS)}")] = answering.MAP,
        quality: Quality = None,
        calibration: Calibration = None,
    ) -> Response:
        """Where people will look: an 8-bit PNG of the picture's size, a drawing, float32 numbers, or JSON."""
        kind, model = _one_of(format, answering.FORMATS), desk.predictor(quality, calibration)
        return await answer(request, "/v1/predict", lambda found: answering.predict(found.picture, model, kind, most))

    @app.post("/v1/areas", openapi_extra=_body(areas=True), responses=ERRORS | _files("application/json"))
    async def areas(
        request: Request,
        areas: AreasQuery = None,
        quality: Quality = None,
        calibration: Calibration = None,
        unit: Annotated[str | None, Query(description="shares, pixels or percent")] = None,
        viewers: Annotated[int, Query(ge=1, le=10**6)] = 15,
        seconds: Annotated[float, Query(gt=0, le=10**6)] = 3.0,
        viewport: Viewport = None,
    ) -> Response:
        """What each area of a picture gets, and how sure that is; scores and hot spots of the picture."""
        model, options = desk.predictor(quality, calibration), {
            "unit": unit, "viewers": viewers, "seconds": seconds, "viewport": viewport
        }  # fmt: skip
        return await answer(
            request, "/v1/areas",
            lambda found: answering.areas(found.picture, found.areas(areas), model, most, options),
        )  # fmt: skip

    @app.post(
        "/v1/crop", openapi_extra=_body(), responses=ERRORS | _files("image/jpeg", "image/png", "application/json")
    )
    async def crop(
        request: Request,
        aspect: Annotated[str | None, Query(description="width to height, such as 1:1")] = None,
        size: Annotated[str | None, Query(description="in pixels, such as 400x400")] = None,
        format: Annotated[str, Query(description=f"one of {', '.join(answering.CROPS)}")] = answering.CROPS[0],
        quality: Quality = None,
        calibration: Calibration = None,
    ) -> Response:
        """The crop that keeps the most attention, in the picture's own format; or its box and what it keeps."""
        kind, model = _one_of(format, answering.CROPS), desk.predictor(quality, calibration)
        return await answer(
            request, "/v1/crop", lambda found: answering.crop(found.picture, aspect, size, model, kind, most)
        )

    @app.post(
        "/v1/report",
        openapi_extra=_body(areas=True),
        responses=ERRORS | _files("text/html", "application/json", "text/csv"),
    )
    async def report(
        request: Request,
        format: Annotated[str, Query(description=f"one of {', '.join(answering.REPORTS)}")] = answering.REPORTS[0],
        areas: AreasQuery = None,
        title: Annotated[str | None, Query(max_length=200)] = None,
        viewport: Viewport = None,
        quality: Quality = None,
        calibration: Calibration = None,
    ) -> Response:
        """One page about one or several pictures (repeat the field picture), or its numbers."""
        kind, model = _one_of(format, answering.REPORTS), desk.predictor(quality, calibration)
        return await answer(
            request, "/v1/report",
            lambda found: answering.report(found.pictures, found.areas(areas), model, most, title, kind, viewport),
        )  # fmt: skip


def _clips(app: FastAPI, desk: Desk) -> None:
    @app.post(
        "/v1/clip",
        openapi_extra=_body(forms.CLIP, areas=True, options=ClipOptions),
        responses=ERRORS
        | {501: {"description": "PyAV is missing"}}
        | _files("application/json", "application/octet-stream", clips.MP4, "image/png", "text/html", "text/csv"),
    )
    async def clip(request: Request, options: Annotated[ClipOptions, Query()]) -> Response:
        """Where people will look in a clip: numbers in time, maps, the clip with its maps, or pictures.

        The options may also be fields of the form.
        """
        clips.check_installed()
        options.check(desk)  # before the body is looked at
        found = await forms.read(request, desk.limits, forms.CLIP)
        chosen = ClipOptions.model_validate(options.model_dump(exclude_unset=True) | found.fields)
        kind, model, wanted = chosen.check(desk)
        upload, given, unit = found.picture, found.areas(chosen.areas), chosen.unit
        setattr(request.state, LONG, True)

        async def gone() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass

        body, media_type, headers = await desk.run_clip(
            "/v1/clip", lambda: clips.answer(upload, given, unit, model, kind, wanted, desk.limits), gone
        )
        return Response(body, media_type=media_type, headers=headers)


def _about(app: FastAPI, desk: Desk) -> None:
    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        """The model of this service and its calibrations."""
        model = desk.predictor()
        return {
            "model": desk.name, "weights": model.card.get("sha256", ""), "summary": model.card.get("summary", ""),
            "qualities": QUALITIES, "calibrations": desk.calibrations, "calibration": model.calibration.name,
            "quality": model.quality, "wepsam": wepsam.__version__,
        }  # fmt: skip

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        """Whether the service runs."""
        return {"status": "ok"}

    @app.get("/metrics")
    async def metrics() -> Response:
        """Counts and times, in the text form of Prometheus."""
        return Response(generate_latest(desk.registry), media_type=CONTENT_TYPE_LATEST)


def answer_errors(app: FastAPI) -> None:
    """Answer each error with one line."""

    def said(status: int, text: str, headers: dict[str, str] | None = None) -> JSONResponse:
        return JSONResponse({"error": text}, status, headers)

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> JSONResponse:
        return said(error.status, error.text, {"retry-after": error.retry} if error.status == 429 else None)

    @app.exception_handler(ImageError)
    @app.exception_handler(AreaError)
    @app.exception_handler(ValueError)
    async def wrong(_: Request, error: Exception) -> JSONResponse:
        return said(422, forms.line(error))

    @app.exception_handler(RequestValidationError)
    @app.exception_handler(ValidationError)
    async def invalid(_: Request, error: RequestValidationError | ValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = first["loc"][1:] if isinstance(error, RequestValidationError) else first["loc"]
        return said(422, f"{'.'.join(map(str, where))}: {first['msg']}")

    @app.exception_handler(HTTPException)
    async def unknown(_: Request, error: HTTPException) -> JSONResponse:
        return said(error.status_code, str(error.detail))

    @app.exception_handler(MemoryError)
    async def memory(_: Request, __: Exception) -> JSONResponse:
        return said(413, "this takes more memory than there is")

    @app.exception_handler(Exception)
    async def fault(_: Request, error: Exception) -> JSONResponse:
        log.error("a request failed: %s: %s", type(error).__name__, forms.line(error))
        return said(500, "a fault of the service; its log says more")


def _one_of(given: str, known: Sequence[str]) -> str:
    if given not in known:
        raise Refused(422, f"no format {given[:50]!r}; expected one of {', '.join(known)}")
    return given


def _body(what: str = forms.PICTURE, areas: bool = False, options: type[BaseModel] | None = None) -> dict[str, Any]:
    """What OpenAPI says of a body that is read as a form, or as a picture or clip."""
    fields: dict[str, Any] = {what: {"type": "string", "format": "binary", "description": FILES[what]}}
    fields |= {} if options is None else options.model_json_schema()["properties"]
    if areas:
        fields["areas"] = {"type": "string", "description": "JSON as wepsam areas takes it", "example": AREAS_EXAMPLE}
    form = {"schema": {"type": "object", "properties": fields, "required": [what]}}
    raw = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": form, RAW[what]: raw}}}


def _files(*media_types: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "the answer", "content": {media_type: {} for media_type in media_types}}}
