"""wepsam page: what a web page gets people to look at."""

import warnings

import wepsam
from wepsam.cli import answer_options, areas, options, output


def page(
    page: answer_options.PageOf,
    out: answer_options.PageOut,
    select: answer_options.Select = None,
    viewport: answer_options.Window = "1280x800",
    scale: answer_options.DeviceScale = 1.0,
    screen: answer_options.Screen = False,
    javascript: answer_options.Javascript = True,
    browser: answer_options.Browser = None,
    sandbox: answer_options.Sandbox = True,
    timeout: answer_options.Timeout = 60.0,
    report: answer_options.WithReport = False,
    model: options.PredictModel = "wepsam-lite",
    viewers: options.Viewers = 15,
    seconds: options.Seconds = 3.0,
    fixations: options.SeenBy = None,
    quality: options.Quality = "best",
    calibration: options.CalibrationOf = None,
    as_json: options.Json = False,
) -> None:
    """Take the picture of a web page, and say how much attention its elements get.

    A headless Chromium shows the page (extra [page], and a Chromium or Chrome on the machine; none is downloaded). The
    picture and the boxes of the elements that CSS selectors name are written as page.png and areas.json. Then
    follows what `wepsam areas` prints; a page that is longer than the window is read screen by screen. A selector
    that finds nothing, or nothing visible, is reported. A page of more than 20,000 CSS pixels is cut off there. It
    is not checked whether something covers an element.

        wepsam page index.html --select "#buy" --select "prices=.price" --out shots/
        wepsam page https://example.org/ --viewport 390x844 --scale 2 --screen --out shots/
        wepsam page index.html --no-javascript --select h1 --out shots/ --json
        wepsam page index.html --select "#buy" --report --out shots/
    """
    from wepsam.attention.areas import write_areas
    from wepsam.attention.screens import viewport as window
    from wepsam.images import check_drawing, save_image
    from wepsam.pages import capture
    from wepsam.pages.addresses import named

    picture, boxes = out / "page.png", out / "areas.json"
    check_drawing(picture)
    if boxes.exists() and not picture.exists():
        raise ValueError(f"{boxes}: there is a file, and no page.png of ours beside it; choose another folder")
    seen = window(viewport)
    assert seen is not None
    found = capture(
        page, (seen.width, seen.height), select or (), scale=scale, screen=screen, javascript=javascript, program=browser,
        sandbox=sandbox, seconds=timeout,
    )  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    save_image(picture, found.picture, drawn=True)
    write_areas(boxes, found.areas)
    for line in found.warnings:
        output.to_stderr(line)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wepsam.PictureWarning)  # printed with the areas
        answer = wepsam.attend(
            picture, found.areas, model=model, viewers=viewers, seconds=seconds, fixations=fixations, quality=quality,
            calibration=calibration, viewport=None if screen else viewport,
        )  # fmt: skip
    areas.show(answer, as_json)
    if report:
        answer.report(out, title=named(found.url)[:200])
    if not as_json:
        width, height = found.size
        print(f"{picture}: {width}x{height} CSS pixels of a window of {viewport}, {found.scale:g} pixels each.")
