#!/usr/bin/env bash
# Builds for one GPU, tests, sanitizes and measures it, in less than nine minutes, with nothing to
# download; a table of the steps at the end, exit code 1 if one failed.
#
#   bash bench/gpu_check.sh
#
# PYTHON (python3), FORGE_CUDA_ARCHS (90-real: H100, H200) and OUT (a folder for the JSON result and
# the logs; build/gpu_check if not set) may be set.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2

PYTHON=${PYTHON:-python3}
OUT=${OUT:-build/gpu_check}
mkdir -p "$OUT" || exit 2
export FORGE_REQUIRE_GPU=1
export PYTHONUNBUFFERED=1

readonly TOTAL_S=520
names=() verdicts=() times=()
failed=0

# step NAME LIMIT_S SIGNAL COMMAND...: runs it, keeps its log, notes how it ended in $rc.
step() {
  local name=$1 limit_s=$2 signal=$3 start=$SECONDS
  shift 3
  local left_s=$((TOTAL_S - SECONDS))
  names+=("$name")
  if ((left_s < 10)); then
    rc=124
    verdicts+=("not run: no time left")
    times+=(0)
    failed=1
    return
  fi
  printf '\n=== %s\n' "$name"
  # To a file, not a pipe: a child that outlives the limit would hold a pipe open.
  local log=$OUT/${name// /_}.log
  timeout -s "$signal" -k 5 "$((limit_s < left_s ? limit_s : left_s))" "$@" >"$log" 2>&1
  rc=$?
  tail -n 40 "$log"
  times+=("$((SECONDS - start))")
  case $rc in
    0) verdicts+=("ok") ;;
    124 | 137) verdicts+=("STOPPED at its time limit") failed=1 ;;
    *) verdicts+=("FAILED (exit code $rc)") failed=1 ;;
  esac
}

# The same, for a step that may take too long, but not fail.
step_if_affordable() {
  local failed_before=$failed
  step "$@"
  if ((rc == 124 || rc == 137)); then
    verdicts[${#verdicts[@]} - 1]="left out: over its time limit"
    failed=$failed_before
  fi
}

# shellcheck disable=SC2329  # run by bash -c
build() {
  FORGE_CUDA=on FORGE_CUDA_ARCHS=${FORGE_CUDA_ARCHS:-90-real} \
    "$PYTHON" -m pip install --no-build-isolation --no-deps --force-reinstall .
}
export -f build
export PYTHON

# shellcheck disable=SC2329  # run by bash -c
sanitize() {
  local tool=$1
  shift
  PYTORCH_NO_CUDA_MEMORY_CACHING=1 compute-sanitizer --tool "$tool" --error-exitcode 9 \
    "$PYTHON" bench/sanitize_small.py "$@"
}
export -f sanitize

# The op tests take a minute and a half of one core.
in_parallel=()
if "$PYTHON" -c "import xdist" 2>/dev/null; then
  in_parallel=(-n 8)
fi

step "build" 150 TERM bash -c build
if ((rc == 0)); then
  step "gpu tests" 90 TERM "$PYTHON" -m pytest -q -m gpu tests
  step "op tests" 120 TERM "$PYTHON" -m pytest -q -m "not gpu" "${in_parallel[@]}" tests/ops
  step "memcheck" 60 TERM bash -c "sanitize memcheck"
  step "racecheck" 45 TERM bash -c "sanitize racecheck"
  # INT: pytest then still writes the figures it has.
  FORGE_BENCH_GPU_STEP_S=${FORGE_BENCH_GPU_STEP_S:-25} \
    step "benchmarks" 200 INT "$PYTHON" -m pytest -q --benchmark-quiet bench/bench_gpu.py \
    --forge-json "$OUT/bench_gpu.json"
  step_if_affordable "learning" 90 INT "$PYTHON" -m pytest -q --benchmark-quiet \
    bench/bench_train.py --forge-json "$OUT/bench_train.json"
  step_if_affordable "memcheck of solve" 40 TERM bash -c "sanitize memcheck --solve"
fi

printf '\n%-20s %7s  %s\n' "step" "seconds" "result"
for i in "${!names[@]}"; do
  printf '%-20s %7s  %s\n' "${names[i]}" "${times[i]}" "${verdicts[i]}"
done
exit "$failed"
