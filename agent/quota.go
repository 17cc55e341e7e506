package agent

import (
	"errors"

	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// errOverQuota: a peer brings more new contracts in a minute than it may.
var errOverQuota = errors.New("over its quota")

// guests counts in each minute what is asked of us, by whom. Soft.
type guests struct {
	minute uint64 // since 1970, the one that is counted
	of     map[wire.Key]*guest
	crowd  int // asks of strangers
}

// guest is one peer in one minute.
type guest struct {
	quota    sell.Quota
	standing float64
	asks     int
}

// guest returns what a peer may have of us in this minute. Its standing is looked
// up once in it: that is work.
func (s *step) guest(peer wire.Key) *guest {
	if minute := s.at / 60_000; minute != s.guests.minute || s.guests.of == nil {
		s.guests = guests{minute: minute, of: map[wire.Key]*guest{}}
	}
	g := s.guests.of[peer]
	if g == nil {
		standing := s.Standing(peer)
		g = &guest{quota: s.c.Quotas.Of(standing), standing: standing}
		s.guests.of[peer] = g
	}
	return g
}

// admits counts one more request or contract of a peer, and reports whether it is
// to be looked at. What is beyond a quota is not answered: an honest peer says it
// again, or goes elsewhere, and a flood costs its maker more than us.
func (s *step) admits(peer wire.Key) bool {
	g := s.guest(peer)
	if g.asks >= g.quota.Asks || g.standing == 0 && s.guests.crowd >= s.c.Quotas.Crowd {
		return false
	}
	g.asks++
	if g.standing == 0 {
		s.guests.crowd++
	}
	return true
}

// crowded reports whether a peer has as many jobs under way with us as it may, but for one.
func (s *step) crowded(d *deal) bool {
	deals, open := s.party(d.peer).deals, s.guest(d.peer).quota.Open
	if len(deals) < open {
		return false
	}
	n := 0
	for _, other := range deals {
		if other != d && other.role == job.Provider && other.job.Taken() && !other.job.Stage(s.at).Final() {
			n++
		}
	}
	return n >= open
}

// What an agent is worth to us where there is not room for all.
const (
	unknown uint8 = iota
	vouched       // our trust reaches it
	dealt         // something was paid between us
)

// worth returns what an agent is worth to us.
func (s *step) worth(peer wire.Key) uint8 {
	switch {
	case s.Dealt(peer):
		return dealt
	case s.web.Knows(peer) && s.guest(peer).standing > 0:
		return vouched
	}
	return unknown
}
