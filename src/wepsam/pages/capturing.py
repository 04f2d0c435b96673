"""A page as a picture, and its elements as areas of that picture."""

import asyncio
import os
import re
from collections.abc import Awaitable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from wepsam.attention.areas import FARTHEST, MOST_AREAS, Area, AreaError, checked_label, number, shown
from wepsam.attention.exports import numbered
from wepsam.images import MAX_PIXELS, read_image
from wepsam.pages import browser
from wepsam.pages.addresses import address, named
from wepsam.pages.browser import PageError, first_line

HIGHEST = 20_000  # CSS pixels of a page; the rest is cut off
PIECE = 8000  # pixels that are captured at a time: a graphics buffer has an end
SIDES, SCALES = (50, 8192), (0.5, 4.0)  # of a viewport, of a device's pixels per CSS pixel
SECONDS = 60.0  # that a page has to load, and as long again to be captured
QUIET, STEP, STEPS = 2.0, 0.08, 30  # seconds without requests that are waited for; between the steps of scrolling
MOVED = 1.0  # CSS pixels: an element that moves more while the page is captured is remarked
SELECTORS = 200

# A label and a selector, such as buy=#buy; an equals sign inside a selector stands behind a bracket.
_LABELED = re.compile(r"""([^\[\]#.:>~+*"'=(),]+)=(.+)""", re.DOTALL)

_FIND = """([selectors, most]) => selectors.map(css => {
  let found;
  try { found = document.querySelectorAll(css); } catch (error) { return null; }
  return Array.from(found).slice(0, most).map(element => {
    const box = element.getBoundingClientRect();
    let shown = getComputedStyle(element).visibility === 'visible';
    for (let one = element; one; one = one.parentElement) shown = shown && Number(getComputedStyle(one).opacity) > 0;
    return [box.left + window.scrollX, box.top + window.scrollY, box.width, box.height, shown ? 1 : 0];
  });
})"""
_HEIGHT = """() => Math.max(document.documentElement.scrollHeight, document.body ? document.body.scrollHeight : 0,
  window.innerHeight)"""
_SETTLED = """() => Promise.race([
  Promise.all([document.fonts.ready, ...Array.from(document.images).map(
    image => image.complete || new Promise(done => { image.onload = image.onerror = done; }))]).then(() => 0),
  new Promise(done => setTimeout(done, 2000))]).then(() => 0)"""


@dataclass(frozen=True, eq=False)
class Page:
    """A page as it was captured.

    Attributes:
        url: of the page, after any forwarding.
        picture: (H, W, 3) uint8 RGB.
        areas: of the elements, in shares of the picture's sides, in the order of the selectors and of the page.
        viewport: (width, height) of the window, in CSS pixels.
        size: (width, height) of what is in the picture, in CSS pixels.
        scale: pixels of the picture per CSS pixel.
        warnings: lines that say what is not in the picture or the areas.
    """

    url: str
    picture: np.ndarray
    areas: tuple[Area, ...]
    viewport: tuple[int, int]
    size: tuple[int, int]
    scale: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Settings:
    viewport: tuple[int, int]
    scale: float
    screen: bool
    javascript: bool
    program: str | os.PathLike[str] | None
    sandbox: bool
    seconds: float


def capture(
    page: str | os.PathLike[str],
    viewport: tuple[int, int] = (1280, 800),
    selectors: Sequence[str] | Mapping[str, str] = (),
    *,
    scale: float = 1.0,
    screen: bool = False,
    javascript: bool = True,
    program: str | os.PathLike[str] | None = None,
    sandbox: bool = True,
    seconds: float = SECONDS,
) -> Page:
    """Show a page in a headless Chromium, and take its picture and the boxes of its elements.

        page = wepsam.pages.capture("index.html", (1280, 800), {"buy": "#buy"})
        wepsam.attend(page.picture, page.areas)

    The browser has a profile of its own, without cookies, and keeps nothing. It asks for nothing but http and https
    (and web sockets), and of a local page for the files that the page names, as any browser does; but it shows no other
    local page in it. Downloads are refused and dialogs dismissed.

    Args:
        page: an HTML file, or an address with http:// or https://.
        viewport: (width, height) of the window in CSS pixels.
        selectors: of CSS; each may have a label before it, as in "buy=#buy", or be the value of its label. Several
            elements of one selector are numbered.
        scale: pixels of the picture per CSS pixel, as on a screen of high density.
        screen: take what the window shows at first instead of the whole page, which ends at HIGHEST CSS pixels.
        javascript: whether the page's own scripts run.
        program: of a Chromium; None: Playwright's own if it is installed, or the one that the system has.
        sandbox: keep the page's processes from the rest of the machine. Started by root, Chromium cannot do that, and
            a warning says so.
        seconds: that the page has to load, and as long again to be captured.

    Returns:
        The picture of the page, and the boxes of the elements as areas.

    Raises:
        PageError: the page or the browser cannot be opened, or takes too long; one line.
        AreaError: a selector is none.
        ValueError: another argument is not as described.
        ModuleNotFoundError: Playwright is not installed.
    """
    url, wanted = address(page), _wanted(selectors)
    _check(viewport, scale, seconds)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    settings = _Settings(viewport, scale, screen, javascript, program, sandbox and not is_root, seconds)
    # In a thread of its own: whoever calls from a notebook has a running loop already.
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(asyncio.run, _capture(url, settings, wanted)).result()
    if sandbox and is_root:
        note = "started by root, the browser has no sandbox: for pages that you trust"
        return replace(found, warnings=(*found.warnings, note))
    return found


