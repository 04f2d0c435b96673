"""The commands that need no trained weights, as people type them; and what they must not load."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import wepsam
from helpers import Paint, Run, Write
from wepsam import cards
from wepsam.cards import describe
from wepsam.classical import center_gaussian
from wepsam.weak.labeling import label

COMMANDS = [
    *("predict", "label", "inspect", "pretrain", "finetune", "export", "datasets", "evaluate", "compare", "submit"),
    "models",
]


@pytest.fixture
def photos(tmp_path: Path, paint: Paint, write: Write) -> Path:
    for seed in range(3):
        write(tmp_path / "photos" / f"{seed}.png", paint(seed))
    return tmp_path / "photos"


def one_line(err: str, *words: object) -> None:
    assert err.startswith("wepsam: ")
    assert len(err.splitlines()) == 1
    for word in words:
        assert str(word) in err


# ---- help


def test_help_names_all_commands(wepsam_command: Run) -> None:
    for arguments in (["--help"], ["-h"]):
        code, out, err = wepsam_command(*arguments)
        assert (code, err) == (0, "")
        assert "Where will people look in this picture?" in out
        assert "import" not in out
        places = [out.index(f"│ {command} ") for command in COMMANDS]
        assert places == sorted(places)  # the order of the pipeline


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command: str, wepsam_command: Run) -> None:
    code, out, err = wepsam_command(command, "--help")
    assert (code, err) == (0, "")
    assert f"wepsam {command}" in out
    assert "Traceback" not in out


def test_unknown_commands_and_options(wepsam_command: Run) -> None:
    assert wepsam_command("look")[0] == 2
    assert "No such command 'look'" in wepsam_command("look")[2]
    assert "No such option" in wepsam_command("models", "--loud")[2]
    assert wepsam_command()[0] == 2


# ---- label and inspect


def test_label_and_inspect(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    (photos / "void.jpg").write_bytes(b"")
    weak = tmp_path / "weak"
    code, out, err = wepsam_command("label", photos, weak, "--workers", 1)
    assert code == 0
    assert out.splitlines() == ["4 read: 3 kept, 0 rejected, 1 failed", f"look at them: wepsam inspect {weak}"]
    assert "\x1b" not in err  # no bar outside a terminal

    code, out, err = wepsam_command("inspect", weak)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"{weak}: gbvs at 128 px, 1 part"
    assert lines[1] == "read 4 = 3 kept + 0 rejected + 1 failed"
    assert lines[2] == "  1 the file is empty"
    assert lines[-2:] == [str(weak / "entropy.png"), str(weak / "lowest-middle-highest.png")]

    code, out, err = wepsam_command("inspect", weak, "--json", "--out", tmp_path / "look")
    report = json.loads(out)
    assert report["counts"] == {"kept": 3, "rejected": 0, "failed": 1}
    assert all(Path(picture).parent == tmp_path / "look" for picture in report["pictures"])


def test_label_a_list(photos: Path, tmp_path: Path, wepsam_command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entries count from the list's own folder, wherever the command is run."""
    (photos / "chosen.txt").write_text("# two of three\n0.png\n\n2.png\n")
    monkeypatch.chdir(tmp_path)
    code, out, _ = wepsam_command("label", "photos/chosen.txt", "weak/", "--workers", 1)
    assert (code, out.splitlines()[0]) == (0, "2 read: 2 kept, 0 rejected, 0 failed")


