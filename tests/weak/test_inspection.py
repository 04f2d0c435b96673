"""Totals, reasons, entropies and images of a weak-label folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from helpers import Paint, Write, rows_of
from wepsam.images import read_image
from wepsam.weak import store
from wepsam.weak.inspection import inspect
from wepsam.weak.labeling import label
from wepsam.weak.manifest import StoreError


def test_inspect(photos: Path, tmp_path: Path) -> None:
    weak = tmp_path / "weak"
    label(photos, weak, workers=1)
    report = inspect(weak, tmp_path / "look")
    assert report["read"] == 12
    assert report["counts"] == {"kept": 8, "rejected": 1, "failed": 3}
    assert sum(report["reasons"].values()) == 4
    assert report["reasons"]["the file is empty"] == 1
    kept = [row["entropy"] for row in rows_of(weak).values() if row["status"] == "kept"]
    assert report["entropy"]["lowest"] == pytest.approx(min(kept))
    assert report["entropy"]["median"] == pytest.approx(np.median(kept))
    assert report["entropy"]["highest"] == pytest.approx(max(kept))
    assert [Path(p).name for p in report["pictures"]] == ["entropy.png", "lowest-middle-highest.png"]
    for picture in report["pictures"]:
        assert np.ptp(read_image(picture)) > 200


@pytest.mark.parametrize("count", [1, 2, 4])
def test_inspect_few(count: int, tmp_path: Path, paint: Paint, write: Write) -> None:
    for seed in range(count):
        write(tmp_path / "photos" / f"{seed}.png", paint(seed))
    label(tmp_path / "photos", tmp_path / "weak", workers=1)
    assert len(inspect(tmp_path / "weak", tmp_path)["pictures"]) == 2


def test_inspect_nothing_kept(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "void.png").write_bytes(b"")
    label(tmp_path / "photos", tmp_path / "weak", workers=1)
    report = inspect(tmp_path / "weak", tmp_path)
    assert report["counts"] == {"kept": 0, "rejected": 0, "failed": 1}
    assert report["pictures"] == []
    assert len(store.select(tmp_path / "weak")) == 0


def test_inspect_notices_a_part_with_too_few_rows(photos: Path, tmp_path: Path) -> None:
    weak = tmp_path / "weak"
    label(photos, weak, workers=1, part_size=5)
    part = weak / "part-00000.parquet"
    pq.write_table(pq.read_table(part).slice(1), part)
    with pytest.raises(StoreError, match=r"part-00000\.parquet is damaged \(4 rows instead of 5\)"):
        inspect(weak, tmp_path)
