package badgerdb

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// DefaultLowSpace is the free space that Defaults asks for: room for Badger to
// write out its tables and merge some of them after the last commit.
const DefaultLowSpace = 128 << 20

// Options says how a database is opened.
type Options struct {
	// LowSpace is the free disk space in bytes below which Open and Room
	// refuse; commits stop at half of it. 0 checks nothing, and a full disk
	// then kills the process.
	LowSpace int64
	// Warn is given Badger's warnings and errors, one line each; nil drops them.
	Warn func(line string)
	// Witness is a file outside the database's directory that notes the head as
	// HEAD does, so that a directory deleted or emptied does not pass for a new
	// journal; its own directory must exist. Where the file is missing, a sound
	// journal gets a new one. Empty keeps none.
	Witness string
	// Rewitness accepts a journal whose file HEAD or Witness is missing or
	// unreadable and writes a new one. A tail that was lost together with HEAD then stays unnoticed.
	Rewitness bool
}

// Defaults returns the options of an ordinary peer.
func Defaults() Options { return Options{LowSpace: DefaultLowSpace} }

// Check reports an impossible setting.
func (o Options) Check() error {
	if o.LowSpace < 0 {
		return errors.New("badgerdb: LowSpace is below 0")
	}
	return nil
}

// Sizes in bytes. Badger lets a transaction have 15 % of a memtable, and a
// record of store.MaxRecord must fit into one; values from threshold on would
// go to the value log.
const (
	memTable  = 8 << 20
	tableSize = 8 << 20
	threshold = 1 << 20
)

// badger returns the settings, each of which docs/decisions/0002-store.md gives a reason for.
func (o Options) badger(dir string) badger.Options {
	b := badger.DefaultOptions(dir).
		WithSyncWrites(true).
		WithMemTableSize(memTable).
		WithNumMemtables(1).
		WithValueThreshold(threshold).
		WithValueLogFileSize(1 << 20).
		WithBaseTableSize(tableSize).
		WithBaseLevelSize(64 << 20).
		WithNumLevelZeroTables(3).
		WithNumLevelZeroTablesStall(8).
		WithNumCompactors(2).
		WithNumGoroutines(1).
		WithCompression(options.None).
		WithBlockCacheSize(0).
		WithIndexCacheSize(0).
		WithBloomFalsePositive(0).
		WithChecksumVerificationMode(options.OnBlockRead).
		WithDetectConflicts(false).
		WithMetricsEnabled(false).
		WithLogger(logger{o.Warn})
	b.TableSizeMultiplier = 1 // tables of one size on every level
	return b
}

// logger hands Badger's warnings and errors on and drops the rest.
type logger struct{ warn func(string) }

func (l logger) Errorf(format string, a ...any) { l.Warningf(format, a...) }
func (l logger) Infof(string, ...any)           {}
func (l logger) Debugf(string, ...any)          {}
func (l logger) Warningf(format string, a ...any) {
	if l.warn != nil {
		l.warn("badger: " + strings.TrimSpace(fmt.Sprintf(format, a...)))
	}
}
