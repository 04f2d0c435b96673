"""The arguments and options of the commands: how each is written, what it does, and why one would use it.

Those of the steps, from labels to an exported file, are in `training_options`; those of reports, drawings, crops and
the like in `answer_options`.

The commands give the defaults. They equal the defaults of the public functions of the same name; a test compares them.
"""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

# fmt: off
# The formatter would give every argument of Option a line of its own, 600 lines in all.

# ---- several commands

Json = Annotated[bool, Option("--json", help="Print the result as JSON, so that programs can read it.")]
Quality = Annotated[str, Option(
    metavar="best|fast",
    help="best averages over the picture and its mirror image; fast looks once, at fewer pixels, in a third of the time or less."
)]
CalibrationOf = Annotated[str | None, Option(
    "--calibration", metavar="NAME|FILE", show_default="the default of the model's card",
    help="How sharp, centered and noisy the maps are: typical (for viewers whom you do not know), the "
    "name of a laboratory, none, or the calibration.json that `wepsam adapt` wrote. `wepsam models` lists the names."
)]
Workers = Annotated[int, Option(
    metavar="N", help="Pictures processed at a time: -1 uses every core, a lower number saves memory."
)]
Datasets = Annotated[list[str], Option(
    "--dataset", "-d", metavar="NAME=FOLDER",
    help="A fixation dataset, such as osie=data/OSIE; `wepsam datasets` lists the names. Any other NAME is your own "
    "data: FOLDER has stimuli/ and fixations.csv, images/ and maps/, or images/ and points/; say which by NAME:csv=, "
    "NAME:maps= (gray), NAME:maps:jet= (in the colors of jet) or NAME:points=. csv=FOLDER takes the folder's name. Repeat the option to use several."
)]
WeakFolder = Annotated[str, Argument(metavar="WEAK", help="A folder that `wepsam label` wrote, or its URL.")]
Results = Annotated[list[Path], Argument(
    metavar="FOLDER", help="Folders that `wepsam evaluate` wrote. Folders with the same pictures share one table."
)]
Models = Annotated[list[str] | None, Option(
    "--model", "-m", metavar="NAME", show_default="all models",
    help="Show only this model; repeat it or separate names by commas."
)]
Into = Annotated[Path | None, Option(
    exists=True, dir_okay=False, metavar="FILE",
    help="Put each table into this Markdown file, between its `<!-- table:NAME -->` and `<!-- /table -->` marks, "
    "instead of printing it."
)]
Check = Annotated[bool, Option(
    "--check", help="Write nothing; exit 1 if a table in --into is out of date. For continuous integration."
)]

# ---- predict

Images = Annotated[list[str], Argument(
    metavar="IMAGES", help="Pictures, folders (searched recursively), or list files (.txt, one path per line)."
)]
ImagesAndClips = Annotated[list[str], Argument(
    metavar="IMAGES",
    help="Pictures, folders (searched recursively), or list files (.txt, one path per line); clips as well (.mp4 and others)."
)]
Fps = Annotated[float, Option(
    metavar="N", help="Frames of a clip that the model sees in each second; the overlay keeps the clip's own rate."
)]
Grid = Annotated[int, Option(metavar="N", help="Cells of the longer side of the maps in an npz.")]
Shown = Annotated[str | None, Option(
    metavar="WIDTHxHEIGHT", show_default="pixel by pixel",
    help="How large clips are on the screen: people look closer at what is shown larger."
)]
PredictOut = Annotated[Path, Option(
    "--out", "-o", file_okay=False, metavar="FOLDER", help="Folder for the results; created if missing."
)]
PredictModel = Annotated[str, Option(
    "--model", "-m", metavar="NAME|FILE",
    help="A model that `wepsam models` lists, an .onnx file, or a model on the Hugging Face Hub, also with @ and a branch, tag or commit."
)]
Save = Annotated[str, Option(
    metavar="KINDS",
    help="What to write, separated by commas: map (8-bit PNG, to look at), overlay (JPEG), overlay-png, npy "
    "(float32, to compute with), density (float64, sums to 1), log-density (its natural logarithm). Of a clip: map (a sheet of "
    "a frame a second, and a line of time), overlay (.mp4), npz (maps in time)."
)]
Sheet = Annotated[bool, Option(
    "--sheet", help="Also write sheet.png: the first 12 pictures beside their maps and overlays."
)]
MaxPixels = Annotated[int | None, Option(
    min=1, metavar="N", show_default="the limit of the library",
    help="Refuse larger pictures, so that none exhausts the memory."
)]
Quiet = Annotated[bool, Option(
    "--quiet", help="Do not say which pictures look like web pages, charts or pages of text; --json still lists them."
)]
Bits = Annotated[bool, Option("--bits", help="Save log-density to base 2, in bits, instead of the natural logarithm.")]
OverlayStrength = Annotated[float, Option(
    metavar="SHARE", help="Opacity of the overlay's color, from 0 to 1: lower shows more of the picture."
)]
Colors = Annotated[str, Option(
    metavar="NAME",
    help="Colors of overlays: ember, gray, viridis, magma, inferno or cividis; NAME_r reverses them. jet is the rainbow of "
    "older programs, which shows edges where there are none."
)]
Scale = Annotated[str, Option(
    metavar="own|common",
    help="own draws each map from its own minimum to its own maximum; common draws all pictures on one scale, so "
    "that they can be compared (each is predicted twice). A clip has one scale of its own."
)]
Legend = Annotated[bool, Option(
    "--legend/--no-legend",
    help="Whether overlays and sheet show their scale; without it an overlay has the picture's size."
)]

