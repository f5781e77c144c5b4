#!/usr/bin/env bash
# Renew the lock files from setup.cfg. Usage: lock.sh <venv>/bin [pip-compile options]
#
# One resolution: dev first, then demo and runtime held to dev's versions, so that they never
# disagree. Hashes cover every file of a release, so any platform can install. The result names no
# host, no path and no person: only packages, versions and hashes. Extras stay: an older pip takes
# `coverage[toml]` for another package than `coverage` and would look for it outside the lock.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bin=$(realpath "$1")
shift

compile() { # compile <name> <constraint or ""> [options]
  local name=$1 constraint=$2
  shift 2
  local out=requirements/$name.txt
  local options=(--quiet --generate-hashes --allow-unsafe --no-strip-extras --no-header --no-annotate
    --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --build-deps-for=editable)
  [[ $name == runtime ]] || options+=(--extra "$name")
  [[ -z $constraint ]] || options+=(--constraint "$constraint")
  echo "locking $out"
  "$bin/python" -m piptools compile "${options[@]}" --output-file "$out" "$@" setup.cfg
  printf '%s\n%s\n' "# Written by 'make lock' from setup.cfg; do not edit." "$(cat "$out")" >"$out"
}

held=$(mktemp)
trap 'rm -f "$held"' EXIT

compile dev "" "$@"
sed -E 's/^([A-Za-z0-9._-]+)\[[^]]*\]==/\1==/' requirements/dev.txt >"$held"  # no extras in constraints
compile demo "$held" "$@"
compile runtime "$held" "$@"
compile pdf "$held" "$@"
compile otel "$held" "$@"

if grep -nE '://|@|^-|/' requirements/*.txt | grep -v -- '--hash'; then
  echo 'The lines above name a place; a lock names packages only.' >&2
  exit 1
fi
