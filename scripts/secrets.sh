#!/usr/bin/env bash
# Look for secrets in what is, or may be, committed. Usage: secrets.sh <venv>/bin [file ...]
#
# detect-secrets takes a minute for the whole tree, so it is given what holds anything as long and
# mixed as a key, a private key or a URL with a password, and everything that deploys. A password in
# words is not found: here `password` is on every page. What is allowed is invented, published or
# public, and stands below with its reason; a new line there is a reviewer's to agree to.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

allowed() {
  sed -E 's/ +[^ ].*$//' <<'LIST'
not-a-secret                   invented secrets of the demo's clients say so
^eyJhbGciOiJub25lI             tokens that nobody signed (alg: none)
^eyJhbGciOiJIUzI1NiJ9\.e30\.   a token of nothing, signed with nothing
^ZGVtby1vbmx5LW5ldm            the demo's master key: "demo-only-never-in-production--!"
^dGVzdHMtb25seS1uZX            the tests' master key: "tests-only-never-in-production-!"
^Zm9vYmFyYmF6cXV4Zm            "foobarbazqux", three times
^27JO0_0NHtgUFmmtMt            the key of the bench's client
^_jgbOVEDdowALAW7U7            the key of a client in the demo
^RPKFawaQERx8IimcQA            and its thumbprint
^L1kXCHvW91xGAGih0A            the id of a passkey made for a test
^dBjftJeZ4CVP                  RFC 7636, appendix B
^E9Melhoa2OwvFrEMTJ            and its challenge
^jHkWEdUXMU1BwAsC4v            OpenID Connect Core 1.0, A.3
^Zk3vQ1x8N0aTq5m2bW            an id in the interfaces' documents
^23456789ABCDEFGHJK            the letters that are read out and typed
^ABCDEFGHJKLMNPQRST            the order of letters in national numbers
^(hush|password)$              nobody's: of no database, and in the form of a URL
^(Q0ze6JWe8ep|_fOAuo6A4jW)     a public key
LIST
}

LONG='(?<![\w+/=-])(?=[\w+/-]*\d)(?=[\w+/-]*[A-Z])(?=[\w+/-]*[a-z])[\w+/=-]{20,}'
SUSPECT="$LONG|PRIVATE KEY|://[^/ :@]+:[^/ @]+@"
MADE='^(requirements|tests/fuzzing/corpus)/'  # hashes, and bytes that parsers are thrown

suspects() {
  git grep --untracked -I -lP "$SUSPECT"
  git ls-files deploy scripts .ci
}

bin=$(realpath "$1")
shift
[[ $# -gt 0 ]] || mapfile -t files < <(suspects | grep -vE "$MADE" | sort -u)
[[ $# -eq 0 ]] || files=("$@")
mapfile -t rules < <(allowed | sed 's/^/--exclude-secrets=/')
"$bin/detect-secrets-hook" --no-verify --disable-plugin KeywordDetector \
  --disable-plugin HexHighEntropyString --exclude-lines '^ *"(x|y)": ' "${rules[@]}" "${files[@]}"
