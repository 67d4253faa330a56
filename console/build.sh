#!/usr/bin/env bash
# Builds the console and the chat page and writes them as a C++ unit: console/build.sh OUTPUT.cpp [BUILD_FOLDER]. Called
# by CMake.
# Without Node, npm or the packages (no network at the first build) the unit holds pages that say how to get them; its
# time stamp is old then, so that the next build tries again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
output=$1
work=${2:-$(dirname "$output")}
mkdir -p "$work"

# The same bytes again change nothing: what depends on them is not compiled again.
put() { if cmp -s "$1" "$output"; then rm "$1"; else mv "$1" "$output"; fi; }

without() {
  echo "console: $1" >&2
  echo "console: building a program WITHOUT console and chat page; install Node 18 or newer with npm, run scripts/setup.sh, and build again" >&2
  cat > "$output.new" <<'CPP'
#include "console/assets.hpp"

namespace cumulet::console {
std::span<const web::Asset> chat() {
  static constexpr web::Asset kAssets[] = {{"/", "text/html; charset=utf-8", R"html(<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Cumulet chat</title>
<h1>This program was built without its chat page</h1>
<p>The Bot API works; the page needs Node and npm when the program is built. Install Node 18 or newer with npm
(Debian: <code>apt install nodejs npm</code>), then run <code>scripts/setup.sh</code> again.</p></html>
)html", "", "\"none\"", false}};
  return kAssets;
}
std::span<const web::Asset> console() {
  static constexpr web::Asset kAssets[] = {{"/", "text/html; charset=utf-8", R"html(<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Cumulet</title>
<h1>This program was built without its console</h1>
<p>The engine works, and so do <code>cumulet status</code>, <code>cumulet trace</code> and <code>cumulet logs</code>. The console
needs Node and npm when the program is built: install Node 18 or newer with npm (Debian:
<code>apt install nodejs npm</code>), then run <code>scripts/setup.sh</code> and build again.</p></html>
)html", "", "\"none\"", false}};
  return kAssets;
}
}  // namespace cumulet::console
CPP
  put "$output.new"
  touch -d '2000-01-01' "$output"
  exit 0
}

for program in node npm; do
  command -v $program >/dev/null || without "there is no $program"
done
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 18 ] || without "Node $major is too old"

cd "$here"
# The lock file names versions and hashes; its copy in node_modules tells whether anything changed since.
if ! cmp -s package-lock.json node_modules/.installed-lock.json; then
  npm ci --silent --no-audit --no-fund || without "npm ci could not install the packages of console/package-lock.json"
  cp package-lock.json node_modules/.installed-lock.json
fi
node_modules/.bin/tsc --noEmit
node_modules/.bin/vite build --logLevel warn --outDir "$work/dist" --emptyOutDir
node embed.mjs "$work/dist" "$output.new"
put "$output.new"
touch "$output"
