// Package reputation answers, for one viewer: how likely is this agent to do
// this job well, how sure is that, and why.
//
// Evidence is the Outcome alone: a paid job that both signed for. A Book holds
// the evidence of one viewer as a web of parties and answers two questions from
// the viewer's own position, which differs from everyone else's:
//
//   - how far does my trust reach this rater? Personalised PageRank over who was
//     well served by whom and who was paid in time by whom (Standing, and the
//     weights inside an Estimate);
//   - how likely is success with this provider? Counts of good and bad, weighed
//     by that reach, as a Beta distribution (Estimate, Why).
//
// It promises that
//
//   - the reach of any set of agents is at most what flows into it over the edges
//     from outside, however many agents the set has and however they vouch for
//     one another;
//   - nobody raises its own Standing by any edge of its own;
//   - with the reach of raters fixed, praise never lowers and blame never raises
//     an estimate (with reach recomputed this is false of any such score: one
//     praise can move reach to somebody's critic);
//   - names do not matter, only who dealt with whom;
//   - the same calls in the same order give the same bits on every machine;
//   - no call does more than its share of work: what is long proceeds in Steps,
//     and what is not yet done is reported (Estimate.Pending).
//
// Whether seals and proofs are good is not asked here: the caller says "this is
// how it is attested". The room must never believe an agent about itself, read a
// clock, or let the order of a map reach an answer.
//
// docs/spec/trust.md gives every rule and formula, so that another program gets
// the same numbers.
package reputation
