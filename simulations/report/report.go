// Package report writes what a run has counted as tables that other programs
// read: CSV and Parquet, with the same columns.
//
// It promises that a table is whole or not there: it is written under another
// name and takes its own once it is on disk. It must never know how its rows
// came about, nor change them.
package report

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// Happening is one row of the table of events.
type Happening struct {
	Seed uint64 `parquet:"seed"`
	Step uint64 `parquet:"step"` // events before it
	At   uint64 `parquet:"at_ms"`
	Who  string `parquet:"who,dict"`
	With string `parquet:"with,dict"`
	What string `parquet:"what,dict"`
	Text string `parquet:"text"`
}

// Measure is one row of the table of measures.
type Measure struct {
	Seed  uint64  `parquet:"seed"`
	Group string  `parquet:"group,dict"`
	Name  string  `parquet:"measure,dict"`
	Value float64 `parquet:"value"`
}

// Write writes rows as base.csv and base.parquet.
func Write[T any](base string, rows []T) error {
	if err := whole(base+".csv", func(f *os.File) error { return writeCSV(f, rows) }); err != nil {
		return err
	}
	return whole(base+".parquet", func(f *os.File) error {
		w := parquet.NewGenericWriter[T](f, parquet.Compression(&parquet.Zstd))
		if _, err := w.Write(rows); err != nil {
			return err
		}
		return w.Close()
	})
}

// Whole writes a file that is there with all of its content, or not at all.
func Whole(name string, content []byte) error {
	return whole(name, func(f *os.File) error {
		_, err := f.Write(content)
		return err
	})
}

func whole(name string, write func(*os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".unfinished-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", name, err)
		}
	}()
	if err = write(f); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Chmod(f.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func writeCSV[T any](f *os.File, rows []T) error {
	w := csv.NewWriter(f)
	t := reflect.TypeFor[T]()
	line := make([]string, t.NumField())
	for i := range line {
		line[i] = column(t.Field(i))
	}
	if err := w.Write(line); err != nil {
		return err
	}
	for _, r := range rows {
		v := reflect.ValueOf(r)
		for i := range line {
			line[i] = fmt.Sprint(v.Field(i).Interface())
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// column is the name of a field's column.
func column(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("parquet"), ",")
	return name
}
