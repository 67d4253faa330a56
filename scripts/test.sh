#!/usr/bin/env bash
# Installs what is missing, builds, runs every test, several at a time; tells the slowest; the last line is
# "N passed, N failed, N skipped". Exit status 0 only when none failed and every part ran.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

scripts/setup.sh --tests || { echo "0 passed, 1 failed"; exit 1; }

results=build/results
rm -rf "$results" && mkdir -p "$results"
export CUMULET_PROGRAM="$PWD/build/release/bin/cumulet"
export PYTHONDONTWRITEBYTECODE=1

workers=$(nproc)
[ "$workers" -le 4 ] || workers=4  # each has an engine, and what tests wait for has limits of time: more was not tried

part() { printf '\n== %s\n' "$1"; }
note() {  # note NAME STATUS: a part without a report of its own counts as one test
  printf '<testsuite name="%s"><testcase classname="%s" name="%s">%s</testcase></testsuite>\n' "$1" "$1" "$1" \
    "$([ "$2" -eq 0 ] || echo '<failure message="see the output"/>')" > "$results/$1.xml"
}

part "layers"
/usr/bin/python3 scripts/check_layers.py && /usr/bin/python3 scripts/make_compatibility.py --check; note layers $?

part "GoogleTest programs"
test_program() {  # its output stays together
  local name status
  name=$(basename "$1")
  timeout 600 "$1" --gtest_brief=1 --gtest_output="xml:$results/$name.xml" > "$results/$name.log" 2>&1
  status=$?
  [ -f "$results/$name.xml" ] || note "$name" "$status"
  printf '%s\n' "$name" "$(< "$results/$name.log")"
}
export results
export -f note test_program
# The films of vision_pipeline_test take longest: it goes first, so that nothing waits for it at the end.
printf '%s\n' build/release/tests/{vision_pipeline,}*_test | awk '!seen[$0]++' | xargs -P "$workers" -I '{}' bash -c 'test_program {}'

part "black-box tests (pytest)"
pytest() {  # pytest NAME ARGUMENT…; the files with long tests come first, so that no worker is left with one at the end
  timeout 3300 /usr/bin/python3 -m pytest -q -ra -p no:cacheprovider tests/security tests/e2e tests/protocol --junitxml="$results/$1.xml" "${@:2}"
  [ -f "$results/$1.xml" ] || note "$1" 1
}
pytest pytest -m "not alone" -n "$workers" --dist loadfile
pytest pytest_alone -m alone

part "current AWS SDK for JavaScript"
scripts/test_js.sh "$results/javascript.xml"

part "fuzz targets, a short run"
CUMULET_FUZZ_SEED=1 scripts/fuzz.sh 5; note fuzz $?  # the same run each time: a red test is the change's doing

/usr/bin/python3 scripts/count_results.py "$results"
