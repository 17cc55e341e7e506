#!/bin/sh
# Twelve peers on this machine, each a process with a home, a key and a socket of
# its own. Eight sell one kind of work, at eight prices. The two cheapest are bad:
# fog takes the job, lets time go by and delivers nothing; rush does its work well
# until all have had a few jobs done, and then does as fog does. Four buy:
#
#   friend   deals first, with the good ones: you will hear of it from its log
#   you      has 60 jobs done, by whom a success is expected to cost least with
#   cheap    has the same 60 done, by the cheapest first
#   random   has the same 60 done, by whom the lot falls on
#
# All of them try the next one where one fails. Then it is printed whom each of
# them chose, what a success really cost, and whose word you take for what.
#
#   sh docs/examples/twelve.sh [JOBS]
#
# It takes less than a minute. SOUK names the binary; without it, it is built.
# Nothing is left behind.
set -eu

jobs=${1:-60}
work=text/words@1
good='amber basil cedar dill ebony fennel'
bad='rush fog'
root=$(cd "$(dirname "$0")/../.." && pwd)
market=$(mktemp -d)
running=
trap 'trap - EXIT; kill $running 2>/dev/null || :; wait; rm -rf "$market"' EXIT
trap 'exit 130' INT TERM

if [ -z "${SOUK:-}" ]; then
	SOUK=$market/souk
	(cd "$root" && go build -o "$SOUK" ./cmd/souk)
fi
unset SOUK_PASSPHRASE COLUMNS
export SOUK_NET=twelve-$$ SOUK_LOG=error
echo "The town's crier walks through the souk and counts the words." >"$market/text"

# as NAME WORD...: a command in the home of NAME.
as() (
	export SOUK_HOME="$market/$1"
	shift
	exec "$SOUK" "$@"
)

# up NAME: its peer comes up, and joins by way of the first one.
up() {
	as "$1" init --no-passphrase >"$market/$1.init"
	SOUK_HOME=$market/$1 "$SOUK" up --no-mdns --listen /ip4/127.0.0.1/tcp/0 ${first:+--bootstrap "$first"} >"$market/$1.up" 2>&1 &
	running="$running $!"
}

# until_so WHAT COMMAND...: waits, at most two minutes, until a command says yes.
until_so() {
	what=$1 tries=0
	shift
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -le 1200 ] || { echo "$what: no" >&2; exit 1; }
		sleep 0.1
	done
}
is_ready() { grep -qs '^ready' "$market/$1.up"; }
knows_all() { [ "$(as "$1" find $work | grep -c "^$work")" -eq 8 ]; }

# sells NAME PRICE COMMAND: a result of no byte breaks the contract.
sells() {
	as "$1" offer add $work --price "$2" --exec "$3" --shell --deliver 2m --slots 8 \
		--check 'size={"min_bytes":1}' >"$market/$1.offer"
}

echo "Twelve peers come to the market."
first=
up amber
until_so "amber is up" is_ready amber
first=$(sed -n 's/^address *//p' "$market/amber.up" | head -n 1)
for name in basil cedar dill ebony fennel rush fog friend you cheap random; do up $name; done
for name in $good $bad friend you cheap random; do
	until_so "$name is up" is_ready $name
	echo "$(sed -n 's/^peer *//p' "$market/$name.up") $name" >>"$market/names"
done
sells amber 100 'wc -w'
sells basil 110 'wc -w'
sells cedar 120 'wc -w'
sells dill 140 'wc -w'
sells ebony 160 'wc -w'
sells fennel 180 'wc -w'
sells rush 90 "test -e '$market/turned' && exec sleep 0.15; wc -w"
sells fog 95 'sleep 0.15'
for name in friend you cheap random; do until_so "$name knows all offers" knows_all $name; done

peer() { sed -n "s/ $1\$//p" "$market/names"; }

echo "The friend has two jobs done by each of the good ones."
for name in $good $good; do
	as friend hire $work --in "$market/text" --peer "$(peer $name)" >"$market/result"
done

# buys NAME WHAT FIRST STEP LAST: has the jobs FIRST, FIRST + STEP, ... done, one after another.
buys() {
	n=$3
	while [ "$n" -le "$5" ]; do
		as "$1" hire $work --in "$market/text" --key "$1-$n" --deadline 3m --choose "$2" \
			>"$market/$1-$n.result" 2>>"$market/$1.errors" || :
		n=$((n + $4))
	done
}
# all_buy FIRST LAST: you, cheap and random have the jobs from FIRST to LAST done.
all_buy() {
	buys you best "$1" 1 "$2" & # to learn, one thing after another
	buying=$!
	for lane in 0 1 2; do # the others learn nothing from what they see
		buys cheap cheapest $(($1 + lane)) 3 "$2" &
		buying="$buying $!"
	done
	running="$running $buying"
	buys random random "$1" 1 "$2"
	wait $buying
}
few=$((jobs / 10))
echo "You, cheap and random have $jobs jobs done each; after $few, rush turns bad."
all_buy 1 $few
touch "$market/turned"
all_buy $((few + 1)) "$jobs"

