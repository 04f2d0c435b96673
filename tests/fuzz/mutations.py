"""Changes to good files: what bad disks, cut downloads, other programs and strangers make of them. All are seeded."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import numpy as np

NUMBERS = [0, 1, -1, 2**31 - 1, 2**31, 2**63, -(2**63), 10**400, 1e308, -1e308, 5e-324, 0.1, 1e-162, 12600, 65535]
ODD: list[Any] = [
    *NUMBERS, float("nan"), float("inf"), True, None, "", " ", "0", "nan", "x" * 5000, "a\nb", "\0", "\u202e",
    "\ud800", "../../outside", "/etc/passwd", "=1+1", "<script>", [], {}, [[[[]]]], [0] * 2000, {"": {"": {}}}, "~",
    "a\\b", "a,b",
]  # fmt: skip
TOKENS = [
    b"nan", b"inf", b"-1", b"1e308", b"-1e308", b"9" * 400, b"", b'"', b",", b";", b"\t", b"\n", b"\r", b"\0",
    b"\xff\xfe",
    b"\xe2\x80\xae", b"../../outside", b"/etc/passwd", b"=1+1", b"0x10", b"1_0", b"\xef\xbb\xbf", b"'", b"a" * 200_000,
]  # fmt: skip

Mutate = Callable[[bytes, np.random.Generator], bytes]


def mutated(data: bytes, name: str, rng: np.random.Generator) -> bytes:
    """A changed copy of a file: one to three changes that fit its kind, or any."""
    fitting: list[Mutate] = [change_bytes]
    if name.endswith(".json"):
        fitting = [*[change_json] * 8, change_bytes, change_text]
    elif name.endswith((".csv", ".txt")):
        fitting = [change_text, change_text, change_cells, change_bytes]
    elif name.endswith(".onnx"):
        fitting = [*[change_graph] * 4, change_bytes]
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        data = fitting[rng.integers(len(fitting))](data, rng)
    return data


def change_bytes(data: bytes, rng: np.random.Generator) -> bytes:
    """Flipped, lost, doubled, foreign or cut bytes; numbers replaced by extreme ones."""
    if not data:
        return bytes(rng.integers(0, 256, 20, dtype=np.uint8))
    # Most of a format's meaning lies at its beginning or its end.
    where = [0, 0, len(data)][rng.integers(3)]
    at = int(rng.integers(len(data))) if where == len(data) else int(rng.integers(min(len(data), 200)))
    if rng.random() < 0.2:
        at = max(0, len(data) - 1 - at)
    length = int(rng.integers(1, 64))
    match rng.integers(8):
        case 0:
            return data[:at] + bytes([data[at] ^ (1 << int(rng.integers(8)))]) + data[at + 1 :]
        case 1:
            return data[:at] + data[at + length :]
        case 2:
            return data[: at + length] + data[at:]
        case 3:
            return data[:at] + bytes(rng.integers(0, 256, length, dtype=np.uint8)) + data[at + length :]
        case 4:
            return data[: int(rng.integers(len(data)))]
        case 5:
            width = int(rng.choice([1, 2, 4, 8]))
            value = int(rng.choice([0, 1, 2 ** (8 * width) - 1, 2 ** (8 * width - 1), 2 ** (8 * width - 1) - 1]).item())
            value %= 2 ** (8 * width)
            return data[:at] + value.to_bytes(width, "big" if rng.random() < 0.5 else "little") + data[at + width :]
        case 6:
            start = int(rng.integers(len(data)))
            return data[:at] + data[start : start + length] + data[at:]
        case _:
            return data[:at] + bytes(length) + data[at + length :]


def change_text(data: bytes, rng: np.random.Generator) -> bytes:
    """A piece of text in another's place."""
    at, token = int(rng.integers(len(data) + 1)), TOKENS[rng.integers(len(TOKENS))]
    return data[:at] + token + data[at + int(rng.integers(0, 5)) :]


