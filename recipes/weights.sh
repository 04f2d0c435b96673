#!/usr/bin/env bash
# make weights: from the data to the shipped weights, the results and the README's tables. About two and a half hours on two cores.
# Every step resumes where it was interrupted. DATA: a folder with photos/, osie/, dut_omron/, eyecrowd/, scene/.
set -euo pipefail
DATA=${DATA:-../shared/data}
RUNS=${RUNS:-runs}
OSIE="osie=$DATA/osie" DUT="dut_omron=$DATA/dut_omron" CROWD="eyecrowd=$DATA/eyecrowd" SCENE="scene=$DATA/scene"

SETS=(-d "$OSIE" -d "$DUT" -d "$CROWD" -d "$SCENE")

# Step 1: weak labels of the photographs, and pre-training on them; squares for the paper's network, and in their own
# aspect for the light one.
wepsam label "$DATA/photos" "$RUNS/weak" --size 512
wepsam label "$DATA/photos" "$RUNS/weak-lite" --size 512 --keep-aspect --stimulus-size 192 --map-size 64
wepsam inspect "$RUNS/weak"
wepsam pretrain "$RUNS/weak" --keep 0.5 --out "$RUNS/pre"
wepsam pretrain "$RUNS/weak-lite" --settings lite --keep 0.5 --out "$RUNS/lite-pre"

# Step 2: fine-tuning on human fixations. First the light network, small and fast: a teacher for the photographs.
wepsam finetune --settings lite --network area=49152 --start "$RUNS/lite-pre" "${SETS[@]}" --out "$RUNS/lite-teacher" \
    --set epochs=12 --set average=0.998 --set augmentation.geometry=0.6 --set augmentation.color=0.6
wepsam export "$RUNS/lite-teacher" "$RUNS/lite-teacher.onnx"
wepsam label "$DATA/photos" "$RUNS/weak-taught" --teacher "$RUNS/lite-teacher.onnx" --size none --keep-aspect \
    --stimulus-size 192 --map-size 64
# Then what ships: both networks on fixations and on what the teacher says about the photographs.
wepsam finetune --settings lite --start "$RUNS/lite-pre" --weak "$RUNS/weak-taught" "${SETS[@]}" --out "$RUNS/lite"
wepsam finetune --start "$RUNS/pre" --weak "$RUNS/weak-taught" "${SETS[@]}" --out "$RUNS/fine"
# The paper's network on fixations alone, from step 1 and from a random start, shows what each step is worth.
wepsam finetune --start "$RUNS/pre" "${SETS[@]}" --out "$RUNS/untaught"
wepsam finetune "${SETS[@]}" --out "$RUNS/random"
# A rival of the paper's, MR-CNN, on the same fixations: forty minutes of one core.
wepsam finetune --settings mr_cnn "${SETS[@]}" --out "$RUNS/mr_cnn"

# What ships.
wepsam export "$RUNS/lite" src/wepsam/weights/wepsam-lite.onnx --card recipes/cards/wepsam-lite.json --probe "$DATA/osie" \
    --sharpness 1.2
wepsam export "$RUNS/fine" src/wepsam/weights/wepsam-paper.onnx --card recipes/cards/wepsam-paper.json --probe "$DATA/osie"
wepsam export "$RUNS/random" "$RUNS/random-start.onnx" --probe "$DATA/osie"
wepsam export "$RUNS/mr_cnn" src/wepsam/weights/mr_cnn.onnx --card recipes/cards/mr_cnn.json --probe "$DATA/osie" \
    --no-mirror --sharpness 1.25 --blur 2

# Scores on pictures that nothing was trained on (they chose the best epoch of each run).
for model in center-bias gbvs-128 gbvs wepsam-lite wepsam-paper "$RUNS/random-start.onnx"; do
    wepsam evaluate "$model" -d "$OSIE" -d "$DUT"
done
wepsam evaluate wepsam-lite --quality fast -d "$OSIE" -d "$DUT"
for people in one-observer half-of-observers; do
    wepsam evaluate "$people" -d "$OSIE"
done
for model in wepsam-lite wepsam-paper; do
    wepsam compare results/osie-validation results/dut_omron-validation --into README.md \
        --card "src/wepsam/weights/$model.json"
done
wepsam evaluate mr_cnn -d "$OSIE" -d "$DUT" --also emd --out results/classical
wepsam compare results/classical/osie-validation results/classical/dut_omron-validation mr_cnn --card src/wepsam/weights/mr_cnn.json
python recipes/metrics_figure.py

# The models without a network, beside their public scores: docs/classical.md, and the card that `wepsam models` reads.
# Those that have learnt from fixations learn from the training parts, and are scored on the validation parts only. An
# hour or two of one core.
python -m learn.judd "$DATA"
python -m learn.ensemble "$DATA"
names() { python -c "from wepsam.classical import CLASSICAL, FITTED; print(*($1))"; }
for model in center-bias $(names '[name for name in CLASSICAL if not name.startswith("gbvs-")]'); do
    wepsam evaluate "$model" -d "$OSIE" -d "$DUT" --also emd --out results/classical
done
wepsam evaluate half-of-observers -d "$OSIE" --also emd --out results/classical
for model in center-bias half-of-observers $(names '[name for name in CLASSICAL if name not in FITTED and not name.startswith("gbvs-")]'); do
    wepsam evaluate "$model" -d "$OSIE" --split all --also emd --out results/classical
done
wepsam compare results/classical/osie-validation results/classical/dut_omron-validation --into docs/classical.md \
    --card src/wepsam/classical/card.json
wepsam compare results/classical/osie-all --into docs/classical.md
wepsam compare results/classical/osie-validation results/classical/dut_omron-validation \
    ensemble bms sdsr spectral_residual --paired gbvs --into docs/classical.md
wepsam compare results/classical/osie-all results/classical/osie-validation --public --into docs/classical.md \
    --figures docs/classical
OMP_NUM_THREADS=1 python -m benchmarks.classical --card src/wepsam/classical/card.json

# What shows all of them in docs/reproduction.md: Fig. 3 and Table 1. (Its studies: wepsam reproduce.)
wepsam compare results/osie-validation results/classical/osie-validation wepsam-lite wepsam-paper ciw cas rare2012 gbvs \
    --sheet docs/reproduction/fig3.jpg --metric cc -d "$OSIE"
wepsam reproduce --no-train --results results/reproduction --report docs/reproduction.md \
    --evaluated results/osie-validation --evaluated results/classical/osie-validation \
    --evaluated results/dut_omron-validation --evaluated results/classical/dut_omron-validation

# The README's picture.
wepsam predict .venv/pictures/chelsea.png --out "$RUNS/example" --sheet
cp "$RUNS/example/sheet.png" docs/example.png
