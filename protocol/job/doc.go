// Package job says where one job stands: a pure fold over the documents that
// hirer and provider sealed, and the clock.
//
// It promises that the same documents, folded at the same instants, give the
// same stage on every machine and for either side; that every stage which is
// not final has a timer that leaves it; that nothing is posted beyond what was
// held, and no more than one part is out at a time; and that a repeated document
// changes nothing. It must never read a clock, know which side it runs on, trust
// a date inside a document further than against its own author, or hold any
// payload.
//
// A contract has one part or several: tranches, or windows of metered calls. Each
// Part stands at a stage of its own, and the next begins when the one before is
// good and paid. Stages, exits and the reasons for them are in docs/spec/job.md.
package job
