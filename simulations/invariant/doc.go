// Package invariant holds what must be true of every honest agent, whatever
// happens to it: the twelve promises about money (docs/spec/money.md), the seven
// about a job (docs/spec/job.md), and those about budgets, evidence and replay.
//
// It promises to judge by documents, records and what an owner may ask an agent,
// keeping accounts of its own: no check asks the code that it checks whether that
// is right. Each event is checked by what it touched; what takes a look at
// everything is checked at intervals and at the end. It must never change an
// agent, and must hold nothing against an honest one for what another did.
package invariant
