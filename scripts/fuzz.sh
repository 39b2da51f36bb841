#!/usr/bin/env bash
# Runs every fuzz target of the repository for $1 (a Go duration) each.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-10s}

count=0
while IFS=: read -r file line; do
  target=$(sed -E 's/^func (Fuzz[A-Za-z0-9_]+)\(.*/\1/' <<<"$line")
  echo "fuzz: $(dirname "$file") $target ($time)"
  go test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$time"
  count=$((count + 1))
done < <(grep -rE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+\(' internal cmd)
echo "fuzz: $count targets, no failure"
