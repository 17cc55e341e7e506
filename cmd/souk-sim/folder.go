package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/simulations"
	"github.com/souk-network/souk/simulations/report"
)

// manifest says what made the tables of a folder.
type manifest struct {
	Schema   string                `json:"schema"` // "souk.sim.manifest/v1"
	Binary   string                `json:"binary"` // sha256 of the program
	Go       string                `json:"go"`
	Scenario *simulations.Scenario `json:"scenario"`
	Result   *result               `json:"result,omitempty"` // once all is finished
}

// folder is where results are kept. The zero folder keeps nothing.
type folder struct {
	path  string
	about manifest
	rows  []report.Measure
}

// explained is an error with a code and a next step.
func explained(code protocol.Code, message, hint string) error {
	return &gateway.Error{Code: code, Message: message, Hint: hint}
}

// openFolder makes a folder for results, or takes up one that this binary made.
func openFolder(path string, s *simulations.Scenario) (*folder, error) {
	f := &folder{path: path}
	if path == "" {
		return f, nil
	}
	hash, err := ownHash()
	if err != nil {
		return nil, err
	}
	f.about = manifest{Schema: "souk.sim.manifest/v1", Binary: hash, Go: runtime.Version(), Scenario: s}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(f.name("manifest.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return f, f.write()
	}
	if err != nil {
		return nil, err
	}
	var old manifest
	if err := json.Unmarshal(b, &old); err != nil {
		return nil, invalid(fmt.Sprintf("%s: not a manifest: %v", f.name("manifest.json"), err), "give another folder with --out")
	}
	if old.Binary != hash {
		return nil, explained(codeOtherBinary, fmt.Sprintf("%s holds results of another binary (%.12s, this is %.12s)", path, old.Binary, hash),
			"give another folder with --out: results of two binaries are not comparable")
	}
	if same, err := sameScenario(old.Scenario, s); err != nil || !same {
		return nil, invalid(fmt.Sprintf("%s holds results of another scenario, or of another size or baseline of this one", path),
			"give another folder with --out")
	}
	return f, f.write()
}

// sameScenario reports whether two scenarios are written alike.
func sameScenario(a, b *simulations.Scenario) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	return bytes.Equal(x, y), err
}

// ownHash is the SHA-256 of the program that runs.
func ownHash() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	b, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = b.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, b); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (f *folder) name(of string) string { return filepath.Join(f.path, of) }

func (f *folder) write() error {
	b, err := json.MarshalIndent(&f.about, "", "  ")
	if err != nil {
		return err
	}
	return report.Whole(f.name("manifest.json"), append(b, '\n'))
}

// keep writes what one run came to.
func (f *folder) keep(x *finished) error {
	if f.path == "" {
		return nil
	}
	m := x.x.Measures()
	rows := make([]report.Measure, 0, len(m))
	for _, name := range m.Names() {
		group, what, _ := strings.Cut(name, ".")
		rows = append(rows, report.Measure{Seed: x.seed, Group: group, Name: what, Value: m[name]})
	}
	f.rows = append(f.rows, rows...)
	if err := report.Write(f.name(fmt.Sprintf("measures-%d", x.seed)), rows); err != nil {
		return err
	}
	if x.rows == nil {
		return nil
	}
	return report.Write(f.name(fmt.Sprintf("events-%d", x.seed)), x.rows)
}

// close writes the tables over all runs and the whole manifest.
func (f *folder) close(r *result) error {
	if f.path == "" {
		return nil
	}
	if err := report.Write(f.name("measures"), f.rows); err != nil {
		return err
	}
	f.about.Result = r
	return f.write()
}
