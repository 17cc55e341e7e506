// Package delegation says whether an agent may do a thing, by the mandate that
// its owner has signed.
//
// It promises that what a mandate does not grant is denied, that the answer
// names the clause, and that the same question has the same answer: instants,
// sums and estimates are arguments. It must never read a clock, keep a budget
// (what is spent is the book's to say), or take a peer's word for a grant.
package delegation
