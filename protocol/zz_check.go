package protocol

// Check TODO
func (d *Hello) Check() error { return nil }

// Check TODO
func (d *Offer) Check() error { return nil }

// Check TODO
func (d *Request) Check() error { return nil }

// Check TODO
func (d *Quote) Check() error { return nil }

// Check TODO
func (d *Refuse) Check() error { return nil }

// Check TODO
func (d *Accept) Check() error { return nil }

// Check TODO
func (d *Started) Check() error { return nil }

// Check TODO
func (d *Ack) Check() error { return nil }

// Check TODO
func (d *Progress) Check() error { return nil }

// Check TODO
func (d *Delivery) Check() error { return nil }

// Check TODO
func (d *Verdict) Check() error { return nil }

// Check TODO
func (d *Contest) Check() error { return nil }

// Check TODO
func (d *Cancel) Check() error { return nil }

// Check TODO
func (d *Entry) Check() error { return nil }

// Check TODO
func (d *Countersign) Check() error { return nil }

// Check TODO
func (d *Claim) Check() error { return nil }

// Check TODO
func (d *Outcome) Check() error { return nil }

// Check TODO
func (d *LogEntry) Check() error { return nil }

// Check TODO
func (d *LogHead) Check() error { return nil }

// Check TODO
func (d *Equivocation) Check() error { return nil }

// Check TODO
func (d *Mandate) Check() error { return nil }
