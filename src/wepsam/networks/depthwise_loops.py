"""The gradient loop of `depthwise`, compiled by numba."""

# mypy: disable-error-code="no-untyped-def"
from numba import njit


@njit(cache=True, fastmath=True, error_model="numpy")
def weight_gradient(x, gradient, stride, padding, out):  # pragma: no cover - compiled
    """Add the sum of x (B, H, W, C) times gradient (B, h, w, C), over pictures and places, to `out` (k, k, C)."""
    pictures, height, width, channels = x.shape
    _, rows, columns, _ = gradient.shape
    size = out.shape[0]
    for b in range(pictures):
        for i in range(rows):
            for u in range(size):
                row = i * stride + u - padding
                if row < 0 or row >= height:
                    continue
                for j in range(columns):
                    for v in range(size):
                        column = j * stride + v - padding
                        if column < 0 or column >= width:
                            continue
                        for c in range(channels):
                            out[u, v, c] += x[b, row, column, c] * gradient[b, i, j, c]
