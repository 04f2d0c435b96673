#!/usr/bin/env bash
# make weights: from the data to the shipped weights, their scores and all tables. About two and a half hours on two
# cores. An interrupted step resumes.
#
# DATA: folder with photos/, osie/, dut_omron/, eyecrowd/, scene/, sjtu/, salicon/ and emod/. RUNS: folder for labels and training runs.
set -euo pipefail
DATA=${DATA:-../shared/data}
RUNS=${RUNS:-runs}
OSIE="osie=$DATA/osie" DUT="dut_omron=$DATA/dut_omron"
SETS=(-d "$OSIE" -d "$DUT" -d "eyecrowd=$DATA/eyecrowd" -d "scene=$DATA/scene" -d "sjtu=$DATA/sjtu"
    -d "salicon-densities=$DATA/salicon" -d "emod=$DATA/emod")

# The light network, which also labels the photographs for the paper's network (RUNS/weak-taught).
DATA="$DATA" RUNS="$RUNS" bash recipes/lite.sh

# Step 1: weak labels of the photographs, and pre-training on them. The paper's network sees squares.
wepsam label "$DATA/photos" "$RUNS/weak" --size 512
wepsam inspect "$RUNS/weak"
wepsam pretrain "$RUNS/weak" --keep 0.5 --out "$RUNS/pre"

# Step 2: fine-tuning on human fixations, and on the photographs with the labels of the light network's teachers.
# (wepsam-paper as it ships is older: its card says from what it has learned.)
wepsam finetune --start "$RUNS/pre" --weak "$RUNS/weak-taught" "${SETS[@]}" --out "$RUNS/fine"
# The paper's network on fixations alone, with and without step 1: these runs show what each step is worth.
wepsam finetune --start "$RUNS/pre" "${SETS[@]}" --out "$RUNS/untaught"
wepsam finetune "${SETS[@]}" --out "$RUNS/random"
# MR-CNN, a rival of the paper, on the same fixations: forty minutes on one core.
wepsam finetune --recipe mr_cnn "${SETS[@]}" --out "$RUNS/mr_cnn"

# CNN-VLM, another rival, from all photographs and no fixations (the labels are not learned, so the cheapest teacher
# will do): ten minutes on one core.
wepsam label "$DATA/photos" "$DATA/photos224" "$RUNS/photographs" --teacher center-gaussian --size 192 --keep-aspect \
    --stimulus-size 192 --map-size 8
wepsam pretrain "$RUNS/photographs" --keep 1.0 --recipe cnn_vlm --out "$RUNS/cnn_vlm"

# Export.
wepsam export "$RUNS/fine" src/wepsam/weights/wepsam-paper.onnx --card recipes/cards/wepsam-paper.json \
    --probe "$DATA/osie"
wepsam export "$RUNS/random" "$RUNS/random-start.onnx" --probe "$DATA/osie"
wepsam export "$RUNS/mr_cnn" src/wepsam/weights/mr_cnn.onnx --card recipes/cards/mr_cnn.json --probe "$DATA/osie" \
    --no-mirror
wepsam export "$RUNS/cnn_vlm" src/wepsam/weights/cnn_vlm-lite0.onnx --card recipes/cards/cnn_vlm-lite0.json \
    --probe "$DATA/osie" --no-mirror

# Scores on the validation parts. No network has learned from these pictures, but they selected the best epoch of each
# run.
wepsam evaluate "$RUNS/random-start.onnx" -d "$OSIE" -d "$DUT"
for rival in mr_cnn cnn_vlm-lite0; do
    wepsam evaluate "$rival" -d "$OSIE" -d "$DUT" --also emd --out results/classical
done
wepsam evaluate cnn_vlm-lite0 --calibration none -d "$OSIE" -d "$DUT" --also emd --out results/classical
DATA="$DATA" RUNS="$RUNS" bash recipes/scores.sh
for rival in mr_cnn cnn_vlm-lite0; do
    python recipes/card_scores.py "src/wepsam/weights/$rival.json" \
        results/classical/osie-validation results/classical/dut_omron-validation
done
python recipes/metrics_figure.py

# The classical models: docs/reference/classical.md, and the card that `wepsam models` reads. Those that are fitted to
# fixations learn from the training parts and are scored on the validation parts only. An hour or two on one core.
python -m learn.judd "$DATA"
python -m learn.edn "$DATA"
python -m learn.ensemble "$DATA"
python -m learn.class_responses "$DATA"
python -m learn.mkl "$DATA"
python recipes/mkl_page.py
names() { python -c "from wepsam.classical import CLASSICAL, FITTED; print(*($1))"; }
for model in center-bias $(names '[name for name in CLASSICAL if not name.startswith("gbvs-")]'); do
    wepsam evaluate "$model" -d "$OSIE" -d "$DUT" --also emd --out results/classical
done
wepsam evaluate half-of-observers -d "$OSIE" --also emd --out results/classical
for model in center-bias half-of-observers \
    $(names '[name for name in CLASSICAL if name not in FITTED and not name.startswith("gbvs-")]'); do
    wepsam evaluate "$model" -d "$OSIE" --split all --also emd --out results/classical
done
python recipes/gather_results.py "$RUNS"
python recipes/card_scores.py src/wepsam/classical/card.json \
    results/classical/osie-validation results/classical/dut_omron-validation
OMP_NUM_THREADS=1 python -m benchmarks.classical --card src/wepsam/classical/card.json
wepsam compare results/classical/osie-validation results/classical/dut_omron-validation --into
docs/reference/classical.md wepsam compare results/classical/osie-all --into docs/reference/classical.md
wepsam compare results/classical/osie-validation results/classical/dut_omron-validation \
    --model ensemble,bms,sdsr,spectral_residual --paired gbvs --into docs/reference/classical.md
wepsam table1 results/classical/osie-all results/classical/osie-validation --public --into docs/reference/classical.md \
    --figures docs/reference/classical

# Fig. 3 and Table 1 in docs/explanation/reproduction.md, and the report on the studies. (Their runs: wepsam reproduce.)
wepsam plot results/osie-validation results/classical/osie-validation \
    --model wepsam-lite,wepsam-paper,ciw,cas,rare2012,gbvs --range-sheet docs/explanation/reproduction/fig3.jpg --metric
    cc -d "$OSIE"
wepsam reproduce --no-train --results results/reproduction --report docs/explanation/reproduction.md \
    --evaluated results/osie-validation --evaluated results/classical/osie-validation \
    --evaluated results/dut_omron-validation --evaluated results/classical/dut_omron-validation

# The picture in README.md.
wepsam predict .venv/pictures/chelsea.png --out "$RUNS/example" --sheet
cp "$RUNS/example/sheet.png" docs/images/example.png
