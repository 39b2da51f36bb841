#!/usr/bin/env bash
# Sees to it that PostgreSQL's server programs are there for the tests, which
# start a private server from them. Says what it did and never fails: without
# them, the tests of that engine say that they were skipped.
set -u

found() {
  command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null
}

if found; then
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "PostgreSQL's server programs are absent: its tests will be skipped (install the package postgresql)"
  exit 0
fi
echo "installing PostgreSQL's server programs for the tests"
log=$(mktemp)
if { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql; } >"$log" 2>&1 </dev/null && found; then
  echo "PostgreSQL is installed"
else
  tail -n 5 "$log"
  echo "PostgreSQL could not be installed: its tests will be skipped"
fi
rm -f "$log"
exit 0
