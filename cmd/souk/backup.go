package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/cmd/souk/settings"
	"github.com/souk-network/souk/gateway"
	doorhttp "github.com/souk-network/souk/gateway/http"
	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/files"
	"github.com/souk-network/souk/store/memory"
)

// journalCopy is the file of a backup that holds the journal.
const journalCopy = "journal.copy"

// shownBackup is the JSON of backup and restore.
type shownBackup struct {
	Schema  string `json:"schema"` // "souk.backup/v1"
	Folder  string `json:"folder"` // of the backup
	Home    string `json:"home"`
	Records uint64 `json:"records"` // of the journal
	Head    string `json:"head"`    // chain value after them, hex
}

func backupCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "backup FOLDER", Short: "Copy keys, mandate, settings and journal to a new folder",
		Long: `Copy what makes this peer to FOLDER, which is made: its keys as they lie here, its
mandate, its settings, and its journal as it is now, checked record by record. The peer
may run meanwhile. Inputs and results are not in it. Whoever has the folder and the
keys' passphrase is this peer: keep it as you keep the home.`,
		Example: "  souk backup /mnt/copies/souk-monday",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			home, err := p.findHome()
			if err != nil {
				return err
			}
			if err := whole(home); err != nil {
				return err
			}
			telling := p.begin("copying")
			head, err := p.backup(c.Context(), home, a[0])
			telling.end()
			if err != nil {
				return err
			}
			made := shownBackup{"souk.backup/v1", a[0], home.Data, head.Seq, hex.EncodeToString(head.Chain[:])}
			return p.show(made, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%d records are in %s\n`souk restore %s` makes a home of it\n", head.Seq, safe(a[0]), safe(a[0]))
				return err
			})
		},
	}
}

// backup writes the copy beside its place, and gives it its name when it is whole.
func (p *program) backup(ctx context.Context, home settings.Home, folder string) (head store.Head, err error) {
	if _, err := os.Lstat(folder); err == nil {
		return head, &gateway.Error{
			Code: gateway.CodeExists, Message: folder + " is there already; nothing was changed", Hint: "name a folder that is not there yet",
		}
	}
	fresh, err := os.MkdirTemp(parent(folder), ".souk-backup-*") // for its owner only
	if err != nil {
		return head, invalid(err, "name a folder in one that is there and that you may write to")
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(fresh))
		}
	}()
	if err := copyKept(home, settings.Home{Data: fresh, File: filepath.Join(fresh, filepath.Base(home.File))}); err != nil {
		return head, err
	}
	journal, done, err := p.journal(ctx, home)
	if err != nil {
		return head, err
	}
	path := filepath.Join(fresh, journalCopy)
	err = errors.Join(save(path, journal), journal.Close(), done())
	if err != nil {
		return head, fmt.Errorf("copy the journal: %w", err)
	}
	if head, err = readBack(path); err != nil {
		return head, err
	}
	if err = os.Rename(fresh, folder); err == nil {
		err = syncFolder(parent(folder))
	}
	return head, err
}

// copyKept copies keys, mandate and settings from one home to another.
func copyKept(from, to settings.Home) error {
	keys, err := os.ReadDir(from.Keys())
	if err != nil {
		return fmt.Errorf("copy the keys: %w", err)
	}
	if err := os.MkdirAll(to.Keys(), 0o700); err != nil {
		return fmt.Errorf("copy the keys: %w", err)
	}
	pairs := [][2]string{{from.File, to.File}}
	for _, k := range keys {
		if k.Type().IsRegular() && !strings.HasPrefix(k.Name(), ".") {
			pairs = append(pairs, [2]string{filepath.Join(from.Keys(), k.Name()), filepath.Join(to.Keys(), k.Name())})
		}
	}
	for _, pair := range append(pairs, [2]string{from.Mandate(), to.Mandate()}) { // the mandate last: with it a home is whole
		b, err := os.ReadFile(pair[0])
		if errors.Is(err, fs.ErrNotExist) && pair[0] == from.File {
			continue // all settings are the defaults
		}
		if err == nil {
			err = os.MkdirAll(parent(pair[1]), 0o700)
		}
		if err == nil {
			err = writeWhole(pair[1], b)
		}
		if err != nil {
			return fmt.Errorf("copy %s: %w", pair[0], err)
		}
	}
	return nil
}

