package protocol

import (
	"encoding/hex"
	"fmt"

	"github.com/souk-network/souk/protocol/wire"
)

// Version is the protocol version this package speaks.
const Version = 1

// Hello is the first thing said on a link, by both ends. It is not sealed: the
// connection proves who says it.
//
//	{at, by, net, kind: 1, most, epoch, lanes?, least, nonce, log_seq, features?,
//	log_head?, log_epoch}
type Hello struct {
	wire.Head
	Net      string     `cbor:"net"`
	Least    uint64     `cbor:"least"`              // oldest protocol version spoken, from 1
	Most     uint64     `cbor:"most"`               // newest protocol version spoken
	Features []string   `cbor:"features,omitempty"` // optional: what is spoken beyond this version; unknown ones are ignored
	Epoch    Epoch      `cbor:"epoch"`              // of this process
	Lanes    []LaneHead `cbor:"lanes,omitempty"`    // optional: between the two ends, as the speaker has them
	LogEpoch Epoch      `cbor:"log_epoch"`          // of the speaker's outcome log
	LogSeq   uint64     `cbor:"log_seq"`            // 0 where this epoch of it has no entry yet
	LogHead  wire.CID   `cbor:"log_head,omitzero"`  // optional: its last entry, of whatever epoch; none yet
}

// Epoch is the random name of one run of a process. On the wire it is a byte
// string of 16 bytes, as text their hexadecimal form. The zero Epoch names none.
type Epoch [16]byte

// IsZero reports whether e names no run.
func (e Epoch) IsZero() bool { return e == Epoch{} }

// String returns 32 hexadecimal digits.
func (e Epoch) String() string { return hex.EncodeToString(e[:]) }

// MarshalText writes what String returns.
func (e Epoch) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads what String returns.
func (e *Epoch) UnmarshalText(b []byte) error {
	var v Epoch
	if len(b) != hex.EncodedLen(len(v)) {
		return fmt.Errorf("epoch: %d characters, want 32 hexadecimal digits", len(b))
	}
	if _, err := hex.Decode(v[:], b); err != nil {
		return fmt.Errorf("epoch: %w", err)
	}
	*e = v
	return nil
}

// LaneHead is the place a lane has reached in the speaker's book.
//
//	{seq, head, lane, asset, epoch, payer}
type LaneHead struct {
	Lane  wire.CID `cbor:"lane"`
	Payer bool     `cbor:"payer"` // the speaker is the payer
	Asset string   `cbor:"asset"`
	Epoch Epoch    `cbor:"epoch"`
	Seq   uint64   `cbor:"seq"`  // from 1
	Head  wire.CID `cbor:"head"` // the Entry with this Seq
}

// Check reports what is wrong with d taken alone.
func (d *Hello) Check() error {
	return first(
		head(d.Head, KindHello),
		within("net", wire.CheckNet(d.Net)),
		between("least", d.Least, 1, d.Most, "is the oldest version, most the newest"),
		count("most", d.Most, 1),
		distinct("features", d.Features, 0, MaxFeatures),
		each("features", d.Features, func(s string) error { return feature("", s) }),
		epoch("epoch", d.Epoch),
		size("lanes", len(d.Lanes), 0, MaxLanes, "lanes"),
		each("lanes", d.Lanes, LaneHead.check),
		count("log_seq", d.LogSeq, 0),
		must(d.LogSeq == 0 || !d.LogEpoch.IsZero(), "log_epoch", "an epoch with entries is never all zero"),
		must(d.LogSeq == 0 || !d.LogHead.IsZero(), "log_head", "a log with entries has a head"),
	)
}

func (l LaneHead) check() error {
	return first(
		link("lane", l.Lane),
		asset("asset", l.Asset),
		epoch("epoch", l.Epoch),
		count("seq", l.Seq, 1),
		link("head", l.Head),
	)
}
