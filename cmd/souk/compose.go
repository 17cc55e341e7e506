package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/souk-network/souk/agent/runtime"
	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/broker"
	"github.com/souk-network/souk/agent/worker/builtin"
	"github.com/souk-network/souk/agent/worker/check"
	"github.com/souk-network/souk/agent/worker/exec"
	"github.com/souk-network/souk/agent/worker/http"
	"github.com/souk-network/souk/cmd/souk/settings"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/badgerdb"
	"github.com/souk-network/souk/store/files"
)

// This file alone knows which technology fulfils which contract.

// rootMandate seals the owner's default mandate for an agent and returns it with
// the bytes of its bundle.
func rootMandate(owner wire.Signer, agent wire.Key, set settings.Settings, now uint64) (wire.Said, []byte, error) {
	var nonce wire.Nonce
	if _, err := rand.Read(nonce[:]); err != nil {
		return wire.Said{}, nil, fmt.Errorf("grant the mandate: %w", err)
	}
	said := wire.Canonical{}.Name(delegation.Root(owner.Key(), agent, now, nonce, delegation.Grant{
		Budgets: []protocol.Budget{{
			Asset:  set.Asset,
			PerJob: wire.Units(delegation.RootPerJob),
			Total:  wire.Units(delegation.RootTotal),
		}},
	}))
	bundle, err := wire.Seal(owner, set.Net, said.Raw)
	if err != nil {
		return wire.Said{}, nil, fmt.Errorf("grant the mandate: %w", err)
	}
	b, err := bundle.Bytes()
	if err != nil {
		return wire.Said{}, nil, fmt.Errorf("grant the mandate: %w", err)
	}
	return said, b, nil
}

// openDatabase opens the journal and shelf of a home; log may be nil.
func openDatabase(home settings.Home, log *slog.Logger) (*badgerdb.Store, error) {
	options := badgerdb.Defaults()
	options.Witness = home.Head() // outlives a db folder that is deleted
	if log != nil {
		options.Warn = func(line string) { log.Warn("the database says", "line", line) }
	}
	db, err := badgerdb.Open(home.Database(), options)
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	return db, nil
}

// opening is what a peer is opened from. Its home is locked by this process.
type opening struct {
	home  settings.Home
	set   settings.Settings
	agent wire.PrivateKey
	log   *slog.Logger
	crew
}

// crew is what a peer of the demo or of a measurement has beside, or instead of, what every peer has.
type crew struct {
	workers []worker.Maker
	checker worker.Checker         // nil for the usual one
	around  func(*runtime.Options) // may put something between a peer and what it is made of; nil for nothing
}

// running is a peer with the stores that were opened for it.
type running struct {
	*runtime.Peer
	shut []func() error // in order, once the peer has stopped
}

// Close stops the peer and then closes its stores.
func (r *running) Close() error {
	err := r.Peer.Close()
	for _, f := range r.shut {
		err = errors.Join(err, f())
	}
	return err
}

// throughJournal is what a test puts between a peer and its journal; nil otherwise.
var throughJournal func(store.Journal) store.Journal

