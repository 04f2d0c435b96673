"""The paper's network: its layers and its start."""

import pytest
import torch

from wepsam.networks.paper import PaperConfig, PaperNet

SMALL = PaperConfig(filters=(4, 4, 4), hidden=8, init="he")


@pytest.mark.parametrize("head", ["paper", "juntingnet"])
@pytest.mark.parametrize("padding", [False, True])
def test_the_five_layers(head, padding):
    network = PaperNet(PaperConfig(head=head, padding=padding))
    assert network(torch.zeros(2, 3, 128, 128)).shape == (2, 32, 32)
    layers = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    assert [m.kernel_size[0] for m in layers[:3]] == [5, 3, 3]
    side = 16 if padding else 14  # 128 -> 124 -> 62 -> 60 -> 30 -> 28 -> 14
    wide = {"paper": [(64 * side**2, 1024), (1024, 2048)], "juntingnet": [(64 * side**2, 2048), (1024, 1024)]}
    assert [(m.in_features, m.out_features) for m in layers[3:]] == wide[head]


def test_the_papers_start():
    network = PaperNet(PaperConfig(), torch.Generator().manual_seed(0))
    for name, values in network.named_parameters():
        if name.endswith("bias"):
            assert (values == 0.1).all()
        else:
            assert values.std().item() == pytest.approx(0.01, rel=0.05)
            assert abs(values.mean().item()) < 5e-4


def test_the_papers_start_all_but_loses_the_picture_and_he_does_not():
    x = torch.rand(8, 3, 128, 128, generator=torch.Generator().manual_seed(1))
    spread = {
        init: PaperNet(PaperConfig(init=init), torch.Generator().manual_seed(0))(x).std(dim=0).mean().item()
        for init in ("paper", "he")
    }
    assert spread["paper"] < 1e-3 < 1e-2 < spread["he"]


def test_same_seed_same_weights():
    one, two = (PaperNet(SMALL, torch.Generator().manual_seed(3)).state_dict() for _ in range(2))
    assert all(torch.equal(one[k], two[k]) for k in one)


@pytest.mark.parametrize("change", [{"head": "none"}, {"init": "none"}])
def test_unknown_choices_are_named(change):
    with pytest.raises(ValueError, match="none"):
        PaperNet(PaperConfig(**change))
