"""The light network: its size, its density, its center bias, what is frozen."""

from dataclasses import replace

import pytest
import torch

from wepsam.networks.lite import LiteConfig, LiteNet

TINY = LiteConfig(width=8, blocks=1, area=64 * 64)


def network(config: LiteConfig = TINY) -> LiteNet:
    return LiteNet(config, torch.Generator().manual_seed(0))


def test_a_light_network_is_light() -> None:
    assert sum(p.numel() for p in network(LiteConfig()).parameters()) < 4_000_000
    assert sum(p.numel() for p in network(LiteConfig(encoder="lite1", width=64)).parameters()) < 4_000_000


@pytest.mark.parametrize("shape", [(64, 64), (32, 96), (96, 32)])
def test_the_log_density_of_any_shape_sums_to_one(shape: tuple[int, int]) -> None:
    log_density = network().log_density(torch.rand(2, 3, *shape))
    assert log_density.shape == (2, shape[0] // 4, shape[1] // 4)
    torch.testing.assert_close(log_density.flatten(1).logsumexp(1), torch.zeros(2), atol=1e-5, rtol=0)


def test_the_center_bias_is_a_term_that_can_be_switched_off_or_replaced() -> None:
    net, x = network(), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        net.center_bias.normal_(generator=torch.Generator().manual_seed(0))
        own, without = net(x), net(x, center_bias=False)
        torch.testing.assert_close(net(x, center_bias=own - without), own)
    assert (own - without).std() > 0.1


def test_without_a_source_the_answer_is_that_of_all_on_average() -> None:
    net, x = network(replace(TINY, sources=3)), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        net.source_bias.normal_(generator=torch.Generator().manual_seed(0))
        net.source_blur.fill_(-20)  # apart from the blur of their densities
        by_source = [net.log_density(x, source=torch.tensor([source])) for source in range(3)]
        difference = torch.stack(by_source).mean(0) - net(x)
        torch.testing.assert_close(difference, difference.mean().expand_as(difference), atol=1e-4, rtol=1e-4)
    assert (by_source[0] - by_source[1]).std() > 0.1


@pytest.mark.parametrize(
    ("stages", "fixed", "gentle"),
    [(0, set(), {"encoder"}), (2, {"encoder"}, {"encoder"}),
     (8, {"encoder", "laterals", "context", "refine", "finest"}, {"encoder", "readout"})],
)  # fmt: skip
def test_frozen_and_pretrained_parts(stages: int, fixed: set[str], gentle: set[str]) -> None:
    net = network()
    frozen, pretrained = {*net.frozen(stages)}, net.pretrained(stages)
    parts = {name.split(".")[0]: set() for name, _ in net.named_parameters()}
    assert {n.split(".")[0] for n, p in net.named_parameters() if p in frozen} == fixed
    assert {n.split(".")[0] for n, p in net.named_parameters() if p in pretrained} == gentle
    assert parts.keys() >= fixed | gentle


def test_another_number_of_sources_resets_what_is_learned_of_them() -> None:
    net = network(replace(TINY, sources=2))
    with torch.no_grad():
        net.source_bias.fill_(1)
    net.set_sources(2)
    assert net.source_bias.sum() > 0
    net.set_sources(3)
    assert (net.source_bias.shape[0], net.source_bias.sum(), net.config.sources) == (3, 0, 3)


def test_training_shapes_do_not_enlarge_small_pictures() -> None:
    config = LiteConfig()
    assert config.input_shape(200, 266) == (288, 384)
    assert config.training_shape(200, 266) == (192, 256)
    assert config.training_shape(600, 800) == (288, 384)
    assert TINY.with_input_of(LiteConfig(width=5)) == replace(TINY, area=LiteConfig().area)


def test_each_kind_of_densities_has_its_own_blur_which_loses_no_mass() -> None:
    net, x = network(replace(TINY, sources=2)), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        net.readout.weight.normal_(0, 3, generator=torch.Generator().manual_seed(0))
        net.source_blur.copy_(torch.tensor([-20.0, 2.0]))
        sharp, blurred = (net(x, torch.tensor([source])).flatten().softmax(0) for source in range(2))
    assert blurred.max() < sharp.max()
    assert net(x, torch.tensor([1])).exp().sum().item() == pytest.approx(1, abs=1e-4)


def test_a_checkpoint_of_an_earlier_version_has_no_blur() -> None:
    net, x = network(replace(TINY, sources=2)), torch.rand(1, 3, 64, 64)
    earlier = {name: value for name, value in net.state_dict().items() if name != "source_blur"}
    net.load_state_dict(earlier)
    with torch.no_grad():
        blurred, plain = net(x, torch.tensor([0])), net(x)
    torch.testing.assert_close(blurred.flatten().softmax(0), plain.flatten().softmax(0), atol=1e-6, rtol=1e-3)
