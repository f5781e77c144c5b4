#!/usr/bin/env bash
# Say what an installation is made of, as CycloneDX: one list for each lock that a server may have.
# Usage: sbom.sh <venv>/bin <folder>
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bin=$1 folder=$2
mkdir -p "$folder"
for lock in runtime pdf otel; do
  "$bin/cyclonedx-py" requirements "requirements/$lock.txt" \
    --output-reproducible --output-format JSON --output-file "$folder/sbom-$lock.json"
  echo "$folder/sbom-$lock.json"
done
