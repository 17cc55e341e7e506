package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

func parent(path string) string { return filepath.Dir(path) }

// writable refuses what save could not write to, before anything is paid for it.
func writable(path string) error {
	const hint = "--out names a file in a folder that is there and that you may write to"
	switch there, err := os.Stat(path); {
	case err != nil: // to be made
	case there.IsDir():
		return invalid(fmt.Errorf("%s is a directory", path), hint)
	case !there.Mode().IsRegular():
		return invalid(fmt.Errorf("%s is no regular file", path), "without --out the result goes to standard output")
	}
	f, err := os.CreateTemp(parent(path), ".souk-*")
	if err != nil {
		return invalid(fmt.Errorf("%s cannot be written: %w", path, reason(err)), hint)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// reason is what went wrong with a path, without the path.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// named is an input the user named. That it cannot be read is no fault of the peer
// it is read for.
type named struct {
	io.ReadCloser
	name string
}

func (n *named) Read(b []byte) (int, error) {
	k, err := n.ReadCloser.Read(b)
	if err != nil && err != io.EOF { // io.EOF is never wrapped by a Reader
		err = invalid(fmt.Errorf("read %s: %w", n.name, reason(err)), "--in names a file that can be read, or - for standard input")
	}
	return k, err
}

// input opens the file of that name, or standard input for "-".
func (p *program) input(path string) (io.ReadCloser, error) {
	if path == "-" {
		return &named{io.NopCloser(p.in), "standard input"}, nil
	}
	const hint = "--in names a file, or - for standard input"
	f, err := os.Open(path)
	if err != nil {
		return nil, invalid(fmt.Errorf("read the input: %w", err), hint)
	}
	if about, err := f.Stat(); err == nil && about.IsDir() {
		return nil, errors.Join(invalid(fmt.Errorf("%s is a directory", path), hint), f.Close())
	}
	return &named{f, path}, nil
}

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
