#!/usr/bin/env bash
# From the data to wepsam-lite: labels, two teachers, and the student that ships. Six hours of one core, much less on an
# accelerator, which is used where there is one. An interrupted step resumes.
#
# DATA: folder with photos/, photos224/ and the seven laboratories. RUNS: folder for labels and training runs.
set -euo pipefail
DATA=${DATA:-../shared/data}
RUNS=${RUNS:-runs}
SETS=(-d "osie=$DATA/osie" -d "dut_omron=$DATA/dut_omron" -d "eyecrowd=$DATA/eyecrowd" -d "scene=$DATA/scene"
    -d "sjtu=$DATA/sjtu" -d "salicon-densities=$DATA/salicon" -d "emod=$DATA/emod")

# Step 1: GBVS maps of the photographs in their own aspect, and pre-training on them.
wepsam label "$DATA/photos" "$RUNS/weak-lite" --size 512 --keep-aspect --stimulus-size 192 --map-size 64
wepsam pretrain "$RUNS/weak-lite" --recipe lite --keep 0.5 --out "$RUNS/lite-pre"

# Step 2: two teachers learn where people looked. They see small pictures, so they are quick to train. One has a larger
# encoder.
TEACHER=(--recipe lite --network area=49152 "${SETS[@]}" --set average=0.998 --set augmentation.geometry=0.6
    --set augmentation.color=0.6 --set balance=0.5 --set validate_every=1)
wepsam finetune "${TEACHER[@]}" --start "$RUNS/lite-pre" --out "$RUNS/teacher-lite0" --set epochs=10 --set seed=1
wepsam finetune "${TEACHER[@]}" --network encoder=lite2 --out "$RUNS/teacher-lite2" --set epochs=8 --set seed=2
for teacher in teacher-lite0 teacher-lite2; do
    wepsam export "$RUNS/$teacher" "$RUNS/$teacher.onnx" --scales 1 --no-mirror
done

# Both label the photographs. The student learns from these labels and from people.
wepsam label "$DATA/photos" "$DATA/photos224" "$RUNS/weak-taught" --size none --keep-aspect \
    --teacher "$RUNS/teacher-lite0.onnx,$RUNS/teacher-lite2.onnx" --stimulus-size 192 --map-size 64
# It learns twice: the longer second time from the weights of the first.
STUDENT=(--recipe lite --weak "$RUNS/weak-taught" "${SETS[@]}" --set balance=0.5 --set validate_every=1)
wepsam finetune "${STUDENT[@]}" --start "$RUNS/teacher-lite0" --out "$RUNS/lite-short" \
    --set epochs=3.5 --set 'learning_rate=[0.0007,0]' --set seed=3
wepsam finetune "${STUDENT[@]}" --start "$RUNS/lite-short" --out "$RUNS/lite" \
    --set epochs=6 --set 'learning_rate=[0.0006,0]' --set seed=4
# "best" sees the size at which it has learned, "fast" less than half of the pixels.
wepsam export "$RUNS/lite" src/wepsam/weights/wepsam-lite.onnx --card recipes/cards/wepsam-lite.json \
    --area 49152 --scales 1.5 --probe "$DATA/osie"
