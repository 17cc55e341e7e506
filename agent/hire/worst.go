package hire

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Worst returns the most that a price may come to for so many calls, of which a
// contract without windows is one. It reports false for what is not dealt in: a
// window too large, too many parts, or fewer calls than are wanted.
func Worst(p protocol.Price, calls uint64) (wire.Amount, bool) {
	calls = max(calls, 1)
	windows, each := max(p.Parts, 1), max(p.Window, 1)
	if len(p.Tranches) > protocol.MaxParts || windows > protocol.MaxParts || each > protocol.MaxInputs || calls > windows*each {
		return wire.Amount{}, false
	}
	p.Parts = (calls + each - 1) / each
	most, err := p.Most()
	return most, err == nil
}

// several reports whether a contract at a price has more than one part, or calls.
// Such a one has neither reworks nor needs: it is not dealt in.
func several(p protocol.Price) bool { return len(p.Tranches) > 1 || p.Parts > 1 || p.Window > 1 }
