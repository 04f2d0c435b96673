"""Crops of the PyPI package smartcrop, in an interpreter of its own: python with_smartcrop.py < windows.json

Run by recipes/crop_check.py. It imports nothing from wepsam. Reads [[path, [[width, height], ...]], ...], the windows
that are to be placed in each picture. Prints one line of JSON: for each picture the boxes [x0, y0, x1, y1], and the
milliseconds of a crop without reading the picture. The package may also choose smaller windows: here it gets the size
that all others have.
"""

import json
import sys
import time

from PIL import Image
from smartcrop import SmartCrop

cropper = SmartCrop()
boxes, seconds = [], []
for path, windows in json.load(sys.stdin):
    picture = Image.open(path).convert("RGB")
    found = []
    for width, height in windows:
        begin = time.process_time()
        best = cropper.crop(picture, width, height, min_scale=1, max_scale=1)["top_crop"]
        seconds.append(time.process_time() - begin)
        x = min(max(round(best["x"]), 0), picture.width - width)
        y = min(max(round(best["y"]), 0), picture.height - height)
        found.append([x, y, x + width, y + height])
    boxes.append(found)
print(json.dumps({"boxes": boxes, "ms": 1000 * sum(seconds) / len(seconds)}))
