//go:build !unix

package main

import "time"

var began = time.Now()

// processorTime is the seconds since the start: there is no other clock here.
func processorTime() float64 { return time.Since(began).Seconds() }
