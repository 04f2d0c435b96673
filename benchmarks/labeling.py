"""How fast weak labels are made: python -m benchmarks.labeling PICTURES [--octave TOOLBOX] [--into PAGE]

Four tables:
    speed     a label from JPEG bytes; decoding alone, which is the lower limit for JPEGs; and peers: the same chains
              iterated as in the authors' toolbox, and with --octave the toolbox itself under GNU Octave
    stages    time of each stage, and the least time that its arithmetic takes
    cores     several workers, and the whole job (starting processes, reading, labels, Parquet) against labels alone
    teachers  cost of a label at each size of the teacher's input, and the teacher's scores from `wepsam evaluate`
"""

import argparse
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from numba import njit
from PIL import Image

from benchmarks.common import LONGEST, as_jpeg, timed
from wepsam.classical import gbvs, gbvs_loops, toolbox_loops
from wepsam.classical.gbvs import ACTIVATION_SIGMA, activation, dkl, falloffs, features, master_map
from wepsam.classical.toolbox import gabor_energy, imresized, lattice_shape
from wepsam.cores import usable
from wepsam.evaluation.comparison import NAMES, TITLES, row_order
from wepsam.evaluation.results import interval, read
from wepsam.images import read_image, resize
from wepsam.markdown import insert, table
from wepsam.progress import track
from wepsam.sources import find_images

COPIES = 20  # of each picture in the folder of the whole job
SECONDS = 4  # of timing for each number of workers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="*", default=[".venv/pictures"], help="pictures or folders")
    parser.add_argument("--most", type=int, default=200, help="pictures per folder")
    parser.add_argument(
        "--octave", type=Path, metavar="TOOLBOX", help="folder of the authors' toolbox, run by GNU Octave"
    )
    parser.add_argument("--results", type=Path, default=Path("results/osie-train"), help="evaluations of the teachers")
    parser.add_argument("--into", type=Path, help="Markdown file in which to replace the tables")
    options = parser.parse_args()
    paths = [path for source in options.pictures for path in find_images(source)[: options.most]]
    jpegs = [as_jpeg(path) for path in track(paths, "preparing JPEGs")]
    command = shlex.join(["python", "-m", "benchmarks.labeling", *sys.argv[1:]])
    caption = (
        f"\n\n`{command}`: {len(jpegs)} JPEGs of at most {LONGEST} px, {np.mean([len(j) for j in jpegs]) / 1e3:.0f} kB "
        f"in the mean; {usable()} cores of {platform.machine()}."
    )
    tables = {
        "speed": table(["one core", "ms a picture", "x decode"], speed(jpegs, options.octave)) + caption,
        "stages": table(["stage of a 128 px label", "ms", "at least", "x"], stages(jpegs)),
        "cores": table(["", "pictures/s", "ratio"], cores(jpegs)),
        "teachers": teachers([path.read_bytes() for path in paths[:100]], options.results),
    }
    for name, text in tables.items():
        print(f"\n{text}")
        if options.into:
            insert(options.into, name, text)


# ---- speed on one core


def small(jpeg: bytes, size: int | None = 128) -> np.ndarray:
    """JPEG bytes -> what the teacher sees: (size, size, 3) uint8, or the whole picture."""
    return read_image(jpeg, smallest=size, shape=size and (size, size))


def label(jpeg: bytes, size: int | None = 128) -> np.ndarray:
    """JPEG bytes -> teacher map on the lattice."""
    return gbvs(small(jpeg, size), full_size=False)


def speed(jpegs: list[bytes], toolbox: Path | None) -> list[tuple[str, ...]]:
    """The rows of the table "speed"."""
    large = [resize(read_image(jpeg), (600, 800)) for jpeg in jpegs]
    two = jpegs[:2]
    rows = [
        ("decode a JPEG (the limit)", timed(lambda: [read_image(j) for j in jpegs], len(jpegs))),
        ("decode what 128 px need", timed(lambda: [small(j) for j in jpegs], len(jpegs))),
        ("**weak label: JPEG -> 128 px -> 32x32**", timed(lambda: [label(j) for j in jpegs], len(jpegs))),
        ("GBVS of 800x600, map at full size", timed(lambda: [gbvs(p) for p in large], len(large))),
        ("weak label at 128 px, chains iterated (peer)", timed(lambda: [iterated(small(j)) for j in two], 2, 2)),
    ]
    if toolbox:
        for name, pictures in (("128x128", [small(j) for j in two]), ("800x600", large[:2])):
            rows.append((f"the authors' toolbox under GNU Octave, {name}", in_octave(toolbox, pictures)))
    decoding = rows[0][1]
    return [(name, f"{1e3 * seconds:.2f}", f"{seconds / decoding:.1f}") for name, seconds in rows]


