"""Look into an .onnx file before a runtime does: it has to be self-contained, with ONNX's own operators only.

A model can name files outside itself, which a runtime would open and map, and operators of libraries that it would
have to load. Weights of wepsam need neither. The file is walked field by field, as protocol buffers; this needs no
package.
"""

from collections.abc import Iterator

MAX_PARTS = 3_000_000  # fields, of all depths; the shipped files have about 5,000
OWN = ("", "ai.onnx")  # domains of ONNX's own operators

# Message -> {field: message}: where nodes and tensors can stand (onnx.proto).
NESTED: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse tensor"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse tensor", 23: "sparse tensor"},
    "sparse tensor": {1: "tensor", 2: "tensor"},
    "function": {7: "node", 11: "attribute"},
    "training": {1: "graph", 2: "graph"},
    "tensor": {},
}
OP_TYPE, DOMAIN = 4, 7  # fields of a node
EXTERNAL = (13, 14)  # fields of a tensor: the entries that name a file, and the flag that it lies there

Field = tuple[int, int | memoryview]


def check(data: bytes) -> None:
    """Refuse what no weights need and what reaches beyond the file.

    Raises:
        ValueError: one line: no ONNX model, data in another file, or an operator that is not ONNX's own.
    """
    waiting: list[tuple[str, memoryview]] = [("model", memoryview(data))]
    parts, graphs = 0, 0
    while waiting:
        kind, message = waiting.pop()
        domain, operator = "", "?"
        for number, value in _fields(message):
            parts += 1
            if parts > MAX_PARTS:
                raise ValueError(f"it has more than {MAX_PARTS:,} parts")
            if kind == "tensor" and number in EXTERNAL and value:
                raise ValueError("its values lie in another file, which is never opened; save it with them inside")
            if isinstance(value, int):
                continue
            if kind == "node" and number in (OP_TYPE, DOMAIN):
                text = bytes(value[:100]).decode("ascii", "backslashreplace")
                domain, operator = (text, operator) if number == DOMAIN else (domain, text)
            if nested := NESTED[kind].get(number):
                waiting.append((nested, value))
                graphs += nested == "graph"
        if domain not in OWN:
            raise ValueError(f"it needs the operator {operator!a} of {domain!a}, expected ONNX's own only")
    if not graphs:
        raise ValueError("it holds no ONNX graph")


def _fields(message: memoryview) -> Iterator[Field]:
    """The fields of a protocol buffer: a number, and a number or bytes.

    Raises:
        ValueError: it is none.
    """
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if wire == 2:
            length, at = _varint(message, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise ValueError("it holds no ONNX model")
        if length > end - at:
            raise ValueError("it is cut off, or holds no ONNX model")
        yield number, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number of 7 bits a byte, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise ValueError("it is cut off, or holds no ONNX model")
        byte = message[at]
        value, at = value | (byte & 127) << shift, at + 1
        if byte < 128:
            return value, at
    raise ValueError("it holds no ONNX model")
