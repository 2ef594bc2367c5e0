#!/usr/bin/env bash
# Everything that is to be seen on a machine with a GPU, in one call of less than eight minutes: parity with the golden
# numbers, one run resumed and compared to the bit, the same with captured steps, several runs side by side, and steps
# beside PyTorch's. Each part has time limits of its own, and a part that fails does not stop the next; the last line says
# which did.
#
#   bench/gpu.sh OUT
#
#   DEVICE  default: cuda; with cpu every part runs in small, which shows that the script works and nothing else
#
# Needs a built checkout (npm run setup) and, for the comparison, PyTorch in DIMSEG_PEER_PYTHON.
set -uo pipefail

if [ $# -ne 1 ]; then
  sed -n '2,11p' "$0" | sed 's/^# \{0,1\}//' >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
root=$here/..
device=${DEVICE:-cuda}
mkdir -p "$1"
out=$(cd "$1" && pwd)
dimseg=(node "$root/dist/src/cli/main.js")
failed=()

# part NAME COMMAND...: runs it with its output in OUT/NAME.log and shows the end of that
part() {
  local name=$1 code=0 begun=$SECONDS
  shift
  "$@" >"$out/$name.log" 2>&1 || code=$?
  echo "== $name: exit $code after $((SECONDS - begun)) s"
  tail -n 25 "$out/$name.log"
  [ "$code" -eq 0 ] || failed+=("$name")
}

small=(imageSize=32 model.width=2 training.labelledBatch=2 training.unlabelledBatch=2)
if [ "$device" = cpu ]; then
  size=32 iterations=40 quick=(--quick) settings=("${small[@]}")
else
  size=256 iterations=200 quick=(--device "$device" --json "$out/step.json") settings=(model.width=16)
fi
settings+=("training.device=$device" "training.iterations=$iterations" labelled.count=4 evaluation.monitorTest=false)
sets=()
for one in "${settings[@]}"; do sets+=(--set "$one"); done

data=$out/data/Fundus/dataset.yaml
"${dimseg[@]}" data phantoms "$out/data" --size "$size" --train 8 --test 2 >"$out/data.log" 2>&1 || failed+=(data)
config=$root/studies/paper/fundus.yaml
common=(--set "dataset=$data" --set optimizer.name=dim "${sets[@]}")

# resumed NAME SETTINGS...: one run through, and one that is told to stop on the way and goes on: the same checkpoint, byte
# for byte.
resumed() {
  local name=$1 begun=$SECONDS
  shift
  timeout 30 "${dimseg[@]}" train "$config" --out "$out/$name/whole" "${common[@]}" "$@" || return
  echo "$iterations steps in $((SECONDS - begun)) s with the start"
  timeout 30 "${dimseg[@]}" train "$config" --out "$out/$name/parts" "${common[@]}" "$@" &
  local run=$! lines=0
  while kill -0 $run 2>/dev/null; do
    lines=$(grep -c '"rate"' "$out/$name/parts/metrics.jsonl" 2>/dev/null)
    # Once: a second signal ends it before it has saved.
    [ "${lines:-0}" -gt $((iterations / 20)) ] && kill -TERM $run && break
    sleep 0.2
  done
  wait $run
  grep -q step-0 "$out/$name/parts/checkpoints/latest" && echo "it saved nothing when it was told to stop" && return 1
  [ -e "$out/$name/parts/checkpoints/step-$iterations" ] && echo "it had ended before it was told to stop" && return 1
  timeout 30 "${dimseg[@]}" train --resume "$out/$name/parts" || return
  diff -r "$out/$name/whole/checkpoints/step-$iterations" "$out/$name/parts/checkpoints/step-$iterations" &&
    diff "$out/$name/whole/metrics.jsonl" "$out/$name/parts/metrics.jsonl" && echo "the resumed run has the same bits"
}

# The same with captured steps, and whether they have the bits of steps that are not, which a graph does not promise.
captured() {
  resumed captured --set training.capture=true || return
  local step=checkpoints/step-$iterations
  diff -rq "$out/resumed/whole/$step" "$out/captured/whole/$step" && echo "captured steps have the same bits as others" ||
    echo "captured steps have other bits than others"
}

part parity timeout 45 node "$root/dist/src/parity/main.js" "$root/tests/golden" --device "$device"
part resumed resumed resumed
part captured captured
part beside timeout 75 "${dimseg[@]}" sweep "$root/studies/paper/slice.yaml" --jobs auto --out "$out/beside" \
  --set "dataset=$data" "${sets[@]}"
part step timeout 150 node "$root/dist/bench/main.js" step "${quick[@]}"

if [ ${#failed[@]} -gt 0 ]; then
  echo "failed: ${failed[*]}"
  exit 1
fi
echo "all parts ended well"