// openPeer puts a peer together on disk and on the network.
func openPeer(ctx context.Context, o opening) (_ *running, err error) {
	mandate, err := os.ReadFile(o.home.Mandate())
	if err != nil {
		return nil, fmt.Errorf("read the mandate: %w", err)
	}
	vault, err := files.Open(o.home.Vault())
	if err != nil {
		return nil, fmt.Errorf("open the vault: %w", err)
	}
	if err := errors.Join(os.MkdirAll(o.home.Rooms(), 0o700), exec.Sweep(o.home.Rooms())); err != nil {
		return nil, fmt.Errorf("clear the rooms of old tasks: %w", err)
	}
	snapshots, err := files.Open(o.home.Snapshots())
	if err != nil {
		return nil, fmt.Errorf("open the snapshots: %w", err)
	}
	db, err := openDatabase(o.home, o.log)
	if err != nil {
		return nil, err
	}
	known := remember(db, o.log)
	shut := []func() error{known.close, db.Close}
	if o.checker == nil {
		o.checker = check.Checker{}
	}
	journal := store.Journal(db)
	if throughJournal != nil {
		journal = throughJournal(journal)
	}
	var opened atomic.Pointer[runtime.Peer]
	made := runtime.Options{
		Net: o.set.Net, Agent: o.agent, Mandate: mandate, Journal: journal, Vault: vault, Shelf: db,
		Snapshots: snapshots, Build: thisProgram(),
		Workers: append([]worker.Maker{exec.Maker{Rooms: o.home.Rooms()}, builtin.Maker{}, broker.Maker{}, http.Maker{}}, o.workers...),
		Checker: o.checker,
		Dial: func(h p2p.Handler) (p2p.Network, error) {
			return libp2p.New(libp2p.Options{
				Key: o.agent, Net: o.set.Net, Listen: o.set.Listen, Bootstrap: o.set.Bootstrap,
				Known: known.addrs(), Remember: known.put, Neighbours: libp2p.Neighbours,
				Local: o.set.Local, Trouble: joining(o.set, o.log),
				Standing: func(k wire.Key) int {
					if p := opened.Load(); p != nil {
						return p.Worth(k)
					}
					return 0
				},
			}, h)
		},
		Policy:  settlement.Policy{Newcomers: []settlement.Pool{{Asset: o.set.Asset, Limit: o.set.NewcomerPool}}},
		Log:     o.log,
		Version: thisBuild().Version,
	}
	if o.around != nil {
		o.around(&made)
	}
	peer, err := runtime.Open(ctx, made)
	if err != nil {
		for _, f := range shut {
			err = errors.Join(err, f())
		}
		return nil, notOpened(err, o.home, o.set)
	}
	opened.Store(peer)
	return &running{peer, shut}, nil
}

// thisProgram returns a hash over this program's file, or "" where it cannot be read.
var thisProgram = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close() // only read from
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
})

// openBootstrap puts a bootstrap peer on the network.
func openBootstrap(home settings.Home, set settings.Settings, key wire.PrivateKey, log *slog.Logger, connections int) (*runtime.Bootstrap, error) {
	peer, err := runtime.OpenBootstrap(runtime.BootstrapOptions{
		Net: set.Net, Self: key.Key(), Log: log, Version: thisBuild().Version,
		Dial: func(h p2p.Handler) (p2p.Network, error) {
			return libp2p.New(libp2p.Options{
				Key: key, Net: set.Net, Listen: set.Listen, Bootstrap: set.Bootstrap,
				Neighbours: libp2p.Neighbours, Connections: connections, Trouble: joining(set, log),
			}, h)
		},
	})
	if err != nil {
		return nil, notOpened(err, home, set)
	}
	return peer, nil
}

const listenForms = "write /ip4/ADDRESS/tcp/PORT or /ip4/ADDRESS/udp/PORT/quic-v1 (or /ip6/…), with an address of this machine; port 0 is any free one"

// notOpened says what to do about a peer that could not be opened.
func notOpened(err error, home settings.Home, set settings.Settings) error {
	var taken *libp2p.ListenError
	switch {
	case errors.As(err, &taken) && taken.Port != "":
		return &gateway.Error{
			Code: gateway.CodeExists, Message: fmt.Sprintf("port %s is taken by another program", taken.Port),
			Hint: "choose another with --listen /ip4/0.0.0.0/tcp/0 (0 is any free one), or stop the other program",
		}
	case errors.As(err, &taken):
		return invalid(err, listenForms)
	case errors.Is(err, wire.ErrNetwork):
		_, nets, _ := strings.Cut(err.Error(), wire.ErrNetwork.Error()+": ") // "souk", want "other"
		return invalid(fmt.Errorf("the peer in %s was made for another network: %s", home.Data, nets),
			"leave --net, SOUK_NET and net in the settings as they were then, or make a peer for this one: `SOUK_NET="+set.Net+" souk init --home FOLDER`")
	case strings.Contains(err.Error(), "read the mandate: "):
		return &gateway.Error{
			Code: gateway.CodeDamaged, Message: fmt.Sprintf("%s: %v", home.Mandate(), err),
			Hint: "put it back from a copy of this home",
		}
	}
	return err
}
