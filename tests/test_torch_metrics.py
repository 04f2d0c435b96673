"""The metrics of a training loop are those of wepsam.metrics: in batches, over processes, and for odd inputs."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from wepsam import metrics, torch_metrics
from wepsam.torch_metrics import CC, KL, NSS, SIM, AUCJudd, InformationGain

PROTOCOLS = ("mit", "tuebingen")


def pictures(count: int = 5, seed: int = 3) -> list[dict[str, np.ndarray]]:
    """Maps of different sizes and their truth; the second picture has no fixations."""
    rng = np.random.default_rng(seed)
    made = []
    for k in range(count):
        height, width = 7 + 5 * k, 31 - 4 * k
        saliency_map, density, baseline = rng.random((3, height, width)) + 0.01
        fixations = rng.random((0 if k == 1 else 9, 2)) * (width, height)
        made.append({"map": saliency_map, "fixations": fixations, "density": density, "baseline": baseline})
    return made


CASES: list[tuple[type[torch_metrics._MeanOverPictures], str, tuple[str, ...]]] = [
    (NSS, "nss", ("fixations",)),
    (AUCJudd, "auc_judd", ("fixations",)),
    (CC, "cc", ("density",)),
    (SIM, "sim", ("density",)),
    (KL, "kl_div", ("density",)),
    (InformationGain, "info_gain", ("fixations", "baseline")),
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("kind", "name", "needs"), CASES)
def test_the_mean_is_that_of_the_functions(kind: type[Any], name: str, needs: tuple[str, ...], protocol: str) -> None:
    data = pictures()
    function = metrics.PROTOCOLS[protocol][name].function
    expected = [function(one["map"], *(one[need] for need in needs)) for one in data]
    metric = kind(protocol=protocol)
    for start in range(0, len(data), 2):  # the last batch has one picture
        batch = data[start : start + 2]
        metric.update(*([torch.from_numpy(one[key]) for one in batch] for key in ("map", *needs)))
    assert metric.compute().item() == pytest.approx(np.nanmean(expected), rel=1e-12)
    assert metric.higher_is_better == metrics.PROTOCOLS[protocol][name].higher_is_better
    again = pickle.loads(pickle.dumps(metric))
    assert again.compute() == metric.compute()
    metric.reset()
    assert metric.count == 0


def test_batches_of_any_form_and_number_type() -> None:
    rng = np.random.default_rng(0)
    maps, densities = rng.random((2, 3, 8, 8)).astype(np.float32)
    expected = np.mean([metrics.cc(one, other) for one, other in zip(maps, densities, strict=True)])
    stacked = torch.from_numpy(maps).requires_grad_()
    for batch in (stacked, stacked[:, None], list(stacked), maps):
        metric = CC()
        metric.update(batch, torch.from_numpy(densities))
        assert metric.compute().item() == pytest.approx(expected, abs=1e-12)
    coarse = CC()
    coarse.update(stacked.to(torch.bfloat16), stacked)  # as autocast makes them
    assert coarse.compute() > 0.999
    assert coarse(stacked, stacked).item() == pytest.approx(1)  # forward: the value of this batch


def test_what_is_refused() -> None:
    maps, points = torch.ones(2, 4, 5), [torch.zeros(1, 2), torch.zeros(1, 2)]
    with pytest.raises(ValueError, match="'mit' or 'tuebingen', not 'best'"):
        NSS(protocol="best")
    with pytest.raises(ValueError, match="2 saliency maps came with the fixations of 1 pictures"):
        NSS().update(maps, points[:1])
    with pytest.raises(ValueError, match=r"has the shape \(4, 5\), expected \(B, H, W\)"):
        CC().update(maps[0], maps)
    with pytest.raises(ValueError, match="the saliency map is 5x4, the density 4x5"):
        CC().update(maps, maps.permute(0, 2, 1))
    with pytest.raises(ValueError, match="1 of 1 fixations lie outside the 5x4 map"):
        AUCJudd().update(maps, [torch.tensor([[5.0, 0.0]]), points[1]])


def test_without_pictures_there_is_no_score() -> None:
    metric = NSS()
    metric.update(torch.rand(1, 4, 4), [torch.zeros(0, 2)])
    assert torch.isnan(metric.compute())


PROCESS = """
import sys
import numpy as np, torch
from wepsam.torch_metrics import NSS
rank, store = int(sys.argv[1]), sys.argv[2]
torch.distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=2)
rng, metric = np.random.default_rng(rank), NSS()
for _ in range(1 + 2 * rank):  # 1 picture here, 3 there
    metric.update(torch.from_numpy(rng.random((1, 9, 11))), [torch.from_numpy(rng.random((4, 2)) * (11, 9))])
print(metric.compute().item())
torch.distributed.destroy_process_group()
"""


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this build of torch has no distributed package")
def test_two_processes_have_the_mean_over_all_pictures(tmp_path: Path) -> None:
    scores = []
    for rank in range(2):
        rng = np.random.default_rng(rank)
        for _ in range(1 + 2 * rank):
            scores.append(metrics.nss(rng.random((9, 11)), rng.random((4, 2)) * (11, 9)))
    command = [sys.executable, "-c", PROCESS]
    store = (tmp_path / "store").as_uri()
    running = [subprocess.Popen([*command, str(k), store], stdout=subprocess.PIPE, text=True) for k in range(2)]
    answers = [process.communicate(timeout=120)[0] for process in running]
    assert [float(answer) for answer in answers] == pytest.approx([np.mean(scores)] * 2, rel=1e-12)
