package world

import (
	"errors"

	"github.com/souk-network/souk/simulations/invariant"
)

// Dawn is the instant, in Unix milliseconds, at which every world begins.
const Dawn = 1_800_000_000_000

// Links is how frames travel. Shares are of 10,000.
type Links struct {
	Latency   uint64 // milliseconds that every frame takes
	Jitter    uint64 // milliseconds that it takes besides, at most
	Bandwidth uint64 // bytes a second and direction; 0 for any
	Loss      uint64 // share of frames that vanish
	Repeat    uint64 // share that arrive twice
	Reorder   uint64 // share that the next ones overtake
	Notice    uint64 // milliseconds until a broken link is noticed, at most
}

// Disk is how a journal becomes durable.
type Disk struct {
	Least, Most uint64 // milliseconds that a sync takes
}

// Gossip is what announcements do, as a model: none travels from peer to peer.
// The figures of a real mesh are given by the scenario.
type Gossip struct {
	Least, Most uint64 // milliseconds until a listener has heard it
	Loss        uint64 // of 10,000 listeners, those who never do
	Listeners   int    // who hear it, drawn by lot among all; 0 for all, or for nobody where Asked is not 0
	Asked       int    // live offers, drawn by lot, that a buyer is told when it buys; 0 where two who meet tell each other all
}

// Options is all that a world is made of, besides who lives in it.
type Options struct {
	Chance Chance
	Net    string
	Links  Links
	Disk   Disk
	Gossip Gossip
	// Light leaves out what only costs time where nothing fails: bundles are handed
	// over as they are instead of as bytes, only offers and quotes are really
	// sealed (the core opens these itself), and there are no journals, so that
	// nobody can be restarted.
	Light bool
	// Logs has others' logs of outcomes read where the core asks for it.
	Logs bool
	// Watch checks after every event what must hold; nil for no checks.
	Watch *invariant.Watch
	// Tell is told of everything that happens; nil for nobody.
	Tell func(Happening)
	// Doubt has done again what would come out alike: every seal is verified where it
	// arrives, though these bytes were sealed in this world, and every page of a log is
	// read by each of its readers. The story is the same.
	Doubt bool
	// Limit is the number of events after which a world is stopped that does not
	// stop by itself; 0 for none.
	Limit uint64
}

// Check reports options that cannot be.
func (o *Options) Check() error {
	for _, share := range []uint64{o.Links.Loss, o.Links.Repeat, o.Links.Reorder, o.Gossip.Loss} {
		if share > 10_000 {
			return errors.New("world: a share is over 10,000")
		}
	}
	switch {
	case o.Net == "":
		return errors.New("world: the network has no name")
	case o.Disk.Most < o.Disk.Least || o.Gossip.Most < o.Gossip.Least:
		return errors.New("world: the most is less than the least")
	case o.Gossip.Listeners < 0 || o.Gossip.Asked < 0:
		return errors.New("world: a negative number of listeners")
	}
	return nil
}

// Tally counts what happened in a world.
type Tally struct {
	Events     uint64 // calls of agent.Handle
	Turns      uint64 // of the loop, events among them
	Records    uint64
	Frames     uint64
	Lost       uint64 // frames that vanished
	Repeated   uint64
	Reordered  uint64
	Cuts       uint64 // partitions that began
	Crashes    uint64
	Unsynced   uint64 // records that crashes took
	Torn       uint64 // records of which a crash left a part
	Jumps      uint64 // of clocks
	Filled     uint64 // disks on which there was no room any more
	Unwritten  uint64 // processes that ended because a record found no room
	NoRoom     uint64 // orders refused because there was no room for their payload
	Flipped    uint64 // bits of stored records
	Damaged    uint64 // starts that found a damaged record
	Backups    uint64
	Restored   uint64 // homes put back to an older copy
	Forgotten  uint64 // records that those copies lacked
	Orders     uint64
	Announced  uint64
	Graded     uint64 // cases that evaluators have judged
	Parts      uint64 // of jobs that were ordered of others
	Fled       uint64 // names that were thrown away
	Violations uint64
}

// Happening is one thing that happened, for whoever looks on. With it a run is a
// table and a conversation.
type Happening struct {
	Step uint64 // number of events before it
	At   uint64 // Unix milliseconds of the world
	Who  string
	With string // the other side, or ""
	What string // a word, such as "says" or "crash"
	Text string // documents, or what else there is to tell
}
