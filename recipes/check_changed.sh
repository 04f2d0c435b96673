#!/usr/bin/env bash
# What action.yml runs: a report about the pictures that changed since BASE, then the rules. Exit code 1: a rule fails.
#
# PICTURES: pathspecs, separated by spaces. AREAS, RULES: files, or empty. BASE: a commit. OUT: folder for the report.
set -euo pipefail
set -f # pathspecs are for git, not for the shell
mapfile -d '' -t changed < <(git diff --name-only -z --diff-filter=AMR "$BASE" HEAD -- $PICTURES)
if [ "${#changed[@]}" -eq 0 ]; then
    echo "no picture has changed since $BASE"
    exit 0
fi
paths=("${changed[@]/#/./}") # a name may begin with a dash
areas=()
if [ -n "${AREAS:-}" ]; then areas=(--areas "$AREAS"); fi
wepsam report "${paths[@]}" "${areas[@]}" --out "$OUT"
if [ -n "${RULES:-}" ]; then wepsam gate "${paths[@]}" "${areas[@]}" --rules "$RULES"; fi