def labeled(selector: str) -> tuple[str, str]:
    """The label and the CSS of a selector that may have a label before it, as in buy=#buy."""
    found = _LABELED.fullmatch(selector.strip())
    label, css = (found[1], found[2].strip()) if found else (selector, selector.strip())
    return checked_label(label), css


def _wanted(selectors: Sequence[str] | Mapping[str, str]) -> list[tuple[str, str]]:
    pairs = selectors.items() if isinstance(selectors, Mapping) else map(labeled, selectors)
    found = [(checked_label(label), css) for label, css in pairs]
    if len(found) > SELECTORS:
        raise AreaError(f"{len(found):,} selectors, expected at most {SELECTORS}")
    return found


def _check(viewport: tuple[int, int], scale: float, seconds: float) -> None:
    if len(viewport) != 2 or not all(isinstance(side, int) and SIDES[0] <= side <= SIDES[1] for side in viewport):
        raise ValueError(f"the viewport is {shown(viewport)}; expected width and height from {SIDES[0]} to {SIDES[1]}")
    if not SCALES[0] <= scale <= SCALES[1]:
        raise ValueError(f"the scale is {scale}; expected {SCALES[0]} to {SCALES[1]} pixels per CSS pixel")
    if not 0 < seconds <= 3600:
        raise ValueError(f"seconds is {seconds}; expected a number above 0, at most 3600")


async def _capture(url: str, settings: _Settings, wanted: list[tuple[str, str]]) -> Page:
    width, height = settings.viewport
    async with browser.opened(settings.program, settings.sandbox) as program:
        context = await program.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=settings.scale,
            accept_downloads=False,
            java_script_enabled=settings.javascript,
            reduced_motion="reduce",
            service_workers="block",
        )
        await context.route("**/*", lambda route: _let_through(route, url))
        page = await context.new_page()
        warnings = await _load(page, url, settings)

        async def finish() -> Page:
            return await _taken(page, settings, wanted, warnings)

        return await _within(finish(), settings.seconds, f"{named(url)}: capturing it")


async def _let_through(route: Any, url: str) -> None:
    """Let a request pass: http and https, what is in the page itself, and of a local page the files that it names."""
    from playwright.async_api import Error

    request = route.request
    scheme = request.url.partition(":")[0]
    is_other_page = request.resource_type == "document" and _path(request.url) != _path(url)
    is_allowed = scheme in ("http", "https", "data", "blob") or (
        scheme == "file" and url.startswith("file:") and not is_other_page
    )
    with suppress(Error):  # the page is closed
        await (route.continue_() if is_allowed else route.abort())


def _path(url: str) -> str:
    """The path of a URL, however it is quoted."""
    return unquote(urlsplit(url).path)


async def _load(page: Any, url: str, settings: _Settings) -> list[str]:
    """Open the page, and wait until it has settled."""
    from playwright.async_api import Error
    from playwright.async_api import TimeoutError as Late

    try:
        response = await page.goto(url, wait_until="load", timeout=1000 * settings.seconds)
    except Late:
        raise PageError(f"{named(url)}: not loaded after {settings.seconds:g} s") from None
    except Error as error:
        raise PageError(f"{named(url)}: {_reason(error)}") from error
    if response is not None and response.status >= 400:
        raise PageError(f"{named(url)}: the server answers {response.status} {response.status_text}".rstrip())
    warnings = []
    try:
        await page.wait_for_load_state("networkidle", timeout=1000 * QUIET)
    except Late:
        warnings.append("the page was still asking its server for more when it was captured")
    return warnings


def _reason(error: Exception) -> str:
    """Why a page could not be opened, without the name of the call."""
    text = re.sub(r"^Page\.goto: ", "", first_line(error))
    return "it is a download, not a page" if "Download is starting" in text else text.partition(" at ")[0]


