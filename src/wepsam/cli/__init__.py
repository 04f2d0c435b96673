"""The command line, in pipeline order. Commands are thin: they read arguments, call the library, print.

Results go to stdout, progress and complaints to stderr. Exit codes: 0 all well, 1 something failed (the rest is done;
what is damaged or not installed is no mistake of the caller's), 2 a mistake in the call.
"""

import dataclasses
import io
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import wepsam
from wepsam import progress

app = typer.Typer(
    help="Where will people look in this picture? Weakly pre-learnt saliency models (WEPSAM).\n\n"
    "The commands to train and score a model stand in the order in which they are used.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]
Datasets = Annotated[
    list[str],
    typer.Option(
        "--dataset", "-d", metavar="NAME=FOLDER",
        help="A fixation dataset: osie, mit1003, cat2000, salicon-2017-fixations, ... (all: wepsam datasets); csv "
        "(stimuli/ and fixations.csv) or maps (images/ and maps/) for your own. Repeat it for several.",
    ),
]  # fmt: skip
SettingsName = Annotated[
    str,
    typer.Option(
        help="Named settings: shipped (as wepsam-paper was made), paper, juntingnet; lite (wepsam-lite); mr_cnn."
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        help="A run or checkpoint; random; or imagenet, for the light network's encoder. Without it, lite starts from imagenet and the others at random."
    ),
]
Override = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Change one setting, e.g. --set epochs=3 --set loss=mse. Repeatable."
    ),
]
Quality = Annotated[
    str,
    typer.Option(help="best: the mean over several views of each picture; or fast: one view, an eighth of the work."),
]
Network = Annotated[
    list[str] | None,
    typer.Option(
        "--network",
        metavar="NAME=VALUE",
        help="Change the network, e.g. --network head=juntingnet --network hidden=512.",
    ),
]


@app.command()
def predict(
    images: Annotated[list[str], typer.Argument(help="Pictures, folders (searched recursively) or list files (.txt).")],
    out: Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="Folder for the results; made if missing.")],
    model: Annotated[
        str, typer.Option("--model", "-m", help="A shipped model (see `wepsam models`) or an .onnx file.")
    ] = "wepsam-lite",
    save: Annotated[
        str, typer.Option(help="What to write, comma-separated: map (8-bit PNG), overlay (PNG), npy (float32).")
    ] = "map,overlay",
    sheet: Annotated[
        bool, typer.Option("--sheet", help="Also write sheet.png: picture, map and overlay of the first 12.")
    ] = False,
    quality: Quality = "best",
    max_pixels: Annotated[int | None, typer.Option(min=1, help="Refuse pictures with more pixels than this.")] = None,
    workers: Annotated[int, typer.Option(help="How many pictures at a time; -1 for one per core.")] = -1,
    as_json: Json = False,
) -> None:
    """Where will people look in these pictures?

    Writes STEM_map.png, STEM_overlay.png or STEM.npy for each picture, at the picture's size. A picture that cannot be
    read is reported and the rest done.

        wepsam predict street.jpg --out maps/

        wepsam predict photos/ --out maps/ --save npy
    """
    from wepsam.prediction import folder, targets

    kinds = list(dict.fromkeys(kind.strip() for kind in save.split(",") if kind.strip()))
    if not kinds or set(kinds) - set(targets.SAVES):
        raise typer.BadParameter(f"--save takes {', '.join(targets.SAVES)}, not {save!r}")
    done = folder.predict(
        images, out, model=model, save=kinds, sheet=sheet, quality=quality, max_pixels=max_pixels, workers=workers
    )
    if as_json:
        _print_json(dataclasses.asdict(done))
    else:
        for kind in kinds:
            print(f"{len(done.written)} {kind}{'' if kind == 'npy' else 's'}: {out}/*{targets.SAVES[kind]}")
        if done.sheet:
            print(f"contact sheet: {done.sheet}")
    for failure in done.failed:
        print(failure, file=sys.stderr)
    if done.failed:
        print(f"{len(done.failed)} of {len(done.failed) + len(done.written)} pictures failed", file=sys.stderr)
        raise typer.Exit(1)