def test_label_mistakes_are_one_line_and_exit_2(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    weak = tmp_path / "weak"
    assert wepsam_command("label", photos, weak, "--workers", 1)[0] == 0
    code, out, err = wepsam_command("label", photos, weak, "--workers", 1, "--size", "none")
    assert (code, out) == (2, "")
    one_line(err, f"{weak} was labelled with gbvs at 128 px", "this run asks for gbvs at full size")
    code, _, err = wepsam_command("label", photos / "0.png", weak, "--workers", 1)
    assert code == 2
    one_line(err, "from another list of 3 photographs", "this run has 1")
    (tmp_path / "empty").mkdir()
    code, _, err = wepsam_command("label", tmp_path / "empty", tmp_path / "new")
    assert code == 2
    one_line(err, f"no pictures in {tmp_path / 'empty'}")
    code, _, err = wepsam_command("label", tmp_path / "nowhere", tmp_path / "new")
    assert code == 2
    one_line(err, "nowhere: no such file or folder")
    code, _, err = wepsam_command("label", photos, tmp_path / "new", "--teacher", "toy")
    assert code == 2
    one_line(err, "teachers are gbvs, gbvs-128, ", "not 'toy'")
    for size in ("0", "-3", "big", "1.5"):
        code, _, err = wepsam_command("label", photos, tmp_path / "new", f"--size={size}")
        assert code == 2
        assert f"--size takes a number of pixels or none, not '{size}'" in err
    code, _, err = wepsam_command("label", photos / "0.png", photos / "1.png")  # "label *.png", the folder forgotten
    assert code == 2
    assert "is a file" in err
    code, _, err = wepsam_command("inspect", photos / "0.png")
    assert code == 2
    one_line(err, "no weak labels at", "0.png")
    code, _, err = wepsam_command("inspect", photos)
    assert code == 2
    one_line(err, f"no weak labels at {photos}: expected manifest.json")
    assert not (tmp_path / "new").exists()


def test_folders_that_cannot_be_written_are_one_line(photos: Path, wepsam_command: Run) -> None:
    """A file stands where the folder should be: to root too it is no folder."""
    code, _, err = wepsam_command("label", photos, photos / "0.png" / "weak")
    assert code == 1
    one_line(err, photos / "0.png" / "weak", "Not a directory")


def test_inspect_of_unfinished_work_exits_1(photos: Path, tmp_path: Path, wepsam_command: Run) -> None:
    weak = tmp_path / "weak"
    wepsam_command("label", photos, weak, "--workers", 1)
    (weak / "part-00000.parquet").unlink()
    code, _, err = wepsam_command("inspect", weak)
    assert code == 1
    one_line(err, "part-00000.parquet is missing: run the same wepsam label again")


INTERRUPTIBLE = """
import signal
from wepsam.cli import main

signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="no signals")
@pytest.mark.parametrize("workers", [1, 2])
def test_control_c(workers: int, photos: Path, tmp_path: Path) -> None:
    """Ctrl-C goes to the whole group, workers included, and ends it at once; the same call goes on."""
    for copy in range(300):
        shutil.copy(photos / f"{copy % 3}.png", photos / f"copy{copy}.png")
    weak = tmp_path / "weak"
    command = [sys.executable, "-c", INTERRUPTIBLE, "label", str(photos), str(weak), "--part-size", "3"]
    command += ["--workers", str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    while not all((weak / f"part-{part:05d}.parquet").exists() for part in range(workers)):  # all are at work
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"read:" not in out
    assert b"interrupted; the same command goes on with what is missing" in out
    if workers == 1:  # joblib's idle workers may complain
        assert b"Traceback" not in out
    assert len(list(weak.glob("*.parquet"))) < 101
    assert label(photos, weak, workers=1, part_size=3) == {"kept": 303}


# ---- evaluate and compare


def test_evaluate_and_compare(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    results, spec = tmp_path / "results", f"csv={own_dataset}/"
    for model in ("gbvs", "gbvs-128", "center-gaussian", "center-bias", "one-observer", "gold-standard"):
        code, out, _ = wepsam_command("evaluate", model, "-d", spec, "--split", "all", "-o", results)
        assert code == 0
        path = results / "pictures_with_csv-all" / f"{model}.csv"
        assert out.startswith(f"{path}: auc_judd 0.")
        assert len(path.read_text().splitlines()) == 13
    code, out, err = wepsam_command("compare", results / "pictures_with_csv-all")
    assert (code, err) == (0, "")
    names = [line.split("|")[1].strip() for line in out.splitlines() if line.startswith("|")]
    assert names[2:] == [
        *("center Gaussian", "center bias (fitted)", "GBVS, 128 px (the paper's teacher)", "GBVS, full size"),
        *("one observer", "gold standard (all others)"),
    ]
    assert "12 pictures of pictures_with_csv (all), protocol `mit`" in out

    page = tmp_path / "README.md"
    page.write_text("<!-- table:pictures_with_csv-all -->\n<!-- /table -->\n")
    into = ("compare", f"{results}/pictures_with_csv-all/", "--into", page)
    code, _, err = wepsam_command(*into, "--check")
    assert code == 1
    assert err.startswith(f"{page}: the table pictures_with_csv-all is out of date; run wepsam compare {results}/")
    assert wepsam_command(*into)[0] == 0
    assert out.strip() in page.read_text(encoding="utf-8")
    assert wepsam_command(*into, "--check") == (0, "", "")
    assert wepsam_command(*into) == (0, "", "")

    page.write_text("<!-- table:pictures_with_csv-all-minus-gbvs -->\n<!-- /table -->\n")
    models = ("compare", results / "pictures_with_csv-all", "gbvs-128", "--paired", "gbvs")
    assert wepsam_command(*models, "--into", page) == (0, "", "")
    alone = page.read_text(encoding="utf-8").splitlines()[1:-1]
    assert wepsam_command(*models)[1].rstrip("\n").endswith("\n".join(alone))
    assert alone[2].startswith("| GBVS, 128 px (the paper's teacher) | ")
    assert "gbvs on the same pictures" in alone[-1]


def test_a_model_on_pictures_it_has_learnt_from_is_warned_of(
    own_dataset: Path, tmp_path: Path, wepsam_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wepsam.classical.FITTED", ("center-gaussian",))
    monkeypatch.setattr("wepsam.classical.LEARNT_FROM", ("pictures_with_csv",))
    command = ("evaluate", "center-gaussian", "-d", f"csv={own_dataset}", "-o", tmp_path)
    said = "center-gaussian has learnt from the training part of pictures_with_csv: these scores flatter it"
    assert said in wepsam_command(*command, "--split", "all")[2]
    assert said not in wepsam_command(*command, "--split", "validation")[2]
    assert "flatter" not in wepsam_command("evaluate", "gbvs", *command[2:], "--split", "all")[2]


def test_evaluate_for_programs(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    arguments = ["evaluate", "center-bias", "-d", f"csv={own_dataset}", "-o", tmp_path, "--json"]
    code, out, _ = wepsam_command(*arguments)
    assert code == 0
    about = json.loads(out, parse_constant=lambda constant: pytest.fail(constant))
    assert (about["model"], about["split"], about["pictures"]) == ("center-bias", "validation", 1)
    assert about["scores"]["auc_shuffled"]["mean"] is None  # one picture, no others
    assert about["scores"]["nss"]["mean"] is not None
    assert about == json.loads((tmp_path / "pictures_with_csv-validation" / "center-bias.json").read_text())


def test_evaluate_mistakes_exit_2(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    spec = f"csv={own_dataset}"
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", own_dataset)
    assert code == 2
    one_line(err, "is not NAME=FOLDER with a NAME among osie,")
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", f"osie={tmp_path}/nowhere/")
    assert code == 2
    one_line(err, f"no OSIE at {tmp_path}/nowhere: expected")
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", spec, "--split", "test")
    assert code == 2
    one_line(err, "not 'test'")
    code, _, err = wepsam_command("evaluate", "gvbs", "-d", spec)
    assert code == 2
    one_line(err, "no model 'gvbs'")
    (own_dataset / "fixations.csv").write_text("image,observer,x,y\n000.png,a,3,3\n")
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", spec)
    assert code == 2
    assert "has no validation pictures; all of them: --split all" in err
    code, _, err = wepsam_command("compare", tmp_path / "nowhere")
    assert code == 2
    assert "no results in" in err


def test_a_page_without_a_place_for_the_table(own_dataset: Path, tmp_path: Path, wepsam_command: Run) -> None:
    wepsam_command("evaluate", "center-gaussian", "-d", f"csv={own_dataset}", "-o", tmp_path)
    (tmp_path / "README.md").write_text("nothing here\n")
    results = tmp_path / "pictures_with_csv-validation"
    code, _, err = wepsam_command("compare", results, "--into", tmp_path / "nowhere.md")
    assert code == 2
    assert "does not exist" in err
    code, _, err = wepsam_command("compare", results, "--into", tmp_path / "README.md")
    assert code == 2
    one_line(err, "README.md has no place for it: expected <!-- table:pictures_with_csv-validation -->")


# ---- predict


def test_the_predict_command(
    photos: Path, tmp_path: Path, wepsam_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wepsam.prediction.predictor.load", lambda name, **_: center_gaussian)
    out_folder = tmp_path / "out"
    code, out, err = wepsam_command("predict", photos, "--out", out_folder, "--save", "npy, map", "--sheet")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"3 npy: {out_folder}/*.npy",
        f"3 maps: {out_folder}/*_map.png",
        f"contact sheet: {out_folder}/sheet.png",
    ]
    (photos / "broken.JPG").write_bytes(b"")
    code, out, err = wepsam_command("predict", photos, "-o", out_folder, "--json")
    assert code == 1
    done = json.loads(out)
    assert len(done["written"]) == 3
    assert done["failed"] == [f"{photos / 'broken.JPG'}: the file is empty"]
    assert err.splitlines()[-2:] == [done["failed"][0], "1 of 4 pictures failed"]
    code, _, err = wepsam_command("predict", photos, "-o", out_folder, "--save", "jpg")
    assert code == 2
    assert "--save takes map, overlay, npy, density, log-density, not 'jpg'" in err
    code, _, err = wepsam_command("predict", tmp_path / "nowhere", "-o", out_folder)
    assert code == 2
    one_line(err, "nowhere: no such file or folder")


def test_names_that_the_terminal_cannot_show(photos: Path, tmp_path: Path) -> None:
    """Neither an ASCII terminal nor a name that is no UTF-8 stops a command."""
    page = tmp_path / "ünï"
    shutil.copytree(photos, page)
    script = (
        "import wepsam.prediction.predictor; from wepsam.classical import center_gaussian; "
        "wepsam.prediction.predictor.load = lambda name, **_: center_gaussian; from wepsam.cli import main; main()"
    )
    command = [sys.executable, "-c", script, "predict", str(page), "-o", str(page / "out"), "--save", "npy"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, encoding="ascii")
    assert (result.returncode, result.stderr) == (0, "")
    assert "\\xfcn\\xef" in result.stdout


# ---- what is loaded

LIGHT = [
    *(
        "wepsam",
        "wepsam.cli",
        "wepsam.prediction.predictor",
        "wepsam.prediction.folder",
        "wepsam.datasets",
        "wepsam.metrics",
    ),
    *("wepsam.classical", "wepsam.evaluation", "wepsam.evaluation.table", "wepsam.images", "wepsam.overlays"),
    *("wepsam.maps", "wepsam.weak.selection"),
]


def python(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_predicting_scoring_and_reading_do_not_load_torch() -> None:
    loaded = set(python(f"import {', '.join(LIGHT)}, sys; print(*sys.modules)").split())
    assert set(LIGHT) <= loaded
    assert not loaded & {"torch", "lightning", "cv2", "numba", "scipy", "pyarrow", "joblib", "matplotlib", "onnx"}


WITHOUT = """
import sys
from importlib.machinery import PathFinder

ABSENT = {"cv2", "numba", "scipy", "pyarrow", "matplotlib", "torch", "joblib", "lightning", "safetensors", "onnx"}

class Core:
    '''Finds what is installed, but for the extras.'''
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None if name.partition(".")[0] in ABSENT else PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not PathFinder] + [Core]
"""


def test_the_core_works_without_the_extras(osie_like: Path) -> None:
    """Imports, predictors without extras and scores; whatever needs an extra says which in one line."""
    code = f"""{WITHOUT}
