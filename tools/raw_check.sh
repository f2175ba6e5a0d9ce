#!/usr/bin/env bash
# What `promote check` has kustomize, kubeconform and conftest do, by these programs alone and as parallel as it goes.
# It is the yardstick of bench.py, nothing more: it counts no document, reads no verdict and names no source.
#
# usage: raw_check.sh TOOLS SCHEMAS "VERSION…" TARGET…     from the root of the repository
# CUSTOM_SCHEMAS holds folders of schemas for custom resources, separated by colons.
set -euo pipefail

tools=$1 schemas=$2 versions=$3
shift 3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

policies=()
while IFS= read -r rule; do
  policies+=(--policy "$rule")
done < <(find policies/ -name '*.rego' ! -name '*_test.rego' | sort)

custom=()
IFS=: read -r -a folders <<< "${CUSTOM_SCHEMAS:-}"
for folder in "${folders[@]}"; do
  custom+=(-schema-location "$folder/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json")
done

jobs=()
start() {
  "$@" &
  jobs+=($!)
}
finish() {
  for job in "${jobs[@]}"; do
    wait "$job"
  done
  jobs=()
}

build() {
  "$tools/kustomize" build "$1" > "$2"
}

files=()
for target in "$@"; do
  file=$work/${#files[@]}.yaml
  files+=("$file")
  start build "$target" "$file"
done
finish

for file in "${files[@]}"; do
  start "$tools/conftest" test "$file" --combine --namespace main --namespace evaluation \
    --output json --no-color "${policies[@]}" --data policies/data > "$file.conftest"
done
for version in $versions; do
  start "$tools/kubeconform" -strict -verbose -output json -kubernetes-version "$version.0" \
    -schema-location "$schemas/$version/{{.ResourceKind}}{{.KindSuffix}}.json" "${custom[@]}" "${files[@]}" \
    > "$work/$version.kubeconform"
done
finish
