"""Gradients of the depthwise convolution against torch's."""

import pytest
import torch
from torch.nn import functional

from wepsam.networks.depthwise import depthwise


@pytest.mark.parametrize(("size", "stride", "padding"), [(3, 1, 1), (5, 1, 2), (3, 2, 0), (5, 2, 0)])
def test_depthwise_gradients_are_torchs(size: int, stride: int, padding: int) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 6, 11, 13, generator=generator).to(memory_format=torch.channels_last)
    weight, bias = torch.randn(6, 1, size, size, generator=generator), torch.randn(6, generator=generator)
    gradients = []
    for convolve in (depthwise, lambda *a: functional.conv2d(*a, groups=6)):
        leaves = [t.clone().requires_grad_() for t in (x, weight, bias)]
        output = convolve(*leaves, stride, padding)
        (output * output.detach().cos()).sum().backward()
        gradients.append([output, *(leaf.grad for leaf in leaves)])
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-5)
