// Package settlement folds receipts into one agent's book: who owes whom how
// much of which asset, what is set aside for which job, and what a payer may
// still be trusted with.
//
// Between a payer and a payee in one asset lie lanes, one after the other, one
// for each epoch (one run of the payer's process). The payer alone writes
// entries, each with the totals after it; the payee countersigns. The book
// takes what both have truly said, in any order and any number of times, and
// promises that
//
//   - an entry is folded only where it continues its lane and its totals are
//     exactly those before it plus its effect;
//   - a document folded twice changes nothing (ErrKnown), and two entries where
//     there can be one are found (*Fork);
//   - a hold ends once: by POST of at most what was held, by AWARD, or by VOID
//     with a basis the payee has given or time has given;
//   - the same documents in the same order give the same book, so a journal
//     replayed is the book that was.
//
// Whether seals are good is not asked here: the caller says "this key truly
// said that". The book has no clock: whoever receives an entry compares its at
// with the clock first. It must never add amounts of two assets, decide what to
// say, or count as paid what no payee has countersigned.
//
// docs/spec/money.md tells the rules in prose.
package settlement
