// Package settings reads what a peer's owner has set: a flag before the
// environment, the environment before the one TOML file, the file before the
// default.
//
// It promises that every value says where it came from, and that a key nobody
// knows or a value that makes no sense is an error that names it. It must never
// write settings over the owner's own, or hold a secret.
package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/multiformats/go-multiaddr"
	"github.com/pelletier/go-toml/v2"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Settings is everything that can be set. The zero value is not of use: see
// Defaults.
type Settings struct {
	Net          string      // the network's name; nothing said on one counts on another
	Listen       []string    // multiaddrs to listen on
	Bootstrap    []string    // multiaddrs of peers to join the network by, each ending in /p2p/<peer ID>
	Local        bool        // find peers on the local network, and be found
	Asset        string      // asset of prices and budgets where none is named
	NewcomerPool wire.Amount // most that all peers without history together may owe this one, in Asset
	Log          string      // least level that is logged: debug, info, warn or error
}

// Defaults returns the settings of a peer whose owner set nothing.
func Defaults() Settings {
	return Settings{
		Net: "souk",
		Listen: []string{
			"/ip4/0.0.0.0/udp/4901/quic-v1", "/ip4/0.0.0.0/tcp/4901",
			"/ip6/::/udp/4901/quic-v1", "/ip6/::/tcp/4901",
		},
		Bootstrap:    []string{},
		Local:        true,
		Asset:        "souk:credit/usd-6",
		NewcomerPool: wire.Units(1_000_000),
		Log:          "info",
	}
}

// netRunes may stand in a network's name: it becomes part of libp2p protocol IDs.
const netRunes = "abcdefghijklmnopqrstuvwxyz0123456789.-"

// Check reports the first value that makes no sense.
func (s Settings) Check() error {
	switch {
	case s.Net == "" || len(s.Net) > wire.MaxNetBytes || strings.Trim(s.Net, netRunes) != "":
		return fmt.Errorf("net: 1 to %d of a-z, 0-9, '.' and '-' are needed", wire.MaxNetBytes)
	case s.Asset == "" || len(s.Asset) > protocol.MaxAsset:
		return fmt.Errorf("asset: 1 to %d bytes are needed, such as souk:credit/usd-6", protocol.MaxAsset)
	case len(s.Listen) == 0:
		return errors.New("listen: at least one address is needed, such as /ip4/0.0.0.0/tcp/4901")
	case !slices.Contains([]string{"debug", "info", "warn", "error"}, s.Log):
		return fmt.Errorf("log: %q is none of debug, info, warn, error", s.Log)
	}
	for _, a := range s.Listen {
		if _, err := multiaddr.NewMultiaddr(a); err != nil {
			return fmt.Errorf("listen: %q is no multiaddr (such as /ip4/0.0.0.0/tcp/4901): %w", a, err)
		}
	}
	for _, a := range s.Bootstrap {
		m, err := multiaddr.NewMultiaddr(a)
		if err != nil {
			return fmt.Errorf("bootstrap: %q is no multiaddr (such as /ip4/192.0.2.1/tcp/4901/p2p/12D3KooW…): %w", a, err)
		}
		if _, err := m.ValueForProtocol(multiaddr.P_P2P); err != nil {
			return fmt.Errorf("bootstrap: %q does not end in /p2p/<peer ID>: take an address that `souk status` of that peer shows", a)
		}
	}
	return nil
}

// Value is one setting as it is in force.
type Value struct {
	Key    string   `json:"key"`
	Value  []string `json:"value"`  // one, unless the setting is a list
	Origin string   `json:"origin"` // "default", "file PATH", "environment NAME" or "flag --NAME"
	list   bool
	bare   bool // stands without quotes
}

