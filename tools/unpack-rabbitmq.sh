#!/usr/bin/env bash
# Unpacks the RabbitMQ and the Erlang of Debian's newest suite into .tools/rabbitmq, where they disturb nothing: stable has
# an older major version than the pods run. Their programs run with the libraries that they were built for, from the
# same folder. Where this is not possible, `make servers` tries the version that is installed and says so.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly major=4 suite=unstable target=$PWD/.tools/rabbitmq keyring=/usr/share/keyrings/debian-archive-keyring.gpg
readonly packages=(
  rabbitmq-server
  erlang-{asn1,base,crypto,eldap,eunit,inets,mnesia,os-mon,public-key,runtime-tools,ssl,syntax-tools,tools,xmerl}
  libc6 libcap2 libgcc-s1 libsctp1 libssl3t64 libstdc++6 libsystemd0 libtinfo6 libzstd1 zlib1g
)

if [ -e "$target/stamp" ]; then
  echo "rabbitmq $(cat "$target/stamp") in .tools/rabbitmq"
  exit 0
fi
if ! command -v apt-get dpkg-deb >/dev/null || [ ! -e "$keyring" ]; then
  echo "RabbitMQ $major is not unpacked: this is not Debian" >&2
  exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch"/{lists,cache,packages,files}
# The mirror that this machine uses anyway, asked for another suite.
# shellcheck disable=SC2016 # apt's own placeholder
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 '/debian/*$')
echo "deb [signed-by=$keyring] $mirror $suite main" >"$scratch/sources"
apt=(apt-get -q=2 -o "Dir::State::Lists=$scratch/lists" -o "Dir::Cache=$scratch/cache" -o Dir::State::status=/dev/null
  -o "Dir::Etc::sourcelist=$scratch/sources" -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root
  -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -o Acquire::Languages=none)

# Only the loader of these libraries can load them: a program becomes a script that calls it.
wrap() { # folder of ELF programs
  local library
  library=$target/usr/lib/$(uname -m)-linux-gnu
  mkdir "$1/real"
  for program in "$1"/*; do
    if [ -f "$program" ] && [ "$(head -c 4 "$program" | tail -c 3)" = ELF ]; then
      mv "$program" "$1/real"
      # shellcheck disable=SC2016 # expanded when the program is called
      printf '#!/bin/sh\nexec %s/ld-linux*.so.* --library-path %s --argv0 "$0" %s/real/%s "$@"\n' \
        "$library" "$library" "${1/#$scratch\/files/$target}" "${program##*/}" >"$program"
      chmod 755 "$program"
    fi
  done
}

unpack() {
  "${apt[@]}" update
  (cd "$scratch/packages" && "${apt[@]}" download "${packages[@]}")
  for package in "$scratch"/packages/*.deb; do dpkg-deb --extract "$package" "$scratch/files"; done
  version=$(basename "$scratch"/files/usr/lib/rabbitmq/lib/rabbitmq_server-*)
  version=${version#*-}
  if [[ "$version" != "$major".* ]]; then echo "$suite has $version" >&2; return 1; fi
  wrap "$(echo "$scratch"/files/usr/lib/erlang/erts-*/bin)"
  sed -i "s|ROOTDIR=/usr/lib/erlang|ROOTDIR=$target/usr/lib/erlang|" "$scratch"/files/usr/lib/erlang/{bin,erts-*/bin}/erl
  rm -rf "$target"
  mkdir -p "${target%/*}"
  mv "$scratch/files" "$target"
  "$target/usr/lib/erlang/bin/erl" -noshell -eval 'application:ensure_all_started(crypto), halt().'
  echo "$version" >"$target/stamp"
}

# Not as a condition: there, bash goes on after a fault.
set +e
(set -e; unpack)
status=$?
set -e
if [ "$status" = 0 ]; then
  echo "rabbitmq $(cat "$target/stamp") in .tools/rabbitmq"
else
  echo "RabbitMQ $major could not be unpacked: tests/servers tries the version that is installed" >&2
fi
