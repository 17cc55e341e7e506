package http

import "time"

// Every limit of this door.
const (
	// MaxInput is the most bytes of one order's input.
	MaxInput = 64 << 20
	// MaxHeader is the most bytes of a request's line and headers.
	MaxHeader = 16 << 10
	// MaxRequests is how many requests are answered at once; more are told to come again.
	MaxRequests = 256
	// MaxPoll is how long an await may be held open before the caller must ask again.
	MaxPoll = 60 * time.Second

	maxDraft    = 64 << 10         // bytes of a JSON request
	maxAnswer   = 64 << 20         // bytes of a JSON answer the client reads
	headerTime  = 10 * time.Second // to send the headers
	idleBody    = 30 * time.Second // between two pieces of a body
	idleConn    = 2 * time.Minute  // between two requests on one connection
	closingTime = 5 * time.Second  // for requests under way when the door closes
	maxSocket   = 100              // bytes of a socket's path; sun_path has 104 (BSD) or 108 (Linux) with its zero
)
