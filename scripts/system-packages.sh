#!/usr/bin/env bash
# Bring what `make test` needs from Debian: as root install it, otherwise say what is missing.
#
# One line each: what must be there (a program or a file), then the package that brings it.
# Node is not among them: it comes with the locked Python tools, newer than Debian 12's. The one
# inside Playwright wants libatomic.
set -euo pipefail

needs() {
  cat <<'LIST'
python3                                             python3
ensurepip                                           python3-venv
chromium-headless-shell                             chromium-headless-shell
/usr/lib/*/libatomic.so.1                           libatomic1
/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc fonts-noto-cjk
/usr/lib/postgresql/*/bin/initdb                    postgresql
/usr/sbin/pgbouncer                                 pgbouncer
/usr/sbin/nginx                                     nginx-light
systemd-analyze                                     systemd
/usr/sbin/pcscd                                     pcscd
/usr/lib/pcsc/drivers/serial/libifdvpcd.so*         vsmartcard-vpcd
/usr/include/PCSC/winscard.h                        libpcsclite-dev
/usr/bin/cc                                         gcc
/usr/include/stdio.h                                libc6-dev
python-headers                                      python3-dev
pkcs11-tool                                         opensc
/usr/lib/*/opensc-pkcs11.so                         opensc-pkcs11
softhsm2-util                                       softhsm2
unshare                                             util-linux
ip                                                  iproute2
openssl                                             openssl
/usr/sbin/apache2                                   apache2
/usr/lib/apache2/modules/mod_auth_openidc.so        libapache2-mod-auth-openidc
LIST
}

# pyscard has no wheel for Linux: it is built, with Python's and pcsclite's headers.
headers='import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'

is_there() {
  case $1 in
    /*) compgen -G "$1" >/dev/null ;;
    ensurepip) python3 -c 'import ensurepip' 2>/dev/null ;;
    python-headers) python3 -c "$headers" 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

missing() {
  local thing package
  while read -r thing package; do
    is_there "$thing" || echo "$package"
  done < <(needs)
}

# Installed for the tests only: no service may start, and none is needed.
install() {
  echo "installing from Debian: $*"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  local policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  local log
  log=$(mktemp)
  apt-get install -y -qq --no-install-recommends "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  rm -f "$log"
}

mapfile -t packages < <(missing)
if [[ ${#packages[@]} -eq 0 ]]; then
  exit 0
elif [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
  install "${packages[@]}"
else
  echo "The tests need programs that are not here. As root: apt install ${packages[*]}" >&2
  exit 1
fi
