#!/usr/bin/env bash
# Runs tests/js with the current AWS SDK for JavaScript against a fresh engine. Argument: where the JUnit report goes.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
report=${1:-build/results/javascript.xml}
mkdir -p "$(dirname "$report")"

skip() {
  echo "skipped: $1"
  printf '<testsuite name="javascript"><testcase classname="javascript" name="sdk"><skipped message="%s"/></testcase></testsuite>\n' "$1" > "$report"
  exit 0
}

for program in node npm; do
  command -v $program >/dev/null || skip "no $program: the AWS SDK for JavaScript was not tried"
done
# The lock file names versions and hashes; its copy in node_modules tells whether anything changed since.
if ! cmp -s tests/js/package-lock.json tests/js/node_modules/.installed-lock.json; then
  (cd tests/js && npm ci --silent --no-audit --no-fund --omit=optional) || skip "npm could not install the AWS SDK for JavaScript"
  cp tests/js/package-lock.json tests/js/node_modules/.installed-lock.json
fi
CUMULET_PROGRAM=${CUMULET_PROGRAM:-$PWD/build/release/bin/cumulet} \
  timeout 1500 node --test --test-concurrency=2 --test-reporter=spec --test-reporter-destination=stdout \
  --test-reporter=./tests/js/junit_reporter.mjs --test-reporter-destination="$report" tests/js/*.test.mjs
