#!/usr/bin/env bash
# Makes the pictures of the README from the demo: docs/img/*.png. It needs a
# Chromium and Node (scripts/chromium.sh, scripts/ui.sh).
set -euo pipefail
cd "$(dirname "$0")/.."

bin=${TIDEMARK_BIN:-$PWD/bin/tidemark}
[ -x "$bin" ] || { echo "bin/tidemark is not there: make build" >&2; exit 2; }
said=$(mktemp)
"$bin" demo --no-browser --listen 127.0.0.1:0 >"$said" 2>/dev/null &
demo=$!
trap 'kill "$demo" 2>/dev/null || true; rm -f "$said"' EXIT
for _ in $(seq 300); do
  if grep -q 'user sam' "$said"; then break; fi
  sleep 0.2
done
url=$(grep -oE 'http://[^ ]+' "$said" | head -n 1)
password=$(grep -oE 'user demo +password [^ ]+' "$said" | awk '{print $4}')
[ -n "$url" ] && [ -n "$password" ] || { echo "the demo did not start" >&2; exit 1; }
mkdir -p docs/img
URL=$url PASSWORD=$password node web/e2e/screenshots.mjs docs/img
