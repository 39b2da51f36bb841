#!/usr/bin/env bash
# Builds the user interface into web/dist, once for each state of its sources,
# so that the Go build can embed it. It needs Node 20.19 or newer and npm, and
# installs them where it may.
#
#   scripts/ui.sh           build web/dist when a source changed
#   scripts/ui.sh deps      only make node_modules what package-lock.json says
set -euo pipefail
cd "$(dirname "$0")/.."

node_is_there() {
  command -v npm >/dev/null && command -v node >/dev/null &&
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
}

if ! node_is_there && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing node and npm" >&2
  apt-get update >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nodejs npm >/dev/null
fi
if ! node_is_there; then
  echo "the user interface needs Node 20.19 or newer with npm (found: $(node --version 2>/dev/null || echo none)); install it, or build without the interface: make build UI=none" >&2
  exit 2
fi

cd web
lock=$(sha256sum package.json package-lock.json .npmrc | sha256sum | cut -c1-16)
if [ "$(cat node_modules/.lock 2>/dev/null)" != "$lock" ]; then
  npm ci --no-audit --no-fund >&2
  echo "$lock" >node_modules/.lock
fi
[ "${1:-}" != deps ] || exit 0

state=$({ node --version; echo "$lock"; find src public scripts index.html vite.config.ts tsconfig.json -type f | LC_ALL=C sort | xargs sha256sum; } | sha256sum | cut -c1-16)
if [ ! -e dist/index.html ] || [ "$(cat node_modules/.built 2>/dev/null)" != "$state" ]; then
  npm run --silent build >&2
  echo "$state" >node_modules/.built
fi
