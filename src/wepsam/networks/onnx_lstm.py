"""An LSTM that is exported as ONNX's own operator, for sequences of any length."""

import torch
from torch import Tensor, nn


class OnnxLstm(nn.Module):
    """An LSTM, (T, N, size) -> (T, N, hidden), one direction, starting from zeros.

    Outside of an export it is torch's own. In one, each layer is one node: torch's exporter fixes the length of the
    sequences between two layers.
    """

    def __init__(self, lstm: nn.LSTM) -> None:
        super().__init__()
        self.lstm = lstm
        for layer in range(lstm.num_layers):
            weights = [_reordered(getattr(lstm, f"{name}_l{layer}").detach()) for name in
                       ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]  # fmt: skip
            self.register_buffer(f"input{layer}", weights[0][None])
            self.register_buffer(f"state{layer}", weights[1][None])
            self.register_buffer(f"bias{layer}", torch.cat(weights[2:])[None])

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        if not torch.compiler.is_exporting():
            return self.lstm(x)[0], None
        for layer in range(self.lstm.num_layers):
            weights = (getattr(self, f"{name}{layer}") for name in ("input", "state", "bias"))
            shape = (x.shape[0], 1, x.shape[1], self.lstm.hidden_size)
            y = torch.onnx.ops.symbolic(
                "LSTM", (x, *weights), {"hidden_size": self.lstm.hidden_size}, dtype=x.dtype, shape=shape
            )
            x = y[:, 0]
        return x, None


def _reordered(weights: Tensor) -> Tensor:
    """The gates in ONNX's order (input, output, forget, cell) from torch's (input, forget, cell, output)."""
    i, f, c, o = weights.chunk(4)
    return torch.cat([i, o, f, c])
