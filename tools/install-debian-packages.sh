#!/usr/bin/env bash
# Installs the programs that `make servers` tries our settings with, and lets none of them start by itself.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"

mapfile -t packages < debian-packages.txt
if dpkg --status "${packages[@]}" >/dev/null 2>&1; then
  echo "Debian packages: all there"
  exit 0
fi

# https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt: 101 forbids every action.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
echo "Debian packages: ${packages[*]}"
