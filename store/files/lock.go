package files

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/souk-network/souk/store"
)

// lockName is the file in a home that is locked. It stays when the lock is
// released: removing it would let two processes lock two files of that name.
const lockName = "lock"

// Lock takes the home for this process until release is called or the process
// ends, however it ends. Where another process has it, the error wraps
// store.ErrLocked and names that process if it is known. The home must exist.
func Lock(home string) (release func() error, err error) {
	path := filepath.Join(home, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the home: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = fmt.Errorf("%w: %s%s", store.ErrLocked, home, holder(f))
	}
	if err == nil {
		err = sign(f)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the home: %w", err), f.Close())
	}
	return func() error {
		if err := errors.Join(f.Truncate(0), f.Close()); err != nil {
			return fmt.Errorf("release the home: %w", err)
		}
		return nil
	}, nil
}

// sign writes this process's ID into the lock file, for holder.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// holder says who holds the lock, or nothing where that cannot be read.
func holder(f *os.File) string {
	b, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return ""
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (process %d)", pid)
}
