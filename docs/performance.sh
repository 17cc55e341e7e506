#!/usr/bin/env bash
# docs/performance.sh [performance|scale]: measures on this machine and writes the tables of performance.md and
# scale.md anew, between their markers. It takes about ten minutes, and the machine should have nothing else to do.
#
#   RECORDS=1000000   journal records of the peer whose start is measured
set -Eeuo pipefail
cd "$(dirname "$0")/.."

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go build -o "$tmp/souk" ./cmd/souk

readonly head='| what | measured | µs p50 / p99 | µs CPU | reference | ratio | goal |
|---|---|---|---|---|---|---|'

# table COMMAND... prints one table with the lines of several measurements.
table() {
	"$tmp/souk" bench core --jobs 1 --json 2>/dev/null |
		sed -E 's/.*"machine":\{"cpu":"([^"]*)","cores":([0-9]+),"os":"([^"]*)","go":"([^"]*)","load":([0-9.]+).*/\1, \2 cores, \3, \4, load before \5/'
	local command
	for command in "$@"; do
		echo "souk bench $command" >&2
		printf '\n`souk bench %s`\n\n%s\n' "$command" "$head"
		# shellcheck disable=SC2086
		"$tmp/souk" bench $command --markdown 2>"$tmp/said" || { cat "$tmp/said" >&2; return 1; }
	done
}

# put FILE writes standard input between the markers of a page.
put() {
	local new=$tmp/page
	awk -v table="$(cat)" '
		/<!-- measured -->/ { print; print ""; print table; print ""; skip = 1; next }
		/<!-- end -->/ { skip = 0 }
		!skip' "$1" >"$new"
	cat "$new" >"$1"
}

performance() {
	table 'hire --concurrency 1' 'hire --concurrency 1 --posted' hire 'hire --posted' call receipts core 'core --posted' \
		trust artefact "idle --records ${RECORDS:-100000}" | put docs/performance.md
}

scale() { table 'scale --peers 10,50,200' | put docs/scale.md; }

[ $# -gt 0 ] || set -- performance scale
for page in "$@"; do
	"$page"
done