// journal is a copy of a home's journal: from the peer, or where none runs from its store.
func (p *program) journal(ctx context.Context, home settings.Home) (content io.ReadCloser, done func() error, err error) {
	desk := doorhttp.Dial(home.Socket())
	content, err = desk.Journal(ctx)
	if err == nil || gateway.AsError(err).Code != gateway.CodeUnavailable {
		return content, func() error { desk.Close(); return nil }, err
	}
	desk.Close()
	if _, err := os.Stat(home.Database()); errors.Is(err, fs.ErrNotExist) {
		var none bytes.Buffer // it has never run
		_, err := store.Copy(&none, memory.NewJournal())
		return io.NopCloser(&none), func() error { return nil }, err
	}
	release, err := files.Lock(home.Data)
	if err != nil {
		return nil, nil, err
	}
	db, err := openDatabase(home, nil)
	if err != nil {
		release()
		return nil, nil, err
	}
	r, w := io.Pipe()
	go func() {
		_, err := store.Copy(w, db)
		w.CloseWithError(err)
	}()
	return r, func() error { defer release(); return db.Close() }, nil
}

// readBack checks a copy of a journal.
func readBack(path string) (store.Head, error) {
	f, err := os.Open(path)
	if err != nil {
		return store.Head{}, invalid(err, "name a folder that `souk backup` made")
	}
	defer f.Close()
	head, err := store.ReadCopy(f, func([]byte) error { return nil })
	if errors.Is(err, store.ErrCopy) {
		err = &gateway.Error{Code: gateway.CodeDamaged, Message: err.Error(), Hint: "take another backup"}
	}
	return head, err
}

func restoreCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "restore FOLDER", Short: "Make a home of what backup copied",
		Long: `Make a home of FOLDER, which ` + "`souk backup`" + ` made. There must be no peer in the home yet.
What was said and heard since the copy is forgotten: peers that this one has paid show it
what it has forgotten as soon as it meets them. Never run a peer from two homes: a copy
is for when the other is gone.`,
		Example: "  SOUK_HOME=/srv/souk souk restore /mnt/copies/souk-monday",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, a []string) error {
			home, err := p.findHome()
			if err != nil {
				return err
			}
			telling := p.begin("restoring")
			head, err := restore(a[0], home)
			telling.end()
			if err != nil {
				return err
			}
			made := shownBackup{"souk.restore/v1", a[0], home.Data, head.Seq, hex.EncodeToString(head.Chain[:])}
			return p.show(made, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%d records are in %s again; `souk up` runs it\n", head.Seq, safe(home.Data))
				return err
			})
		},
	}
}

// restore makes a home of a backup. The copy is read to its end before anything is made.
func restore(folder string, home settings.Home) (head store.Head, err error) {
	if err := free(home); err != nil {
		return head, err
	}
	path := filepath.Join(folder, journalCopy)
	if _, err := readBack(path); err != nil {
		return head, err
	}
	if err := os.MkdirAll(home.Data, 0o700); err != nil {
		return head, fmt.Errorf("make the home: %w", err)
	}
	release, err := files.Lock(home.Data)
	if err != nil {
		return head, err
	}
	defer release()
	if err := free(home); err != nil { // another may have been faster
		return head, err
	}
	f, err := os.Open(path)
	if err != nil {
		return head, err
	}
	defer f.Close()
	db, err := openDatabase(home, nil)
	if err != nil {
		return head, err
	}
	head, err = store.Refill(db, f)
	if err = errors.Join(err, db.Close()); err != nil {
		return head, fmt.Errorf("fill the journal: %w", err)
	}
	return head, copyKept(settings.Home{Data: folder, File: filepath.Join(folder, filepath.Base(home.File))}, home)
}
