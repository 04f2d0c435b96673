"""The arguments and options of the commands that answer: reports, drawings, crops, comparisons, pages, the service.

Those that several commands share, and those of areas and scores, are in `options`.
"""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

# fmt: off
# The formatter would give every argument of Option a line of its own.

AreasOfEach = Annotated[Path | None, Option(
    "--areas", "-a", metavar="FILE", help="The areas of each picture, in the forms that `wepsam areas` takes."
)]

# ---- report

ReportOut = Annotated[Path, Option(
    "--out", "-o", file_okay=False, metavar="FOLDER",
    help="Folder for report.html, report.json and areas.csv; those of an earlier report are replaced."
)]
CompareAll = Annotated[bool, Option(
    "--compare", help="Also say what each other picture gains and loses beside the first one, with verdicts."
)]
Title = Annotated[str | None, Option(metavar="TEXT", show_default="the name of the picture, or how many", help="Title of the page, on one line.")]
AsPdf = Annotated[bool, Option("--pdf", help="Also print the page to report.pdf, by WeasyPrint or a Chromium that is there.")]

# ---- draw

DrawnKinds = Annotated[str, Option(
    "--as", metavar="KINDS",
    help="What to draw, separated by commas: heat (colors over the picture), map (colors alone), fog (the rest dimmed and "
    "blurred), contours (around 25, 50 and 75 % of all looks), hot-spots (likely places, numbered), areas (needs --areas), "
    "before-after (two pictures on one scale)."
)]
Opacity = Annotated[float, Option(
    metavar="SHARE", help="Opacity of colors and fog, from 0 to 1: lower shows more of the picture."
)]
DrawnSize = Annotated[int | None, Option(
    "--size", metavar="PIXELS", show_default="that of the picture",
    help="The longer side of the picture in the drawing; text and lines grow with it."
)]
Dpi = Annotated[float | None, Option(
    metavar="DPI", help="Pixels per inch in print, which the files then say; text has 8 points at this resolution."
)]
DrawnLegend = Annotated[bool, Option(
    "--legend/--no-legend", help="Whether a strip below says what is shown; without it a drawing has the picture's size."
)]
Svg = Annotated[bool, Option("--svg", help="Also write contours, hot-spots and areas as SVG, with the picture inside.")]
LinesOnly = Annotated[bool, Option(
    "--lines-only", help="Leave the picture out of SVG files: lines and labels on transparent ground."
)]

# ---- compare-pictures, gate

PictureA = Annotated[Path, Argument(metavar="A", help="The first picture, such as the old design.")]
PictureB = Annotated[Path, Argument(metavar="B", help="The second picture, such as the new design.")]
AreasOfBoth = Annotated[Path | None, Option(
    "--areas", "-a", metavar="FILE", help="The areas of both pictures, in a form that `wepsam areas` takes."
)]
AreasB = Annotated[Path | None, Option(
    "--areas-b", metavar="FILE", show_default="those of --areas",
    help="The areas of B, if they lie elsewhere in it; areas with the same label are compared."
)]
DifferenceOut = Annotated[Path | None, Option(
    "--out", "-o", dir_okay=False, metavar="FILE",
    help="Also draw both maps on one scale, and their difference: orange where B gets more, blue where A does."
)]

Require = Annotated[list[str] | None, Option(
    "--require", "-r", metavar="RULE", help="A rule that has to hold, such as buy.share>=0.05. Repeatable."
)]
Rules = Annotated[Path | None, Option(
    "--rules", metavar="FILE", help="More rules, one a line; lines that begin with # and a space are comments."
)]
Against = Annotated[Path | None, Option(
    metavar="PICTURE",
    help="An earlier version, with the same areas: rules may then ask for change, change_low and change_high of an "
    "area, and for moved, the share of the attention that lies elsewhere."
)]
Strict = Annotated[bool, Option("--strict", help="Fail a picture with any remark on stderr too, such as a web page.")]

# ---- page

