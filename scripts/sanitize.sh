#!/usr/bin/env bash
# Builds everything with a sanitizer and runs the GoogleTest programs and the black-box tests of the protocols with it:
#   scripts/sanitize.sh address|thread [pytest arguments]
# The test command does not run it (the build alone takes a quarter of an hour on 2 cores). Exit status 0 only when no
# test failed and no process reported a finding; reports stay in build/<asan|tsan>/findings.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
case "${1:-}" in
  address) build=build/asan preset=asan ;;
  thread) build=build/tsan preset=tsan ;;
  *) sed -n '2,5p' "$0"; exit 2 ;;
esac
shift

cmake --preset "$preset" > /dev/null && cmake --build "$build" || exit 1
findings=$PWD/$build/findings
rm -rf "$findings" && mkdir -p "$findings"
# Reports go to files: what runs below is often killed by its test, and its standard error with it.
export ASAN_OPTIONS="log_path=$findings/asan:detect_leaks=1:detect_stack_use_after_return=0"
export UBSAN_OPTIONS="log_path=$findings/ubsan:print_stacktrace=1"
export TSAN_OPTIONS="log_path=$findings/tsan:suppressions=$PWD/scripts/tsan.supp:second_deadlock_stack=1"
export LSAN_OPTIONS="suppressions=$PWD/scripts/lsan.supp"
export CUMULET_PROGRAM="$PWD/$build/bin/cumulet"

failed=0
for program in "$build"/tests/*_test; do
  timeout 900 "$program" --gtest_brief=1 || { echo "FAILED: $program"; failed=1; }
done
# How much memory large bodies take says nothing of the engine here: the sanitizer keeps what was freed.
/usr/bin/python3 -m pytest -q -ra -p no:cacheprovider --deselect tests/protocol/test_s3_memory.py::test_large_bodies_take_no_memory \
  "${@:-tests/protocol}" || failed=1

shopt -s nullglob
reports=("$findings"/*)
if [ ${#reports[@]} -gt 0 ]; then
  printf 'finding: %s\n' "${reports[@]}"
  failed=1
fi
exit $failed
