#!/usr/bin/env bash
# make weights: from the data to the shipped weights, their scores and all tables. About two and a half hours on two
# cores. An interrupted step resumes.
#
# DATA: folder with photos/, osie/, dut_omron/, eyecrowd/, scene/, sjtu/, salicon/ and emod/. RUNS: folder for labels and training runs.
set -euo pipefail
DATA=${DATA:-../shared/data}
RUNS=${RUNS:-runs}
OSIE="osie=$DATA/osie" DUT="dut_omron=$DATA/dut_omron" CROWD="eyecrowd=$DATA/eyecrowd" SCENE="scene=$DATA/scene"
SETS=(-d "$OSIE" -d "$DUT" -d "$CROWD" -d "$SCENE")

# Step 1: weak labels of the photographs, and pre-training on them. The paper's network sees squares, the light network
# pictures in their own aspect.
wepsam label "$DATA/photos" "$RUNS/weak" --size 512
wepsam label "$DATA/photos" "$RUNS/weak-lite" --size 512 --keep-aspect --stimulus-size 192 --map-size 64
wepsam inspect "$RUNS/weak"
wepsam pretrain "$RUNS/weak" --keep 0.5 --out "$RUNS/pre"
wepsam pretrain "$RUNS/weak-lite" --recipe lite --keep 0.5 --out "$RUNS/lite-pre"

# Step 2: fine-tuning on human fixations. First a small and fast light network, which then labels the photographs.
wepsam finetune --recipe lite --network area=49152 --start "$RUNS/lite-pre" "${SETS[@]}" --out "$RUNS/lite-teacher" \
    --set epochs=12 --set average=0.998 --set augmentation.geometry=0.6 --set augmentation.color=0.6
wepsam export "$RUNS/lite-teacher" "$RUNS/lite-teacher.onnx"
wepsam label "$DATA/photos" "$RUNS/weak-taught" --teacher "$RUNS/lite-teacher.onnx" --size none --keep-aspect \
    --stimulus-size 192 --map-size 64
# Then the weights that ship: both networks learn fixations, and the photographs with the labels of that teacher.
wepsam finetune --recipe lite --start "$RUNS/lite-pre" --weak "$RUNS/weak-taught" "${SETS[@]}" --out "$RUNS/lite"
wepsam finetune --start "$RUNS/pre" --weak "$RUNS/weak-taught" "${SETS[@]}" --out "$RUNS/fine"
# The paper's network on fixations alone, with and without step 1: these runs show what each step is worth.
wepsam finetune --start "$RUNS/pre" "${SETS[@]}" --out "$RUNS/untaught"
wepsam finetune "${SETS[@]}" --out "$RUNS/random"
# MR-CNN, a rival of the paper, on the same fixations: forty minutes on one core.
wepsam finetune --recipe mr_cnn "${SETS[@]}" --out "$RUNS/mr_cnn"

# Export.
wepsam export "$RUNS/lite" src/wepsam/weights/wepsam-lite.onnx --card recipes/cards/wepsam-lite.json \
    --probe "$DATA/osie"
wepsam export "$RUNS/fine" src/wepsam/weights/wepsam-paper.onnx --card recipes/cards/wepsam-paper.json \
    --probe "$DATA/osie"
wepsam export "$RUNS/random" "$RUNS/random-start.onnx" --probe "$DATA/osie"
wepsam export "$RUNS/mr_cnn" src/wepsam/weights/mr_cnn.onnx --card recipes/cards/mr_cnn.json --probe "$DATA/osie" \
    --no-mirror

# Scores on the validation parts. No network has learned from these pictures, but they selected the best epoch of each
# run.
wepsam evaluate "$RUNS/random-start.onnx" -d "$OSIE" -d "$DUT"
wepsam evaluate mr_cnn -d "$OSIE" -d "$DUT" --also emd --out results/classical
DATA="$DATA" RUNS="$RUNS" bash recipes/scores.sh
python recipes/card_scores.py src/wepsam/weights/mr_cnn.json \
    results/classical/osie-validation results/classical/dut_omron-validation
python recipes/metrics_figure.py

# The classical models: docs/classical.md, and the card that `wepsam models` reads. Those that are fitted to fixations
# learn from the training parts and are scored on the validation parts only. An hour or two on one core.
python -m learn.judd "$DATA"
python -m learn.edn "$DATA"
python -m learn.ensemble "$DATA"
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
wepsam compare results/classical/osie-validation results/classical/dut_omron-validation --into docs/classical.md
wepsam compare results/classical/osie-all --into docs/classical.md
wepsam compare results/classical/osie-validation results/classical/dut_omron-validation \
    --model ensemble,bms,sdsr,spectral_residual --paired gbvs --into docs/classical.md
wepsam table1 results/classical/osie-all results/classical/osie-validation --public --into docs/classical.md \
    --figures docs/classical

# Fig. 3 and Table 1 in docs/reproduction.md, and the report on the studies. (Their runs: wepsam reproduce.)
wepsam plot results/osie-validation results/classical/osie-validation \
    --model wepsam-lite,wepsam-paper,ciw,cas,rare2012,gbvs --range-sheet docs/reproduction/fig3.jpg --metric cc -d "$OSIE"
wepsam reproduce --no-train --results results/reproduction --report docs/reproduction.md \
    --evaluated results/osie-validation --evaluated results/classical/osie-validation \
    --evaluated results/dut_omron-validation --evaluated results/classical/dut_omron-validation

# The picture in README.md.
wepsam predict .venv/pictures/chelsea.png --out "$RUNS/example" --sheet
cp "$RUNS/example/sheet.png" docs/example.png
