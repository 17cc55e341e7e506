package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
)

func parent(path string) string { return filepath.Dir(path) }

// writeWhole writes a file for its owner only, synced, whole or not at all.
func writeWhole(path string, content []byte) error {
	return save(path, bytes.NewReader(content))
}

// save writes what r holds to a file for its owner only, synced, whole or not at all.
func save(path string, r io.Reader) error {
	f, err := os.CreateTemp(parent(path), ".souk-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncFolder(parent(path))
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
