#!/usr/bin/env bash
# Builds the tools module once for each state of it, outside of the repository,
# and prints the folder that holds the programs.
set -euo pipefail
cd "$(dirname "$0")/../tools"

hash=$({ go version; find . -path ./kubelab -prune -o -type f \( -name '*.go' -o -name 'go.*' \) -print | LC_ALL=C sort | xargs cat; } | sha256sum | cut -c1-16)
dir=${XDG_CACHE_HOME:-$HOME/.cache}/tidemark/tools/$hash

if [ ! -e "$dir/complete" ]; then
  echo "building the tools (once for this version of tools/)" >&2
  mkdir -p "$dir"
  go build -o "$dir/" ./lint ./gotest ./osvzip ./estate $(go list tool) >&2
  touch "$dir/complete"
fi
echo "$dir"
