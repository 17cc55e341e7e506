// Package world drives agents of the real core in virtual time: one loop, one
// seed, links that lose, repeat, delay and break, disks that forget what was not
// synced, clocks that differ and jump, and processes that die at any moment.
//
// It promises that one binary, one Options and one seed give one story, to the
// last event, on any machine and any number of processors; that an effect is
// carried out only when the record of its step is durable, in order, as
// agent/runtime does it; and that what a peer hears was read from the bytes that
// were sent, unless Options.Light says otherwise; seals made in this world are verified
// with Options.Doubt alone. It must never own a real clock, touch the outside, or look
// into an agent but as its owner may.
package world
