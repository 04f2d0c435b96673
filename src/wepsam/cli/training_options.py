"""The arguments and options of the steps, from labels to an exported file; the others are in `options`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

# fmt: off

# ---- label, inspect

Photos = Annotated[list[str], Argument(
    metavar="PHOTOS", help="Photographs, folders (searched recursively), list files (.txt), .tar archives, or URLs."
)]
LabelOut = Annotated[str, Argument(metavar="WEAK", help="Folder for the weak labels, or its URL.")]
LabelWorkers = Annotated[int, Option(
    "--workers", metavar="N", help="Parts made at a time: -1 uses every core, a lower number saves memory."
)]
Teacher = Annotated[str, Option(
    metavar="NAME|FILE",
    help="Model whose maps become the labels: classical, shipped, or an .onnx file; or several with commas between, whose "
    "mean is then the label. The paper: gbvs."
)]
LabelSize = Annotated[str, Option(
    metavar="PIXELS|none",
    help="Side of the square that the teacher sees. 128 is the paper's; 256 and 512 give better labels but are "
    "slower; none keeps the picture's own size."
)]
KeepAspect = Annotated[bool, Option(
    "--keep-aspect",
    help="Keep the picture's aspect ratio instead of a square: the shorter side gets --size pixels. The light "
    "network learns from such labels."
)]
PartSize = Annotated[int, Option(
    min=1, metavar="N",
    help="Pictures in a part. Parts are the units of work and of resuming: smaller ones lose less when interrupted."
)]
StimulusSize = Annotated[int, Option(
    min=32, metavar="PIXELS", help="Size of the stored picture; use 192 for the recipe lite."
)]
MapSize = Annotated[int, Option(min=8, metavar="CELLS", help="Size of the stored map; use 64 for the recipe lite.")]
Engine = Annotated[str, Option(
    metavar="processes|ray|dask", help="What runs the work: processes on this machine, or a ray or dask cluster."
)]
Scheduler = Annotated[str | None, Option(
    metavar="ADDRESS", show_default="a cluster is started on this machine",
    help="Address of a running cluster, such as tcp://HOST:8786, or auto for ray."
)]
InspectOut = Annotated[Path | None, Option(
    "--out", "-o", file_okay=False, metavar="FOLDER", show_default="the weak-label folder",
    help="Folder for the two pictures."
)]

# ---- pretrain, finetune, adapt, export

RunOut = Annotated[Path, Option(
    "--out", "-o", metavar="FOLDER", help="Folder of the run. An interrupted run resumes from it."
)]
KeepLabels = Annotated[float, Option(
    metavar="N|SHARE",
    help="How many labels of lowest entropy to learn from, or a share up to 1.0: clear maps teach more than blurred "
    "ones. The paper: 100000."
)]
KeepWeak = Annotated[float, Option(
    "--keep", metavar="N|SHARE", help="How many labels of --weak to use, or a share up to 1.0."
)]
Start = Annotated[str | None, Option(
    metavar="START", show_default="the recipe's own start",
    help="Weights to start from: a run folder, a checkpoint, a shipped model, hf:owner/name, an .onnx file, random, imagenet "
    "(recipes lite and cnn_vlm), or torchvision's weights, such as vgg16.pth (recipes vgg16 and googlenet)."
)]
Recipe = Annotated[str, Option(
    metavar="NAME",
    help="Network and training settings by name: shipped (wepsam-paper's), paper (the publication's), lite "
    "(wepsam-lite's), juntingnet, mr_cnn, cnn_vlm (learns from photographs alone), vgg16, googlenet."
)]
Set = Annotated[list[str] | None, Option(
    "--set", metavar="NAME=VALUE",
    help="Change one training setting, such as --set epochs=3 or --set augmentation.color=0.5. Repeatable."
)]
Network = Annotated[list[str] | None, Option(
    "--network", metavar="NAME=VALUE", help="Change the network, such as --network hidden=512. Repeatable."
)]
Memory = Annotated[float, Option(
    min=0, metavar="GB",
    help="Weak labels that need more memory than this are read while the network learns. They are then mixed within "
    "parts of the store, so the same command with another value may end with slightly other weights."
)]
FeedWorkers = Annotated[int, Option(
    "--workers", min=-1, metavar="N", show_default="the cores that training leaves free",
    help="Processes that decode weak labels while the network learns, for each device."
)]
Devices = Annotated[int | None, Option(
    min=1, metavar="N", show_default="1, or as many as torchrun or Slurm starts",
    help="Divide each batch among N accelerators of this machine, or, without any, N processes."
)]
Nodes = Annotated[int | None, Option(
    min=1, metavar="N", show_default="1, or as many as torchrun or Slurm uses",
    help="Machines; torchrun or srun starts the command on each."
)]
Strategy = Annotated[str, Option(
    metavar="ddp", help="How they learn together: ddp gives each a share of every batch and averages the gradients."
)]
Encoder = Annotated[str | None, Option(
    metavar="NAME", help="The network's encoder: lite0, lite1, lite2, or vgg19 (recipe cnn_vlm; needs --weights)."
)]
EncoderWeights = Annotated[Path | None, Option(
    "--weights", metavar="FILE", help="ImageNet's weights of vgg19, vgg16 or googlenet: torchvision's .pth, or .safetensors."
)]
Weak = Annotated[str | None, Option(
    metavar="WEAK",
    help="Also learn from this weak-label folder, labeled by a fine-tuned network: the student can then become "
    "better than its teacher."
)]
Validation = Annotated[list[str] | None, Option(
    "--validation", metavar="NAME=FOLDER", show_default="the validation parts of --dataset",
    help="Dataset that selects the checkpoint; all of --dataset is then learned from. Repeatable."
)]
AdaptPictures = Annotated[Path, Argument(
    exists=True, file_okay=False, metavar="PICTURES", help="Folder of your pictures: 10 or more; 50 give a clear answer."
)]
AdaptOut = Annotated[Path, Option(
    "--out", "-o", file_okay=False, metavar="FOLDER", help="Folder for adapted.onnx, calibration.json and what was found."
)]
Fixations = Annotated[Path | None, Option(
    exists=True, dir_okay=False, metavar="FILE",
    help="CSV with the columns image (a path below PICTURES), observer, x, y (pixels)."
)]
Maps = Annotated[Path | None, Option(
    exists=True, file_okay=False, metavar="FOLDER",
    help="Instead of --fixations: a folder of density maps named like the pictures."
)]
AdaptModel = Annotated[str, Option(
    "--model", "-m", metavar="NAME|FILE",
    help="A model that `wepsam models` lists, an .onnx file, or hf:owner/name on the Hugging Face Hub. With --readout or --full the light network: shipped, "
    "hf:owner/name, an .onnx file, or a run folder."
)]
Readout = Annotated[bool, Option(
    "--readout", help="Tune the last layer and the center bias by training instead: minutes to hours, needs torch."
)]
Full = Annotated[bool, Option(
    "--full", help="Tune the whole network by training. Worth a try with hundreds of pictures; needs torch."
)]
Folds = Annotated[int, Option(
    min=2, metavar="N",
    help="Parts for cross-validation: each is scored by what was fitted to the others. More parts take longer."
)]
Checkpoint = Annotated[Path, Argument(metavar="CHECKPOINT", help="A run folder or a .safetensors file.")]
ExportOut = Annotated[Path, Argument(
    metavar="FILE", help="The .onnx file to write; its card (.json) is put beside it."
)]
Storage = Annotated[str | None, Option(
    metavar="float32|float16|int8", show_default="the smallest that agrees with the checkpoint",
    help="How the large weights are stored."
)]
Mirror = Annotated[bool, Option(
    help="Whether predictions average over the picture and its mirror image; the light network does so at --quality "
    "best."
)]
Area = Annotated[int | None, Option(
    metavar="PIXELS", show_default="as in training", help="Light network: number of pixels of the picture that it sees."
)]
Scales = Annotated[str | None, Option(
    metavar="A,B,...", show_default="1",
    help="Light network: sizes that are averaged at --quality best, in multiples of the sides at --area."
)]
ExportCalibration = Annotated[Path | None, Option(
    "--calibration", exists=True, dir_okay=False, metavar="FILE", show_default="what training has learned of it",
    help="A calibration.json that `wepsam adapt` wrote: how sharp, centered and noisy predictions are by default."
)]
Probe = Annotated[list[str] | None, Option(
    metavar="PICTURES", show_default="noise",
    help="Pictures or a folder; the file must agree with the checkpoint on the first 64 of them. Repeatable."
)]
Card = Annotated[Path | None, Option(
    exists=True, dir_okay=False, metavar="FILE", help="JSON to add to the card: data, terms, notes."
)]

# ---- publish

PublishModel = Annotated[str, Argument(
    metavar="MODEL",
    help="An .onnx file, a network that `wepsam models` lists, or a run folder or .safetensors file, of which an .onnx file is made."
)]
Repository = Annotated[str, Argument(metavar="OWNER/NAME", help="The repository on the Hub; it is made if it is missing.")]
Private = Annotated[bool, Option("--private", help="Make a new repository private: it can be loaded only with your token.")]
PublishFolder = Annotated[Path | None, Option(
    "--folder", "-o", file_okay=False, metavar="FOLDER", show_default="push",
    help="Write the files of the repository into this folder, and send nothing."
)]
Yes = Annotated[bool, Option("--yes", "-y", help="Push without asking first.")]
