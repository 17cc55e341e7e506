package job

// Every limit of this room.
const (
	MaxProgress = 256     // Progress documents of one part
	MaxParts    = 64      // parts of one job
	MaxWindow   = 16      // calls of one window: as many as a Delivery may name results
	MaxPauses   = 16      // Needs of one part
	maxInstant  = 1 << 62 // Unix milliseconds: later Accepts are nonsense, and sums below stay in range
)
