// Package http sells what a program behind a URL of the owner's can do: each task is one POST of the
// input, and the body of the answer is the result.
//
// The request has the headers Content-Type (the media type of the input), Souk-Capability, and
// Souk-Job (the job's ID, by which the program may have others hired for parts of it: `souk hire
// --parent`, or the peer's own API). The answer is a result if its status is 200. Its Content-Type
// becomes the type of the result, and Souk-Units, a whole number, the metered units. Whatever else it
// says is passed over.
//
// It promises to speak to the host that the owner named and to no other, to hold no more of a payload
// than one buffer, to hand on the body as it came, and to end its connection with the task. It must
// never take a proxy from the environment, follow a redirect, decompress what came, or ask twice.
package http

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/protocol/payload"
)

// The settings a Config may hold. Any other is refused.
const (
	// SettingURL is where the work is done, http or https, without a password. Required.
	SettingURL = "url"
	// SettingType is the media type of a result whose answer names none; without it
	// application/octet-stream.
	SettingType = "type"
)

// The headers that are ours.
const (
	HeaderCapability = "Souk-Capability" // of the request
	HeaderJob        = "Souk-Job"        // of the request
	HeaderUnits      = "Souk-Units"      // of the answer
)

// Limits of this room.
const (
	maxURL     = 2 << 10          // bytes of a URL
	maxHeaders = 64 << 10         // bytes of an answer's headers
	maxWords   = 4 << 10          // bytes of a refusal's body that are kept for the owner
	dialTime   = 10 * time.Second // to reach the host
)

// Maker makes workers that ask a URL. Its zero value is ready.
type Maker struct{}

// Name returns "http".
func (Maker) Name() string { return "http" }

// Make checks the settings, or returns worker.ErrConfig (wrapped). Whether anybody answers shows when a
// task comes: the program may be started later, and again.
func (Maker) Make(c worker.Config) (worker.Worker, error) {
	s, err := parse(c.Settings)
	if err != nil {
		return nil, fmt.Errorf("%w: http: %w", worker.ErrConfig, err)
	}
	return s, nil
}

func parse(settings map[string]string) (*service, error) {
	for name := range settings {
		if name != SettingURL && name != SettingType {
			return nil, fmt.Errorf("unknown setting %q: known are %s, %s", name, SettingURL, SettingType)
		}
	}
	at, err := parseURL(settings[SettingURL])
	if err != nil {
		return nil, fmt.Errorf("setting %q: %w", SettingURL, err)
	}
	s := &service{at: at.String(), media: "application/octet-stream"}
	if given := settings[SettingType]; given != "" {
		if s.media = given; payload.CheckType(given) != nil {
			return nil, fmt.Errorf("setting %q is %.80q: write a media type such as text/plain", SettingType, given)
		}
	}
	return s, nil
}

// parseURL reads the address. What the library says of a bad one might repeat a password in it.
func parseURL(text string) (*url.URL, error) {
	const such = "write one such as http://127.0.0.1:8080/work"
	if text == "" || len(text) > maxURL {
		return nil, fmt.Errorf("a URL has 1 to %d bytes: %s", maxURL, such)
	}
	at, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("it is no URL: " + such)
	case at.Scheme != "http" && at.Scheme != "https":
		return nil, errors.New("only http and https are spoken: " + such)
	case at.Hostname() == "":
		return nil, errors.New("it names no host: " + such)
	case at.User != nil:
		return nil, errors.New("a password in a URL would be shown with the offer: have the program listen where only this machine reaches it")
	case at.Fragment != "":
		return nil, errors.New("what is asked for has no fragment (#): " + such)
	}
	return at, nil
}