# ---- areas

Picture = Annotated[Path, Argument(metavar="PICTURE", help="The picture; upright, as a viewer shows it.")]
PictureOrClip = Annotated[Path, Argument(metavar="FILE", help="The picture or clip; upright, as a viewer shows it.")]
Areas = Annotated[Path, Option(
    "--areas", "-a", metavar="FILE",
    help="The areas: JSON (ours, COCO, Label Studio, boxes of a browser), CSV, or a mask picture in which each gray value is "
    "an area."
)]
Unit = Annotated[str | None, Option(
    metavar="shares|pixels|percent", show_default="what the file says, or as its numbers look",
    help="What the numbers of boxes and polygons count: shares of the sides, pixels, or percent of the sides."
)]
Viewers = Annotated[int, Option(min=1, metavar="N", help="People in the group whose shares the intervals are about.")]
Seconds = Annotated[float, Option(metavar="SECONDS", help="How long each of them looks at the picture.")]
SeenBy = Annotated[float | None, Option(
    "--fixations", metavar="N", show_default="--seconds times a measured rate",
    help="How many independent fixations of a viewer the chance to be seen assumes: 1 - (1 - share)^N."
)]

People = Annotated[Path | None, Option(
    exists=True, file_okay=False, metavar="FOLDER", show_default="prediction only",
    help="What people did, beside the prediction: a folder that `wepsam gaze import` wrote, or any with stimuli/ and "
    "fixations.csv. Pictures are found by their names."
)]

Viewport = Annotated[str | None, Option(
    metavar="WIDTHxHEIGHT", show_default="the picture is seen at once",
    help="The screen through which people see a long page, such as 1280x800: it is read screen by screen, each looked at "
    "equally long. The page is as wide as the screen."
)]

# ---- scores, benchmark

Reference = Annotated[str | None, Option(
    metavar="NAME|FILE", show_default="photographs or web pages, as the picture looks",
    help="Pictures that percentiles compare with: photographs, web pages, or a file that `wepsam benchmark` wrote."
)]
ReferenceOut = Annotated[Path, Option("--out", "-o", dir_okay=False, metavar="FILE", help="The JSON file to write.")]
ReferenceName = Annotated[str | None, Option(
    metavar="NAME", show_default="the name of the folder", help="What the pictures of the reference are called."
)]

# ---- datasets, evaluate, submit

DatasetName = Annotated[str, Argument(
    metavar="NAME",
    help="Name of the dataset, as `wepsam datasets` lists it; any other for your own data, or csv, maps, points."
)]
DatasetFolder = Annotated[Path, Argument(metavar="FOLDER", help="Folder in which the dataset was unpacked.")]
Markdown = Annotated[bool, Option("--markdown", help="Print the tables of docs/reference/datasets.md instead.")]
Subject = Annotated[str, Argument(
    metavar="MODEL",
    help="A model that `wepsam models` lists, an .onnx file, hf:owner/name, a folder of maps named like the stimuli (PNG, JPEG, "
    "TIFF, .npy, .mat), or a reference: center-bias, one-observer, half-of-observers, gold-standard."
)]
EvaluateOut = Annotated[Path, Option(
    "--out", "-o", file_okay=False, metavar="FOLDER",
    help="Folder for the results, with a subfolder per dataset and split."
)]
Split = Annotated[str | None, Option(
    show_default="validation; all of your own data", metavar="validation|train|all",
    help="Part of each dataset to score. The shipped models have not seen the validation parts."
)]
Sigma = Annotated[float | None, Option(
    metavar="PIXELS", show_default="one degree, or 3 % of each picture's longer side",
    help="Your own data: standard deviation of the Gaussian that turns fixations into a density."
)]
PixelsPerDegree = Annotated[float | None, Option(
    metavar="PIXELS", help="Your own data: pixels of the pictures per degree of visual angle."
)]
Coordinates = Annotated[str | None, Option(
    metavar="KIND", show_default="pixels, or shares where all lie between 0 and 1",
    help="Your own data: what x and y count. pixels; shares of width and height; center (pixels from the center, y "
    "up); norm (-1 to 1, y up); 1920x1080 (the screen, the picture at its center); 1.8 (shown so many times larger)."
)]
Protocol = Annotated[str, Option(
    metavar="mit|tuebingen",
    help="Conventions of the metrics: mit is the paper's, tuebingen the current MIT/Tübingen benchmark's."
)]
Also = Annotated[list[str] | None, Option(
    metavar="METRIC", help="Add a metric that the protocol leaves out because it is slow: emd. Repeatable."
)]
References = Annotated[bool, Option(
    "--references",
    help="Also score what every comparison needs (center-bias, gbvs, one-observer, gold-standard) and print the "
    "table."
)]
Resize = Annotated[bool, Option(
    "--resize", help="Resize a folder's maps to their stimuli (bilinear) instead of refusing them; it is recorded."
)]
Stimuli = Annotated[Path, Argument(
    exists=True, file_okay=False, metavar="STIMULI", help="Folder with the benchmark's test pictures."
)]
Benchmark = Annotated[str, Option(
    "--benchmark", "-b", metavar="mit300|cat2000|salicon", help="The benchmark whose rules apply."
)]
SubmitModel = Annotated[str, Argument(
    metavar="MODEL", help="A model that `wepsam models` lists, an .onnx file, hf:owner/name, or a folder of maps."
)]
SubmitOut = Annotated[Path, Option(
    "--out", "-o", file_okay=False, metavar="FOLDER", help="Folder for the submission; new or empty."
)]
Form = Annotated[str, Option(
    metavar="FORM", show_default="the benchmark's first",
    help="Kind of file: png (8 bit), npy (float32) or log-density for mit300 and cat2000; json or png for salicon."
)]
Zip = Annotated[bool, Option("--zip", help="Also write FOLDER.zip, ready to upload.")]
Submission = Annotated[Path, Argument(
    exists=True, file_okay=False, metavar="FOLDER", help="Folder with a submission, whoever wrote it."
)]

