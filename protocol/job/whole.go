package job

// A job stands where the part in hand stands. Once that is settled it waits for
// the HOLD of the next, if one may come; once that has ended, for the money of
// those before.

// Stage returns where the job stands at an instant of this side's clock. An
// instant before the latest one folded counts as that one.
func (j *Job) Stage(at uint64) Stage { return j.at(at).Stage(at) }

// Fault returns which side did not do its part, in a job that stands at
// Defaulted; Other elsewhere.
func (j *Job) Fault(at uint64) Role { return j.at(at).Fault(at) }

// Next returns the instant at which time alone moves the job on, and where to.
// ok is false only for a final stage.
func (j *Job) Next(at uint64) (when uint64, to Stage, ok bool) {
	when, _, ok = j.at(at).Next(at)
	if !ok {
		return 0, 0, false
	}
	return when, j.Stage(when), true
}

// at returns the part where the job stands. One that ended other than settled
// tells how the job ended.
func (j *Job) at(at uint64) Part {
	hand := j.InHand()
	now := hand.Stage(at)
	if !now.Final() {
		return hand
	}
	if next, ok := j.Part(hand.n + 1); ok && now == Settled && !next.Stage(at).Final() {
		return next
	}
	odd := hand
	for n := hand.n; n > 0; n-- {
		switch p := (Part{j, j.parts[n-1]}); {
		case !p.Stage(at).Final():
			return p
		case p.Stage(at) != Settled:
			odd = p
		}
	}
	return odd
}
