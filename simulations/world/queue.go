package world

// turn is one thing that happens at an instant. Turns of one instant happen in
// the order in which they were asked for.
type turn struct {
	at, n uint64
	what  what
	peer  int32  // whom it happens to
	run   int32  // of that peer's process: what was meant for another run does not happen; 0 for any
	other int32  // who else has to do with it
	with  any    // what it takes
	mark  uint64 // of it, for the trace
}

func (t *turn) before(o *turn) bool { return t.at < o.at || t.at == o.at && t.n < o.n }

// queue is what is still to happen, the next first: a heap of four branches, in
// which a place and those below it lie close together.
type queue struct {
	turns []turn
	n     uint64
}

// put adds t after all turns of its instant.
func (q *queue) put(t turn) {
	q.n++
	t.n = q.n
	q.turns = append(q.turns, t)
	i := len(q.turns) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !t.before(&q.turns[up]) {
			break
		}
		q.turns[i] = q.turns[up]
		i = up
	}
	q.turns[i] = t
}

// take removes the next turn. The queue must not be empty.
func (q *queue) take() turn {
	first, last := q.turns[0], len(q.turns)-1
	t := q.turns[last]
	q.turns[last] = turn{}
	q.turns = q.turns[:last]
	if last == 0 {
		return first
	}
	i := 0
	for {
		least := i*4 + 1
		if least >= last {
			break
		}
		for k := least + 1; k < min(i*4+5, last); k++ {
			if q.turns[k].before(&q.turns[least]) {
				least = k
			}
		}
		if !q.turns[least].before(&t) {
			break
		}
		q.turns[i] = q.turns[least]
		i = least
	}
	q.turns[i] = t
	return first
}
