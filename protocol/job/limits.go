package job

// Every limit of this room.
const (
	MaxProgress = 256     // Progress documents of one job
	maxInstant  = 1 << 62 // Unix milliseconds: later Accepts are nonsense, and sums below stay in range
)
