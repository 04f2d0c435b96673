"""wepsam label and wepsam inspect: the weak labels of step 1."""

import wepsam
from wepsam.cli import options, output, training_options


def label(
    photos: training_options.Photos,
    out: training_options.LabelOut,
    teacher: training_options.Teacher = "gbvs",
    size: training_options.LabelSize = "128",
    keep_aspect: training_options.KeepAspect = False,
    workers: training_options.LabelWorkers = -1,
    part_size: training_options.PartSize = 500,
    stimulus_size: training_options.StimulusSize = 128,
    map_size: training_options.MapSize = 32,
    engine: training_options.Engine = "processes",
    scheduler: training_options.Scheduler = None,
) -> None:
    """Step 1a: label photographs with the saliency maps of a teacher.

    No person has to look at them: the maps of a classical model, or of a network, are the weak labels. An interrupted
    command resumes when it is started again. If the same command runs several times at once, on one machine
    or on many that share the folder, the runs divide the work.

        wepsam label photos/ weak/
        wepsam label photos/ weak-lite/ --size 512 --keep-aspect --stimulus-size 192 --map-size 64
        wepsam label photos/ weak-taught/ --teacher runs/teacher.onnx --size none --keep-aspect
        wepsam label s3://bucket/shards/ s3://bucket/weak --size 512 --engine ray --scheduler auto

    Needs pip install 'wepsam[train]'.
    """
    if size != "none" and (not size.isdigit() or int(size) == 0):
        raise ValueError(f"--size takes a number of pixels or none, not {size!r}")
    counts = wepsam.label(
        photos, out, teacher=teacher, size=None if size == "none" else int(size), keep_aspect=keep_aspect,
        workers=workers, part_size=part_size, stimulus_size=stimulus_size, map_size=map_size, engine=engine,
        scheduler=scheduler,
    )  # fmt: skip
    print(
        f"{sum(counts.values())} read: {counts['kept']} kept, {counts['rejected']} rejected, {counts['failed']} failed"
    )
    print(f"look at them: wepsam inspect {out}")


def inspect(weak: options.WeakFolder, out: training_options.InspectOut = None, as_json: options.Json = False) -> None:
    """Step 1b: check a weak-label folder and show what is in it.

    Prints totals, reasons for rejection, and entropies; draws a histogram of the entropies and a contact sheet with the
    labels of lowest, middle and highest entropy. All parts are read: a damaged part is named, and the exit code is 1.

        wepsam inspect weak/
        wepsam inspect s3://bucket/weak --out look/

    Needs pip install 'wepsam[train]'.
    """
    report = wepsam.inspect(weak, out)
    if as_json:
        output.print_json(report)
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
