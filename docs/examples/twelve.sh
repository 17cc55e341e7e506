#!/bin/sh
# Twelve peers on this machine, each a process with a home, a key and sockets of
# its own. Eight sell one kind of work, at eight prices; the two cheapest are bad:
# they take the job, let time go by and deliver nothing. Four buy:
#
#   friend   deals first, with the good ones; you will hear of it
#   you      has 60 jobs done by whom its web of trust says is best for the money
#   cheap    has the same 60 done by the cheapest first
#   random   has the same 60 done by whom chance says
#
# Then it prints whom each of them chose, what a success cost them, and why you
# believe what you believe.
#
#   sh docs/examples/twelve.sh [JOBS]
#
# SOUK names the binary; without it, it is built. Nothing is left behind.
set -eu

jobs=${1:-60}
work=text/words@1
root=$(cd "$(dirname "$0")/../.." && pwd)
market=$(mktemp -d)
running=
trap 'trap - EXIT; kill $running 2>/dev/null || :; wait; rm -rf "$market"' EXIT
trap 'exit 130' INT TERM

if [ -z "${SOUK:-}" ]; then
	SOUK=$market/souk
	(cd "$root" && go build -o "$SOUK" ./cmd/souk)
fi
unset SOUK_PASSPHRASE
SOUK_NET=twelve-$$
export SOUK_NET
echo "The town's crier walks through the souk and counts the words." >"$market/text"

# as NAME WORD...: a command of the peer of that name.
as() {
	peer=$1
	shift
	SOUK_HOME=$market/$peer "$SOUK" "$@"
}

# up NAME: its peer joins by way of the first one.
up() {
	as "$1" init --no-passphrase >"$market/$1.init"
	SOUK_HOME=$market/$1 "$SOUK" up --listen /ip4/127.0.0.1/tcp/0 ${first:+--bootstrap "$first"} >"$market/$1.up" 2>&1 &
	running="$running $!"
}

# ready NAME: waits until its peer is up.
ready() {
	tries=0
	until grep -q '^ready' "$market/$1.up"; do
		tries=$((tries + 1))
		if [ $tries -gt 200 ]; then
			cat "$market/$1.up" >&2
			exit 1
		fi
		sleep 0.1
	done
	sed -n 's/^peer *//p' "$market/$1.up" >"$market/$1.key"
}

# sells NAME PRICE COMMAND: who delivers less than a byte breaks the contract.
sells() {
	as "$1" offer add $work --price "$2" --exec "$3" --shell --deliver 1s --slots 8 \
		--check 'size={"min_bytes":1}' >"$market/$1.offer"
}

echo "twelve peers come to the market"
first=
up amber
ready amber
first=$(sed -n 's/^address *//p' "$market/amber.up" | head -n 1)
for name in basil cedar dill ebony fennel rush fog friend you cheap random; do up $name; done
for name in basil cedar dill ebony fennel rush fog friend you cheap random; do ready $name; done

sells amber 100 'wc -w'
sells basil 110 'wc -w'
sells cedar 120 'wc -w'
sells dill 140 'wc -w'
sells ebony 160 'wc -w'
sells fennel 180 'wc -w'
sells rush 40 'sleep 0.3'
sells fog 60 'sleep 0.3'

# heard NAME: waits until its peer knows all eight offers.
heard() {
	tries=0
	until [ "$(as "$1" find $work | grep -c "^$work")" -eq 8 ]; do
		tries=$((tries + 1))
		[ $tries -le 200 ] || exit 1
		sleep 0.1
	done
}
for name in friend you cheap random; do heard $name; done

echo "the friend deals with the good ones"
for name in amber basil cedar dill ebony fennel; do
	for n in 1 2; do
		as friend hire $work --in "$market/text" --peer "$(cat "$market/$name.key")" >"$market/result"
	done
done

# buys NAME POLICY: has all the jobs done, one after another.
buys() {
	n=0
	while [ $n -lt "$jobs" ]; do
		n=$((n + 1))
		as "$1" hire $work --in "$market/text" --key "$1-$n" --deadline 1s --choose "$2" >"$market/$1.result" 2>>"$market/$1.errors" || :
	done
}
echo "$jobs jobs each for you, cheap and random"
buys you best &
mine=$!
buys cheap cheapest &
theirs=$!
buys random random
wait $mine $theirs
