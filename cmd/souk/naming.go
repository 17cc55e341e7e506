package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// IDs and the keys of orders may be typed back as a command shows them: whole, their
// beginning, or as a table cut them; so may what is sold here. What others sell has to be
// named in full, by `find` and `hire`. This is the one place where such names are understood.

// clipped is a name that may be cut: what it begins with, and what it ends with.
type clipped struct{ start, end string }

// clippedOf reads a name with at most one ellipsis in it, as tables put it or in three dots.
func clippedOf(word string) clipped {
	start, end, _ := strings.Cut(strings.ReplaceAll(word, "...", "…"), "…")
	return clipped{start, end}
}

// of reports whether name is what s is short for.
func (s clipped) of(name string) bool {
	return len(name) >= len(s.start)+len(s.end) && s.start+s.end != "" && strings.HasPrefix(name, s.start) && strings.HasSuffix(name, s.end)
}

// called is one thing that a word may mean, and what it is called; the first is what it is
// told by.
type called[T comparable] struct {
	is    T
	names []string
}

// mostNamed is how many of several things that a word may mean are named.
const mostNamed = 4

// meant returns the one of all that a word means, by its whole name or one that is cut.
// missing is the error where there is none.
func meant[T comparable](word, kind string, all []called[T], missing error) (none T, err error) {
	var found []called[T]
	s := clippedOf(word)
	for _, c := range all {
		if slices.Contains(c.names, word) {
			return c.is, nil
		}
		if slices.ContainsFunc(c.names, s.of) && !slices.ContainsFunc(found, func(f called[T]) bool { return f.is == c.is }) {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return none, missing
	case 1:
		return found[0].is, nil
	}
	names := make([]string, 0, mostNamed+1)
	for _, f := range found[:min(len(found), mostNamed)] {
		names = append(names, f.names[0])
	}
	if more := len(found) - mostNamed; more > 0 {
		names = append(names, fmt.Sprintf("or %d more", more))
	}
	return none, invalid(fmt.Errorf("%q is short for several %s", word, kind), "write more of it: "+strings.Join(names, ", "))
}

// peer is a peer as somebody names it: by its whole identity, or a word that is to be
// looked up.
type peer struct {
	key  wire.Key
	word string
}

// Every peer ID of an Ed25519 key begins with the first, every did:key of one with the
// second. The longest has so many bytes.
const (
	idStart, didStart = "12D3KooW", "did:key:z6Mk"
	longestID         = 56
)

// peerOf reads how somebody names a peer.
func peerOf(word string) (peer, error) {
	key, err := wire.ParseKey(word)
	if err == nil {
		return peer{key: key}, nil
	}
	s := clippedOf(word)
	likely := func(start string) bool { return strings.HasPrefix(s.start, start) || strings.HasPrefix(start, s.start) }
	cut := s.end != "" || strings.HasSuffix(word, "…") || strings.HasSuffix(word, "...")
	if s.start+s.end == "" || !likely(idStart) && !likely(didStart) || !cut && len(word) >= 52 || len(word) > longestID {
		return peer{}, &gateway.Error{
			Code: gateway.CodeInvalid, Message: fmt.Sprintf("%q is no peer", safe(word)),
			Hint: "write a peer ID (12D3KooW…) or a did:key, as `souk find` and `souk status` show them",
		}
	}
	return peer{word: word}, nil
}

// peerAmong reads who is named by the first of some words, nobody where there are none.
func peerAmong(words []string) (peer, error) {
	if len(words) == 0 {
		return peer{}, nil
	}
	return peerOf(words[0])
}

// String shows p as it was written; nothing for nobody.
func (p peer) String() string {
	if p.word == "" && !p.key.IsZero() {
		return p.key.String()
	}
	return p.word
}

// leastTelling is how many characters of a cut name, beyond what all begin with, must tell a
// peer where money or authority rests on it. A key that shares two of them with another's is
// made in a moment, one that shares these takes some 10^14 tries: days of many machines.
const leastTelling = 8

// telling counts the characters of a cut name that tell a peer from others.
func telling(word string) int {
	s := clippedOf(word)
	n := len(s.start) + len(s.end)
	for _, start := range []string{idStart, didStart} {
		if strings.HasPrefix(s.start, start) || strings.HasPrefix(start, s.start) {
			return n - min(len(s.start), len(start))
		}
	}
	return n
}

// findToDeal returns whom p names where p is dealt with, or judges: a name that is cut so
// short that somebody may have made a key to be taken for another is refused, though only
// one is known whom it fits.
func (p peer) findToDeal(ctx context.Context, desk gateway.Desk) (wire.Key, error) {
	key, err := p.find(ctx, desk)
	if err != nil || p.word == "" || telling(p.word) >= leastTelling {
		return key, err
	}
	return wire.Key{}, invalid(fmt.Errorf("%q is too short to say with whom to deal: others can make a key that looks the same", p.word),
		"if it is this peer, write it whole: "+key.String())
}

// find returns whom p names: of a whole identity nothing need be known.
func (p peer) find(ctx context.Context, desk gateway.Desk) (wire.Key, error) {
	if p.word == "" {
		return p.key, nil
	}
	all, err := acquaintances(ctx, desk)
	if err != nil {
		return wire.Key{}, err
	}
	return meant(p.word, "peers", all, &gateway.Error{
		Code: gateway.CodeNotFound, Message: fmt.Sprintf("nothing is known of a peer %q", p.word),
		Hint: "`souk find`, `souk jobs` and `souk trust` show who is known; write a whole peer ID for another",
	})
}

// acquaintances are all whom a desk may show: itself, who is linked to it, sells, judges,
// was dealt with, or is trusted.
func acquaintances(ctx context.Context, desk gateway.Desk) (all []called[wire.Key], err error) {
	seen := map[wire.Key]bool{{}: true}
	add := func(keys ...wire.Key) {
		for _, k := range keys {
			if !seen[k] {
				seen[k] = true
				all = append(all, called[wire.Key]{k, []string{k.String(), k.DID()}})
			}
		}
	}
	status, err := desk.Status(ctx)
	if err != nil {
		return nil, err
	}
	add(status.Peer)
	for _, l := range status.Peers {
		add(l.Peer)
	}
	offers, err := desk.Find(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, o := range offers {
		add(o.Peer)
		add(o.Evaluators...)
	}
	jobs, err := desk.Jobs(ctx, allJobs)
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		add(j.Peer)
	}
	ledger, err := desk.Ledger(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, p := range ledger.Pairs {
		add(p.Peer)
	}
	trust, err := desk.Trust(ctx, gateway.TrustQuery{})
	for _, k := range trust.Known {
		add(k.Peer)
	}
	return all, err
}

// lookUp returns the job that a word names: its ID or its order's key, whole or cut. All jobs
// are this peer's own: one whose ID somebody made to look like another's makes the word
// short for both, which is refused.
func lookUp(ctx context.Context, desk gateway.Desk, word string) (gateway.Job, error) {
	job, missing := desk.Job(ctx, word)
	if missing == nil || gateway.AsError(missing).Code != gateway.CodeNotFound {
		return job, missing
	}
	jobs, err := desk.Jobs(ctx, allJobs)
	if err != nil {
		return job, err
	}
	all := make([]called[string], 0, 2*len(jobs))
	for _, j := range jobs {
		if !j.ID.IsZero() {
			all = append(all, called[string]{j.ID.String(), []string{j.ID.String()}})
		}
		if j.Key != "" { // of several jobs, where one took another over
			all = append(all, called[string]{j.Key, []string{j.Key}})
		}
	}
	found, err := meant(word, "jobs", all, missing)
	if err != nil {
		return job, err
	}
	return desk.Job(ctx, found)
}

// soldAs returns the capability sold here that a word names, whole or cut.
func soldAs(ctx context.Context, desk gateway.Desk, word string) (string, error) {
	malformed := protocol.CheckCapability(word)
	if malformed == nil {
		return word, nil
	}
	offers, err := desk.Offers(ctx)
	if err != nil {
		return "", err
	}
	all := make([]called[string], len(offers))
	for i, o := range offers {
		all[i] = called[string]{o.Capability, []string{o.Capability}}
	}
	return meant(word, "offers", all, malformed)
}
