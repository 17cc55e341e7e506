package main

import (
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

// A moment is a record of a job that has just become durable, named by what it
// tells. Nothing that follows from it has left the process.
type moment string

const (
	agreed    moment = "agreed"    // Accept with its HOLD; on the provider's side also its own word that it takes the job
	begun     moment = "begun"     // Started
	delivered moment = "delivered" // Delivery
	closed    moment = "closed"    // the closing bundle with its POST
	voided    moment = "voided"    // the VOID that ends a hold for nothing
	receipted moment = "receipted" // the Countersign of a POST or VOID
)

// before is the moment at which all is ready for m, and not yet on the disk.
func before(m moment) moment { return "before " + m }

// What a watched peer and its test share.
const (
	watchedSouk = "watched-souk" // the command
	haltAt      = "SOUK_TEST_HALT"
	toldFile    = 3 // each moment is written to it, a line each
	goOnFile    = 4 // its end ends a halt
)

// watched is souk, except that it tells its test each moment, and that at the
// moment SOUK_TEST_HALT names it stands still until it is killed or told to go on.
func watched() {
	for _, fd := range []int{toldFile, goOnFile} {
		syscall.CloseOnExec(fd) // not for the programs that do the work
	}
	throughJournal = func(j store.Journal) store.Journal {
		return &witness{
			Journal: j, registry: protocol.Registry(), halt: moment(os.Getenv(haltAt)),
			told: os.NewFile(toldFile, "told"), goOn: os.NewFile(goOnFile, "go on"),
		}
	}
	main()
}

// witness is a journal that tells what becomes durable in it.
type witness struct {
	store.Journal
	registry *wire.Registry
	halt     moment
	told     io.Writer
	goOn     io.Reader
	ends     uint64 // place in its lane of the newest POST or VOID; 0 before
}

// Append fulfils store.Journal. The peer learns that a record is durable only
// once its moments are told.
func (w *witness) Append(record []byte, durable func(error)) uint64 {
	moments, broken := w.moments(record)
	for _, m := range moments {
		if broken == nil {
			broken = w.tell(before(m))
		}
	}
	return w.Journal.Append(record, func(err error) {
		if err == nil {
			err = broken
		}
		for _, m := range moments {
			if err == nil {
				err = w.tell(m)
			}
		}
		durable(err)
	})
}

func (w *witness) tell(m moment) error {
	if _, err := fmt.Fprintln(w.told, m); err != nil {
		return fmt.Errorf("tell the test: %w", err)
	}
	if m == w.halt {
		_, _ = w.goOn.Read(make([]byte, 1)) // its end is what is waited for
	}
	return nil
}

// moments returns what a record tells, in its order.
func (w *witness) moments(record []byte) (all []moment, err error) {
	r, err := agent.ReadRecord(w.registry, record)
	if err != nil {
		return nil, err
	}
	for _, s := range r.Statements() {
		switch d := s.Doc.(type) {
		case *protocol.Accept:
			all = append(all, agreed)
		case *protocol.Started:
			all = append(all, begun)
		case *protocol.Delivery:
			all = append(all, delivered)
		case *protocol.Entry:
			switch d.Act {
			case protocol.ActPost:
				all, w.ends = append(all, closed), d.Seq
			case protocol.ActVoid:
				all, w.ends = append(all, voided), d.Seq
			}
		case *protocol.Countersign:
			if w.ends > 0 && d.Seq >= w.ends {
				all = append(all, receipted)
			}
		}
	}
	return all, nil
}
