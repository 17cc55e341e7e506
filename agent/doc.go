// Package agent composes the folds into one agent of the market: it is given
// the moment and an event, and answers with facts to record and effects to
// carry out.
//
// It promises that the same events in the same order give the same facts and
// effects; that replaying the facts gives the same state; that everything it
// wants said stands in a fact of the same step or an earlier one, so that the
// facts can be made durable first; and that no event, whoever caused it, stops
// it. It must never own a clock, chance, a key, a socket, a disk or a goroutine.
package agent
