#!/usr/bin/env bash
# Take the steps of deploy/Dockerfile in a folder, and ask what comes of them whether it is well.
# Usage: container-check.sh (as root; Debian's debootstrap)
#
# The steps are read from the file, so they are the same. `FROM debian:<suite>-slim` becomes
# debootstrap from where this machine has its own packages; this machine's certificates and pip
# settings are lent, for it may reach its index only through them. Then, as the file's user: the
# version, a database, keys, and the file's own command until it says that it is ready.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

FILE=deploy/Dockerfile
LENT=/lent-certificates.crt  # Debian's package rewrites its own
root=$(mktemp -d /var/tmp/taipei-id-container-XXXXXX)
chmod 755 "$root"  # the file's user goes in
work=/ user=root command='' server=''
environment=(HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PIP_CERT=$LENT)

leave() {
  [[ -z $server ]] || pkill -TERM -P "$server" || true  # its only child: the file's command
  rm -rf "$root" "$root.log"
}
trap leave EXIT

within() { # within <user> <shell command>
  local who=$1 line=$2 lent=()
  mapfile -t lent < <(env | grep -E '^(PIP_(DEFAULT_TIMEOUT|INDEX_URL)|https?_proxy)=' || true)
  env -i "${environment[@]}" "${lent[@]}" \
    chroot --userspec="$who" "$root" /bin/sh -ec "cd $work; $line"
}

from() { # debian:<suite>-slim
  local suite=${1#debian:} mirror
  mirror=$(apt-get indextargets --format '$(SITE)' "Codename: ${suite%-slim}" | head -n 1)
  debootstrap --variant=minbase "${suite%-slim}" "$root" "$mirror" >"$root.log" 2>&1 ||
    { tail -n 20 "$root.log" >&2; return 1; }
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  cp "${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}" "$root$LENT"
}

copy() { # . <folder>: what is committed or may be
  mkdir -p "$root$2"
  git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$root$2"
}

instructions() { # a line each, continued lines joined
  sed -e '/^#/d' -e '/^$/d' "$FILE" | sed -e ':a' -e '/\\$/{N;s/\\\n *//;ba' -e '}'
}

take() { # take <instruction> <rest>
  case $1 in
    FROM) from "$2" ;;
    ENV) read -ra given <<<"$2" && environment+=("${given[@]}") ;;
    RUN) within "$user" "$2" >"$root/tmp/step.log" 2>&1 || { tail -n 20 "$root/tmp/step.log" >&2; return 1; } ;;
    WORKDIR) work=$2 && mkdir -p "$root$2" ;;
    COPY) read -r _ to <<<"$2" && copy . "$to" ;;
    USER) user=$2 ;;
    EXPOSE) ;; # the port is this machine's here: a free one is taken
    CMD) command=$(tr -d '[]",' <<<"$2") ;;
    *) echo "no idea how to take the step $1" >&2 && return 1 ;;
  esac
}

[[ $EUID -eq 0 ]] || { echo 'needs root, for chroot' >&2; exit 1; }
command -v debootstrap >/dev/null || { echo 'apt install debootstrap' >&2; exit 1; }

while read -r step rest <&3; do
  echo "$step $rest" | cut -c 1-100
  take "$step" "$rest"
done 3< <(instructions)

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
environment+=(TAIPEI_ID_DEMO=true TAIPEI_ID_ISSUER="http://127.0.0.1:$port" HOME="$work")
echo "as $user: version, tables, keys, $command"
within "$user" 'taipei-id --version && taipei-id db upgrade && taipei-id keys rotate'
within "$user" "exec ${command/0.0.0.0/127.0.0.1} --port $port --workers 1" >"$root.log" 2>&1 &
server=$!
for _ in {1..60}; do
  if ready=$(curl -fs "http://127.0.0.1:$port/health/ready"); then
    echo "ready: $ready"
    exit 0
  fi
  sleep 1
done
echo 'it never became ready:' >&2
tail -n 20 "$root.log" >&2
exit 1
