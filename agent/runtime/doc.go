// Package runtime is the hands of an agent in real time: it opens and seals,
// journals, sends, pays, wakes, has work done, and answers its owner at the desk.
//
// It promises that the facts of a step are durable before any of its effects
// is carried out, that effects leave in the order in which they were decided,
// and that a fault or a failed commit stops the peer rather than letting it go
// on with a state that is not on disk. It must never decide anything: what
// follows from an event is the core's to say.
package runtime
