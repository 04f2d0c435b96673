"""The arguments and options of `wepsam gaze`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

# fmt: off
# The formatter would give every argument of Option a line of its own.

# ---- import

Recordings = Annotated[list[Path], Argument(metavar="FILES", help="Trackers' files, or folders of them.")]
SeenPictures = Annotated[Path, Option(
    "--stimuli", exists=True, metavar="FOLDER", help="The pictures that people saw, as files; subfolders are searched."
)]
StudyOut = Annotated[Path, Option(
    "--out", "-o", file_okay=False, metavar="FOLDER", help="Folder for the dataset; one of an earlier import is replaced."
)]
Screen = Annotated[str | None, Option(
    metavar="WIDTHxHEIGHT", show_default="what the files say", help="Pixels of the screen, such as 1920x1080."
)]
Place = Annotated[str | None, Option(
    "--picture", metavar="PLACE", show_default="what the files say",
    help="Where pictures stood on the screen: center, top-left, fill (the whole screen), or X,Y of their upper left corner."
)]
Scale = Annotated[str | None, Option(
    metavar="SCALE", show_default="what the files say",
    help="How large they were shown: none (their own pixels), fit (as large as the whole picture can be), shrink (fit, but "
    "never enlarged), cover, stretch, a factor such as 1.5, or a size as 800x600."
)]
Unit = Annotated[str | None, Option(
    metavar="pixels|shares|norm|height", show_default="what the files say, or pixels",
    help="What x and y count: pixels; shares of width and height, 0 to 1; norm, from -1 to 1, or height (PsychoPy)."
)]
Origin = Annotated[str | None, Option(
    metavar="top-left|bottom-left|center|picture", show_default="what the files say, or top-left",
    help="Where x and y are 0: a place of the screen, or picture: the picture's own upper left corner."
)]
Y = Annotated[str | None, Option(
    "--y", metavar="down|up", show_default="down from top-left, otherwise up", help="Whether y grows downwards or upwards."
)]
Eye = Annotated[str, Option(metavar="best|left|right", help="Which eye counts; best is the one that was seen for longer.")]
Columns = Annotated[list[str] | None, Option(
    metavar="WHAT=NAME,...", show_default="by their usual names",
    help="Columns of a table by what they hold: x, y, image, observer, onset, duration, time, trial, eye, group."
)]
Image = Annotated[str | None, Option(metavar="NAME", show_default="what the files say", help="The picture that all files are about.")]
Observer = Annotated[str | None, Option(
    metavar="NAME", show_default="what the files say, or their names", help="The observer, if all files are of one."
)]
Trials = Annotated[Path | None, Option(
    exists=True, dir_okay=False, metavar="FILE", show_default="what the files say",
    help="A table that says which picture was shown when: trial and image, or start, end and image; and observer if it differs."
)]
Time = Annotated[str | None, Option(metavar="s|ms|us|ns", show_default="as the numbers look", help="Unit of the times in a table.")]
Detect = Annotated[bool, Option("--detect", help="Find fixations in the samples, although the files have fixations.")]
ScreenDegree = Annotated[float | None, Option(
    "--pixels-per-degree", metavar="PIXELS", show_default="what the files say, or a screen of 40 degrees",
    help="Pixels of the screen per degree of visual angle, with which fixations are found in samples."
)]

# ---- check, draw

Study = Annotated[Path, Argument(
    exists=True, file_okay=False, metavar="STUDY",
    help="A folder that `wepsam gaze import` wrote, or any with stimuli/ and fixations.csv."
)]
CheckOut = Annotated[Path | None, Option(
    "--out", "-o", file_okay=False, metavar="FOLDER", show_default="the study",
    help="Folder for check.html and check.json; those of an earlier check are replaced."
)]
Groups = Annotated[Path | None, Option(
    exists=True, dir_okay=False, metavar="FILE", show_default="the column group of the study",
    help="A table with the columns observer and group."
)]
DrawOut = Annotated[Path, Option("--out", "-o", file_okay=False, metavar="FOLDER", help="Folder for the drawings; created if missing.")]
Kinds = Annotated[str, Option(
    "--as", metavar="KINDS",
    help="What to draw, separated by commas: heat (colors over the picture), fixations, scanpaths (with their order), "
    "difference (of two groups)."
)]
OfPicture = Annotated[list[str] | None, Option(
    "--picture", metavar="NAME", show_default="all pictures", help="Draw this picture of the study; repeatable."
)]
OfObserver = Annotated[list[str] | None, Option(
    "--observer", metavar="NAME", show_default="all observers", help="Draw the fixations of this observer; repeatable."
)]
Each = Annotated[bool, Option("--each", help="A drawing for each observer, in place of one of all together.")]
Group = Annotated[str | None, Option(metavar="NAME", show_default="all groups", help="Draw the fixations of this group of observers.")]
Compare = Annotated[str | None, Option(
    metavar="A,B", show_default="the two groups that there are", help="The two groups whose difference is drawn."
)]
First = Annotated[list[float] | None, Option(
    metavar="SECONDS", show_default="the whole time",
    help="Draw the fixations that began in the first so many seconds; repeat it for several drawings."
)]