PageOf = Annotated[str, Argument(metavar="PAGE", help="An HTML file, or an address with http:// or https://.")]
PageOut = Annotated[Path, Option(
    "--out", "-o", file_okay=False, metavar="FOLDER", help="Folder for page.png and areas.json; created if missing."
)]
Select = Annotated[list[str] | None, Option(
    "--select", "-s", metavar="CSS|LABEL=CSS",
    help="Elements that become areas, such as #buy or price=.price > b. Repeatable; several elements are numbered."
)]
Window = Annotated[str, Option(
    "--viewport", metavar="WIDTHxHEIGHT", help="Size of the window, in CSS pixels."
)]
DeviceScale = Annotated[float, Option(
    "--scale", metavar="N", help="Pixels of the picture per CSS pixel: 2 as on a screen of high density."
)]
Screen = Annotated[bool, Option(
    "--screen", help="Take what the window shows at first, instead of the whole page."
)]
WithReport = Annotated[bool, Option("--report", help="Also write report.html, report.json and areas.csv there.")]
Javascript = Annotated[bool, Option("--javascript/--no-javascript", help="Whether the page's own scripts run.")]
Browser = Annotated[Path | None, Option(
    metavar="FILE", show_default="Playwright's own, or that of the system", help="Program of a Chromium or Chrome."
)]
Sandbox = Annotated[bool, Option(
    "--sandbox/--no-sandbox",
    help="Keep the page's processes from the rest of the machine. Some containers cannot; then only for pages that "
    "you trust."
)]
Timeout = Annotated[float, Option(
    metavar="SECONDS", help="How long the page may take to load, and as long again to be captured."
)]

# ---- serve, app

Host = Annotated[str, Option(metavar="ADDRESS", help="The address to listen at; 0.0.0.0 lets other machines ask, and needs a token.")]
Port = Annotated[int, Option(min=0, max=65535, metavar="N", help="The port to listen at; 0 takes a free one.")]
TokenFile = Annotated[Path | None, Option(
    exists=True, dir_okay=False, metavar="FILE",
    help="A file whose first line is the token that requests have to send: Authorization: Bearer TOKEN."
)]
HostNames = Annotated[list[str] | None, Option(
    "--host-name", metavar="NAME", show_default="localhost",
    help="A name by which the service may be addressed; repeat it for several. Requests to other names are refused."
)]
Browse = Annotated[bool, Option(
    "--browser/--no-browser", help="Whether the page opens in the browser of this desktop."
)]
Public = Annotated[bool, Option("--public", help="Let everybody in who reaches the address, without a token.")]
ShownIn = Annotated[str | None, Option(
    "--shown-in", metavar="SITE", show_default="no other site",
    help="A site that may show the page within its own, such as https://huggingface.co for a Space."
)]
ServeWorkers = Annotated[int, Option(
    "--workers", metavar="N", help="Pictures computed at a time, a core each: -1 uses every core."
)]
Waiting = Annotated[int, Option(min=0, metavar="N", help="Requests that may wait for a worker; further ones are answered with 429.")]
MaxMegabytes = Annotated[int, Option(min=1, max=1024, metavar="N", help="Largest request in megabytes; larger ones are answered with 413, unread.")]
ClipSeconds = Annotated[float, Option(
    "--max-clip-seconds", min=0.1, metavar="SECONDS", help="Longest clip; longer ones are refused before they are watched."
)]
RequestSeconds = Annotated[float, Option(
    "--request-seconds", min=0.1, metavar="SECONDS", help="Time in which a request has to arrive; slower ones are answered with 408."
)]

# ---- crop

CropOut = Annotated[Path | None, Option(
    "--out", "-o", file_okay=False, metavar="FOLDER", show_default="nothing is written",
    help="Folder for the crops; created if missing. Pictures of a folder keep their paths below it."
)]
Aspects = Annotated[list[str] | None, Option(
    "--aspect", "--aspects", metavar="W:H", show_default=False,
    help="Width to height, such as 16:9; several with commas between them. The crop keeps its pixels."
)]
Sizes = Annotated[list[str] | None, Option(
    "--size", "--sizes", metavar="WxH", show_default=False,
    help="Pixels of the crop, such as 400x300; several with commas between them. The crop is resized."
)]
Keep = Annotated[str | None, Option(
    metavar="X0,Y0,X1,Y1", show_default=False,
    help="An area that every crop has to hold, in shares of the sides; a logo at a fixed place, for example."
)]
Enlarge = Annotated[bool, Option("--enlarge", help="Also enlarge crops that have fewer pixels than --size. Otherwise they keep theirs, and a line says so.")]
Exif = Annotated[bool, Option("--exif/--no-exif", help="Whether crops keep EXIF, XMP and comments, which may say where and by whom a picture was taken.")]
Overwrite = Annotated[bool, Option("--overwrite", help="Replace files that have other content. Without it such a picture is reported and left alone.")]
