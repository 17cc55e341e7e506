package reputation

// Every limit of this room.
const (
	MaxOutcomes = 200_000 // of others; one's own are always taken
	MaxLines    = 400_000 // log entries of others in all
	MaxLog      = 65_536  // log entries of one author
	MaxEpochs   = 1_024   // epochs of one author's log
	MaxAnchors  = 256

	MaxSight  = 40_000 // edges over which one Standing or Estimate spreads trust; what is left is not counted
	MaxSearch = 4_000  // edges one Why looks at for paths
	MaxPath   = 6      // edges of one path
	MaxRaters = 8      // main raters one Why names

	// MaxPrecision bounds the evidence behind an interval: beyond it nobody
	// becomes surer.
	MaxPrecision = 10_000
)

// day is the unit of decay, in milliseconds: within one, weights do not change.
const day = 86_400_000
