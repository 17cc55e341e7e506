package gateway

// Calibration is how good the estimates were by which a peer has hired: the one that stood
// beside each contract, and whether that job then came well. Jobs that tell nothing of
// their provider, as those that their hirer called off, are left out.
type Calibration struct {
	Schema    string            `json:"schema"` // "souk.calibration/v1"
	Jobs      int               `json:"jobs"`
	Well      int               `json:"well"`
	Brier     float64           `json:"brier"`     // mean square of what the estimates were off by: 0 is perfect, 0.25 a coin
	Reference float64           `json:"reference"` // the same, had the share of all that came well always been said
	Skill     float64           `json:"skill"`     // 1 - brier/reference; 0 where the reference is 0
	Error     float64           `json:"error"`     // how far estimates are off in each band, on average over the jobs
	Bands     []CalibrationBand `json:"bands"`     // those with jobs, lowest first
}

// CalibrationBand is the jobs whose estimates lay from From up to To.
type CalibrationBand struct {
	From      float64 `json:"from"`
	To        float64 `json:"to"`
	Jobs      int     `json:"jobs"`
	Well      int     `json:"well"`
	Estimated float64 `json:"estimated"` // mean
	Came      float64 `json:"came"`      // share that came well
}
