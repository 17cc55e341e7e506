package report

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// TestWrite: both tables say the same, to the last digit and whatever is in a text.
func TestWrite(t *testing.T) {
	base := filepath.Join(t.TempDir(), "measures")
	rows := []Measure{
		{1, "all", "hired", 0},
		{1, "all", "success", 1.0 / 3},
		{math.MaxUint64, `a "name", with; all`, "line\nbreak", math.MaxFloat64},
		{7, "größer", "", -0.1},
		{7, "all", "hired", 12345678901234567},
	}
	if err := Write(base, rows); err != nil {
		t.Fatal(err)
	}
	read, err := parquet.ReadFile[Measure](base + ".parquet")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(read, rows) {
		t.Errorf("Parquet says %v, want %v", read, rows)
	}
	f, err := os.Open(base + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(lines[0], []string{"seed", "group", "measure", "value"}) || len(lines) != len(rows)+1 {
		t.Fatalf("%d lines under %v", len(lines), lines[0])
	}
	for i, l := range lines[1:] {
		seed, err := strconv.ParseUint(l[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		value, err := strconv.ParseFloat(l[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Measure{seed, l[1], l[2], value}); got != rows[i] {
			t.Errorf("CSV says %v, want %v", got, rows[i])
		}
	}
}

// TestWhole: what cannot be written leaves nothing behind, not even what was there half.
func TestWhole(t *testing.T) {
	dir := t.TempDir()
	if err := Write(filepath.Join(dir, "none", "measures"), []Measure{{}}); err == nil {
		t.Error("written into a folder that is not there")
	}
	if err := os.Mkdir(filepath.Join(dir, "taken.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "taken"), []Measure{{}}); err == nil {
		t.Error("written over a folder")
	}
	all, err := os.ReadDir(dir)
	if err != nil || len(all) != 1 {
		t.Errorf("%v is left, %v", all, err)
	}
}
