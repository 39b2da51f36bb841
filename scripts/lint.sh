#!/usr/bin/env bash
# All of "make lint". Every check runs, also after one has failed, so that one
# run shows everything; the reason for each is in tools/README.md.
set -uo pipefail
cd "$(dirname "$0")/.."

tools=$(scripts/tools.sh) || exit 1
packages=(./...)
failed=()

check() {
  local name=$1 begin=$SECONDS
  shift
  if "$@"; then
    echo "lint: $name ok ($((SECONDS - begin)) s)"
  else
    echo "lint: $name FAILED"
    failed+=("$name")
  fi
}

# A program that lists what is wrong, and exits 0 all the same.
lists_nothing() {
  local out
  out=$("$@" 2>&1) || { echo "$out"; return 1; }
  [ -z "$out" ] || { echo "$out"; return 1; }
}

# The types of the interface's client are those of the API's description.
generated_client() {
  local scratch
  scratch=$(mktemp)
  (cd web && npx --no-install openapi-typescript ../docs/openapi.json -o "$scratch" >/dev/null) && diff -u web/src/api/schema.d.ts "$scratch"
  local code=$?
  rm -f "$scratch"
  return $code
}

tracked() { git ls-files --cached --others --exclude-standard -- "$@"; }

check gofumpt lists_nothing xargs -a <(tracked '*.go') -r -d '\n' "$tools/gofumpt" -l
check "go vet" go vet "${packages[@]}"
check analyzers go vet -vettool="$tools/lint" "${packages[@]}"
# Tests against a real API server have a tag: only what has such files is looked at again.
mapfile -t tagged < <(tracked '*.go' | xargs -r -d '\n' grep -l '^//go:build integration' | xargs -r -d '\n' -n 1 dirname | sort -u | sed 's|^|./|')
if [ ${#tagged[@]} -gt 0 ]; then
  check "go vet (integration)" go vet -tags integration "${tagged[@]}"
  check "analyzers (integration)" go vet -tags integration -vettool="$tools/lint" "${tagged[@]}"
fi
check unparam "$tools/unparam" "${packages[@]}"
check misspell xargs -a <(tracked '*.go' '*.md' '*.sql' '*.sh' '*.yaml' Makefile) -r -d '\n' "$tools/misspell" -error
check shell lists_nothing xargs -a <(tracked '*.sh' .ci/run) -r -d '\n' -n 1 bash -n
for module in . tools; do
  check "go mod tidy ($module)" go -C "$module" mod tidy -diff
done
check "tools analyzers" go -C tools vet -vettool="$tools/lint" ./...
check archtest go test ./internal/archtest
if scripts/ui.sh deps; then
  check "web (types, eslint)" npm --prefix web run --silent lint
  check "web (generated client)" generated_client
else
  failed+=("web")
fi

if [ ${#failed[@]} -gt 0 ]; then
  echo "lint: ${#failed[@]} failed: ${failed[*]}"
  exit 1
fi
echo "lint: all ok"
