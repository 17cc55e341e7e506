package main

import (
	"encoding/binary"
	"path/filepath"
	"strconv"

	"github.com/dgraph-io/badger/v4"
	"github.com/rogpeppe/go-internal/testscript"
)

// damage flips the last bit of one journal record on disk: damage HOME SEQ.
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: damage HOME SEQ")
	}
	seq, err := strconv.ParseUint(args[1], 10, 64)
	ts.Check(err)
	// The key of a record: 'r', its number, part 0 (package badgerdb).
	key := append(binary.BigEndian.AppendUint64([]byte{'r'}, seq), 0)
	db, err := badger.Open(badger.DefaultOptions(filepath.Join(ts.MkAbs(args[0]), "db")).WithLogger(nil))
	ts.Check(err)
	ts.Check(db.Update(func(txn *badger.Txn) error {
		item, err := txn.Get(key)
		if err != nil {
			return err
		}
		value, err := item.ValueCopy(nil)
		if err != nil {
			return err
		}
		value[len(value)-1] ^= 1
		return txn.Set(key, value)
	}))
	ts.Check(db.Close())
}
