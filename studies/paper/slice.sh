#!/usr/bin/env bash
# Trains a grid of the paper's settings in slices: each call trains for at most SLICE_SECONDS, several runs side by side
# as cores and memory allow, and stops with whole checkpoints; the next call goes on to the bit. It says how many images
# a second it trained on. Ends with 0 once every run is trained and judged, with 10 while there is more to do.
#
#   studies/paper/slice.sh OUT [--set key=value ...]
#
#   DATASET        dataset.yaml with the domains of the grid; default: images that are made below OUT
#   GRID           default: slice.yaml beside this file
#   SLICE_SECONDS  default: 450, which with the time of saving stays below eight minutes
#   SIZE           side of the images that are made; default 256
set -euo pipefail

if [ $# -lt 1 ]; then
  sed -n '2,12p' "$0" | sed 's/^# \{0,1\}//' >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
dimseg=(node "$here/../../dist/src/cli/main.js")
out=$1
shift

if [ -z "${DATASET:-}" ]; then
  DATASET=$out/data/Fundus/dataset.yaml
  [ -e "$DATASET" ] || "${dimseg[@]}" data phantoms "$out/data" --size "${SIZE:-256}" --train 40 --test 10
fi

# The signal makes every run save after its present step; what does not end by then is ended half a minute later.
code=0
timeout --signal=TERM --kill-after=30 "${SLICE_SECONDS:-450}" \
  "${dimseg[@]}" sweep "${GRID:-$here/slice.yaml}" --jobs auto --out "$out/runs" --set "dataset=$DATASET" "$@" || code=$?

case $code in
  0) echo "all runs are trained and judged: dimseg compare $out/runs" ;;
  124 | 143)
    echo "there is more to do: call it again with the same words"
    exit 10
    ;;
  *) exit "$code" ;;
esac
