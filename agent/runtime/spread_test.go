package runtime_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/check"
	"github.com/souk-network/souk/gateway"
)

// knows is what a seat's peer knows of another.
func (s *seat) knows(of *seat) gateway.Trusted {
	s.t.Helper()
	t, err := s.peer.Trust(s.t.Context(), gateway.TrustQuery{Peer: of.agent.Key(), Why: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return t.Known[0]
}

// visit links a seat's peer to another.
func (s *seat) visit(other *seat) {
	s.t.Helper()
	status, err := other.peer.Status(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.peer.Connect(s.t.Context(), status.Addrs[0]); err != nil {
		s.t.Fatal(err)
	}
	pass(10 * time.Second)
}

// TestLogsSpread: however a job ended, a third peer reads of it in the log of
// whoever was there to tell, and believes what its documents bear out.
func TestLogsSpread(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    string // what the seller's worker does
		jobs  int
		then  func(seller, buyer *seat)
		wait  time.Duration
		of    string // whose log is read
		early int    // jobs believed at once
		later int    // and once nobody has answered
		holes bool
	}{
		{name: "jobs well done, told by the buyer", do: "echo", jobs: 3, wait: time.Minute, of: "buyer", early: 3, later: 3},
		{name: "jobs well done, told by the seller", do: "echo", jobs: 3, wait: time.Minute, of: "seller", early: 3, later: 3},
		{name: "work that failed", do: "crash", jobs: 2, wait: time.Minute, of: "seller", early: 2, later: 2},
		{
			name: "a seller that is gone", do: "hang", jobs: 1, wait: 11 * time.Minute, of: "buyer", later: 1,
			then: func(seller, _ *seat) { seller.down() },
		},
		{
			name: "a buyer that is gone", do: "hang", jobs: 1, wait: 11 * time.Minute, of: "seller", early: 0, later: 0,
			then: func(_, buyer *seat) { buyer.down() }, // its work timed out, and nobody has told of that
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				seller, buyer := market(t, plays(c.do))
				third := newSeat(t, seller.hub, 3)
				third.up()
				for i := range c.jobs {
					buyer.hire(string(rune('a'+i)), "some words")
				}
				pass(5 * time.Second)
				seats := map[string]*seat{"seller": seller, "buyer": buyer}
				if c.then != nil {
					c.then(seller, buyer)
				}
				pass(c.wait)
				third.visit(seats[c.of])
				if got := third.knows(buyer); got.Hired != c.early {
					t.Errorf("%d jobs are believed, want %d", got.Hired, c.early)
				}
				pass(15 * time.Minute)
				if got := third.knows(buyer); got.Hired != c.later {
					t.Errorf("later %d jobs are believed, want %d", got.Hired, c.later)
				}
				who := third.knows(seats[c.of])
				if c.later > 0 && (who.Owner.IsZero() || len(who.Why.Holes) > 0) {
					t.Errorf("the teller is %+v", who)
				}
				third.restart()
				pass(time.Second)
				if got := third.knows(buyer); got.Hired != c.later {
					t.Errorf("after a restart %d jobs are believed, want %d", got.Hired, c.later)
				}
				third.down()
				for _, s := range seats {
					if s.peer.Err() == nil && s.peer != nil {
						_ = s.peer.Close()
						_ = s.journal.Close()
					}
				}
			})
		})
	}
}

// TestClaimInLog: a third peer reads in a seller's log that a buyer did not pay.
func TestClaimInLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		offer := plays("echo")
		seller, buyer := market(t, offer)
		buyer.wrapUp(func() { buyer.hire("one", "some words") })
		pass(3 * time.Hour)
		third := newSeat(t, seller.hub, 3)
		third.up()
		third.visit(seller)
		j, err := seller.peer.Jobs(t.Context(), 1)
		if err != nil || len(j) != 1 || j[0].Stage != "settling" {
			t.Fatalf("%+v, %v", j, err)
		}
		pass(time.Hour)
		if got := third.knows(buyer); got.Hired != 1 {
			t.Errorf("%d jobs are believed", got.Hired)
		}
		if got := third.knows(seller); got.Jobs != 0 {
			t.Errorf("a bare claim praises the claimant: %+v", got)
		}
		third.down()
		seller.down()
	})
}

// wrapUp does something and dies before any answer can have come.
func (s *seat) wrapUp(do func()) {
	do()
	pass(60 * time.Millisecond) // the contract is on its way, the result is not
	s.down()
}

// harsh finds fault with everything.
type harsh struct{ worker.Checker }

func (harsh) Check(context.Context, worker.Rule, io.Reader, io.Reader) error {
	return &worker.Failure{Clause: "max_bytes", Why: "I say so"}
}

// TestContestedInLog: where it is word against word, a third peer reads both, on
// whichever side it begins, and believes half of it.
func TestContestedInLog(t *testing.T) {
	for _, first := range []string{"seller", "buyer"} {
		synctest.Test(t, func(t *testing.T) {
			hub := newHub(t)
			seller, buyer, third := newSeat(t, hub, 1, play{}), newSeat(t, hub, 2), newSeat(t, hub, 3)
			buyer.checker = harsh{check.Checker{}}
			seller.up()
			buyer.up()
			third.up()
			offer := plays("echo")
			offer.Rule, offer.RuleParams = "size", `{"max_bytes":100}`
			if _, err := seller.peer.AddOffer(t.Context(), offer); err != nil {
				t.Fatal(err)
			}
			meet(t, seller.peer, buyer.peer)
			buyer.hire("one", "some words")
			pass(8 * time.Hour)
			j, err := buyer.peer.Job(t.Context(), "one")
			if err != nil || j.Stage != "settled" || j.OK {
				t.Fatalf("%+v, %v", j, err)
			}
			seats := map[string]*seat{"seller": seller, "buyer": buyer}
			third.visit(seats[first])
			for range 2 {
				got := third.knows(seller)
				if got.Disputes != 1 || third.knows(buyer).Hired != 1 {
					t.Errorf("%s first: %+v", first, got)
				}
				third.visit(seller)
				third.visit(buyer)
			}
			for _, s := range []*seat{seller, buyer, third} {
				s.down()
			}
		})
	}
}