@app.command()
def label(
    photos: Annotated[
        list[str],
        typer.Argument(help="Photographs, folders (searched recursively), list files (.txt), .tar archives, or URLs."),
    ],
    out: Annotated[str, typer.Argument(help="The weak-label folder, or its URL.")],
    teacher: Annotated[
        str, typer.Option(help="Who labels: gbvs, another classical model, shipped weights, or an .onnx file.")
    ] = "gbvs",
    size: Annotated[
        str,
        typer.Option(
            metavar="PIXELS|none",
            help="The square that the teacher sees: 128 as in the paper; 256 and 512 are worth more and cost more; none shows the picture as it is.",
        ),
    ] = "128",
    keep_aspect: Annotated[
        bool,
        typer.Option(
            "--keep-aspect",
            help="No squares: the shorter side has --size pixels, and stimulus and map keep the picture's aspect.",
        ),
    ] = False,
    workers: Annotated[int, typer.Option(help="How many at a time; -1 for one per core.")] = -1,
    part_size: Annotated[int, typer.Option(min=1, help="Pictures a part; a part is made and stored at once.")] = 500,
    stimulus_size: Annotated[
        int, typer.Option(min=32, metavar="PIXELS", help="What is stored of a picture; wepsam-lite learns from 192.")
    ] = 128,
    map_size: Annotated[
        int, typer.Option(min=8, metavar="CELLS", help="What is stored of a map; wepsam-lite learns from 64.")
    ] = 32,
    engine: Annotated[
        str, typer.Option(help="Who works: processes of this machine, or a ray or dask cluster.")
    ] = "processes",
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="A running cluster, e.g. tcp://HOST:8786; without it one is started on this machine.",
        ),
    ] = None,
) -> None:
    """Step 1a. Give unannotated photographs the saliency maps of a teacher.

    Stopped anywhere and started again, it makes what is missing; started several times, on one machine or on many
    that share the folder, they divide the work.

        wepsam label photos/ weak/

        wepsam label s3://bucket/shards/ s3://bucket/weak --size 512 --engine ray --scheduler auto
    """
    from wepsam.weak import labeling

    pixels = None if size == "none" else _number(size, "--size")
    counts = labeling.label(
        photos, out, teacher=teacher, size=pixels, keep_aspect=keep_aspect, workers=workers, part_size=part_size,
        stimulus_size=stimulus_size, map_size=map_size, engine=engine, scheduler=scheduler,
    )  # fmt: skip
    print(
        f"{sum(counts.values())} read: {counts['kept']} kept, {counts['rejected']} rejected, {counts['failed']} failed"
    )
    print(f"look at them: wepsam inspect {out}")


