//go:build race

package bench

// The race detector allocates too.
const raced = true
