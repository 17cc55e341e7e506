//go:build !unix

package workertest

import "time"

var began = time.Now()

// Spent is how long this process has run: here that stands for what processors have
// worked for it.
func Spent() time.Duration { return time.Since(began) }