// Text returns the value as the settings file would have it.
func (v Value) Text() string {
	if v.bare {
		return strings.Join(v.Value, "")
	}
	quoted := make([]string, len(v.Value))
	for i, s := range v.Value {
		quoted[i] = quote(s)
	}
	if v.list {
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return strings.Join(quoted, "")
}

// key describes one setting to the loader.
type key struct {
	name string
	list bool
	no   string // the flag that sets false, where the setting is true or false
	says string // for the settings file
	get  func(*Settings) []string
	set  func(*Settings, []string) error
}

// env is the environment variable that sets k.
func (k key) env() string { return "SOUK_" + strings.ToUpper(k.name) }

// flag is the command line flag that sets k, where a command has it.
func (k key) flag() string { return strings.ReplaceAll(k.name, "_", "-") }

// keys returns every setting, in the order of the settings file.
func keys() []key {
	return []key{
		text("net", "the network: nothing said on one counts on another", func(s *Settings) *string { return &s.Net }),
		list("listen", "addresses to listen on", func(s *Settings) *[]string { return &s.Listen }),
		list("bootstrap", "peers to join the network by, such as /ip4/192.0.2.1/tcp/4901/p2p/12D3KooW…", func(s *Settings) *[]string { return &s.Bootstrap }),
		{
			name: "local_discovery", no: "no-mdns", says: "whether to find peers of the network on the local network, and be found (multicast DNS)",
			get: func(s *Settings) []string { return []string{strconv.FormatBool(s.Local)} },
			set: func(s *Settings, v []string) error {
				if v[0] != "true" && v[0] != "false" {
					return fmt.Errorf("%q is neither true nor false", v[0])
				}
				s.Local = v[0] == "true"
				return nil
			},
		},
		text("asset", "asset of prices and budgets where none is named", func(s *Settings) *string { return &s.Asset }),
		{
			name: "newcomer_pool", says: "most that all peers without history together may owe you, in smallest units",
			get: func(s *Settings) []string { return []string{s.NewcomerPool.String()} },
			set: func(s *Settings, v []string) (err error) {
				s.NewcomerPool, err = wire.ParseAmount(v[0])
				return err
			},
		},
		text("log", "least level that is logged: debug, info, warn, error", func(s *Settings) *string { return &s.Log }),
	}
}

func text(name, says string, at func(*Settings) *string) key {
	return key{
		name: name, says: says,
		get: func(s *Settings) []string { return []string{*at(s)} },
		set: func(s *Settings, v []string) error { *at(s) = v[0]; return nil },
	}
}

func list(name, says string, at func(*Settings) *[]string) key {
	return key{
		name: name, list: true, says: says,
		get: func(s *Settings) []string { return *at(s) },
		set: func(s *Settings, v []string) error { *at(s) = v; return nil },
	}
}

// Load returns the settings in force and each with its origin. file need not
// exist. flags holds, by the flag's name, only the flags that were given.
func Load(file string, env func(string) (string, bool), flags map[string][]string) (Settings, []Value, error) {
	s := Defaults()
	written, err := readFile(file)
	if err != nil {
		return s, nil, err
	}
	values := make([]Value, 0, len(written))
	for _, k := range keys() {
		given, origin := []string(nil), "default"
		if v, ok := written[k.name]; ok {
			given, origin = v, "file "+file
		}
		if v, ok := env(k.env()); ok {
			given, origin = []string{v}, "environment "+k.env()
			if k.list {
				given = strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
			}
		}
		if v, ok := flags[k.flag()]; ok {
			given, origin = v, "flag --"+k.flag()
		}
		if v, ok := flags[k.no]; ok && k.no != "" && v[0] == "true" {
			given, origin = []string{"false"}, "flag --"+k.no
		}
		if origin != "default" {
			if err := k.set(&s, given); err != nil {
				return s, nil, fmt.Errorf("%s: %s: %w", origin, k.name, err)
			}
		}
		values = append(values, Value{k.name, k.get(&s), origin, k.list, k.no != ""})
	}
	if err := s.Check(); err != nil {
		name, _, _ := strings.Cut(err.Error(), ":")
		for _, v := range values {
			if v.Key == name {
				return s, nil, fmt.Errorf("%s: %w", v.Origin, err)
			}
		}
		return s, nil, err
	}
	return s, values, nil
}

// readFile reads the settings file strictly.
func readFile(path string) (map[string][]string, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	var written map[string]any
	if err := toml.Unmarshal(b, &written); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			row, column := at.Position()
			return nil, fmt.Errorf("file %s, line %d, column %d: %w", path, row, column, err)
		}
		return nil, fmt.Errorf("file %s: %w", path, err)
	}
	known := keys()
	values := make(map[string][]string, len(written))
	for name, v := range written {
		i := slices.IndexFunc(known, func(k key) bool { return k.name == name })
		if i < 0 {
			names := make([]string, len(known))
			for i, k := range known {
				names[i] = k.name
			}
			return nil, fmt.Errorf("file %s: there is no setting %q; there are %s", path, name, strings.Join(names, ", "))
		}
		if b, ok := v.(bool); ok && known[i].no != "" {
			v = strconv.FormatBool(b)
		}
		texts, err := texts(v, known[i].list)
		if err != nil {
			return nil, fmt.Errorf("file %s: %s: %w", path, name, err)
		}
		values[name] = texts
	}
	return values, nil
}

// texts reads one value of the file: text in quotes, or a list of them.
func texts(v any, many bool) ([]string, error) {
	items, isList := v.([]any)
	switch s, isText := v.(string); {
	case isText && !many:
		return []string{s}, nil
	case !many:
		return nil, fmt.Errorf("%v must stand in quotes", v)
	case !isList:
		return nil, fmt.Errorf("%v must be a list of texts in quotes", v)
	}
	out := make([]string, len(items))
	for i, item := range items {
		s, ok := item.(string)
		if !ok {
			return nil, fmt.Errorf("%v must stand in quotes", item)
		}
		out[i] = s
	}
	return out, nil
}

// Template returns a settings file that sets nothing and explains everything.
func Template() string {
	var b strings.Builder
	b.WriteString("# Settings of this peer. A line without # takes the place of the default shown;\n")
	b.WriteString("# environment variables (SOUK_NET, …) and flags go before this file.\n")
	s := Defaults()
	for _, k := range keys() {
		v := Value{k.name, k.get(&s), "default", k.list, k.no != ""}
		fmt.Fprintf(&b, "\n# %s\n# %s = %s\n", k.says, k.name, v.Text())
	}
	return b.String()
}

// quote writes a TOML basic string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
