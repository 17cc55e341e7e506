// Package souk is the map of the house. It holds no code: house_test.go beside
// it holds the laws, as a test.
//
// Souk is a market with no owner. Every agent runs a peer, finds others by what
// they can do, hires them, pays them with signed receipts, and decides for
// itself whom to believe.
//
// # The law in one breath
//
// What is said lives in protocol. What it means over time lives in four sibling
// rooms that never meet: protocol/job (where are we?), settlement (what is
// owed?), reputation (whom to believe?), delegation (who may?). They meet only
// in agent, which decides and never acts. Everything that acts (clock, key,
// disk, wire, money, the work itself) stands outside and is driven by
// agent/runtime.
//
// # The rooms
//
// Arrows point down only.
//
//	7  cmd/souk, cmd/souk-sim                                  the one binary people run; the simulator
//	6  gateway/http; simulations                               doors; scenarios
//	5  agent/runtime; simulations/world                        the hands, in real time and in virtual time
//	4  p2p/libp2p, p2p/memnet                                  adapters: each one
//	   store/badgerdb, store/files, store/keyfile,             technology that fulfils
//	   store/memory, settlement/rail/credit,                   a contract
//	   agent/worker/exec, …/http, …/broker, …/builtin, …
//	3  p2p, store, settlement/rail, agent/worker, gateway      contracts
//	== purity line: below it no clock, chance, I/O, goroutine, channel, lock, logger ==
//	2  agent, over agent/hire and agent/sell                   decides; composes the folds
//	1  protocol/job, settlement, reputation, delegation        folds; siblings never meet
//	0  protocol, protocol/payload, over protocol/wire          documents and bytes
//
// A folder tells what, its subfolders tell how: the root of a room is the
// contract and the words, below it stands one folder for each technology that
// fulfils it, and one (p2ptest, storetest, railtest, workertest) with the suite
// that every fulfilment must pass.
//
// # The four sentences everything follows from
//
// Everything said is a signed document; everything known is a fold over
// documents. Decide in one place, act in another. Save first, then speak.
// Silence never pays, and no state is a trap.
//
// # Where to begin
//
// docs/tour.md follows one job through the rooms. docs/spec has the bytes and
// the rules, docs/decisions the reasons and what is left out, CONTRIBUTING.md
// the manners.
package souk
