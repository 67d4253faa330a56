#!/usr/bin/env bash
# Fuzzes the decoders, each for a while, as many at a time as there are cores: scripts/fuzz.sh [seconds each, 10] [target ...]
# A run goes on from fuzz/seeds, fuzz/corpus and what earlier runs here found (build/fuzz/corpus). Findings stay in
# build/fuzz/findings; make a test of each, and a seed.
#   scripts/fuzz.sh keep [target ...]
# brings what was found into fuzz/corpus, to be committed: the fewest and smallest inputs that reach the same code.
# CUMULET_FUZZ_SEED repeats a run (0, the default: another one each time).
# Exit status 0 when nothing was found, or when clang's fuzzer runtime is not here (said).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
seconds=${1:-10}
[ $# -eq 0 ] || shift
wanted=("$@")
longest=2048  # bytes of an input that is kept

probe=$(mktemp -d)
trap 'rm -rf "$probe"' EXIT
echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' > "$probe/probe.cpp"
if ! clang++ -fsanitize=fuzzer,address "$probe/probe.cpp" -o "$probe/probe" 2> "$probe/log"; then
  echo "SKIPPED: fuzzing needs clang++ with its fuzzer runtime (apt packages clang and libclang-rt-14-dev): $(head -1 "$probe/log")"
  exit 0
fi

cmake --preset fuzz > "$probe/log" 2>&1 || { cat "$probe/log"; exit 1; }
cmake --build build/fuzz --target fuzzers > "$probe/log" 2>&1 || { tail -40 "$probe/log"; exit 1; }
export TMPDIR=$probe  # what targets unpack goes with it

# keep TARGET: without counters, or a corpus would hold an input for each number of times that a loop can run.
keep() {
  local kept=$probe/kept-$1
  cp -r "fuzz/seeds/$1" "$kept"  # what these reach needs no other input
  if ! "build/fuzz/fuzz/$1_fuzz" -merge=1 -use_counters=0 -max_len=$longest -timeout=10 -rss_limit_mb=2048 -verbosity=0 "$kept" \
      "fuzz/corpus/$1" "build/fuzz/corpus/$1" > "$probe/log" 2>&1; then
    tail -20 "$probe/log"
    return 1
  fi
  (cd "fuzz/seeds/$1" && for seed in *; do rm "$kept/$seed"; done)
  rm -rf "fuzz/corpus/$1"
  mv "$kept" "fuzz/corpus/$1"
  echo "$1: kept $(find "fuzz/corpus/$1" -type f | wc -l) inputs, $(cat "fuzz/corpus/$1"/* 2> /dev/null | wc -c) bytes"
}

# only_waited TARGET LOG: the finding was an input that took too long, and alone it needs no 10 seconds of computing: it was
# the machine, which had others to serve. Its file goes.
only_waited() {
  local input
  grep -q '^SUMMARY: libFuzzer: timeout' "$2" || return 1
  input=$(sed -n 's/.*Test unit written to //p' "$2" | tail -1)
  (ulimit -t 10 && "build/fuzz/fuzz/$1_fuzz" -timeout=0 -rss_limit_mb=2048 "$input" > "$2-alone" 2>&1) || return 1
  rm "$input"
}

# fuzz TARGET: new inputs go into the first of the folders.
# shellcheck disable=SC2317  # called through xargs
fuzz() {
  local log=$probe/log-$1 end=$((SECONDS + seconds)) left=$seconds runs=0
  until "build/fuzz/fuzz/$1_fuzz" -max_total_time="$left" -seed="${CUMULET_FUZZ_SEED:-0}" -timeout=10 -rss_limit_mb=2048 \
      -print_final_stats=1 -verbosity=0 -artifact_prefix="build/fuzz/findings/$1-" "build/fuzz/corpus/$1" "fuzz/corpus/$1" \
      "fuzz/seeds/$1" > "$log" 2>&1; do
    if ! only_waited "$1" "$log"; then
      echo "$1: FOUND"
      grep -vE '^stat::' "$log" | tail -40
      return 1
    fi
    left=$((end - SECONDS))
    [ "$left" -gt 0 ] || break
    runs=$((runs + $(executed "$log")))
  done
  echo "$1: nothing found in $((runs + $(executed "$log"))) runs"
}

# executed LOG: how many inputs it says were run.
executed() { sed -n 's/^stat::number_of_executed_units: *//p' "$1" | tail -1 | grep . || echo 0; }

mkdir -p build/fuzz/findings
[ ${#wanted[@]} -gt 0 ] || wanted=($(basename -as _fuzz build/fuzz/fuzz/*_fuzz))
found=0 targets=()
for name in "${wanted[@]}"; do
  [ -d "fuzz/seeds/$name" ] || { echo "$name: there are no seeds in fuzz/seeds/$name"; found=1; continue; }
  mkdir -p "build/fuzz/corpus/$name" "fuzz/corpus/$name"
  targets+=("$name")
done
if [ "$seconds" = keep ]; then
  for name in "${targets[@]}"; do keep "$name" || found=1; done
else
  export probe seconds
  export -f fuzz only_waited executed
  printf '%s\n' "${targets[@]}" | xargs -r -P "$(nproc)" -I '{}' bash -c 'fuzz {}' || found=1
fi
exit $found
