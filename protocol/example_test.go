package protocol_test

import (
	"errors"
	"fmt"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// A provider seals a Quote; the hirer opens the bundle and reads it back. No
// one else could have said it, and on another network it says nothing.
func Example() {
	said := wire.Canonical{}.Name(quote())
	bundle, err := wire.Seal(provider, "souk-test", said.Raw)
	if err != nil {
		fmt.Println(err)
		return
	}
	sent, err := bundle.Bytes()
	if err != nil {
		fmt.Println(err)
		return
	}

	got, err := wire.ReadBundle(sent)
	if err != nil {
		fmt.Println(err)
		return
	}
	read, err := protocol.Registry().Read(got, "souk-test")
	if err != nil {
		fmt.Println(err)
		return
	}
	q := read[0].Doc.(*protocol.Quote)
	fmt.Println(q.Terms.Capability, q.Terms.Price.Fixed, q.Terms.Asset)
	fmt.Println("same document:", read[0].ID == said.ID, "by its author:", q.By == provider.Key())

	_, err = protocol.Registry().Read(got, "souk-other")
	fmt.Println(protocol.CodeOf(err))
	// Output:
	// text/summarize@1 25000 souk:credit/usd-6
	// same document: true by its author: true
	// wrong_network
}

// What is wrong with a document is a Fault: it names the field, and the code
// that its sender is told.
func ExampleFault() {
	q := quote()
	q.Terms.Times.Review = q.Terms.Times.Deliver - 1
	err := q.Check()

	var f *protocol.Fault
	if errors.As(err, &f) {
		fmt.Println(f.Code, f.Field)
	}
	fmt.Println(err)
	// Output:
	// malformed terms.times.review
	// terms.times.review: 119999 ms is before the deadline it follows, 120000 ms
}

// A contract is an Accept that carries the Quote whole: its CID names the job.
func ExampleAccept() {
	job := wire.Canonical{}.Name(accept())
	terms, err := job.Doc.(*protocol.Accept).Terms()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("job", job.ID)
	fmt.Println("delivery is due", terms.Times.Deliver/1000, "s after it was accepted")
	// Output:
	// job bafyreiakn2rprxpy4yjycnl4ipamwvm46mz6bgmuo7gouw54fdxdnllh3e
	// delivery is due 120 s after it was accepted
}

// An entry tells the whole position of its lane, so one of them is enough to
// see what the payer owes.
func ExampleTotals_Exposure() {
	for _, e := range []*protocol.Entry{opening(), hold(), post()} {
		exposure, err := e.Totals.Exposure()
		fmt.Println(e.Seq, e.Act, e.Amount, "exposure", exposure, err)
	}
	// Output:
	// 1 OPEN 0 exposure 0 <nil>
	// 2 HOLD 25000 exposure 25000 <nil>
	// 3 POST 25000 exposure 25000 <nil>
}

// One message carries what is said together, and the bytes of small artefacts
// beside it.
func ExampleFrame() {
	bundle, err := wire.Seal(provider, "souk-test", wire.Canonical{}.Name(delivery()).Raw)
	if err != nil {
		fmt.Println(err)
		return
	}
	sealed, err := bundle.Bytes()
	if err != nil {
		fmt.Println(err)
		return
	}
	h := new(payload.Hasher)
	_, _ = h.Write([]byte("hello")) // never fails
	frame := protocol.Frame{
		Bundles: [][]byte{sealed},
		Data:    []protocol.Datum{{Opening: h.Opening([32]byte{7, 7}), Bytes: []byte("hello")}},
	}
	b, err := frame.Bytes()
	if err != nil {
		fmt.Println(err)
		return
	}
	got, err := protocol.ReadFrame(b)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(got.Bundles), "bundle and", string(got.Data[0].Bytes))
	// Output:
	// 1 bundle and hello
}
