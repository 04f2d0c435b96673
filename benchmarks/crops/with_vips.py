"""Crops of libvips by "attention", in an interpreter of its own with pyvips-binary: python with_vips.py < windows.json

Run by recipes/crop_check.py; what it reads and prints is said in with_smartcrop.py. It imports nothing from wepsam.
"""

import json
import os
import sys
import time

os.environ["VIPS_CONCURRENCY"] = "1"

import pyvips

boxes, seconds = [], []
for path, windows in json.load(sys.stdin):
    picture = pyvips.Image.new_from_file(path).copy_memory()
    found = []
    for width, height in windows:
        begin = time.process_time()
        crop = picture.smartcrop(width, height, interesting="attention")
        x, y = -crop.xoffset, -crop.yoffset
        seconds.append(time.process_time() - begin)
        found.append([x, y, x + width, y + height])
    boxes.append(found)
print(json.dumps({"boxes": boxes, "ms": 1000 * sum(seconds) / len(seconds)}))
