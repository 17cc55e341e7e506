package main

import (
	"crypto/rand"
	"fmt"
	"log/slog"

	"github.com/souk-network/souk/cmd/souk/settings"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store/badgerdb"
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
	if log != nil {
		options.Warn = func(line string) { log.Warn("the database says", "line", line) }
	}
	db, err := badgerdb.Open(home.Database(), options)
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	return db, nil
}
