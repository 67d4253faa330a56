#!/usr/bin/env bash
# Installs what is missing, builds, runs every test; the last line is "N passed, N failed, N skipped".
# Exit status 0 only when none failed and every part ran.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

scripts/setup.sh --tests || { echo "0 passed, 1 failed"; exit 1; }

results=build/results
rm -rf "$results" && mkdir -p "$results"
export CUMULET_PROGRAM="$PWD/build/release/bin/cumulet"
export PYTHONDONTWRITEBYTECODE=1

part() { printf '\n== %s\n' "$1"; }
note() {  # note NAME STATUS: a part without a report of its own counts as one test
  printf '<testsuite name="%s"><testcase classname="%s" name="%s">%s</testcase></testsuite>\n' "$1" "$1" "$1" \
    "$([ "$2" -eq 0 ] || echo '<failure message="see the output"/>')" > "$results/$1.xml"
}

part "layers"
/usr/bin/python3 scripts/check_layers.py && /usr/bin/python3 scripts/make_compatibility.py --check; note layers $?

for program in build/release/tests/*_test; do
  name=$(basename "$program")
  part "$name"
  timeout 600 "$program" --gtest_brief=1 --gtest_output="xml:$results/$name.xml"
  status=$?
  [ -f "$results/$name.xml" ] || note "$name" "$status"
done

part "black-box tests (pytest)"
timeout 3300 /usr/bin/python3 -m pytest -q -ra -p no:cacheprovider tests/protocol tests/e2e tests/security --junitxml="$results/pytest.xml"
[ -f "$results/pytest.xml" ] || note pytest 1

part "current AWS SDK for JavaScript"
scripts/test_js.sh "$results/javascript.xml"

part "fuzz targets, a short run"
CUMULET_FUZZ_SEED=1 scripts/fuzz.sh 5; note fuzz $?  # the same run each time: a red test is the change's doing

/usr/bin/python3 scripts/count_results.py "$results"
