"""Frontal faces by OpenCV's cascade, in an interpreter of its own: python find_faces.py < paths.json

Run by recipes/crop_check.py, for development only. It imports nothing from wepsam. Needs opencv-python-headless below
version 5, which has the cascade inside. Reads a list of paths and prints one line of JSON: for each picture the boxes
[x0, y0, x1, y1] in pixels.
"""

import json
import sys

import cv2

LARGER = 2  # pictures are enlarged so many times: the cascade finds no face below 20 pixels
LEAST = 24  # pixels a side, enlarged
cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")
found = []
for path in json.load(sys.stdin):
    gray = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    gray = cv2.equalizeHist(cv2.resize(gray, None, fx=LARGER, fy=LARGER, interpolation=cv2.INTER_CUBIC))
    boxes = cascade.detectMultiScale(gray, scaleFactor=1.05, minNeighbors=5, minSize=(LEAST, LEAST))
    found.append(sorted([int(v / LARGER) for v in (x, y, x + w, y + h)] for x, y, w, h in boxes))
print(json.dumps(found))
