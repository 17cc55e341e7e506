package runtime

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// Keys of the shelf. An author's peer ID follows; then, of pages, epoch,
// sequence number and entry, so that they are told again in their order.
const (
	shelfPages  = "log/"
	shelfMark   = "log-at/"
	shelfOwner  = "log-owner/"
	shelfForked = "log-forked/"
)

func shelfPage(author wire.Key, e *protocol.LogEntry, id wire.CID) string {
	return fmt.Sprintf("%s%s/%s/%016x/%s", shelfPages, author, e.Epoch, e.Seq, id)
}

func (m mark) bytes() []byte {
	b := binary.BigEndian.AppendUint64(append([]byte{}, m.epoch[:]...), m.seq)
	return append(b, m.id[:]...)
}

func readMark(b []byte) (m mark, ok bool) {
	if len(b) != len(m.epoch)+8+len(m.id) {
		return m, false
	}
	return mark{protocol.Epoch(b[:16]), binary.BigEndian.Uint64(b[16:24]), wire.CID(b[24:])}, true
}

// recall tells the core once more what was read of others' logs before this
// start. Seals were opened then. What cannot be read any more is passed over: it
// is soft, and can be had again.
func (l *logs) recall(ctx context.Context) {
	defer close(l.recalled)
	if l.p.o.Shelf == nil {
		return
	}
	marks := map[wire.Key]mark{}
	err := errors.Join(
		l.each(ctx, shelfForked, l.recallForked),
		l.each(ctx, shelfMark, func(author wire.Key, b []byte) {
			if m, ok := readMark(b); ok {
				marks[author] = m
			}
		}),
		l.recallMarks(ctx, marks),
		l.each(ctx, shelfOwner, l.recallPage),
		l.each(ctx, shelfPages, l.recallPage),
	)
	if err != nil {
		l.p.log.Warn("not all that is known of others' logs was read", "error", err)
	}
}

// recallMarks gives the authors on the shelf their places again, those with whom we
// have dealt first. For whom there is none is forgotten.
func (l *logs) recallMarks(ctx context.Context, marks map[wire.Key]mark) error {
	dealt, err := ask(ctx, l.p, func(a *agent.Agent, _ uint64) map[wire.Key]bool {
		dealt := map[wire.Key]bool{}
		for key := range marks {
			dealt[key] = a.Dealt(key)
		}
		return dealt
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, friends := range []bool{true, false} {
		for key, m := range marks {
			if dealt[key] != friends {
				continue
			}
			if a := l.place(key, friends, 0); a != nil {
				a.mark = m
			} else {
				l.forget(key)
			}
		}
	}
	return nil
}

// each calls f for what the shelf has under a prefix.
func (l *logs) each(ctx context.Context, prefix string, f func(author wire.Key, value []byte)) error {
	err := l.p.o.Shelf.List(prefix, func(key string, value []byte) bool {
		name, _, _ := strings.Cut(strings.TrimPrefix(key, prefix), "/")
		if author, err := wire.ParseKey(name); err == nil {
			f(author, value)
		}
		return ctx.Err() == nil
	})
	if err != nil {
		return fmt.Errorf("read the shelf: %w", err)
	}
	return ctx.Err()
}

func (l *logs) recallPage(author wire.Key, b []byte) {
	page, err := protocol.ReadPage(b)
	if err != nil {
		return
	}
	var shown []wire.Said
	for _, s := range page.Shown {
		d, err := l.p.reg.Decode(s.Doc)
		if err != nil {
			return
		}
		shown = append(shown, wire.Said{ID: wire.Sum(s.Doc), Raw: s.Doc, Doc: d})
	}
	if m, ok := shown[0].Doc.(*protocol.Mandate); ok && len(shown) == 1 {
		l.p.post(agent.Told{Author: author, Owner: m.By})
		return
	}
	t, err := agent.Testify(l.p.o.Net, author, shown)
	if err != nil {
		return
	}
	l.mu.Lock()
	a := l.places.of[author]
	ok := a != nil && l.room(a, len(b))
	l.mu.Unlock()
	if !ok {
		return // the bounds were others when it was kept
	}
	l.count(author, 1)
	l.p.post(agent.Told{Author: author, Pages: []agent.Testimony{t}})
}

func (l *logs) recallForked(author wire.Key, b []byte) {
	d, net, err := settlement.ReadEquivocation(l.p.reg, b)
	if err == nil && d.Author() == author && net == l.p.o.Net {
		l.p.caught.done(author, true)
		l.p.post(agent.Told{Author: author, Forked: true})
	}
}

// room reports whether one page more of an author's log may be kept, and makes room
// by forgetting those who are worth less. The caller holds l.mu.
func (l *logs) room(a *author, size int) bool {
	gone, ok := l.places.keep(a, size)
	for _, k := range gone {
		l.forget(k)
	}
	return ok
}

// count counts the pages of strangers of which the core is told: what it has learned
// stays until the next start, although their logs are forgotten here.
func (l *logs) count(author wire.Key, pages int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.places.of[author]; a != nil && !a.dealt {
		l.told += pages
	}
}

// forget takes the log of an author that has no place any more from the shelf. The
// caller holds l.mu.
func (l *logs) forget(author wire.Key) {
	if l.p.o.Shelf == nil {
		return
	}
	keys := []string{shelfMark + author.String(), shelfOwner + author.String()}
	err := l.p.o.Shelf.List(shelfPages+author.String()+"/", func(key string, _ []byte) bool {
		keys = append(keys, key)
		return true
	})
	for _, key := range keys {
		err = errors.Join(err, l.p.o.Shelf.Delete(key))
	}
	if err != nil {
		l.p.log.Warn("a log is not forgotten", "author", author, "error", err)
	}
}

// has reports whether something is on the shelf.
func (l *logs) has(key string) bool {
	if l.p.o.Shelf == nil {
		return false
	}
	_, err := l.p.o.Shelf.Get(key)
	return err == nil
}

func (l *logs) put(key string, value []byte) {
	if l.p.o.Shelf == nil {
		return
	}
	if err := l.p.o.Shelf.Put(key, value); err != nil {
		l.p.log.Warn("what a log shows is not kept", "error", err)
	}
}
