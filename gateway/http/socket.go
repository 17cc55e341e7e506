package http

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// Listen opens the peer's socket at path, for its owner only. A socket left by a
// process that died is replaced: the caller must hold the lock of the home that
// path lies in, which is what makes a socket found there a dead one.
//
// A path too long for a socket address is made a link to a short one in a
// folder of the owner's own, under $XDG_RUNTIME_DIR or the temporary folder.
func Listen(path string) (net.Listener, error) {
	if err := clear(path); err != nil {
		return nil, fmt.Errorf("open the socket: %w", err)
	}
	short := path
	if len(path) > maxSocket {
		var err error
		if short, err = shortened(path); err != nil {
			return nil, fmt.Errorf("open the socket: %w", err)
		}
		if err := clear(short); err != nil {
			return nil, fmt.Errorf("open the socket: %w", err)
		}
	}
	l, err := bind(short)
	if err != nil {
		return nil, fmt.Errorf("open the socket: %w", err)
	}
	if short == path {
		return l, nil
	}
	if err := os.Symlink(short, path); err != nil {
		return nil, fmt.Errorf("open the socket: %w", errors.Join(err, l.Close()))
	}
	return &linked{l, path}, nil
}

// bind listens at a path that only the owner may open. The socket is made under
// another name, narrowed, and then moved, so that it is never open to others.
func bind(path string) (net.Listener, error) {
	young := path + "~"
	if err := clear(young); err != nil {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: young, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // it would remove the young name
	if err := os.Chmod(young, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if err := os.Rename(young, path); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &linked{l, path}, nil
}

// clear removes a socket or a link left at path, and nothing else.
func clear(path string) error {
	found, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case found.Mode().Type() != fs.ModeSocket && found.Mode().Type() != fs.ModeSymlink:
		return fmt.Errorf("%s is in the way and is no socket", path)
	}
	return os.Remove(path)
}

// shortened returns the socket path that stands for a path that is too long.
func shortened(path string) (string, error) {
	base := os.Getenv("XDG_RUNTIME_DIR")
	if base == "" || len(base) > maxSocket/2 {
		base = "/tmp"
	}
	folder := filepath.Join(base, "souk-"+strconv.Itoa(os.Getuid()))
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	found, err := os.Lstat(folder)
	if err != nil {
		return "", err
	}
	owner, ok := found.Sys().(*syscall.Stat_t)
	if !ok || !found.IsDir() || int(owner.Uid) != os.Getuid() || found.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("the home's path is too long for a socket (%d bytes, most %d), and %s, where a short one would go, is not only yours: set SOUK_HOME to a shorter path", len(path), maxSocket, folder)
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	name := sha256.Sum256([]byte(full))
	return filepath.Join(folder, hex.EncodeToString(name[:8])+".sock"), nil
}

// linked removes its name when it is closed.
type linked struct {
	net.Listener
	path string
}

func (l *linked) Close() error {
	gone := os.Remove(l.path)
	if errors.Is(gone, fs.ErrNotExist) {
		gone = nil
	}
	return errors.Join(gone, l.Listener.Close())
}

// address returns the path to dial for a socket that may be a link.
func address(path string) string {
	if short, err := os.Readlink(path); err == nil {
		return short
	}
	return path
}
