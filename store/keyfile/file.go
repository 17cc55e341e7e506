package keyfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// maxFile is the most bytes a key file may have.
const maxFile = 8 << 10

// draftPrefix begins the name of a file that is still being written.
const draftPrefix = ".new-"

// create writes a file of mode 0600 that was not there, durably. A link gives it
// its name: unlike a rename it never takes a name that is in use.
func create(path string, text []byte) error {
	dir := filepath.Dir(path)
	// What a crash left half-made may hold a secret.
	if err := sweep(dir); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, draftPrefix+"*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Link(f.Name(), path)
	}
	err = errors.Join(err, os.Remove(f.Name()))
	if err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// sweep removes the drafts in a directory.
func sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), draftPrefix) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// read reads a key file, and refuses one that others may have read or changed.
func read(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, unix.ELOOP) {
		return nil, errors.New("it is a symbolic link, want a file")
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no regular file")
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%w: others may use it (mode %04o); after making sure that none did: chmod 600 %s",
			fs.ErrPermission, info.Mode().Perm(), path)
	case info.Size() > maxFile:
		return nil, errBroken
	}
	return io.ReadAll(io.LimitReader(f, maxFile))
}
