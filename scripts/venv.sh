#!/usr/bin/env bash
# Make or renew the virtual environment. Usage: venv.sh <folder> <lock file> [python]
#
# Needs Python 3.11 or newer and no root. Every download is checked against the lock's hashes; the
# project itself is installed in place, so that an edited file is what runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=$1 lock=$2 wanted=${3:-python3}

is_new_enough() {
  command -v "$1" >/dev/null && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  local candidate
  for candidate in "$wanted" python3 python3.14 python3.13 python3.12 python3.11; do
    if is_new_enough "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  echo 'Taipei ID needs Python 3.11 or newer, and none was found.' >&2
  echo 'On Debian 12 or later: apt install python3 python3-venv' >&2
  echo 'Elsewhere: make … PYTHON=/path/to/python3.11' >&2
  return 1
}

# Debian's python3 comes without the part that puts pip into a new environment.
make_venv() {
  local python=$1
  if "$python" -c 'import ensurepip' 2>/dev/null; then
    "$python" -m venv "$venv"
  elif [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
    echo 'python3-venv is missing; installing it with apt-get'
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv \
      >/dev/null 2>&1 || { echo 'apt-get could not install python3-venv' >&2; return 1; }
    "$python" -m venv "$venv"
  elif "$python" -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --without-pip "$venv"
  else
    echo "This Python ($python) cannot make virtual environments." >&2
    echo 'On Debian: apt install python3-venv' >&2
    return 1
  fi
}

# The environment's own pip, or the system's pip aimed at the environment.
pip_install() {
  if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    "$venv/bin/python" -m pip --quiet install "$@"
  else
    "$python" -m pip --quiet --python "$venv/bin/python" install "$@"
  fi
}

python=$(find_python)
is_new_enough "$venv/bin/python" || { rm -rf "$venv" && make_venv "$python"; }

echo "installing $lock into $venv"
pip_install --require-hashes -r "$lock"
# The build backend is in the lock too: nothing unhashed is fetched to build the project itself.
# (pyscard, for development only, fetches its own build tools when it is compiled.)
# Silenced: a reminder about folders named like packages, which is how this house is built.
PYTHONWARNINGS=ignore pip_install --no-deps --no-build-isolation -e .
