#!/usr/bin/env bash
# The scores of the shipped networks and of what stands beside them, on the validation parts of all laboratories; then
# the cards, docs/reference/results.md and README.md. About half an hour on one core.
#
# DATA: folder with osie/, dut_omron/, eyecrowd/, scene/, sjtu/, salicon/ and emod/. RUNS: folder of training runs, if
# there are any. MODELS: to score only some again, such as MODELS="wepsam-lite wepsam-paper" after a change of the
# cards (ten minutes), or MODELS="" to make the tables alone.
set -euo pipefail
DATA=${DATA:-../shared/data}
RUNS=${RUNS:-runs}
MODELS=${MODELS-center-bias gbvs-128 gbvs wepsam-paper wepsam-lite one-observer half-of-observers gold-standard}
OBSERVERS=(-d "osie=$DATA/osie" -d "eyecrowd=$DATA/eyecrowd" -d "scene=$DATA/scene") # the laboratories that name them
ALL=("${OBSERVERS[@]}" -d "dut_omron=$DATA/dut_omron" -d "sjtu=$DATA/sjtu" -d "salicon-densities=$DATA/salicon"
    -d "emod=$DATA/emod")

# First the calibrations in the cards, and what to expect of a laboratory that a calibration has never seen.
if [ -n "$MODELS" ]; then
    python -m learn.calibrations "$DATA" gbvs wepsam-paper wepsam-lite --score
    wepsam evaluate gbvs --calibration typical "${ALL[@]}"
fi
for model in $MODELS; do
    case $model in
        one-observer | half-of-observers | gold-standard) wepsam evaluate "$model" "${OBSERVERS[@]}" ;;
        *) wepsam evaluate "$model" "${ALL[@]}" ;;
    esac
    if [ "$model" = wepsam-lite ]; then
        wepsam evaluate "$model" --quality fast "${ALL[@]}"
    fi
done
python recipes/gather_results.py "$RUNS"

# A card has no scores on pictures that its weights have learned from.
for model in wepsam-lite wepsam-paper; do
    python recipes/card_scores.py "src/wepsam/weights/$model.json" results/*-validation
done
wepsam compare results/*-validation --into docs/reference/results.md
python recipes/readme_table.py
python recipes/predict_golden.py
python recipes/calibration_page.py .venv/pictures/astronaut.png
