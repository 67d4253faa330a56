#!/usr/bin/env bash
# Puts the AWS SDK for JavaScript where functions in Node.js find it (/var/runtime/node_modules inside): from its lock file,
# into cumulet/node_modules of the user's data folder. Idempotent. docs/functions.md
set -euo pipefail
cd "$(dirname "$0")/../src/runtime/clients/node/sdk"
command -v npm > /dev/null || { echo "install_node_sdk: npm is not installed (apt-get install npm)"; exit 1; }
to=${XDG_DATA_HOME:-$HOME/.local/share}/cumulet
mkdir -p "$to"
cp package.json package-lock.json "$to/"
(cd "$to" && npm ci --omit=dev --no-audit --no-fund --loglevel=error)
rm "$to/package.json" "$to/package-lock.json"
echo "install_node_sdk: the AWS SDK is in $to/node_modules"
