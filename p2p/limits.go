package p2p

import "time"

// Every limit of this room, checked before anything is allocated for what it bounds.
const (
	MaxFrame        = 1 << 20   // bytes of one frame on a link
	MaxAnnouncement = 64 << 10  // bytes of one announcement
	MaxPull         = 512       // announcements handed to a peer that joins a shard
	MaxPage         = 128 << 10 // bytes of one page of a log
	MaxPages        = 256       // pages of one answer
	MaxLogBytes     = 4 << 20   // bytes of one answer
	MaxQueue        = 1024      // frames waiting on one link
	MaxQueueBytes   = 16 << 20  // bytes waiting on one link
	MaxFetches      = 8         // artefact transfers at once per peer
	Shards          = 16        // announcement shards per network
	DialTimeout     = 15 * time.Second
	WriteTimeout    = 20 * time.Second // one frame on a link
	FetchIdle       = 20 * time.Second // between two reads of a transfer
	LogTimeout      = 60 * time.Second // one answer on a log
)
