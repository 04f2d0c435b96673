"""Times the architecture of UNISAL (Droste et al., ECCV 2020; 3.7 M parameters), in torch and as ONNX, one thread each.

Run by `benchmarks.predict --unisal PYTHON` in an interpreter with mediaattention, which holds the network
(`make .venv-unisal/ready`). The size of the input and the preprocessing are mediaattention's; the weights are random,
which does not change the time. It imports nothing from wepsam and prints one line of JSON: the milliseconds of a
picture.
"""

import importlib
import io
import json
import os
import sys
import time

import numpy as np
import torch
from mediaattention.saliency import _unisal_input, _unisal_size
from mediaattention.unisal.model import UNISAL
from PIL import Image

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read at the import; as wepsam.offline does
onnxruntime = importlib.import_module("onnxruntime")
pictures = [Image.fromarray(picture) for picture in np.load(sys.argv[1])]  # (N, H, W, 3) uint8
clock = {"processor": time.process_time, "wall": time.perf_counter}[sys.argv[2]]
size = pictures[0].height, pictures[0].width
torch.set_num_threads(1)


class Still(torch.nn.Module):
    """The network for one picture: (1, 3, h, w) -> (H, W) density at the picture's size."""

    def __init__(self):
        super().__init__()
        self.network = UNISAL(cnn_cfg={"pretrained": False}, verbose=0)

    def forward(self, pixels):
        return self.network(pixels[:, None], target_size=size, source="SALICON", static=True)[0, 0, 0].exp()


network = Still().eval()
inputs = [_unisal_input(picture, _unisal_size(*size))[None] for picture in pictures]
file = io.BytesIO()
torch.onnx.export(network, (inputs[0],), file, dynamo=False, input_names=["pixels"])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])


def in_torch(pixels):
    with torch.inference_mode():
        return network(pixels).numpy()


def as_onnx(pixels):
    return session.run(None, {"pixels": pixels.numpy()})[0]


np.testing.assert_allclose(as_onnx(inputs[0]), in_torch(inputs[0]), rtol=1e-3, atol=0)
works = {
    f"{how}: {what}": (run, given)
    for how, run in (("torch", in_torch), ("ONNX", as_onnx))
    for what, given in (("network", inputs), ("picture", pictures))
}
seconds = dict.fromkeys(works, float("inf"))
for _ in range(5):  # in turns, so that other work on the machine slows all of them
    for name, (run, given) in works.items():
        run(inputs[0])
        begin = clock()
        for one in given:
            run(one if given is inputs else _unisal_input(one, _unisal_size(*size))[None])
        seconds[name] = min(seconds[name], (clock() - begin) / len(given))
parameters = sum(weight.numel() for weight in network.parameters())
print(json.dumps({"parameters": parameters, "ms": {name: 1e3 * value for name, value in seconds.items()}}))
