package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestNoSpace: a folder on a full disk is told of in one line, and what was finished
// before is there and whole.
func TestNoSpace(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=192k"); err != nil {
		t.Skipf("needs a disk of its own, which only root may mount: %v", err)
	}
	defer func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }()
	code, _, said := soukSim(t.Context(), t, "run", small(t), "--seeds", "5000", "--workers", "1", "--events", "--out", dir, "--json")
	var e struct {
		Error struct{ Code, Hint string }
	}
	if err := json.Unmarshal([]byte(said), &e); err != nil || strings.Count(said, "\n") != 1 {
		t.Fatalf("%v: %s", err, said)
	}
	if code != 1 || e.Error.Code != "disk" || !strings.Contains(e.Error.Hint, "make room") {
		t.Errorf("exit %d: %s", code, said)
	}
	tables(t, filepath.Join(dir, "measures-1"))
	if left, _ := filepath.Glob(filepath.Join(dir, ".unfinished*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if _, err := os.Stat(filepath.Join(dir, "measures.csv")); err == nil {
		t.Error("there is a table over all runs, though not all were run")
	}
}
