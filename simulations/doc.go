// Package simulations is the catalogue of scenarios: what lives in a world, what
// befalls it, and what is measured of it, told in one file each.
//
// It promises that a file it does not understand to the last key is refused in one
// line, that every run derives all its chance from scenario and seed, and that what
// it reports was counted in the run reported. It must never reach into an agent,
// own a clock, or let a violation pass.
package simulations
