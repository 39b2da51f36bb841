#!/usr/bin/env bash
# Measures how right matching is, and prints it: order fixtures, the purl
# specification's tests, a second evaluator, and osv-scanner on the same files.
# osv-scanner is built once and kept outside of the repository; where it cannot
# be had, its part is left out (never in continuous integration).
# "make accuracy UPDATE=1" writes docs/accuracy.md.
set -euo pipefail
cd "$(dirname "$0")/.."

version=v2.5.0
hash=$({ go version; echo "$version"; } | sha256sum | cut -c1-16)
dir=${XDG_CACHE_HOME:-$HOME/.cache}/tidemark/osv-scanner/$hash

if [ ! -x "$dir/osv-scanner" ]; then
  echo "building osv-scanner $version (once)" >&2
  mkdir -p "$dir"
  new=$(mktemp -d "$dir/new-XXXXXX")
  if GOFLAGS= GOBIN=$new go install "github.com/google/osv-scanner/v2/cmd/osv-scanner@$version" >&2; then
    mv "$new/osv-scanner" "$dir/osv-scanner"
  elif [ "${CI:-}" = true ]; then
    echo "osv-scanner $version cannot be built" >&2
    exit 1
  else
    echo "osv-scanner $version cannot be built: the comparison with it is left out" >&2
  fi
  rm -rf "$new"
fi
if [ -x "$dir/osv-scanner" ]; then
  export TIDEMARK_OSV_SCANNER=$dir/osv-scanner
fi
go test -count=1 -v -timeout 20m -run TestAccuracy ./cmd/tidemark/accuracy ${1:+-args "$@"}