import {", ".join(LIGHT)}
import numpy as np
import wepsam
from wepsam.cards import describe
from wepsam.classical import center_gaussian
from wepsam.datasets import osie
stimulus = np.zeros((20, 30, 3), np.uint8)
print(center_gaussian(stimulus).shape)
for call in (lambda: wepsam.classical.gbvs(stimulus), lambda: osie({str(osie_like)!r})):
    try:
        call()
    except ImportError as error:
        print(error)
"""
    assert python(code).splitlines() == [
        "(20, 30)",
        "GBVS needs numba: pip install 'wepsam[classical]'",
        "reading fixations.mat needs scipy: pip install 'wepsam[classical]'",
    ]


@pytest.fixture
def osie_like(tmp_path: Path) -> Path:
    (tmp_path / "stimuli").mkdir()
    (tmp_path / "eye").mkdir()
    (tmp_path / "eye" / "fixations.mat").touch()
    return tmp_path


def test_a_command_whose_extra_is_missing_says_so() -> None:
    code = f"{WITHOUT}\nsys.argv = ['wepsam', 'label', '.', 'weak']\nfrom wepsam.cli import main\nmain()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    one_line(result.stderr, "No module named", "pip install 'wepsam[train]'")


def test_models_says_what_is_shipped(wepsam_command: Run) -> None:
    code, out, _ = wepsam_command("models")
    assert code == 0
    for name, card in wepsam.models().items():
        assert name in out
        assert f"{card['bytes'] / 1e6:.1f} MB" in out
        assert f"cc {card['scores']['osie-validation']['cc']['mean']:.3f}" in out
        assert card["terms"] in out
    assert out.startswith("wepsam-lite (the default)\n")
    assert out.index("wepsam-paper\n") < out.index("mr_cnn\n")
    assert json.loads(wepsam_command("models", "--json")[1]) == wepsam.models() | cards.classical()


def test_models_lists_those_without_a_network_in_a_line_each(
    wepsam_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for width in (80, 100):
        monkeypatch.setenv("COLUMNS", str(width))
        lines = wepsam_command("models")[1].splitlines()
        for name, model in cards.classical().items():
            (line,) = (line for line in lines if line.split()[:1] == [name + "*" * model["fitted"]])
            assert len(line) <= width
            if "milliseconds" in model:
                assert f" {model['milliseconds']:.1f} " in line


def test_models_needs_the_core_only() -> None:
    code = f"{WITHOUT}\nsys.argv = ['wepsam', 'models']\nfrom wepsam.cli import main\nmain()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "\nrare2012 " in result.stdout


def test_a_card_is_described_by_what_it_says() -> None:
    """That of people's own export has neither scores nor terms."""
    own = {"parameters": 3_300_000, "bytes": 6_630_000, "input_area": 49152}
    assert describe(own) == ["3.3 M parameters, 6.6 MB; sees about 49,152 pixels in the picture's aspect"]
    scores = {"osie-validation": {"kl_div": {"mean": 0.41}, "cc": {"mean": 0.8}, "emd": {"mean": 9.0}}}
    speed = {"milliseconds": 4.234, "what": "one forward, one core", "on": "a machine"}
    more = describe(own | {"scores": scores, "speed": speed, "terms": "MIT"})[1:]
    assert more == ["4.2 ms for one forward, one core, a machine", "osie-validation: cc 0.800, kl_div 0.410", "MIT"]


def test_the_quality_of_predict_and_evaluate(wepsam_command: Run, own_dataset: Path, tmp_path: Path) -> None:
    picture = str(next((own_dataset / "stimuli").iterdir()))
    code, _, err = wepsam_command("predict", picture, "-o", str(tmp_path / "maps"), "--quality", "slow")
    assert (code, err) == (2, "wepsam: quality is best or fast, not 'slow'\n")
    code, _, err = wepsam_command("evaluate", "gbvs", "-d", f"csv={own_dataset}", "--quality", "fast")
    assert code == 2
    assert "--quality is for wepsam's own weights" in err
    folder = tmp_path / "results"
    code, _, err = wepsam_command(
        *("evaluate", "wepsam-paper", "-d", f"csv={own_dataset}", "--split", "all", "-o", str(folder)),
        *("--quality", "fast", "--workers", "1"),
    )
    assert code == 0, err
    (found,) = folder.glob("*/wepsam-paper-fast.json")
    assert json.loads(found.read_text())["quality"] == "fast"
