#!/usr/bin/env bash
# Installs the programs that `make servers` tries our settings with, and lets none of them start by itself.
# Debian's mirrors drop a version as soon as there is a newer one: a pin would soon name what nobody can have. So it says
# which versions are here, and fails where they are not those that the tests are written for (debian-versions.txt).
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"

root=()
if [ "$(id -u)" != 0 ]; then root=(sudo --non-interactive); fi

# Whether packages can be installed here. A CI that cannot would leave out tests without anybody noticing.
possible() {
  command -v apt-get >/dev/null || { reason="this is neither Debian nor Ubuntu"; return 1; }
  "${root[@]}" true 2>/dev/null || { reason="this needs root, or sudo without a password"; return 1; }
}

install_packages() {
  # https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt: 101 forbids every action.
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod 755 "$policy"
    trap '"${root[@]}" rm -f '"$policy" EXIT
  fi
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

# The version of the program in a package: without epoch and Debian's own revision.
version_of() {
  local version
  version=$(dpkg-query --show --showformat '${Version}' "$1")
  version=${version#*:}
  echo "${version%%-*}"
}

mapfile -t packages < debian-packages.txt
if ! dpkg --status "${packages[@]}" >/dev/null 2>&1; then
  if ! possible; then
    echo "Debian packages are not installed: $reason" >&2
    if [ "${CI:-}" = true ]; then exit 1; fi
    echo "tests/servers skips what it does not find" >&2
    exit 0
  fi
  install_packages
fi

wrong=0
while read -r package wanted; do
  version=$(version_of "$package")
  echo "$package $version"
  if [[ "$version" != "$wanted" && "$version" != "$wanted".* ]]; then
    echo "  tests/servers is written for $package $wanted: try it with $version, then say so in tools/debian-versions.txt" >&2
    wrong=1
  fi
done < debian-versions.txt
exit "$wrong"
