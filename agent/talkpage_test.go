package agent

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
)

// TestTalkPage keeps the numbers of docs/spec/talk.md those of the code.
func TestTalkPage(t *testing.T) {
	b, err := os.ReadFile("../docs/spec/talk.md")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.Join(strings.Fields(string(b)), " ")
	for _, says := range []string{
		fmt.Sprintf("answers %d Calls of one author in a minute and %d of all strangers", callsOfOne, callsOfAll),
		fmt.Sprintf("has %d of these wait for a link, each for %d s", mostCallers, reachWithin/1000),
		fmt.Sprintf("takes %d Quotes of strangers for one Call", mostTalks),
		fmt.Sprintf("all but the last %d on it", mostGiven),
		fmt.Sprintf("%d Counters of one peer are answered in a minute, and %d of all", countersOfOne, countersOfAll),
		fmt.Sprintf("No answer within %d s (`round_by`)", roundPatience/1000),
		fmt.Sprintf("| an answer to a Request is waited for | here %d s |", quotePatience/1000),
		fmt.Sprintf("| an answer to a Counter is waited for (`round_by`) | here %d s |", roundPatience/1000),
		fmt.Sprintf("| rounds, at most | %d |", protocol.MaxRounds),
		fmt.Sprintf("at most to round %d", protocol.MaxRounds),
		fmt.Sprintf("p - (p - l) · r / %d in round r", protocol.MaxRounds),
		fmt.Sprintf("b + (B - b) · (r - 1) / %d", protocol.MaxRounds-1),
		fmt.Sprintf("lives %d minutes and is announced every %d seconds", sell.OfferLife/60_000, sell.Refresh/1000),
		fmt.Sprintf("here %d minutes, or until %d minutes after a Call's `reply`", sell.QuoteLife/60_000, sell.QuoteLife/60_000),
		fmt.Sprintf("here of %d s that doubles up to %d s while there is a link, and up to %d minutes", firstPause/1000, lastPause/1000, awayPause/60_000),
		fmt.Sprintf("clocks may differ by | %d s |", protocol.Skew/1000),
	} {
		if !strings.Contains(page, says) {
			t.Errorf("docs/spec/talk.md does not say %q", says)
		}
	}
}
