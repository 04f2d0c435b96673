#!/usr/bin/env bash
# make weights: from the data to the shipped weights, the results and the README's tables. About two hours on two cores.
# Every step resumes where it was interrupted. DATA: a folder with photos/, osie/, dut_omron/, eyecrowd/, scene/.
set -euo pipefail
DATA=${DATA:-../shared/data}
RUNS=${RUNS:-runs}
OSIE="osie=$DATA/osie" DUT="dut_omron=$DATA/dut_omron" CROWD="eyecrowd=$DATA/eyecrowd" SCENE="scene=$DATA/scene"

# Step 1: weak labels of the photographs, and pre-training on them.
wepsam label "$DATA/photos" "$RUNS/weak" --size 512
wepsam inspect "$RUNS/weak"
wepsam pretrain "$RUNS/weak" --keep 0.5 --out "$RUNS/pre"

# Step 2: fine-tuning on human fixations. The same from a random start shows what step 1 is worth.
wepsam finetune --start "$RUNS/pre" -d "$OSIE" -d "$DUT" -d "$CROWD" -d "$SCENE" --out "$RUNS/fine"
wepsam finetune -d "$OSIE" -d "$DUT" -d "$CROWD" -d "$SCENE" --out "$RUNS/random"

# What ships.
wepsam export "$RUNS/fine" src/wepsam/weights/wepsam-paper.onnx --card docs/wepsam-paper.card.json --probe "$DATA/osie"
wepsam export "$RUNS/random" "$RUNS/random-start.onnx" --probe "$DATA/osie"

# Scores on pictures that nothing was trained on (they chose the best epoch of each run).
for model in center-bias gbvs-128 gbvs wepsam-paper "$RUNS/random-start.onnx"; do
    wepsam evaluate "$model" -d "$OSIE" -d "$DUT"
done
for people in one-observer half-of-observers; do
    wepsam evaluate "$people" -d "$OSIE"
done
wepsam compare results/osie-validation results/dut_omron-validation --into README.md \
    --card src/wepsam/weights/wepsam-paper.json
python docs/metrics_figure.py

# What shows these weights in docs/reproduction.md: Fig. 3 and Table 1. (Its studies: wepsam reproduce.)
wepsam compare results/osie-validation wepsam-paper gbvs center-bias \
    --sheet docs/reproduction/fig3.jpg --metric cc -d "$OSIE"
wepsam reproduce --no-train --results results/reproduction --report docs/reproduction.md \
    --evaluated results/osie-validation --evaluated results/dut_omron-validation

# The README's picture.
wepsam predict .venv/pictures/chelsea.png --out "$RUNS/example" --sheet
cp "$RUNS/example/sheet.png" docs/example.png
