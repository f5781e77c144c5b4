#!/usr/bin/env bash
# Install the relying party written in JavaScript that the tests log in with.
# Usage: node-clients.sh <venv>/bin
#
# npm comes with the locked Python tools. Done again only when the package lock changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export PATH="$(realpath "$1"):$PATH"
client=tests/relying_parties/node

[[ -f $client/package-lock.json ]] || exit 0
[[ $client/node_modules/.package-lock.json -nt $client/package-lock.json ]] && exit 0
echo "installing the JavaScript client in $client"
cd "$client"
npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
touch node_modules/.package-lock.json
