#!/usr/bin/env bash
# The loop in the terminal, on the small estate of examples/demo: found, fixed,
# proven, and back again. It keeps nothing: its data folder is removed at the
# end. Every line that starts with "$" is a command you can type.
#
#   scripts/demo.sh           as above
#   KEEP=1 scripts/demo.sh    keep the data folder, and say where it is
set -euo pipefail
cd "$(dirname "$0")/.."

bin=$PWD/bin/tidemark
[ -x "$bin" ] || { echo "bin/tidemark is not there: make build" >&2; exit 2; }
estate=examples/demo
scratch=$(mktemp -d)
clean_up() {
  if [ -n "${KEEP:-}" ]; then
    echo "the data folder is $scratch/data"
  else
    rm -rf "$scratch"
  fi
}
trap clean_up EXIT

bold=$'\033[1m' plain=$'\033[0m'
if [ ! -t 1 ] || [ -n "${NO_COLOR:-}" ]; then bold='' plain=''; fi

# The story has dates of its own, so that it is the same every time.
now=2026-08-10T09:00:00Z
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
tidemark() { "$bin" --data "$scratch/data" --now "$now" "$@"; }
show() {
  printf '\n$ tidemark %s\n' "$*"
  tidemark "$@"
}

# field reads the first value of a key from JSON on standard input.
field() { tr -d '\n' | grep -oE "\"$1\": *(\"[^\"]*\"|[0-9]+|null)" | head -n 1 | sed -E 's/^[^:]*: *//; s/"//g'; }
expect() {
  if [ "$2" != "$3" ]; then
    echo "the demo expected $1 to be $3, and it is $2" >&2
    exit 1
  fi
}
digest_of() { grep -oE "$1@sha256:[0-9a-f]{64}" "$estate/$2" | head -n 1; }

image=registry.harbour.example
"$(scripts/tools.sh)/osvzip" "$estate/osv" "$scratch/intel/osv"
cp "$estate/kev.json" "$estate/epss.csv" "$scratch/intel/"

say "1. What the world knows: advisories, known exploitation, probabilities"
show intel update --from "$scratch/intel"

now=2026-08-10T09:10:00Z
say "2. What our images are made of"
for part in orders-1.4.0 storefront-3.2.0 reports-0.9.0; do
  name=${part%-*} version=${part##*-}
  show ingest sbom "$estate/sboms/$part.cdx.json" --artifact "$(digest_of "$image/$name:$version" running-1.json)"
done

say "3. What is declared, and what is seen running"
now=2026-08-10T09:20:00Z
show ingest deploy "$estate/manifests.yaml" --environment prod --source git
now=2026-08-10T09:30:00Z
show ingest deploy "$estate/running-1.json" --source cluster

now=2026-08-10T10:00:00Z
say "4. What matters: each weakness where it runs, most urgent first"
show exposures list
log4shell=$(tidemark exposures list -q 'vuln:CVE-2021-44228' -o json | field id)
[ -n "$log4shell" ] || { echo "the demo found no exposure of CVE-2021-44228" >&2; exit 1; }

say "5. Why, with every point of the score accounted for"
show explain "$log4shell"

say "6. What to do: one action closes all of a component in a service"
show actions list
action=$(tidemark actions list -o json | tr -d '\n' | grep -oE '"id": *"ACT-[^"]*"[^{}]*log4j-core' | head -n 1 | grep -oE 'ACT-[0-9A-Z]+')

say "7. The funnel, and what the picture rests on (the mailer has no bill of materials)"
show measure funnel
show measure coverage

now=2026-08-11T09:00:00Z
say "8. A day later: orders 1.4.1 with log4j 2.17.1 is built and rolled out"
show ingest sbom "$estate/sboms/orders-1.4.1.cdx.json" --artifact "$(digest_of "$image/orders:1.4.1" running-2.json)"
now=2026-08-11T09:30:00Z
show ingest deploy "$estate/running-2.json" --source cluster
now=2026-08-11T10:00:00Z

say "9. Fixed by evidence, and the action verified: nobody clicked"
show exposures list
show exposures list -q 'is:fixed'
show actions show "$action"
show measure funnel
expect "the state of $log4shell" "$(tidemark exposures show "$log4shell" -o json | field state)" fixed
expect "the state of $action" "$(tidemark actions show "$action" -o json | field state)" verified

say "10. What was so yesterday can still be asked"
show exposures list --as-of 2026-08-10T12:00:00Z -q 'vuln:CVE-2021-44228'

now=2026-08-12T09:00:00Z
say "11. Another day later somebody rolls back: the same exposure, the same action, reopened"
show ingest deploy "$estate/running-1.json" --source cluster
now=2026-08-12T10:00:00Z
show exposures show "$log4shell"
show actions show "$action"
expect "the state of $log4shell" "$(tidemark exposures show "$log4shell" -o json | field state)" open

say "12. Every change is in the audit log, each entry chained to the one before"
show audit verify

say "The loop is closed: found, explained, fixed, verified, and caught again."