# contracts NAME: those its desk knows of, a line each, oldest first: order,
# provider, ok, paid, and when it was opened and closed in Unix milliseconds.
contracts() {
	as "$1" jobs --json --limit 10000 | tr '{' '\n' | awk -v names="$market/names" '
		function field(name,    at, s) {
			at = index($0, "\"" name "\":")
			if (!at) return ""
			s = substr($0, at + length(name) + 3)
			sub(/^"/, "", s)
			sub(/[",}].*/, "", s)
			return s
		}
		BEGIN { while ((getline line < names) > 0) { split(line, w, " "); called[w[1]] = w[2] } }
		/"schema":"souk.job\/v1"/ && field("id") {
			print field("key"), called[field("peer")], field("ok"), field("paid"), field("opened"), field("closed")
		}
	' | sort -n -k 5 >"$market/$1.contracts"
}
for name in you cheap random; do contracts $name; done

echo
echo "Who was tried first, order by order (R and F are rush and fog, the bad ones):"
for name in you cheap random; do
	awk -v name=$name -v bad="$bad" '
		!seen[$1]++ {
			c = substr($2, 1, 1)
			line = line (index(bad, $2) ? toupper(c) : c) (++n % 10 ? "" : " ")
		}
		END { sub(/ $/, "", line); printf "  %-7s %s\n", name, line }
	' "$market/$name.contracts"
done

echo
echo "How many contracts went to a bad one, by tens of orders:"
for name in you cheap random; do
	awk -v name=$name -v bad="$bad" '
		!($1 in order) { order[$1] = ++n; last = int((n - 1) / 10) }
		index(bad, $2) { count[int((order[$1] - 1) / 10)]++ }
		END {
			for (i = 0; i <= last; i++) {
				bar = sprintf("%d", count[i])
				for (k = 0; k < count[i] && k < 24; k++) bar = bar (k ? "" : " ") "#"
				printf "  %-7s %3d-%-3d %s\n", i ? "" : name, 10 * i + 1, 10 * i + 10, bar
			}
		}
	' "$market/$name.contracts"
done

# Time is worth something too: here a second is worth a quarter of a job of the price in the middle.
second=30
echo
echo "What a success cost: what was paid, and $second a second from order to end."
printf '  %-7s %6s %9s %9s %6s %7s %11s\n' BUYER ORDERS CONTRACTS SUCCESSES PAID SECONDS PER-SUCCESS
for name in you cheap random; do
	awk -v name=$name -v second=$second '
		!($1 in begun) { begun[$1] = $5; orders++ }
		$6 > ended[$1] { ended[$1] = $6 }
		$3 == "true" { successes++ }
		{ contracts++; paid += $4 }
		END {
			for (o in begun) waited += (ended[o] - begun[o]) / 1000
			each = successes ? sprintf("%.1f", (paid + second * waited) / successes) : "-"
			printf "  %-7s %6d %9d %9d %6d %7.1f %11s\n", name, orders, contracts, successes, paid, waited, each
		}
	' "$market/$name.contracts"
done

echo
echo "What you think of those who sell (souk trust):"
as you trust | awk -v names="$market/names" -v sellers="$good $bad" '
	BEGIN { while ((getline line < names) > 0) { split(line, w, " "); called[w[1]] = w[2] } }
	NR == 1 { print "  PEER   " substr($0, 53) }
	{ key = substr($0, 1, 52) }
	called[key] && index(sellers, called[key]) { printf "  %-7s%s\n", called[key], substr($0, 53) }
'

# why NAME: with names instead of peer IDs, which it shows by their first 16 letters.
why() {
	echo
	echo "Why you think so of $1 (souk trust PEER --why):"
	sed 's/^\(.\{16\}\)\([^ ]*\) \(.*\)/s,\1\2,\3,g;s,\1…,\3,g/' "$market/names" >"$market/renames"
	COLUMNS=78 as you trust "$(peer "$1")" --why | sed -f "$market/renames" | sed '/^owner/d; s/^/  /'
}
for name in fennel ebony dill cedar basil amber; do # one of whom you know by others
	grep -q " $name " "$market/you.contracts" || break
done
why $name
why rush