def iterated(stimulus: np.ndarray, tolerance: float = 1e-4) -> list[np.ndarray]:
    """The 24 activation maps by power iteration, as in the toolbox."""
    h, w = lattice_shape(*stimulus.shape[:2])
    row, column = np.divmod(np.arange(h * w), w)
    d2 = (row[:, None] - row) ** 2 + (column[:, None] - column) ** 2
    falloff = np.exp(-d2 / (2 * (ACTIVATION_SIGMA * (h + w) / 2) ** 2))
    answers = []
    for values in features(stimulus, np.float64).reshape(-1, h * w):
        chain = np.abs(values[:, None] - values) * falloff
        chain /= chain.sum(axis=0)
        pi, change = np.full(h * w, 1 / (h * w)), 1.0
        while change > tolerance:
            new = chain @ pi
            change, pi = np.linalg.norm(new - pi), new
        answers.append(pi.reshape(h, w))
    return answers


def in_octave(toolbox: Path, pictures: list[np.ndarray]) -> float:
    """Seconds per picture of the toolbox's own gbvs.m, without the first picture."""
    with tempfile.TemporaryDirectory() as folder:
        for k, picture in enumerate([pictures[0], *pictures]):
            Image.fromarray(picture).save(Path(folder) / f"{k}.png")
        script = (
            f"addpath(genpath('{toolbox.resolve()}')); took = [];"
            f"for k = 0:{len(pictures)}, image = imread(sprintf('{folder}/%d.png', k));"
            "tic; out = gbvs(image); took(end + 1) = toc; out.master_map_resized(1); end;"
            "printf('seconds %.6f\\n', mean(took(2:end)));"
        )
        command = ["octave-cli", "--no-gui", "--quiet", "--eval", script]
        process = subprocess.run(command, capture_output=True, text=True, check=False)
    answers = [line.split()[1] for line in process.stdout.splitlines() if line.startswith("seconds ")]
    if not answers:
        raise SystemExit(f"the toolbox at {toolbox} printed no time under Octave: {process.stderr.strip()[-300:]}")
    return float(answers[0])


# ---- stages


@njit(fastmath=True)
def _arithmetic(values, a, w):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Almost only arithmetic: per value read and written, eight times the three operations of the chains."""
    a0, a1, a2, a3, a4, a5, a6, a7 = a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
    w0, w1, w2, w3, w4, w5, w6, w7 = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]
    for _ in range(2000):
        for k in range(values.size):
            x = values[k]
            values[k] = (
                (w0 * abs(x - a0) + w1 * abs(x - a1)) + (w2 * abs(x - a2) + w3 * abs(x - a3))
                + ((w4 * abs(x - a4) + w5 * abs(x - a5)) + (w6 * abs(x - a6) + w7 * abs(x - a7)))
            )  # fmt: skip


def arithmetic_rate() -> float:
    """Operations per second of this core's vector units: subtractions, absolute values, fused multiply-adds."""
    rng = np.random.default_rng(0)
    values, a, w = (rng.random(n).astype(np.float32) for n in (1024, 8, 8))
    return 2000 * values.size * 8 * 3 / timed(lambda: _arithmetic(values, a, w / 8), 1, 50)


def stages(jpegs: list[bytes]) -> list[tuple[str, ...]]:
    """Mean time of each stage per picture, and the time of its arithmetic at the rate measured in the same run."""
    rate, n = arithmetic_rate(), len(jpegs)
    decoded = [read_image(jpeg, smallest=128) for jpeg in jpegs]
    stimuli = [resize(picture, (128, 128)) for picture in decoded]
    levels = [[toolbox_loops.decimate(toolbox_loops.planes(s), np.float32(1 / 255))] for s in stimuli]
    for pyramid in levels:
        for _ in range(3):
            pyramid.append(toolbox_loops.decimate(pyramid[-1], np.float32(1)))
    maps = [features(s) for s in stimuli]
    activated = [activation(m) for m in maps]
    row, column = falloffs(maps[0], ACTIVATION_SIGMA)
    pixels = 32**2 + 16**2 + 8**2  # of levels 2 to 4

    def pyramids() -> None:
        for s in stimuli:
            level = toolbox_loops.decimate(toolbox_loops.planes(s), np.float32(1 / 255))
            for _ in range(3):
                level = toolbox_loops.decimate(level, np.float32(1))

    def to_lattice() -> None:
        for pyramid in levels:
            for level in pyramid[2:]:
                imresized(np.concatenate([level, level]), (32, 32))

    # Name, work, operations per picture; a fused multiply-add counts as one.
    rows = [
        ("decode at half or quarter size", lambda: [read_image(jpeg, smallest=128) for jpeg in jpegs], None),
        ("resize to 128x128", lambda: [resize(p, (128, 128)) for p in decoded], None),
        ("pyramid", pyramids, 4 * 6 * (128 * 64 + 64 * 64) * 4 / 3),
        ("color", lambda: [dkl(level[:3]) for p in levels for level in p[2:]], 9 * pixels),
        ("Gabor filters", lambda: [gabor_energy(level[3]) for p in levels for level in p[2:]],
         pixels * (14 * (4 * 14 * 2 + 4) + 6 * 14 * 2)),
        ("to the lattice", to_lattice, 8 * 2 * 4 * 32 * (32 + 16)),
        ("chains", lambda: [gbvs_loops.degree(m, row, column) for m in maps], 24 * 3 * 1024**2),
        ("sum and normalize", lambda: [master_map(a, "power") for a in activated], None),
        ("all of GBVS", lambda: [gbvs(s, full_size=False) for s in stimuli], None),
    ]  # fmt: skip
    cells = []
    for name, work, operations in rows:
        seconds = timed(work, n)
        limit = operations and operations / rate
        least = (f"{1e3 * limit:.4f}", f"{seconds / limit:.1f}") if limit else ("", "")
        cells.append((name, f"{1e3 * seconds:.3f}", *least))
    return cells


