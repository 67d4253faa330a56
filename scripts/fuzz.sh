#!/usr/bin/env bash
# Fuzzes every decoder for a short while: scripts/fuzz.sh [seconds each, 10]. Findings stay in build/fuzz/findings.
# CUMULET_FUZZ_SEED repeats a run (0, the default: another one each time).
# Exit status 0 when nothing was found, or when clang's fuzzer runtime is not here (said).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
seconds=${1:-10}

probe=$(mktemp -d)
trap 'rm -rf "$probe"' EXIT
echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' > "$probe/probe.cpp"
if ! clang++ -fsanitize=fuzzer,address "$probe/probe.cpp" -o "$probe/probe" 2> "$probe/log"; then
  echo "SKIPPED: fuzzing needs clang++ with its fuzzer runtime (apt packages clang and libclang-rt-14-dev): $(head -1 "$probe/log")"
  exit 0
fi

cmake --preset fuzz > "$probe/log" 2>&1 || { cat "$probe/log"; exit 1; }
cmake --build build/fuzz --target fuzzers > "$probe/log" 2>&1 || { tail -40 "$probe/log"; exit 1; }

mkdir -p build/fuzz/findings
found=0
for target in build/fuzz/fuzz/*_fuzz; do
  name=$(basename "$target" _fuzz)
  mkdir -p "build/fuzz/corpus/$name"
  [ -d "fuzz/seeds/$name" ] || { echo "$name: there are no seeds in fuzz/seeds/$name"; found=1; continue; }
  if "$target" -max_total_time="$seconds" -seed="${CUMULET_FUZZ_SEED:-0}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
      -artifact_prefix="build/fuzz/findings/$name-" "build/fuzz/corpus/$name" "fuzz/seeds/$name" > "$probe/log" 2>&1; then
    echo "$name: nothing found in $(sed -n 's/^stat::number_of_executed_units: *//p' "$probe/log") runs"
  else
    found=1
    echo "$name: FOUND"
    grep -vE '^stat::' "$probe/log" | tail -40
  fi
done
exit $found
