package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/big"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// books are entries of three lanes in two assets: what I owe, with some of it given back
// and some settled, what is owed to me, and a hold that came to nothing.
func books() []gateway.Posting {
	one, two := wire.NewPrivateKey([32]byte{1}).Key(), wire.NewPrivateKey([32]byte{2}).Key()
	const usd, eur = "souk:credit/usd-6", "eip155:8453/erc20:0x60a3e35cc302bfa44cb288bc5a4f316fdb1adb42"
	n := uint64(0)
	post := func(peer wire.Key, owed bool, asset, act string, amount, posted, held, released, credited, settled uint64) gateway.Posting {
		n++
		return gateway.Posting{
			Peer: peer, Owed: owed, Asset: asset, At: 1_800_000_000_000 + n*1000, Act: act, Amount: wire.Units(amount),
			Posted: wire.Units(posted), Held: wire.Units(held), Released: wire.Units(released), Credited: wire.Units(credited),
			Settled: wire.Units(settled), Seen: n%5 != 0, Job: wire.Sum([]byte{byte(n)}), Entry: wire.Sum([]byte{byte(n), 1}),
		}
	}
	return []gateway.Posting{
		post(one, false, usd, "OPEN", 0, 0, 0, 0, 0, 0),
		post(one, false, usd, "HOLD", 9, 0, 9, 0, 0, 0),
		post(one, false, usd, "POST", 7, 7, 9, 9, 0, 0),
		post(one, false, usd, "CREDIT", 2, 7, 9, 9, 2, 0),
		post(one, false, usd, "SETTLED", 5, 7, 9, 9, 2, 5),
		post(one, false, usd, "METER", 4, 11, 9, 9, 2, 5),
		post(one, false, eur, "PAY", 30, 30, 0, 0, 0, 0),
		post(two, true, usd, "HOLD", 8, 0, 8, 0, 0, 0),
		post(two, true, usd, "VOID", 0, 0, 8, 8, 0, 0),
		post(two, true, usd, "AWARD", 6, 6, 8, 8, 0, 0),
		post(two, true, usd, "SETTLED", 1, 6, 8, 8, 0, 1),
	}
}

// TestCSV adds up what is exported, for each lane apart.
func TestCSV(t *testing.T) {
	var out bytes.Buffer
	if err := writeCSV(&out, books()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != len(books())+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	at := map[string]int{}
	for i, head := range rows[0] {
		at[head] = i
	}
	owed := map[string]*big.Int{}
	for i, row := range rows[1:] {
		lane := row[at["peer"]] + row[at["direction"]] + row[at["asset"]]
		if owed[lane] == nil {
			owed[lane] = new(big.Int)
		}
		switch row[at["act"]] {
		case "POST", "METER", "PAY", "AWARD":
			owed[lane].Add(owed[lane], number(t, row[at["amount"]]))
		case "CREDIT", "SETTLED":
			owed[lane].Sub(owed[lane], number(t, row[at["amount"]]))
		}
		if owed[lane].Cmp(number(t, row[at["owed"]])) != 0 {
			t.Errorf("row %d: %s owed by addition, %s written", i+1, owed[lane], row[at["owed"]])
		}
	}
	if len(owed) != 3 {
		t.Errorf("%d lanes", len(owed))
	}
}

func number(t *testing.T, s string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		t.Fatalf("%q is no number", s)
	}
	return n
}

var (
	title = regexp.MustCompile(`^\d{4}-\d{2}-\d{2} [!*] [A-Z]+$`)
	line  = regexp.MustCompile(`^    ([a-z]+:[A-Za-z0-9:]+)  (-?\d+) ("[^"]+")(?: = (-?\d+) ("[^"]+"))?$`)
)

// balances reads a journal as hledger does: each transaction must balance in each
// commodity, and each assertion must hold.
func balances(journal string) (map[string]*big.Int, error) {
	sums := map[string]*big.Int{}
	for block := range strings.SplitSeq(strings.TrimSuffix(journal, "\n\n"), "\n\n") {
		lines := strings.Split(block, "\n")
		if !title.MatchString(lines[0]) {
			return nil, fmt.Errorf("no transaction begins with %q", lines[0])
		}
		left := map[string]*big.Int{}
		for _, l := range lines[1:] {
			if strings.HasPrefix(l, "    ;") {
				continue
			}
			m := line.FindStringSubmatch(l)
			if m == nil {
				return nil, fmt.Errorf("no posting: %q", l)
			}
			amount, _ := new(big.Int).SetString(m[2], 10)
			key := m[1] + " " + m[3]
			if sums[key] == nil {
				sums[key] = new(big.Int)
			}
			if left[m[3]] == nil {
				left[m[3]] = new(big.Int)
			}
			sums[key].Add(sums[key], amount)
			left[m[3]].Add(left[m[3]], amount)
			if m[4] != "" && (m[5] != m[3] || sums[key].String() != m[4]) {
				return nil, fmt.Errorf("%s is %s where %s is asserted", key, sums[key], m[4])
			}
		}
		for asset, sum := range left {
			if sum.Sign() != 0 {
				return nil, fmt.Errorf("%q leaves %s %s", block, sum, asset)
			}
		}
	}
	return sums, nil
}

// TestHledger: each transaction balances, each assertion holds, and what is left is what
// the ledger says; by our own reading, and by hledger's where it is installed.
func TestHledger(t *testing.T) {
	var out bytes.Buffer
	if err := writeHledger(&out, books()); err != nil {
		t.Fatal(err)
	}
	got, err := balances(out.String())
	if err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	all := books()
	for key, want := range map[string]string{
		"liabilities:souk:" + all[0].Peer.String() + ` "souk:credit/usd-6"`:    "-4",
		"liabilities:souk:" + all[6].Peer.String() + ` "` + all[6].Asset + `"`: "-30",
		"assets:souk:" + all[7].Peer.String() + ` "souk:credit/usd-6"`:         "5",
		`expenses:souk "souk:credit/usd-6"`:                                    "9",
		`expenses:souk "` + all[6].Asset + `"`:                                 "30",
		`income:souk "souk:credit/usd-6"`:                                      "-6",
		`assets:settled "souk:credit/usd-6"`:                                   "-4",
	} {
		if got[key] == nil || got[key].String() != want {
			t.Errorf("%s is %s, not %s", key, got[key], want)
		}
	}
	wrong := strings.Replace(out.String(), "= -5", "= -6", 1)
	if _, err := balances(wrong); err == nil {
		t.Error("a wrong assertion passes")
	}
	if _, err := exec.LookPath("hledger"); err != nil {
		t.Log("hledger is not installed: its own reading is not tried")
		return
	}
	c := exec.Command("hledger", "-f", "-", "balance")
	c.Stdin = &out
	if text, err := c.CombinedOutput(); err != nil {
		t.Errorf("hledger: %v\n%s", err, text)
	}
}
