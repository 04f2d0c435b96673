"""What is said of trainings on an accelerator follows from their logs."""

import csv
import json
from pathlib import Path

from wepsam.reproduction.report.accelerator import accelerator_table


def test_the_table_says_what_the_logs_say(tmp_path: Path) -> None:
    rate = 69_184_000 / 1000 / 60  # of the paper's pictures in 1,000 minutes
    rates = [
        {"batch_size": 10, "precision": "32-true", "held_pictures_per_s": rate, "fixed_pictures_per_s": 2 * rate},
        {"batch_size": 99, "precision": "32-true", "held_pictures_per_s": 5000.0, "fixed_pictures_per_s": 5000.0},
    ]
    center = {"loss": 1.0, "cc": 0.25, "nss": 0.5}
    kinds = ("step-1", "step-2", "random")
    about = {
        "machine": {"device": "a device"}, "rates": rates, "mean_map": {"photographs": center, "fixations": center},
        "seconds": {f"1/{parts} {kind}": 7.4 for parts in (4, 2, 1) for kind in kinds},
    }  # fmt: skip
    (tmp_path / "about.json").write_text(json.dumps(about), encoding="utf-8")
    columns = ["length", "run", "step", "validation_loss", "validation_cc", "validation_nss"]
    with (tmp_path / "logs.csv").open("w", newline="", encoding="utf-8") as file:
        log = csv.writer(file)
        log.writerow(columns)
        for parts, cc in ((4, 0.3), (2, 0.4), (1, 0.45)):
            for kind in kinds:
                losses = (1, 0.9, 0.96, 0.8, 0.7, 0.75) if kind != "random" else (1, 1, 0.9, 1, 1, 0.99)
                log.writerows([f"1-{parts}", kind, 100 * n, loss, cc, 2 * cc] for n, loss in enumerate(losses))
    table = accelerator_table(tmp_path)
    assert (
        "| step 2, weakly pre-trained | 1/2 | 5,000 | 300 steps | 0.7500 | 0.7000 | 0.400 | 0.400 | 0.800 | 7 |"
        in table
    )
    assert "| step 2, random start | 1/1 | 5,000 | not | 0.9900 | 0.9000 |" in table
    assert "1,153 pictures a second, 50% of the same" in table
    assert "take 722 and 278 minutes" in table
    assert "step 2, weakly pre-trained 0.450." in table  # nothing is left to double
