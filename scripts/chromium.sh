#!/usr/bin/env bash
# Makes sure that a Chromium is there for the browser tests, and installs
# Debian's where it may. Where it may not, the browser tests skip and say so;
# they never skip in continuous integration.
set -euo pipefail

for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing chromium for the browser tests" >&2
  apt-get update >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-dejavu-core >/dev/null
  exit 0
fi
echo "no chromium here, and no right to install it: the browser tests will be skipped" >&2
