package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/cmd/souk/settings"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/files"
	"github.com/souk-network/souk/store/keyfile"
)

// Names of the keys in a home.
const (
	agentKey = "agent"
	ownerKey = "owner"
)

// shownInit is the JSON of init.
type shownInit struct {
	Schema       string      `json:"schema"` // "souk.init/v1"
	Peer         wire.Key    `json:"peer"`
	DID          string      `json:"did"`
	Owner        wire.Key    `json:"owner"`
	Home         string      `json:"home"`
	Settings     string      `json:"settings"`
	Net          string      `json:"net"`
	Encrypted    bool        `json:"encrypted"`
	Mandate      wire.CID    `json:"mandate"`
	Expires      uint64      `json:"expires"` // Unix milliseconds
	Caps         []cap       `json:"budgets"`
	NewcomerPool wire.Amount `json:"newcomer_pool"`
	Asset        string      `json:"newcomer_asset"`
}

// cap is one budget of the mandate.
type cap struct {
	Asset  string      `json:"asset"`
	PerJob wire.Amount `json:"per_job"`
	Total  wire.Amount `json:"total"`
}

func initCommand(p *program) *cobra.Command {
	var s secret
	c := &cobra.Command{
		Use: "init", Short: "Make the keys and the home of a new peer",
		Long: `Make a new peer: a key for the agent, a key for its owner, a settings file, and the
owner's mandate that says what the agent may spend.

With a passphrase the keys are encrypted (age, scrypt). It is asked for on a
terminal, or given by --passphrase-file or SOUK_PASSPHRASE. Without one the keys
are readable by this user only, and nothing else protects them.`,
		Example: `  souk init
  SOUK_HOME=~/market souk init --passphrase-file secret.txt
  souk init --no-passphrase --json`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			home, set, _, err := p.settings(c)
			if err != nil {
				return err
			}
			made, err := p.found(home, set, &s)
			if err != nil {
				return err
			}
			return p.show(made, func(w io.Writer) error { return p.initPage(w, made) })
		},
	}
	s.flags(c, true)
	return c
}

// found makes a home. What an interrupted run left is completed; the mandate,
// written last, is what makes a home whole.
func (p *program) found(home settings.Home, set settings.Settings, s *secret) (*shownInit, error) {
	if err := free(home); err != nil {
		return nil, err
	}
	options, err := s.choose(p)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(home.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the home: %w", err)
	}
	release, err := files.Lock(home.Data)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := free(home); err != nil { // another init may have been faster
		return nil, err
	}
	if err := writeWhole(unfinished(home), nil); err != nil {
		return nil, fmt.Errorf("make the home: %w", err)
	}
	ring, err := keyfile.Open(home.Keys(), options)
	if err != nil {
		return nil, fmt.Errorf("make the keys: %w", err)
	}
	owner, err := makeKey(ring, ownerKey)
	if err != nil {
		return nil, err
	}
	agent, err := makeKey(ring, agentKey)
	if err != nil {
		return nil, err
	}
	if err := writeSettings(home.File); err != nil {
		return nil, err
	}
	mandate, bundle, err := rootMandate(owner, agent.Key(), set, uint64(time.Now().UnixMilli()))
	if err != nil {
		return nil, err
	}
	if err := writeWhole(home.Mandate(), bundle); err != nil {
		return nil, fmt.Errorf("write the mandate: %w", err)
	}
	if err := os.Remove(unfinished(home)); err != nil {
		return nil, fmt.Errorf("finish the home: %w", err)
	}
	made := &shownInit{
		Schema: "souk.init/v1", Peer: agent.Key(), DID: agent.Key().DID(), Owner: owner.Key(),
		Home: home.Data, Settings: home.File, Net: set.Net, Encrypted: !options.Unencrypted,
		Mandate: mandate.ID, NewcomerPool: set.NewcomerPool, Asset: set.Asset,
	}
	if m, ok := mandate.Doc.(*protocol.Mandate); ok {
		made.Expires = m.Expires
		for _, b := range m.Budgets {
			made.Caps = append(made.Caps, cap{b.Asset, b.PerJob, b.Total})
		}
	}
	return made, nil
}

// free refuses a home that has a peer.
func free(home settings.Home) error {
	_, err := os.Stat(home.Mandate())
	switch {
	case errors.Is(err, fs.ErrNotExist) && helps(home):
		return taken(home)
	case errors.Is(err, fs.ErrNotExist):
		return lived(home)
	case err != nil:
		return fmt.Errorf("look at the home: %w", err)
	}
	return &gateway.Error{
		Code: gateway.CodeExists, Message: "there is a peer in " + home.Data + " already; nothing was changed",
		Hint: "`souk up` runs it; SOUK_HOME or --home names another home",
	}
}

// unfinished is the file that stands in a home while init makes it. Only with it
// may keys be taken that are there: others have had a mandate before.
func unfinished(home settings.Home) string { return filepath.Join(home.Data, ".init") }

// lived refuses a home that has no mandate any more. A fresh one would allow anew
// what was spent already.
func lived(home settings.Home) error {
	if _, err := os.Lstat(unfinished(home)); err == nil {
		return nil
	}
	for _, left := range []string{home.Keys(), home.Database()} {
		if _, err := os.Lstat(left); err != nil {
			continue
		}
		return &gateway.Error{
			Code: gateway.CodeDamaged, Message: fmt.Sprintf("%s is missing, though the peer it belongs to is there (%s)", home.Mandate(), left),
			Hint: "put it back from a copy of this home; nothing was changed",
		}
	}
	return nil
}

// makeKey adds a fresh key to the ring, or opens the one an interrupted init made.
func makeKey(ring store.Keyring, name string) (wire.PrivateKey, error) {
	var seed [32]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return wire.PrivateKey{}, fmt.Errorf("make the %s key: %w", name, err)
	}
	key := wire.NewPrivateKey(seed)
	err := ring.Add(name, key)
	if errors.Is(err, fs.ErrExist) {
		key, err = ring.Signer(name)
	}
	if err != nil {
		return wire.PrivateKey{}, fmt.Errorf("make the %s key: %w", name, err)
	}
	return key, nil
}

// writeSettings writes a settings file that explains itself, unless there is one.
func writeSettings(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(parent(path), 0o700); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	if err := writeWhole(path, []byte(settings.Template())); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	return nil
}

func (p *program) initPage(w io.Writer, m *shownInit) error {
	keys := "encrypted with your passphrase; there is no way back in without it"
	if !m.Encrypted {
		keys = "NOT encrypted: no passphrase was given, so whoever can read the files can sign and spend as you"
	}
	lines := [][2]string{
		{"peer", m.Peer.String()},
		{"did", m.DID},
		{"owner", m.Owner.String()},
		{"home", m.Home},
		{"settings", m.Settings},
		{"keys", keys},
		{"mandate", "until " + clock(m.Expires) + " this agent may hire and offer anything, with anyone, sending out public and internal data"},
	}
	for _, b := range m.Caps {
		lines = append(lines, [2]string{"budget", fmt.Sprintf("at most %s a job and %s in all, of %s", b.PerJob, b.Total, b.Asset)})
	}
	lines = append(lines,
		[2]string{"newcomers", fmt.Sprintf("all peers without history together may owe it at most %s of %s", m.NewcomerPool, m.Asset)},
		[2]string{"next", "souk up"},
	)
	return p.listed(w, lines)
}
