// Package still writes down the whole of a value in memory and makes it again: a
// still picture of a state that is costly to fold anew.
//
// It promises that equal states have equal bytes; that whatever is reached from
// the value is in them, exported or not, and what is reached twice is one thing
// again afterwards; and that a Form has another Fingerprint where any type in it
// has changed. It must never be the only place where something is known: its
// bytes are for the program that wrote them, and a picture that cannot be read is
// thrown away.
//
// It alone of the house uses unsafe: what a room keeps to itself can be written
// by nobody else, and what a room had to list by hand could be forgotten.
package still
