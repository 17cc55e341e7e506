package reputation

import (
	"cmp"
	"slices"
)

// path is the heaviest found from the viewer to somebody.
type path struct {
	hops  []Hop
	reach float64
}

// lead is one end of the search: how trust came to a party.
type lead struct {
	at    int32
	from  int // the lead before; -1 at a start
	reach float64
	share float64
	how   Bond
	hops  int
}

// front is the heap of leads by their index: the heaviest first, then the
// shorter, then the earlier.
type front struct {
	leads []lead
	open  []int
}

func (f *front) before(i, j int) bool {
	x, y := f.leads[i], f.leads[j]
	return cmp.Or(cmp.Compare(y.reach, x.reach), cmp.Compare(x.hops, y.hops), cmp.Compare(i, j)) < 0
}

func (f *front) push(l lead) {
	f.leads = append(f.leads, l)
	f.open = append(f.open, len(f.leads)-1)
	for i := len(f.open) - 1; i > 0 && f.before(f.open[i], f.open[(i-1)/2]); i = (i - 1) / 2 {
		f.open[i], f.open[(i-1)/2] = f.open[(i-1)/2], f.open[i]
	}
}

func (f *front) pop() int {
	top, last := f.open[0], len(f.open)-1
	f.open[0] = f.open[last]
	f.open = f.open[:last]
	for i := 0; ; {
		least := i
		for _, child := range [...]int{2*i + 1, 2*i + 2} {
			if child < last && f.before(f.open[child], f.open[least]) {
				least = child
			}
		}
		if least == i {
			return top
		}
		f.open[i], f.open[least] = f.open[least], f.open[i]
		i = least
	}
}

// paths finds the path to each rater along which most trust comes: best first,
// over the rows of the view that is read, at most MaxPath edges long and over at
// most MaxSearch edges in all.
//
// None leads by way of the provider itself: such trust does not count.
func (b *Book) paths(provider int32, raters []voice) []path {
	found := make([]path, len(raters))
	wanted := make(map[int32]int)
	for j, v := range raters {
		if v.rater != self {
			wanted[v.rater] = j
		}
	}
	f := &front{}
	for _, o := range b.start() {
		l := lead{at: o.at, from: -1, reach: o.share, share: o.share}
		if o.at != self {
			l.how, l.hops = BondAnchor, 1
		}
		f.push(l)
	}
	best := make([]float64, len(b.parties)) // the heaviest lead to each; more than any lead once it is closed
	const closed = 2
	best[provider] = closed
	for looked := 0; len(f.open) > 0 && len(wanted) > 0 && looked <= MaxSearch; {
		i := f.pop()
		l := f.leads[i]
		if best[l.at] == closed {
			continue
		}
		best[l.at] = closed
		if j, ok := wanted[l.at]; ok {
			found[j] = path{b.hops(f.leads, i), l.reach}
			delete(wanted, l.at)
		}
		if l.hops == MaxPath || int(l.at) >= len(b.now.rows) || b.now.rows[l.at] == nil {
			continue
		}
		row := b.now.rows[l.at]
		looked += 1 + len(row.to)
		for j, to := range row.to {
			how := BondHired
			if j >= row.hired {
				how = BondPaid
			}
			reach := float64(float64(l.reach*(1-b.policy.Restart)) * row.share[j])
			if reach > best[to] {
				best[to] = reach
				f.push(lead{to, i, reach, row.share[j], how, l.hops + 1})
			}
		}
	}
	return found
}

// hops tells the way to lead i, from the viewer on.
func (b *Book) hops(leads []lead, i int) []Hop {
	var way []Hop
	for ; i >= 0 && leads[i].how != 0; i = leads[i].from {
		l := leads[i]
		hop := Hop{To: b.parties[l.at].key, How: l.how, Share: l.share}
		if l.from >= 0 {
			pair := [2]int32{leads[l.from].at, l.at}
			if l.how == BondPaid {
				pair[0], pair[1] = pair[1], pair[0]
			}
			if t, ok := b.tied[pair]; ok {
				for _, c := range b.ties[t].cells {
					hop.Tally = hop.Tally.plus(b.cells[c].sum.tally)
				}
			}
		}
		way = append(way, hop)
	}
	slices.Reverse(way)
	return way
}
