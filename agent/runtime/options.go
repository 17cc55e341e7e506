package runtime

import (
	"errors"
	"log/slog"
	"time"

	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
	"github.com/souk-network/souk/store"
)

// Limits of this room.
const (
	MaxInput      = sell.MaxInput // bytes of an order's input
	MaxResult     = 64 << 20      // bytes of a result
	MaxMemory     = 4 << 30       // bytes of address space of a worker's process
	MaxBoard      = 4096          // live announcements kept for others
	MaxPerAuthor  = 64            // of them by one author
	MaxCalls      = 1024          // live Calls kept for others
	MaxCallsOfOne = 16            // of them by one author
	MaxTray       = 32 << 20      // bytes of artefacts that came with frames and wait to be kept
	MaxTrayOf     = 4 << 20       // of them from one peer
	MaxFaults     = 16            // unreadable bundles on one link before it is closed
	MaxInbox      = 1024          // events waiting
	MaxOutbox     = 4096          // steps whose effects wait to be carried out
)

// Options says what a peer is made of. Every field without "optional" is needed.
type Options struct {
	Net     string
	Agent   wire.Signer
	Mandate []byte // the owner's root mandate, as a sealed bundle of one document
	Journal store.Journal
	Vault   store.Vault
	Shelf   store.Shelf // optional: what was read of others' logs is kept there
	Workers []worker.Maker
	Checker worker.Checker
	// Dial puts the peer on the network. It is called once, when the journal is replayed.
	Dial   func(p2p.Handler) (p2p.Network, error)
	Policy settlement.Policy
	Quotas sell.Quotas  // optional: what others may have of it; the zero value stands for sell.DefaultQuotas
	Log    *slog.Logger // optional

	// Snapshots keeps a picture of the state, so that a start need not read the whole
	// journal; it is of use only to the program and the settings that made it, and may
	// be lost. Build names that program: without it no picture is made or read.
	// SnapshotEvery is the number of records between two; 0: 20,000, or a thirty-second
	// of the journal where that is more. Optional, all three.
	Snapshots     store.Vault
	Build         string
	SnapshotEvery uint64

	// Version is shown in the status. Optional.
	Version string
}

func (o *Options) check() error {
	if o.Net == "" || o.Agent == nil || o.Journal == nil || o.Vault == nil || o.Checker == nil || o.Dial == nil {
		return errors.New("runtime: net, agent, journal, vault, checker and dial are needed")
	}
	if o.Quotas == (sell.Quotas{}) {
		o.Quotas = sell.DefaultQuotas()
	}
	return o.Policy.Check()
}

// now returns Unix milliseconds by the machine's clock.
func now() uint64 { return uint64(time.Now().UnixMilli()) }