@app.command()
def inspect(
    weak: Annotated[str, typer.Argument(help="A folder that `wepsam label` made, or its URL.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", file_okay=False, help="Folder for the pictures; by default the weak folder."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Step 1b. What is in a weak-label folder: totals, reasons, entropies; with a histogram and a contact sheet.

    All of it is read and checked: a damaged part is named, and the exit code is 1.
    """
    from wepsam.weak import inspection

    report = inspection.inspect(weak, out)
    if as_json:
        _print_json(report)
        return
    settings = report["settings"]
    size = f"{settings['size']} px" if settings["size"] else "full size"
    aspect = ", own aspect" if settings["keep_aspect"] else ""
    print(f"{weak}: {settings['teacher']} at {size}{aspect}, {report['parts']} part{'s' * (report['parts'] > 1)}")
    print(f"read {report['read']} = " + " + ".join(f"{n} {status}" for status, n in report["counts"].items()))
    for reason, number in report["reasons"].items():
        print(f"  {number} {reason}")
    if report["entropy"]:
        print("entropy (bit): " + ", ".join(f"{k} {v:.2f}" for k, v in report["entropy"].items()))
    for picture in report["pictures"]:
        print(picture)


@app.command()
def pretrain(
    weak: Annotated[str, typer.Argument(help="A folder that `wepsam label` made, or its URL.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The run's folder; an interrupted run goes on.")],
    keep: Annotated[
        float, typer.Option(help="How many maps of lowest entropy, or a share up to 1.0 (paper: 100000).")
    ] = 100_000,
    start: Start = None,
    settings: SettingsName = "shipped",
    change: Override = None,
    network: Network = None,
) -> None:
    """Step 1c. Pre-train on the weak labels of lowest entropy.

    wepsam pretrain weak/ --keep 0.5 --out runs/pre
    """
    from wepsam.training import stages

    chosen = _settings(settings, 0, change)
    _report(
        stages.pretrain(
            weak, out, keep=keep, start=_start(start, settings), network=_network(network, settings), settings=chosen
        )
    )


@app.command()
def finetune(
    dataset: Datasets,
    out: Annotated[Path, typer.Option("--out", "-o", help="The run's folder; an interrupted run goes on.")],
    start: Start = None,
    weak: Annotated[
        str | None,
        typer.Option(
            help="Learn the maps of this weak-label folder along with the fixations: those of a network already fine-tuned."
        ),
    ] = None,
    settings: SettingsName = "shipped",
    change: Override = None,
    network: Network = None,
) -> None:
    """Step 2. Fine-tune on human fixations, on the training parts of the datasets; the others choose the best weights.

    wepsam finetune --start runs/pre -d osie=data/OSIE -d csv=data/own --out runs/fine
    """
    from wepsam.datasets import open_dataset
    from wepsam.training import stages

    chosen, opened = _settings(settings, 1, change), [open_dataset(d) for d in dataset]
    _report(
        stages.finetune(
            _start(start, settings), opened, out, weak=weak, network=_network(network, settings), settings=chosen
        )
    )


@app.command()
def adapt(
    pictures: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Folder of your pictures, 50 or more.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the runs and the adapted model.")],
    fixations: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="CSV: image (a path below PICTURES), observer, x, y in pixels."),
    ] = None,
    maps: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Or a folder of density maps of the same names.")
    ] = None,
    model: Annotated[
        str, typer.Option("--model", "-m", help="The light network to start from: shipped, an .onnx file or a run.")
    ] = "wepsam-lite",
    full: Annotated[
        bool, typer.Option("--full", help="Tune the whole network, not the readout and the center bias alone.")
    ] = False,
    folds: Annotated[int, typer.Option(min=2, help="Parts for cross-validation.")] = 5,
    as_json: Json = False,
) -> None:
    """Step 3. Tune a shipped network to pictures of your own, and learn whether it was worth it.

    Each picture is scored by a network that has not seen it. A gain is claimed only where its 95 % interval shows it.

        wepsam adapt pages/ --fixations pages.csv --out adapted/
        wepsam predict other/ --model adapted/adapted.onnx --out maps/
    """
    from wepsam.datasets import pictures_with_csv, pictures_with_maps
    from wepsam.deploy.to_onnx import export as write
    from wepsam.evaluation.table import as_markdown, markdown
    from wepsam.prediction.predictor import weights_file
    from wepsam.training.adaptation import adapt as tune

    if (fixations is None) == (maps is None):
        raise typer.BadParameter("say where people looked, by --fixations FILE.csv or by --maps FOLDER")
    name = pictures.resolve().name
    if maps is not None:
        dataset = pictures_with_maps(pictures, maps, name=name)
    else:
        dataset = pictures_with_csv(pictures, table=fixations, name=name)
    if len(dataset) < 50:
        print(f"{len(dataset)} pictures are few: expect wide intervals", file=sys.stderr)
    start = weights_file(model) if model in wepsam.models() else Path(model)
    tuned = tune(start, dataset, out, full=full, folds=folds)
    about = {"adapted from": model, "adapted to": f"{len(dataset)} pictures of {name}", "gains": tuned.gains}
    # Looked at and sharpened as what it comes from.
    sharpness = wepsam.load(start).card.get("sharpness", 1.0) if start.suffix == ".onnx" else 1.0
    file = write(tuned.weights, out / "adapted.onnx", card=about, sharpness=sharpness)
    if as_json:
        _print_json(about | {"before": tuned.before.summary(), "after": tuned.after.summary(), "model": str(file)})
        return
    print(markdown([tuned.before, tuned.after]), as_markdown(tuned.change), sep="\n\n")
    if tuned.losses:
        print(f"\nworse in {', '.join(tuned.losses)}: look closely before you use it")
    if tuned.gains:
        print(f"\nbetter in {', '.join(tuned.gains)}, on pictures that it has not learnt from: {file}")
    else:
        print(f"\nno gain is shown: stay with {model}, or come back with more pictures ({file} is there all the same)")


@app.command()
def export(
    checkpoint: Annotated[Path, typer.Argument(help="A run folder or .safetensors file.")],
    out: Annotated[Path, typer.Argument(help="The .onnx file to write; its card goes beside it.")],
    wide: Annotated[
        str | None,
        typer.Option(
            help="How the wide layers are stored: float32, float16, int8; by default int8 if that is good enough."
        ),
    ] = None,
    mirror: Annotated[
        bool,
        typer.Option(
            help="Whether the predictor averages over the picture and its mirror image (wepsam-lite: at --quality best)."
        ),
    ] = True,
    area: Annotated[
        int | None,
        typer.Option(metavar="PIXELS", help="wepsam-lite: how large it is fed a picture; by default as in training."),
    ] = None,
    scales: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...",
            help="wepsam-lite: the sizes it is fed at --quality best, in multiples of the sides at that area.",
        ),
    ] = None,
    sharpness: Annotated[float, typer.Option(help="Power to which the predictor raises the density.")] = 1.0,
    blur: Annotated[float, typer.Option(help="Gaussian sigma, in map pixels, that the predictor applies.")] = 0.0,
    floor: Annotated[float, typer.Option(help="Share of the map's mean that the predictor adds everywhere.")] = 0.0,
    probe: Annotated[
        list[str] | None,
        typer.Option(help="Pictures or a folder on which the file must agree with torch (the first 64)."),
    ] = None,
    card: Annotated[
        Path | None, typer.Option(help="JSON with what else the card shall say: data, terms, notes.")
    ] = None,
) -> None:
    """Turn a checkpoint into a file that predicts without torch, checked against torch.

    wepsam export runs/fine own.onnx && wepsam predict photo.jpg --model own.onnx --out maps/
    """
    from wepsam.deploy.to_onnx import SCALES
    from wepsam.deploy.to_onnx import export as write

    told = json.loads(card.read_text()) if card else None
    try:
        sizes = tuple(map(float, scales.split(","))) if scales else SCALES
    except ValueError:
        raise typer.BadParameter(f"--scales takes numbers with commas between them, not {scales!r}") from None
    path = write(
        checkpoint, out, wide=wide, mirror=mirror, area=area, scales=sizes, sharpness=sharpness,
        blur=blur, floor=floor, card=told, probe=probe
    )  # fmt: skip
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


@app.command()
def datasets(
    check: Annotated[
        list[str] | None,
        typer.Argument(metavar="check NAME FOLDER", help="Read a folder and say what is in it, and what is missing."),
    ] = None,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the tables of docs/datasets.md.")] = False,
    as_json: Json = False,
) -> None:
    """The fixation datasets that can be read, where to get them; or what a folder holds.

    wepsam datasets check osie data/OSIE
    """
    from wepsam.datasets import ABOUT
    from wepsam.datasets import check as look
    from wepsam.datasets.about import markdown

    if not check:
        if as_json:
            _print_json({name: dataclasses.asdict(about) for name, about in ABOUT.items()})
        elif as_markdown:
            print(markdown(), end="")
        else:
            for about in ABOUT.values():
                print(
                    f"{about.title}: {about.pictures:,} pictures ({about.size}), {about.task}; observers: {about.observers}"
                )
                print(f"  -d {', '.join(about.names)}\n  {about.home}; terms: {about.terms}\n  {about.citation}")
            print("Your own: -d csv=FOLDER (stimuli/ and fixations.csv), -d maps=FOLDER (images/ and maps/)")
        return
    if len(check) != 3 or check[0] != "check":
        raise ValueError(f"expected `wepsam datasets check NAME FOLDER`, not `wepsam datasets {' '.join(check)}`")
    found = look(check[1], check[2])
    if as_json:
        _print_json(found)
        return
    sizes = ", ".join(f"{number} of {size}" for size, number in found["sizes"].items())
    degree = found["pixels_per_degree"]
    print(f"{check[2]}: {found['pictures']} pictures; most frequent sizes: {sizes}")
    if found["fixations"] is None:
        print("densities, no fixations" if found["densities"] else "no ground truth")
    else:
        each, who = found["per_picture"], found["observers"]
        print(
            f"{found['fixations']} fixations: {each['mean']:.1f} a picture (sd {each['sd']:.1f}, {each['min']} to {each['max']})"
        )
        print("observers: unknown" if who is None else f"observers: {who:.1f} a picture")
        if found["center"]:
            (x, y), (dx, dy) = found["center"], found["spread"]
            print(f"where: x {x:.3f} (sd {dx:.3f}) of the width, y {y:.3f} (sd {dy:.3f}) of the height")
    print(
        f"sigma {found['sigma']:g} pixels; {f'{degree:g} pixels' if degree else 'not stated how many pixels'} per degree"
    )
    for remark in found["remarks"]:
        print(f"note: {remark}")


@app.command()
def evaluate(
    model: Annotated[
        str,
        typer.Argument(
            help="Any model that `wepsam models` lists, an .onnx file, a folder of maps named like the stimuli (PNG, JPEG, TIFF, .npy, .mat), center-bias, one-observer, half-of-observers or gold-standard."
        ),
    ],
    dataset: Datasets,
    out: Annotated[
        Path, typer.Option("--out", "-o", file_okay=False, help="Folder; a subfolder for each dataset and split.")
    ] = Path("results"),
    split: Annotated[str, typer.Option(help="Which part of each dataset: validation, train or all.")] = "validation",
    protocol: Annotated[
        str, typer.Option(help="Conventions of the metrics: mit (the paper's) or tuebingen (the current board's).")
    ] = "mit",
    also: Annotated[
        list[str] | None,
        typer.Option(metavar="METRIC", help="A metric beyond the protocol's: emd, which takes longer. Repeatable."),
    ] = None,
    references: Annotated[
        bool,
        typer.Option(
            "--references",
            help="Also what a comparison needs: center-bias, gbvs, one-observer, gold-standard; and print the table.",
        ),
    ] = False,
    resize: Annotated[
        bool, typer.Option("--resize", help="Bring a folder's maps to their stimuli's size (bilinear); it is recorded.")
    ] = False,
    quality: Quality = "best",
    workers: Annotated[int, typer.Option(help="How many pictures at a time; -1 for one per core.")] = -1,
    as_json: Json = False,
) -> None:
    """Score a model on human fixations: a CSV with a row per picture, and a JSON with means and settings.

    Stopped and started again, it goes on with what is missing.

        wepsam evaluate wepsam-paper -d osie=data/OSIE --references

        wepsam evaluate maps/ -d osie=data/OSIE
    """
    from wepsam.classical import FITTED, LEARNT_FROM
    from wepsam.datasets import open_dataset
    from wepsam.evaluation import MapFolder
    from wepsam.evaluation import evaluate as score
    from wepsam.evaluation.references import ALWAYS, PEOPLE
    from wepsam.evaluation.results import saved
    from wepsam.evaluation.table import markdown

    asked = _model(model, threads=0 if workers == 1 else 1, resize=resize, quality=quality)
    name = asked.name if isinstance(asked, MapFolder) else Path(model).stem
    name += "" if quality == "best" else f"-{quality}"
    for spec in dataset:
        part = open_dataset(spec).split(split)
        if not len(part):
            raise typer.BadParameter(f"{spec} has no {split} pictures; all of them: --split all")
        if split != "validation" and model in (*FITTED, *wepsam.models()) and part.name in LEARNT_FROM:
            print(f"{model} has learnt from the training part of {part.name}: these scores flatter it", file=sys.stderr)
        folder = out / f"{part.name}-{split}{'' if protocol == 'mit' else f'-{protocol}'}"
        results = []
        for one in dict.fromkeys([name, *(ALWAYS if references else ())]):
            result = saved(folder, one, part, split, protocol, also or ()) if one != name else None
            try:
                result = result or score(
                    asked if one == name else _model(one), part, name=one, split=split, protocol=protocol,
                    also=also or (), workers=workers, partial=folder / f".{one}.partial.csv",
                )  # fmt: skip
            except ValueError as error:
                if one == name or one not in PEOPLE:
                    raise
                print(f"without {one}: {_one_line(error)}", file=sys.stderr)
                continue
            if one == name and (
                isinstance(asked, MapFolder) or model.endswith(".onnx")
            ):  # where its maps or weights are, for figures
                result = dataclasses.replace(result, about=result.about | {"source": model})
            if one == name and quality != "best":
                result = dataclasses.replace(result, about=result.about | {"source": model, "quality": quality})
            results.append(result)
            path = result.save(folder)
            if not as_json:
                print(f"{path}: " + ", ".join(f"{name} {value:.3f}" for name, value in result.mean().items()))
        if as_json:
            _print_json([result.summary() for result in results] if references else results[0].summary())
        elif references:
            print(f"\n{markdown(results)}")


@app.command()
def compare(
    results: Annotated[
        list[str],
        typer.Argument(
            metavar="FOLDER... [MODEL]...",
            help="Folders that `wepsam evaluate` wrote, those of the same pictures in one table; and the models to show, by default all.",
        ),
    ],
    form: Annotated[str, typer.Option("--format", help="markdown, html, latex or csv.")] = "markdown",
    paired: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Also what the others score more than this one, picture by picture; with --into only that, at FOLDER-minus-MODEL.",
        ),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Markdown file to put the tables into, between its `<!-- table:NAME -->` marks.",
        ),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            help="The paper's Table 1: all its systems, GBVS, the center, people; quoted, and as measured here.",
        ),
    ] = False,
    public: Annotated[
        bool,
        typer.Option(
            "--public",
            help="Each model beside its public scores on MIT300, and how far it is ahead of GBVS here and there; --figures draws it.",
        ),
    ] = False,
    card: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Card (.json) of weights, or of the training-free models, to put scores into.",
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if --into is out of date.")] = False,
    figures: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="Folder for figures: each model's scores over those of --paired (by default gbvs), and, with --dataset, its worst and best pictures.",
        ),
    ] = None,
    dataset: Annotated[
        list[str] | None,
        typer.Option(
            "--dataset", "-d", metavar="NAME=FOLDER", help="The datasets of the results, for --figures and --sheet."
        ),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help="Picture to draw: the stimuli at 10, 30, 50, 70 and 90 % of the first model's scores, with the maps of all models named, and people's.",
        ),
    ] = None,
    metric: Annotated[
        str,
        typer.Option(help="That figures show, by default NSS or its stand-in; by which --public sorts, by default CC."),
    ] = "",
    most: Annotated[int, typer.Option("--pictures", min=1, help="How many on a sheet of --figures.")] = 6,
) -> None:
    """Tables of what was evaluated, with 95 % intervals; made from the results files only.

    wepsam compare results/osie-validation

    wepsam compare results/osie-validation wepsam-paper gbvs --paired gbvs --format latex

    wepsam compare results/osie-validation --figures figures/ -d osie=data/OSIE

    wepsam compare results/osie-validation wepsam-paper gbvs --sheet sheet.png --metric cc -d osie=data/OSIE

    wepsam compare results/osie-validation results/classical/osie-validation --all
    """
    from wepsam.evaluation.comparison import compared, differences, missing, together
    from wepsam.evaluation.table import FORMATS, add_to_card

    if form not in FORMATS:
        raise typer.BadParameter(f"--format is one of {', '.join(FORMATS)}, not {form!r}")
    if into is not None and (form != "markdown" or everything):
        raise typer.BadParameter("--into takes the Markdown table; --format and --all are for printing")
    # The first is a folder in any case; after it, what is no folder is a model.
    folders = [Path(text) for k, text in enumerate(results) if k == 0 or "/" in text or list(Path(text).glob("*.json"))]
    models = [text for text in results if Path(text) not in folders]
    tables = together(folders)
    if sheet is not None and (len(tables) > 1 or not models or into is not None):
        raise typer.BadParameter("--sheet is of one set of pictures and of models that are named, and not for --into")
    if (everything or public) and (models or everything == public):
        raise typer.BadParameter("--all and --public choose the models themselves, and are two different tables")
    again = f"wepsam compare {' '.join(map(str, folders))}"
    if everything:
        from wepsam.reproduction.boards.table1 import table1

        print(table1(folders))
        return
    if public:
        from wepsam.reproduction.boards import public as board
        from wepsam.reproduction.boards.public_figure import scatter

        _put(board.markdown(list(tables.values()), metric or "cc"), "public", into, check, f"{again} --public")
        if figures is not None and not check:
            print(scatter(list(tables.values()), figures), file=sys.stderr)
        return
    for folder, evaluations in tables.items():
        if card is not None and not check:
            add_to_card(card, folder.resolve().name, evaluations)
        if models:
            known = {e.about["model"]: e for e in evaluations}
            if unknown := [name for name in models if name not in known]:
                raise typer.BadParameter(f"no results of {unknown[0]} in {folder}; there are {', '.join(known)}")
            evaluations = [known[name] for name in dict.fromkeys([*models, *([paired] if paired in known else [])])]
        elif into is None and (lacking := missing(evaluations)):
            print(
                f"{folder} lacks {', '.join(lacking)}; to add them: wepsam evaluate MODEL -d NAME=FOLDER --references",
                file=sys.stderr,
            )
        name = folder.resolve().name
        if into is None or not paired:
            _put(FORMATS[form](compared(evaluations)), name, into, check, again)
        if paired:
            if into is None:
                print()
            _put(FORMATS[form](differences(evaluations, paired)), f"{name}-minus-{paired}", into, check, again)
        if into is None:
            if figures is not None:
                _figures(evaluations, figures, paired or "gbvs", dataset or [], metric, most)
            if sheet is not None:
                _sheet(evaluations, sheet, dataset or [], metric)


@app.command()
def reproduce(
    study: Annotated[
        list[str] | None,
        typer.Option(help="plateau, convergence, labels, selection, encoder. Repeatable; by default all."),
    ] = None,
    data: Annotated[
        Path,
        typer.Option(file_okay=False, help="Folder with photos/ and the fixation datasets osie/, dut_omron/, ..."),
    ] = Path("data"),
    out: Annotated[
        Path, typer.Option("--out", "-o", file_okay=False, help="Where runs go, some gigabytes; they go on from there.")
    ] = Path("runs/reproduction"),
    results: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Where their logs and scores are copied to, and figures are made from."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Markdown file for the tables; the figures go beside it."),
    ] = None,
    evaluated: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="Folder that `wepsam evaluate` wrote, for the scores beside the paper's Table 1 in --report. Repeatable.",
        ),
    ] = None,
    smoke: Annotated[bool, typer.Option("--smoke", help="The same in tiny: whether it runs at all.")] = False,
    train: Annotated[bool, typer.Option("--train/--no-train", help="Or only make the report from the results.")] = True,
    workers: Annotated[int, typer.Option(help="Runs at a time; -1 for one per core (one in all with a GPU).")] = -1,
) -> None:
    """Does weak pre-training help? Do the studies of the paper's claim, each of many training runs.

    Stopped and called again, it goes on; finished runs are skipped. (The shipped weights are made by `make weights`.)

        wepsam reproduce --study labels --data data/ --results results/reproduction --report docs/reproduction.md
    """
    from wepsam.reproduction.studies import FULL, SMOKE, STUDIES

    names = list(dict.fromkeys(study or STUDIES))
    if unknown := set(names) - set(STUDIES):
        raise typer.BadParameter(f"--study is one of {', '.join(STUDIES)}, not {', '.join(sorted(unknown))}")
    results = results or out / "results"
    if train:
        from wepsam.reproduction.running import reproduce as carry_out

        done = carry_out(names, data, out, results=results, size=SMOKE if smoke else FULL, workers=workers)
        print(f"{len(done)} runs: {results}")
    if report is not None:
        from wepsam.reproduction.report import report as write

        for path in write(names, results, report, evaluated or []):
            print(path)


@app.command()
def submit(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="[MODEL] STIMULI",
            help="What `wepsam evaluate` takes as a model (but no people), and the folder of test pictures. With --check the folder alone.",
        ),
    ],
    benchmark: Annotated[str, typer.Option("--benchmark", "-b", help="mit300, cat2000 or salicon.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", file_okay=False, help="Folder for the submission; new or empty.")
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            help="png (8 bit), npy (float32), log-density (.npy) for mit300 and cat2000; json, png for salicon. By default the first."
        ),
    ] = "",
    packed: Annotated[bool, typer.Option("--zip", help="Also write OUT.zip.")] = False,
    check: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Write nothing; say what is wrong with this submission."),
    ] = None,
) -> None:
    """Write what the saliency boards take, a map for each of their test pictures, and check it.

    wepsam submit wepsam-paper MIT300/ --benchmark mit300 --out mine/ --zip

    wepsam submit MIT300/ --benchmark mit300 --check theirs/
    """
    from wepsam.evaluation import submission as boards

    if len(arguments) != (1 if check else 2) or (check is None) == (out is None):
        raise typer.BadParameter("either MODEL STIMULI --out FOLDER, or STIMULI --check FOLDER")
    pictures, folder = Path(arguments[-1]), check or out
    assert folder is not None
    written = 0
    if not check:
        model = _model(arguments[0])
        if isinstance(model, str):
            raise typer.BadParameter(f"{model} knows who looked where, which test pictures do not tell")
        written = len(boards.submit(model, pictures, folder, benchmark=benchmark, form=form))
    wrong = boards.check(folder, pictures, benchmark)
    for line in wrong:
        print(line)
    expected, has = boards.BENCHMARKS[benchmark].pictures, len(boards.stimuli(pictures))
    if has != expected:
        print(f"{pictures} has {has} pictures, {benchmark} has {expected}", file=sys.stderr)
    if wrong:
        print(f"{folder} is wrong in {len(wrong)} way{'s' * (len(wrong) > 1)}", file=sys.stderr)
        raise typer.Exit(1)
    print(f"{folder}: {f'{written} file' + 's' * (written > 1) + ', ' if written else ''}as {benchmark} takes it")
    if packed:
        print(boards.pack(folder))


@app.command()
def models(as_json: Json = False) -> None:
    """All models by name: the shipped weights with size, speed, scores and terms; then those without a network, a line each.

    With --json the whole cards.
    """
    import shutil

    from wepsam import cards
    from wepsam.prediction.predictor import DEFAULT
    from wepsam.prediction.predictor import models as shipped

    if as_json:
        _print_json(shipped() | cards.classical())
        return
    # The default first, then our others, then rivals.
    for name, card in sorted(shipped().items(), key=lambda item: (item[0] != DEFAULT, "wepsam" not in item[0])):
        print(f"{name}{' (the default)' if name == DEFAULT else ''}")
        for line in cards.describe(card):
            print(f"    {line}")
    print()
    for line in cards.table(shutil.get_terminal_size((100, 24)).columns):
        print(line)


def main() -> None:
    """Entry point: a user's mistake is one line on stderr, not a traceback."""
    progress.show()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name may hold what the terminal's encoding does not
    try:
        app()
    except (ValueError, ImportError, OSError, FloatingPointError) as error:
        print(f"wepsam: {_one_line(error)}", file=sys.stderr)
        sys.exit(2 if isinstance(error, ValueError) and not isinstance(error, OSError) else 1)
    except SystemExit as ended:
        if ended.code == 130:  # Typer's answer to Ctrl-C
            print("wepsam: interrupted; the same command goes on with what is missing", file=sys.stderr)
        raise


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, ModuleNotFoundError):
        extra = "cluster" if error.name in ("ray", "dask", "distributed") else "train"  # which has all but these
        return f"{error}: pip install 'wepsam[{extra}]'"
    return " ".join(str(error).split())


def _model(name: str, *, threads: int = 0, resize: bool = False, quality: str = "best") -> Any:
    from wepsam.classical import CLASSICAL
    from wepsam.evaluation import REFERENCES, MapFolder

    if quality != "best" and (name in {*REFERENCES, *CLASSICAL} or Path(name).is_dir()):
        raise ValueError(f"--quality is for wepsam's own weights, {name} is none of them")
    if name in REFERENCES:
        return name
    if name in CLASSICAL:
        return CLASSICAL[name]
    if name not in wepsam.models() and Path(name).is_dir():
        folder = MapFolder(name, resize=resize)
        if folder.name in (*REFERENCES, *CLASSICAL, *wepsam.models()):
            raise ValueError(f"the folder {name} has the name of another model; rename it, its results are called so")
        return folder
    if resize:
        raise ValueError(f"--resize is for a folder of maps, {name} is none")
    return wepsam.load(name, threads, quality)


def _put(table: str, name: str, into: Path | None, check: bool, again: str) -> None:
    """Print a table, or put it into its place in a page; with `check`, exit 1 if another one is there."""
    from wepsam.evaluation.table import insert

    if into is None:
        print(table)
    elif not insert(into, name, table, write=not check) and check:
        print(f"{into}: the table {name} is out of date; run {again} --into {into}", file=sys.stderr)
        raise typer.Exit(1)


def _figures(evaluations: list[Any], out: Path, base: str, specs: list[str], metric: str, most: int) -> None:
    from wepsam.evaluation import figures
    from wepsam.evaluation.comparison import FIRST, LAST

    first, known = evaluations[0], {e.about["model"]: e for e in evaluations}
    metric = _metric(first, metric)
    out /= f"{first.about['dataset']}-{first.about['split']}"
    chosen = [e for name, e in known.items() if name not in (base, *FIRST, *LAST)] or [
        e for name, e in known.items() if name not in (base, *LAST)
    ]
    for one in chosen:
        if base in known:
            print(figures.scatter(one, known[base], metric, out), file=sys.stderr)
    part = _evaluated(first, specs)
    if part is None:
        return
    for one in chosen:
        names = dict.fromkeys([one.about["model"], *([base] if base in known else [])])
        shown = [(known[name], answer) for name in names if (answer := _answer(known[name], part))]
        for path in figures.sheets(one, shown, part, metric, out, most=most):
            print(path, file=sys.stderr)


def _sheet(evaluations: list[Any], path: Path, specs: list[str], metric: str) -> None:
    from wepsam.evaluation import figures

    first = evaluations[0]
    part = _evaluated(first, specs)
    if part is None:
        raise typer.BadParameter(f"--sheet needs the pictures: --dataset NAME=FOLDER of {first.about['dataset']}")
    shown = [(one, answer) for one in evaluations if (answer := _answer(one, part))]
    figures.range_sheet(first, shown, part, _metric(first, metric), path)
    print(path, file=sys.stderr)


def _metric(evaluation: Any, metric: str) -> str:
    """The metric that figures show."""
    metric = metric or next(name for name in ("nss", "nss_density", *evaluation.metrics) if name in evaluation.metrics)
    if metric not in evaluation.metrics:
        raise typer.BadParameter(f"--metric is one of {', '.join(evaluation.metrics)}, not {metric!r}")
    return metric


def _evaluated(evaluation: Any, specs: list[str]) -> Any:
    """The part of a dataset that was evaluated, if it is among those given."""
    from wepsam.datasets import open_dataset

    parts = [open_dataset(spec).split(evaluation.about["split"]) for spec in specs]
    return next((part for part in parts if part.name == evaluation.about["dataset"]), None)


def _answer(evaluation: Any, dataset: Any) -> Any:
    """A function from a sample to the map that was scored; None, with a line on stderr, if it cannot be had again."""
    from wepsam.classical import CenterBias
    from wepsam.evaluation import MapFolder
    from wepsam.evaluation.references import PEOPLE

    about = evaluation.about
    name = about["model"]
    if name in PEOPLE:
        return None
    if name == "center-bias":
        return CenterBias(dataset).without
    try:
        resized, quality = bool(about.get("maps", {}).get("resized")), about.get("quality", "best")
        model = _model(about.get("source", name), resize=resized, quality=quality)
        if isinstance(model, MapFolder):
            same = model.check(dataset) == about["maps"]
        else:
            same = getattr(model, "card", {}).get("sha256") == about.get("weights")
        if not same:
            raise ValueError("it has changed since it was evaluated")
    except ValueError as error:
        print(f"no maps of {name} on the sheets: {_one_line(error)}", file=sys.stderr)
        return None
    return model if isinstance(model, MapFolder) else lambda sample: model(sample.stimulus())


def _settings(name: str, stage: int, changes: list[str] | None) -> Any:
    from wepsam.training.settings import SETTINGS

    if name not in SETTINGS:
        raise typer.BadParameter(f"settings are {', '.join(SETTINGS)}, not {name!r}")
    return _changed(SETTINGS[name][stage], changes)


def _start(start: str | None, settings: str) -> str | None:
    """As the stages take it."""
    if start is None and settings == "lite":
        return "imagenet"
    return None if start == "random" else start


def _network(changes: list[str] | None, settings: str) -> Any:
    from wepsam.networks.lite import LiteConfig
    from wepsam.networks.mr_cnn import MrCnnConfig
    from wepsam.networks.paper import PaperConfig

    if settings == "lite":
        return _changed(LiteConfig(), changes)
    if settings == "mr_cnn":
        return _changed(MrCnnConfig(), changes)
    # The paper's start goes with the paper's settings; it would not learn in a few epochs.
    plain = PaperConfig() if settings != "shipped" else PaperConfig(init="he")
    return _changed(plain, changes)


def _changed(value: Any, changes: list[str] | None) -> Any:
    """A frozen dataclass with some fields replaced by NAME=VALUE (JSON, or plain text); NAME.FIELD goes deeper."""
    for change in changes or ():
        name, separator, text = change.partition("=")
        name, _, below = name.partition(".")
        if not separator or name not in {field.name for field in dataclasses.fields(value)}:
            known = ", ".join(field.name for field in dataclasses.fields(value))
            raise typer.BadParameter(f"{change!r} is not NAME=VALUE with a NAME among {known}")
        if below:
            new = _changed(getattr(value, name), [f"{below}={text}"])
        else:
            try:
                new = json.loads(text)
            except ValueError:
                new = text
            new = tuple(new) if isinstance(new, list) else new
            old = getattr(value, name)
            same_kind = isinstance(new, int | float) if isinstance(old, int | float) else isinstance(new, type(old))
            if not same_kind or isinstance(new, bool) != isinstance(old, bool):
                raise typer.BadParameter(f"{name} is {old!r} by default; {text!r} is of another kind")
        value = dataclasses.replace(value, **{name: new})
    return value


def _report(run: Any) -> None:
    print(f"best validation loss {run.validation_loss:.4g}: {run.best}")
    print(f"log: {run.log}")


def _number(text: str, option: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise typer.BadParameter(f"{option} takes a number of pixels or none, not {text!r}")
    return int(text)


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=1, default=str))
