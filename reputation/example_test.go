package reputation_test

import (
	"fmt"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

const now = 1_700_000_000_000 // Unix milliseconds

var (
	me    = wire.NewPrivateKey([32]byte{1}).Key()
	alice = wire.NewPrivateKey([32]byte{2}).Key()
	bob   = wire.NewPrivateKey([32]byte{3}).Key()
	carol = wire.NewPrivateKey([32]byte{4}).Key()
)

// job is the outcome of one paid job, by number.
func job(n byte, hirer, provider wire.Key, score uint64) reputation.Evidence {
	o := &protocol.Outcome{
		Head: wire.Head{Kind: protocol.KindOutcome, By: hirer, At: now, Nonce: wire.Nonce{n}},
		Job:  wire.CID{1, n}, Hirer: hirer, Provider: provider, HirerOwner: hirer, ProviderOwner: provider,
		Capability: "text/summarize@1", Asset: "souk:credit/usd-6", Band: 20, Score: score,
		Ended: protocol.EndedAgreed, Conduct: protocol.PaidInTime, Entry: wire.CID{2, n}, Opened: now, Closed: now,
	}
	return reputation.Evidence{Said: wire.Canonical{}.Name(o), How: reputation.Agreed, Band: o.Band, Paid: true}
}

// I have hired Alice, Alice has hired Bob; Carol is praised by nobody I know.
func Example() {
	book, err := reputation.New(me, reputation.Defaults())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range []reputation.Evidence{
		job(1, me, alice, 10_000), job(2, me, alice, 10_000), job(3, me, alice, 10_000),
		job(4, alice, bob, 10_000),
	} {
		if err := book.Learn(now, e); err != nil {
			fmt.Println(err)
		}
	}
	for !book.Step(now, 10_000) {
	}
	for _, who := range []wire.Key{alice, bob, carol} {
		e := book.Estimate(now, who, "text/summarize@1")
		fmt.Printf("%.2f, 90 %% between %.2f and %.2f; heard of by my web: %v\n", e.Success, e.Low, e.High, e.Reached)
	}
	// Output:
	// 0.84, 90 % between 0.53 and 1.00; heard of by my web: true
	// 0.74, 90 % between 0.30 and 0.99; heard of by my web: true
	// 0.62, 90 % between 0.11 and 0.98; heard of by my web: false
}

// Why tells whose word an estimate rests on, and by which way trust comes to them.
func ExampleBook_Why() {
	book, err := reputation.New(me, reputation.Defaults())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range []reputation.Evidence{job(1, me, alice, 10_000), job(2, alice, bob, 0)} {
		if err := book.Learn(now, e); err != nil {
			fmt.Println(err)
		}
	}
	for !book.Step(now, 10_000) {
	}
	name := map[wire.Key]string{alice: "Alice"}
	for _, r := range book.Why(now, bob, "text/summarize@1").Raters {
		for _, hop := range r.Path {
			fmt.Printf("I %s %s (%d jobs, %d good)\n", hop.How, name[hop.To], hop.Tally.Jobs, hop.Tally.Good)
		}
		fmt.Printf("%s: %d jobs, %d good; without it the estimate would be %.2f\n", name[r.Key], r.Tally.Jobs, r.Tally.Good, r.Without.Success)
	}
	// Output:
	// I hired Alice (1 jobs, 1 good)
	// Alice: 1 jobs, 0 good; without it the estimate would be 0.55
}