# ---- compare, plot, table1

Format = Annotated[str, Option(
    "--format", metavar="markdown|html|latex|csv", help="How the table is printed; csv has the exact numbers."
)]
Paired = Annotated[str | None, Option(
    metavar="MODEL",
    help="Also print per-picture differences from MODEL, whose intervals are much narrower. With --into: only "
    "those, at the place FOLDER-minus-MODEL."
)]
PlotOut = Annotated[Path | None, Option(
    "--out", "-o", file_okay=False, metavar="FOLDER",
    help="Folder for scatter plots and for sheets of worst and best pictures."
)]
PlotBase = Annotated[str, Option(
    "--paired", metavar="MODEL", help="Model on the horizontal axis, which the others are plotted against."
)]
PlotDatasets = Annotated[list[str] | None, Option(
    "--dataset", "-d", metavar="NAME=FOLDER", help="The dataset of the results: sheets need its pictures. Repeatable."
)]
RangeSheet = Annotated[Path | None, Option(
    "--range-sheet", dir_okay=False, metavar="FILE",
    help="Draw one sheet with the pictures at 10, 30, 50, 70 and 90 % of the first --model's scores: a fair choice "
    "of examples."
)]
PlotMetric = Annotated[str | None, Option(
    "--metric", metavar="METRIC", show_default="nss, or the first metric of the results",
    help="Metric to plot; the others are not shown."
)]
PlotPictures = Annotated[int, Option("--pictures", min=1, metavar="N", help="Pictures on each sheet of --out.")]
Public = Annotated[bool, Option(
    "--public", help="Print each model beside its public scores on MIT300 instead: are the gaps to GBVS the same?"
)]
PublicMetric = Annotated[str, Option(
    "--metric", metavar="METRIC", help="With --public: the metric by which models are sorted."
)]
PublicFigure = Annotated[Path | None, Option(
    "--figures", file_okay=False, metavar="FOLDER", help="With --public: also draw the comparison, as public.png."
)]

# ---- reproduce

Studies = Annotated[list[str] | None, Option(
    "--study", metavar="NAME", show_default="all studies",
    help="plateau, convergence, labels, selection, encoder, deeper or efficiency. Repeatable."
)]
StudyData = Annotated[Path, Option(
    file_okay=False, metavar="FOLDER", help="Folder with photos/ and the datasets osie/, dut_omron/, eyecrowd/, scene/."
)]
StudyOut = Annotated[Path, Option(
    "--out", "-o", file_okay=False, metavar="FOLDER",
    help="Folder for the runs (gigabytes). Interrupted work resumes from it."
)]
StudyResults = Annotated[Path | None, Option(
    file_okay=False, metavar="FOLDER", show_default="OUT/results",
    help="Folder for logs and scores (small), from which --report is made."
)]
Report = Annotated[Path | None, Option(
    exists=True, dir_okay=False, metavar="FILE", help="Markdown file to update with the tables; figures go beside it."
)]
Evaluated = Annotated[list[Path] | None, Option(
    exists=True, file_okay=False, metavar="FOLDER",
    help="Folder that `wepsam evaluate` wrote, for Table 1 in --report. Repeatable."
)]
Smoke = Annotated[bool, Option("--smoke", help="A tiny run, to see whether everything works.")]
Train = Annotated[bool, Option(
    "--train/--no-train", help="Whether to train; --no-train only makes --report from --results."
)]
StudyWorkers = Annotated[int, Option(
    "--workers", metavar="N", help="Runs at a time: -1 uses every core, or one run with a GPU."
)]