# ---- cores


def label_for(jpegs: list[bytes], seconds: float) -> int:
    """Number of labels that one worker makes in this time."""
    labels, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        label(jpegs[labels % len(jpegs)])
        labels += 1
    return labels


def cores(jpegs: list[bytes]) -> list[tuple[str, ...]]:
    """The rows of the table "cores"."""
    rows: list[tuple[str, ...]] = []
    rates = {}
    count = usable()
    for workers in sorted({1, 2, count}):
        pool = Parallel(workers, backend="loky", inner_max_num_threads=1)
        for seconds in (0.5, SECONDS):  # the first round starts the processes
            labels = sum(pool(delayed(label_for)(jpegs, seconds) for _ in range(workers)))
        rates[workers] = labels / SECONDS
        ratio = f"{rates[workers] / rates[1]:.2f} x one worker"
        rows.append((f"labels from JPEG bytes, {workers} worker{'s' * (workers > 1)}", f"{rates[workers]:.0f}", ratio))
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder, "photos")
        photos.mkdir()
        for copy in range(COPIES):
            for k, jpeg in enumerate(jpegs):
                if copy == 0:
                    (photos / f"0-{k:04}.jpg").write_bytes(jpeg)
                else:
                    os.link(photos / f"0-{k:04}.jpg", photos / f"{copy}-{k:04}.jpg")
        begin = time.time()
        subprocess.run([sys.executable, "-m", "wepsam", "label", photos, f"{folder}/weak"], check=True, stdout=2)
        duration = time.time() - begin
        pictures = COPIES * len(jpegs)
        # The time of a part is that of its file. The slope after the first parts is the rate of the running job.
        ends = sorted(path.stat().st_mtime for path in Path(folder, "weak").glob("part-*.parquet"))
        part_size = pictures / len(ends)
        running = part_size * (len(ends) - count) / (ends[-1] - ends[count - 1])
        first = ends[count - 1] - begin
    labels_only = rates[count]
    rows.append(
        (
            f"`wepsam label`, {pictures} pictures, all of it",
            f"{pictures / duration:.0f}",
            f"{pictures / duration / labels_only:.0%}",
        )
    )
    rows.append(("the same once it runs", f"{running:.0f}", f"{running / labels_only:.0%} of {count} workers' labels"))
    startup = first - part_size * count / running
    rows.append(("start of the command and its workers", "", f"{startup:.1f} s"))
    return rows


# ---- teachers

SIZES = {"gbvs-128": 128, "gbvs-256": 256, "gbvs-512": 512, "gbvs": None}
METRICS = ("nss", "cc", "auc_judd", "sim", "kl_div")


def teachers(jpegs: list[bytes], results: Path) -> str:
    """The table "teachers", with its note."""
    rows = []
    evaluations = sorted(read(results), key=row_order)
    for evaluation in evaluations:
        name = evaluation.about["model"]
        cost = ""
        if name in SIZES:
            cost = f"{1e3 * timed(lambda size=SIZES[name]: [label(j, size) for j in jpegs], len(jpegs), 3):.2f}"
        scores = (interval(evaluation.scores(metric)) for metric in METRICS)
        cells = [f"{mean:.3f} ± {(high - low) / 2:.3f}" for mean, low, high in scores]
        rows.append((NAMES.get(name, name), cost, *cells))
    about = evaluations[0].about
    return table(["teacher", "ms a label", *(TITLES[metric] for metric in METRICS)], rows) + (
        f"\n\n{about['pictures']} pictures of {about['dataset']} ({about['split']}), protocol `{about['protocol']}`, "
        "maps at the pictures' own size; mean ± half of the 95 % bootstrap interval over pictures. Cost on one core, "
        f"from the bytes of {len(jpegs)} of the command's pictures as they are on disk."
    )


if __name__ == "__main__":
    main()