def change_cells(data: bytes, rng: np.random.Generator) -> bytes:
    """A cell of a table replaced, a column or a line lost or doubled."""
    lines = [line.split(b",") for line in data.split(b"\n")]
    row = int(rng.integers(len(lines)))
    column = int(rng.integers(len(lines[row])))
    match rng.integers(5):
        case 0:
            lines[row][column] = TOKENS[rng.integers(len(TOKENS))]
        case 1:
            lines = [cells[:column] + cells[column + 1 :] for cells in lines]
        case 2:
            lines = [cells[: column + 1] + cells[column:] for cells in lines]
        case 3:
            del lines[row]
        case _:
            lines.insert(row, lines[row])
    return b"\n".join(b",".join(cells) for cells in lines)


def change_json(data: bytes, rng: np.random.Generator) -> bytes:
    """A value somewhere in the tree replaced by an odd one, lost, or nested in itself."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return change_bytes(data, rng)
    holders: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(min(len(node), 50)) if isinstance(node, list) else []
        holders += [(node, key) for key in keys]
        waiting += [node[key] for key in keys]
    odd = ODD[rng.integers(len(ODD))]
    if not holders or rng.random() < 0.03:
        tree = odd
    else:
        node, key = holders[rng.integers(len(holders))]
        match rng.integers(6):
            case 0:
                del node[key]
            case 1:
                node[key] = [copy.deepcopy(node[key])] * int(rng.choice([1, 3]))
            case 2 if isinstance(node, dict):
                node[str(odd)[:50]] = node.pop(key)
            case _:
                node[key] = odd
    return json.dumps(tree).encode("utf-8", "surrogatepass")


def change_graph(data: bytes, rng: np.random.Generator) -> bytes:
    """A model whose nodes, constants or inputs are others, but which still is a model."""
    import onnx

    try:
        return _with_another_graph(onnx.load_model_from_string(data), rng)
    except Exception:  # what was changed before may be no model any more
        return change_bytes(data, rng)


def _with_another_graph(model: Any, rng: np.random.Generator) -> bytes:
    import onnx

    graph = model.graph
    node = graph.node[rng.integers(len(graph.node))] if graph.node else graph.node.add()
    match rng.integers(7):
        case 0:
            operators = ["Div", "Log", "Exp", "Neg", "Reshape", "Expand", "Tile", "Loop", "Range", "Pow", "NonZero"]
            node.op_type = operators[rng.integers(len(operators))]
        case 1 if graph.initializer:
            constant = graph.initializer[rng.integers(len(graph.initializer))]
            shape, numbers = list(constant.dims), [0, -1, 1e38, float("nan"), float("inf"), 3, 2**31]
            kind = onnx.helper.tensor_dtype_to_np_dtype(constant.data_type)
            with np.errstate(all="ignore"):
                values = np.full([max(0, min(side, 9)) for side in shape], rng.choice(numbers)).astype(kind)
            constant.CopyFrom(onnx.numpy_helper.from_array(values, constant.name))
        case 2 if graph.initializer:
            graph.initializer[rng.integers(len(graph.initializer))].dims[:] = [int(rng.choice([-1, 0, 7, 2**40]))]
        case 3 if node.input:
            node.input[rng.integers(len(node.input))] = str(rng.choice(["", "stimuli", "float", "weight", "axes"]))
        case 4 if graph.input:
            size = graph.input[0].type.tensor_type.shape.dim.add() if rng.random() < 0.3 else None
            dims = graph.input[0].type.tensor_type.shape.dim
            (size or dims[rng.integers(len(dims))]).dim_value = int(rng.choice([-1, 0, 1, 2**40]))
        case 5:
            node.domain = str(rng.choice(["com.microsoft", "com.example", "ai.onnx", "ai.onnx.ml"]))
        case _:
            model.opset_import[0].version = int(rng.choice([0, 1, 7, 99, 2**40]))
    return bytes(model.SerializeToString())
