#!/usr/bin/env bash
# Run the tests, on SQLite and PostgreSQL both, and hold the deciding rooms to full coverage.
# Usage: run-tests.sh <venv>/bin <workers> [pytest options]
#
# pytest speaks last and its exit code is ours. The coverage floor is silent unless it is broken,
# and is asked only after a whole run: a chosen subset covers little and proves nothing about it.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bin=$(realpath "$1") workers=$2
shift 2
export PATH="$bin:$PATH"

options=(-n "$workers" --dist worksteal)  # pytest 9.2 makes xdist deal groups out one by one
[[ $# -gt 0 ]] || options+=(--cov --cov-report=)

echo '== tests'
"$bin/python" -m pytest "${options[@]}" "$@"
outcome=$?
[[ $outcome -eq 0 && $# -eq 0 ]] || exit "$outcome"

if ! floor=$("$bin/python" -m coverage report --include='adapters/*,consent/*,idp/*' --fail-under=100); then
  echo '== the deciding rooms must keep 100 % branch coverage (STYLE 9)'
  echo "$floor"
  exit 1
fi