async def _taken(page: Any, settings: _Settings, wanted: list[tuple[str, str]], warnings: list[str]) -> Page:
    width, height = settings.viewport
    if not settings.screen:
        height = await _full_height(page, height)
        if height > HIGHEST:
            warnings.append(f"the page is {height:,} CSS pixels high; the picture ends at {HIGHEST:,}")
            height = HIGHEST
    await page.evaluate(_SETTLED)
    query = [[css for _, css in wanted], MOST_AREAS + 1]
    before = await page.evaluate(_FIND, query)
    picture = await _picture(page, width, height, settings.scale)
    after = await page.evaluate(_FIND, query)
    areas, remarks = _areas(wanted, before, after, (width, height))
    return Page(
        page.url, picture, tuple(areas), settings.viewport, (width, height), settings.scale, (*warnings, *remarks)
    )


async def _full_height(page: Any, screen: int) -> int:
    """The height of the page in CSS pixels, after a walk to its end: many pages load what is below only then."""
    height = min(HIGHEST, int(await page.evaluate(_HEIGHT)))
    step = max(screen, -(-height // STEPS))
    for top in range(step, height, step):
        await page.evaluate("top => window.scrollTo(0, top)", top)
        await asyncio.sleep(STEP)
    await page.evaluate("() => window.scrollTo(0, 0)")
    await asyncio.sleep(STEP)
    return int(await page.evaluate(_HEIGHT))


async def _picture(page: Any, width: int, height: int, scale: float) -> np.ndarray:
    """(H, W, 3) the upper part of the page, captured in pieces."""
    if width * height * scale**2 > MAX_PIXELS:
        raise PageError(
            f"a picture of {width}x{height} CSS pixels at scale {scale:g} has more than {MAX_PIXELS:,} pixels; "
            "choose a smaller scale or viewport"
        )
    pieces = []
    step = int(PIECE / scale) // 100 * 100  # a whole number of pixels too
    for top in range(0, height, step):
        clip = {"x": 0, "y": top, "width": width, "height": min(step, height - top)}
        pieces.append(read_image(await page.screenshot(full_page=True, clip=clip)))
    return np.concatenate(pieces)


def _areas(
    wanted: list[tuple[str, str]], before: Any, after: Any, size: tuple[int, int]
) -> tuple[list[Area], list[str]]:
    """The areas of what was found, and a line for each selector that gave none or less than it should."""
    found: list[tuple[str, list[float]]] = []
    remarks = []
    for (label, css), boxes, later in zip(wanted, before, after, strict=True):
        if boxes is None:
            raise AreaError(f"{shown(css)} is no CSS selector; expected one such as #buy or .price > b")
        inside = [[number(value) for value in box] for box in boxes]
        usable = [box for box in inside if box[4] and _visible(box, size)]
        if not usable:
            what = f"{len(inside)} found, all invisible, empty or outside the picture" if inside else "nothing found"
            remarks.append(f"{label}: {what}; no area")
        elif len(usable) < len(inside):
            remarks.append(
                f"{label}: {len(inside) - len(usable)} of {len(inside)} invisible, empty or outside; left out"
            )
        if later is None or np.shape(later) != np.shape(boxes) or (
            len(boxes) and np.abs(np.subtract(later, boxes)).max() > MOVED
        ):  # fmt: skip
            remarks.append(f"{label}: it moved while the page was captured, so its box may be wrong")
        found += [(label, box) for box in usable]
    if len(found) > MOST_AREAS:
        raise AreaError(f"{len(found):,} elements or more, expected at most {MOST_AREAS}; choose narrower selectors")
    labels = numbered([label for label, _ in found])
    areas = []
    for label, (_, (x, y, w, h, _)) in zip(labels, found, strict=True):
        sides = np.array([x, y, x + w, y + h]) / [*size, *size]
        areas.append(Area(label, box=tuple(np.clip(sides, -FARTHEST, FARTHEST).tolist())))
    return areas, remarks


def _visible(box: Sequence[float], size: tuple[int, int]) -> bool:
    """Whether a box has a part inside the picture."""
    x, y, width, height = box[:4]
    return width > 0 and height > 0 and x < size[0] and y < size[1] and x + width > 0 and y + height > 0


async def _within(work: Awaitable[Page], seconds: float, what: str) -> Page:
    """Do some work in time; a script that never ends would block it for ever."""
    from playwright.async_api import Error
    from playwright.async_api import TimeoutError as Late

    try:
        return await asyncio.wait_for(work, seconds)
    except (AreaError, PageError):
        raise
    except (TypeError, ValueError, OverflowError) as error:
        text = "fails: its scripts change what the browser says of it; switch them off (--no-javascript)"
        raise PageError(f"{what} {text}") from error
    except (TimeoutError, Late):
        raise PageError(f"{what} takes more than {seconds:g} s") from None
    except Error as error:
        raise PageError(f"{what} fails: {first_line(error)}") from error
