package reputation

import "math"

// view is one personalised PageRank from the viewer, by forward push
// (Andersen, Chung, Lang, Local Graph Partitioning using PageRank Vectors, FOCS
// 2006), kept up to date in place (Zhang, Lofgren, Goel, Approximate Personalized
// PageRank on Dynamic Graphs, KDD 2016).
//
// At every moment, with s where trust starts, P the rows' shares, alpha the
// chance to stop and pi the exact ranks,
//
//	r = s - p(I - (1-alpha)P)/alpha    and so    pi = p + sum of r(u)·pi from u
//
// p is what has been given, r what is still to be given on. Trust that comes to
// an agent without edges stays there or ends.
type view struct {
	book   *Book
	day    uint64
	rows   []*row // by party; nil until trust first comes there
	p, r   []float64
	left   float64 // sum of |r|
	queue  []int32 // parties whose r may be worth giving on
	first  int     // of queue
	queued []bool
	dirty  []int32 // parties whose row has changed
}

// row is where an agent's trust goes on to.
type row struct {
	to    []int32
	share []float64 // of 1 together; none where nobody earned any
	hired int       // how many of them lead to providers; the others to hirers
	dirty bool
}

func (b *Book) newView(today uint64) *view {
	v := &view{book: b, day: today}
	v.restart(nil, b.start())
	return v
}

// views returns the views that are kept.
func (b *Book) views() []*view {
	if b.next == nil {
		return []*view{b.now}
	}
	return []*view{b.now, b.next}
}

// origin is one place where trust starts.
type origin struct {
	at    int32
	share float64
}

// start returns where trust starts: with the viewer, and a part with the anchors.
func (b *Book) start() []origin {
	if len(b.anchors) == 0 {
		return []origin{{self, 1}}
	}
	s := []origin{{self, 1 - b.policy.Anchors}}
	for _, a := range b.anchors {
		s = append(s, origin{a, b.policy.Anchors / float64(len(b.anchors))})
	}
	return s
}

// restart moves the start. The invariant is linear in it.
func (v *view) restart(from, to []origin) {
	for _, o := range from {
		v.add(o.at, -o.share)
	}
	for _, o := range to {
		v.add(o.at, o.share)
	}
}

// reach returns p of party i, and never less than nothing.
func (v *view) reach(i int32) float64 {
	if int(i) >= len(v.p) {
		return 0
	}
	return max(0, v.p[i])
}

// touches reports whether any trust has come to party i, or waits there.
func (v *view) touches(i int32) bool {
	return int(i) < len(v.p) && (v.rows[i] != nil || v.p[i] != 0 || v.r[i] != 0)
}

// grow makes place for party i.
func (v *view) grow(i int32) {
	for int(i) >= len(v.p) {
		v.p, v.r = append(v.p, 0), append(v.r, 0)
		v.rows, v.queued = append(v.rows, nil), append(v.queued, false)
	}
}

// add gives x to the residual of i.
func (v *view) add(i int32, x float64) {
	v.grow(i)
	before := v.r[i]
	v.r[i] = before + x
	v.left += math.Abs(v.r[i]) - math.Abs(before)
	if !v.queued[i] && math.Abs(v.r[i]) > v.book.policy.Precise {
		v.queued[i] = true
		v.queue = append(v.queue, i)
	}
}

// stain marks the row of i as changed. A row nobody has looked at needs no mark.
func (v *view) stain(i int32) {
	if int(i) < len(v.rows) && v.rows[i] != nil && !v.rows[i].dirty {
		v.rows[i].dirty = true
		v.dirty = append(v.dirty, i)
	}
}

// work gives trust on until nothing is left to do or more than budget edges
// were looked at, and returns how many were.
func (v *view) work(budget int) (done int) {
	for done <= budget {
		switch {
		case len(v.dirty) > 0:
			i := v.dirty[0]
			v.dirty = v.dirty[1:]
			done += v.renew(i)
		case v.first < len(v.queue):
			i := v.queue[v.first]
			v.first++
			v.queued[i] = false
			done += v.push(i)
		default:
			v.queue, v.first, v.dirty = v.queue[:0], 0, nil
			return done
		}
	}
	if v.first > len(v.queue)/2 {
		v.queue, v.first = append(v.queue[:0], v.queue[v.first:]...), 0
	}
	return done
}

// idle reports whether nothing is left to do.
func (v *view) idle() bool { return len(v.dirty) == 0 && v.first >= len(v.queue) }

// push keeps a part of what waits at i and gives the rest on.
func (v *view) push(i int32) int {
	cost := 1
	if v.rows[i] == nil {
		v.rows[i] = v.book.row(i, v.day)
		cost += v.book.degree(i)
	}
	row, alpha, waits := v.rows[i], v.book.policy.Restart, v.r[i]
	if math.Abs(waits) <= float64(v.book.policy.Precise*float64(max(1, len(row.to)))) {
		return cost
	}
	v.add(i, -waits)
	v.p[i] += float64(alpha * waits)
	spread := float64((1 - alpha) * waits)
	for j, to := range row.to {
		v.add(to, float64(spread*row.share[j]))
	}
	return cost + len(row.to)
}

// renew replaces the row of i. What i has given on by the old row is taken
// back and given by the new one, in r, which keeps the invariant.
func (v *view) renew(i int32) int {
	old := v.rows[i]
	fresh, looked := v.book.row(i, v.day), v.book.degree(i)
	v.rows[i] = fresh
	v.add(i, 0) // fewer edges now may make worth while what was not
	alpha := v.book.policy.Restart
	given := float64(v.p[i]*(1-alpha)) / alpha
	if given == 0 {
		return 1 + looked
	}
	for j, to := range fresh.to {
		v.add(to, float64(given*fresh.share[j]))
	}
	for j, to := range old.to {
		v.add(to, -float64(given*old.share[j]))
	}
	return 1 + looked + len(old.to) + len(fresh.to)
}

// degree returns how many edges party i may have.
func (b *Book) degree(i int32) int { return len(b.parties[i].hired) + len(b.parties[i].served) }

// row weighs the edges of party i on a day.
func (b *Book) row(i int32, today uint64) *row {
	p := &b.parties[i]
	row := &row{}
	if p.forked {
		return row
	}
	total := 0.0
	add := func(to int32, w float64) {
		if w > 0 && !b.parties[to].forked {
			row.to, row.share = append(row.to, to), append(row.share, w)
			total += w
		}
	}
	for _, t := range p.hired {
		add(b.ties[t].provider, b.service(t, today))
	}
	row.hired = len(row.to)
	for _, t := range p.served {
		add(b.ties[t].hirer, b.payment(t, today))
	}
	for j := range row.share {
		row.share[j] /= total
	}
	return row
}

// Step gives trust on at the instant at (Unix milliseconds) until it has looked
// at about budget edges, or one agent's edges more, and reports whether all that
// was learned is in. Weights decay by the day: on a new one the view is made anew
// beside the old one, which is read until the new one is ready. Call it after
// Learn, and at least once a day, until it reports true; between the calls
// estimates lag behind, and say so in Pending. 5,000 edges take about half a
// millisecond.
func (b *Book) Step(at uint64, budget int) (done bool) {
	if today := at / day; today > b.latest().day {
		b.next = b.newView(today)
	}
	if b.next == nil {
		b.now.work(budget)
		return b.now.idle()
	}
	b.now.work(budget / 2)
	b.next.work(budget / 2)
	if !b.next.idle() {
		return false
	}
	b.now, b.next = b.next, nil
	return true
}

func (b *Book) latest() *view {
	if b.next != nil {
		return b.next
	}
	return b.now
}
