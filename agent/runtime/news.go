package runtime

import "github.com/souk-network/souk/agent"

// MaxNews is how many announcements may wait for the loop to hear them.
const MaxNews = 1024

// news are announcements that are on the board and that the loop has not heard yet.
// They wait apart from its inbox: they must not hold up what jobs wait for, and what
// the board knows again is never announced to the loop a second time, so that none of
// them may be lost.
type news struct {
	room    chan struct{} // taken before an announcement is judged
	waiting chan agent.Event
}

func newNews() *news {
	return &news{room: make(chan struct{}, MaxNews), waiting: make(chan agent.Event, MaxNews)}
}

// take reports whether one more may wait. Whoever gets true calls put or leave.
func (n *news) take() bool {
	select {
	case n.room <- struct{}{}:
		return true
	default:
		return false
	}
}

func (n *news) leave()             { <-n.room }
func (n *news) put(ev agent.Event) { n.waiting <- ev } // there is room

// tellNews hands the loop one announcement after the other, until the peer stops.
func (p *Peer) tellNews() {
	for {
		select {
		case ev := <-p.news.waiting:
			if !p.post(ev) {
				return
			}
			p.news.leave()
		case <-p.done:
			return
		}
	}
}
