package settings

import (
	"fmt"
	"path/filepath"
)

// Home names where one peer keeps what is its own. With SOUK_HOME or --home
// everything lies in that folder, otherwise in the user's XDG folders
// (XDG Base Directory Specification 0.8).
type Home struct {
	Data string // folder of keys, journal, artefacts and socket
	File string // the settings file
}

// FindHome returns the home that flag (empty if not given) or the environment
// names. Nothing is created.
func FindHome(flag string, env func(string) string) (Home, error) {
	named := flag
	if named == "" {
		named = env("SOUK_HOME")
	}
	if named != "" {
		folder, err := filepath.Abs(named)
		if err != nil {
			return Home{}, fmt.Errorf("find the home: %w", err)
		}
		return Home{Data: folder, File: filepath.Join(folder, fileName)}, nil
	}
	data, err := xdg(env, "XDG_DATA_HOME", ".local/share")
	if err != nil {
		return Home{}, err
	}
	config, err := xdg(env, "XDG_CONFIG_HOME", ".config")
	if err != nil {
		return Home{}, err
	}
	return Home{Data: data, File: filepath.Join(config, fileName)}, nil
}

const fileName = "souk.toml"

// xdg returns souk's folder below the XDG folder that name names. The
// specification has relative paths ignored.
func xdg(env func(string) string, name, otherwise string) (string, error) {
	if base := env(name); filepath.IsAbs(base) {
		return filepath.Join(base, "souk"), nil
	}
	user := env("HOME")
	if !filepath.IsAbs(user) {
		return "", fmt.Errorf("find the home: none of SOUK_HOME, %s and HOME names a folder", name)
	}
	return filepath.Join(user, otherwise, "souk"), nil
}

// Keys is the folder of the keys.
func (h Home) Keys() string { return filepath.Join(h.Data, "keys") }

// Mandate is the file of the owner's sealed root mandate.
func (h Home) Mandate() string { return filepath.Join(h.Data, "mandate.cbor") }

// Database is the folder of journal and shelf.
func (h Home) Database() string { return filepath.Join(h.Data, "db") }

// Head is the file that notes how far the journal has come, so that a database
// that is gone is missed.
func (h Home) Head() string { return filepath.Join(h.Data, "head") }

// Vault is the folder of the artefacts.
func (h Home) Vault() string { return filepath.Join(h.Data, "vault") }

// Snapshots is the folder of what the journal was folded into last; it may be
// deleted, and a start then reads the whole journal.
func (h Home) Snapshots() string { return filepath.Join(h.Data, "snapshots") }

// Rooms is the folder in which programs get a room for the time of a task.
func (h Home) Rooms() string { return filepath.Join(h.Data, "rooms") }

// Socket is the local API's socket.
func (h Home) Socket() string { return filepath.Join(h.Data, "api.sock") }
