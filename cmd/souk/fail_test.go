package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/souk-network/souk/gateway"
	doorhttp "github.com/souk-network/souk/gateway/http"
	"github.com/souk-network/souk/protocol"
)

// TestExitAndHTTPStatus: the page on codes tells with which status each code ends a
// command and answers a request, and of all others that it is the general one.
func TestExitAndHTTPStatus(t *testing.T) {
	b, err := os.ReadFile("../../docs/spec/codes.md")
	if err != nil {
		t.Fatal(err)
	}
	type pair struct{ exit, http string }
	told := map[string]pair{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z_`, ]+`) \\| ([0-9]) \\| ([0-9]{3}) \\|$").FindAllStringSubmatch(string(b), -1) {
		for code := range strings.SplitSeq(row[1], ", ") {
			told[strings.Trim(code, "`")] = pair{row[2], row[3]}
		}
	}
	codes := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(string(b), -1)
	if len(told) < 20 || len(codes) < 40 {
		t.Fatalf("read %d statuses and %d codes", len(told), len(codes))
	}
	for _, m := range codes {
		want, ok := told[m[1]]
		if !ok {
			want = pair{"1", "422"}
		}
		code := protocol.Code(m[1])
		got := pair{strconv.Itoa(exit(code)), strconv.Itoa((&doorhttp.Failure{Err: &gateway.Error{Code: code}}).GetStatus())}
		if got != want {
			t.Errorf("%s: exit and HTTP status %v, the page says %v", code, got, want)
		}
	}
}
