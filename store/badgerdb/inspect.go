package badgerdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"golang.org/x/sys/unix"

	"github.com/souk-network/souk/store"
)

// inspect looks over the files of a database that is about to be opened.
// Badger opens tables on goroutines of its own, where one that was cut short
// ends the process; here the same is tried where the panic can be caught. And
// it would quietly delete tables whose MANIFEST is gone.
func inspect(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close() // only read
	// Badger locks the directory likewise: a running process may change its files at any moment.
	err = unix.Flock(int(d.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return store.ErrLocked
	}
	if err != nil {
		return fmt.Errorf("lock it: %w", err)
	}
	names, err := d.Readdirnames(-1)
	if err != nil {
		return err
	}
	if err := dropEmptyLogs(dir, names); err != nil {
		return err
	}
	return inspectTables(dir, names)
}

// dropEmptyLogs removes logs of no bytes, as a power cut leaves them right after
// they were made. Badger fails on them once and takes them the next time.
func dropEmptyLogs(dir string, names []string) error {
	for _, name := range names {
		if ext := filepath.Ext(name); ext != ".mem" && ext != ".vlog" {
			continue
		}
		path := filepath.Join(dir, name)
		info, err := os.Lstat(path)
		if err == nil && info.Mode().IsRegular() && info.Size() == 0 {
			err = os.Remove(path)
		}
		if err != nil {
			return fmt.Errorf("look at a log: %w", err)
		}
	}
	return nil
}

// inspectTables tries each table that the MANIFEST names; what else is there a
// crash left half-written, and Badger removes it.
func inspectTables(dir string, names []string) error {
	f, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) {
		for _, name := range names {
			if strings.HasSuffix(name, ".sst") {
				return fmt.Errorf("%w: there are tables, but no %s", store.ErrDamaged, badger.ManifestFilename)
			}
		}
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close() // only read
	o := badger.DefaultOptions(dir)
	manifest, _, err := badger.ReplayManifestFile(f, 0, o)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", store.ErrDamaged, badger.ManifestFilename, err)
	}
	for id, entry := range manifest.Tables {
		how := table.Options{ChkMode: options.OnBlockRead, Compression: entry.Compression, BlockSize: o.BlockSize}
		if err := inspectTable(table.NewFilename(id, dir), id, how); err != nil {
			return fmt.Errorf("table %s: %w", table.IDToFilename(id), err)
		}
	}
	return nil
}

// inspectTable does with a table what Badger does first.
func inspectTable(path string, id uint64, how table.Options) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: it is missing", store.ErrDamaged)
	}
	if err != nil {
		return err
	}
	defer f.Close() // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 || info.Size() > 1<<30 {
		return fmt.Errorf("%w: it is a file of %d bytes", store.ErrDamaged, info.Size())
	}
	b, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map it: %w", err)
	}
	return errors.Join(tryTable(b, id, how), unix.Munmap(b))
}

func tryTable(b []byte, id uint64, how table.Options) (err error) {
	// Badger ends the process, past any recover, where a length in the footer reaches before the file's begin.
	if !footerFits(b) {
		return fmt.Errorf("%w: its end is missing or was changed (%d bytes are there)", store.ErrDamaged, len(b))
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: its index or last block is not what was written", store.ErrDamaged)
		}
	}()
	if _, err := table.OpenInMemoryTable(b, id, &how); err != nil {
		return fmt.Errorf("%w: its index or last block is not what was written", store.ErrDamaged)
	}
	return nil
}

// footerFits follows the lengths at the end of a table, from the last byte back:
// checksum's length (4) ‖ checksum ‖ index's length (4) ‖ index.
func footerFits(b []byte) bool {
	for range 2 {
		if len(b) < 4 {
			return false
		}
		n := uint64(binary.BigEndian.Uint32(b[len(b)-4:]))
		b = b[:len(b)-4]
		if n > uint64(len(b)) {
			return false
		}
		b = b[:uint64(len(b))-n]
	}
	return true
}
