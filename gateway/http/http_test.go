package http_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/souk-network/souk/gateway"
	doorhttp "github.com/souk-network/souk/gateway/http"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open serves desk on a socket of its own and returns the socket's path and a client.
func open(t *testing.T, desk gateway.Desk) (string, *doorhttp.Client) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "api.sock")
	return socket, serve(t, socket, desk)
}

func serve(t *testing.T, socket string, desk gateway.Desk) *doorhttp.Client {
	t.Helper()
	l, err := doorhttp.Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- doorhttp.Serve(ctx, l, desk) }()
	client := doorhttp.Dial(socket)
	t.Cleanup(func() {
		client.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if _, err := os.Lstat(socket); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is still there: %v", err)
		}
	})
	return client
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TestRoundTrip asks every method of a Desk directly and through the door.
func TestRoundTrip(t *testing.T) {
	desk := newDesk()
	_, client := open(t, desk)
	ctx := within(t)
	for _, c := range []struct {
		name string
		ask  func(gateway.Desk) (any, error)
	}{
		{"Status", func(d gateway.Desk) (any, error) { return d.Status(ctx) }},
		{"AddOffer", func(d gateway.Desk) (any, error) { return d.AddOffer(ctx, desk.offer.OfferDraft) }},
		{"Offers", func(d gateway.Desk) (any, error) { return d.Offers(ctx) }},
		{"RemoveOffer", func(d gateway.Desk) (any, error) { return nil, d.RemoveOffer(ctx, "text/words@1") }},
		{"Find", func(d gateway.Desk) (any, error) { return d.Find(ctx, "text/words@1") }},
		{"Find all", func(d gateway.Desk) (any, error) { return d.Find(ctx, "") }},
		{"Jobs", func(d gateway.Desk) (any, error) { return d.Jobs(ctx, 7) }},
		{"Job", func(d gateway.Desk) (any, error) { return d.Job(ctx, "key/with ?odd=parts&#%2f") }},
		{"Await", func(d gateway.Desk) (any, error) { return d.Await(ctx, "k", "agreed") }},
		{"Cancel", func(d gateway.Desk) (any, error) { return d.Cancel(ctx, "k") }},
		{"Consent", func(d gateway.Desk) (any, error) {
			return d.Consent(ctx, gateway.ConsentDraft{
				Provider: desk.status.Peer, Scopes: []string{"text/*"}, Asset: "a", Fee: wire.Units(1), Technology: "exec",
				Settings: map[string]string{"command": "judge"}, Rule: "size", RuleParams: "{}",
			})
		}},
		{"Provide", func(d gateway.Desk) (any, error) {
			return d.Provide(ctx, "k", "text/plain", strings.NewReader("a map"))
		}},
		{"Ledger", func(d gateway.Desk) (any, error) { return d.Ledger(ctx, desk.status.Peer.String()) }},
		{"Postings", func(d gateway.Desk) (any, error) { return d.Postings(ctx, desk.status.Peer.String()) }},
		{"Trust", func(d gateway.Desk) (any, error) {
			return d.Trust(ctx, gateway.TrustQuery{Peer: desk.status.Owner, Capability: "text/words@1", Why: true})
		}},
		{"Trust of all", func(d gateway.Desk) (any, error) { return d.Trust(ctx, gateway.TrustQuery{}) }},
		{"Calibration", func(d gateway.Desk) (any, error) { return d.Calibration(ctx) }},
		{"Receipt", func(d gateway.Desk) (any, error) { return d.Receipt(ctx, "last") }},
		{"Evidence", func(d gateway.Desk) (any, error) { return d.Evidence(ctx, "k") }},
		{"Journal", func(d gateway.Desk) (any, error) {
			r, err := d.Journal(ctx)
			if err != nil {
				return nil, err
			}
			defer r.Close()
			return io.ReadAll(r)
		}},
		{"Forks", func(d gateway.Desk) (any, error) { return d.Forks(ctx) }},
		{"Verify", func(d gateway.Desk) (any, error) { return d.Verify(ctx) }},
		{"Hire", func(d gateway.Desk) (any, error) {
			return d.Hire(ctx, desk.order, strings.NewReader("some input"))
		}},
		{"Result", func(d gateway.Desk) (any, error) {
			r, about, err := d.Result(ctx, "k")
			if err != nil {
				return nil, err
			}
			defer r.Close()
			b, err := io.ReadAll(r)
			return []any{string(b), about}, err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, err := c.ask(desk)
			if err != nil {
				t.Fatal(err)
			}
			asked := desk.take()
			got, err := c.ask(client)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("through the door: %+v\ndirectly: %+v", got, want)
			}
			if through := desk.take(); through != asked {
				t.Errorf("asked through the door: %s\ndirectly: %s", through, asked)
			}
		})
	}
}

// TestEveryCode refuses with each code there is, in every method.
func TestEveryCode(t *testing.T) {
	desk := newDesk()
	_, client := open(t, desk)
	ctx := within(t)
	for _, code := range codes {
		want := &gateway.Error{Code: code, Message: "what \"happened\" \x1b[31m\n", Hint: "then what", Retryable: code == protocol.CodeBusy}
		desk.fail = fmt.Errorf("wrapped: %w", want)
		for name, err := range everyMethod(ctx, client, desk) {
			var got *gateway.Error
			if !errors.As(err, &got) || *got != *want {
				t.Errorf("%s of code %s: %v", name, code, err)
			}
		}
	}
	desk.fail = errors.New("something else")
	_, err := client.Status(ctx)
	if e := gateway.AsError(err); e.Code != gateway.CodeInternal || e.Message != "something else" {
		t.Errorf("an error that is no refusal: %+v", e)
	}
}

var codes = []protocol.Code{
	gateway.CodeInvalid, gateway.CodeNotFound, gateway.CodeUnavailable, gateway.CodeTimeout, gateway.CodeInternal,
	gateway.CodeDamaged, gateway.CodeLocked, gateway.CodeDisk, gateway.CodePassphrase, gateway.CodeExists, gateway.CodeEnded,
	gateway.CodeNeedsApproval, protocol.CodeMalformed, protocol.CodeTooLarge, protocol.CodeUnknownKind,
	protocol.CodeNetwork, protocol.CodePayee, protocol.CodeSeal, protocol.CodeClock, protocol.CodeExpired,
	protocol.CodeNotOffered, protocol.CodeBusy, protocol.CodeOverLimit, protocol.CodeAmount, protocol.CodeLane,
	protocol.CodeLaneBehind, protocol.CodeFork, protocol.CodeHold, protocol.CodeLabel, protocol.CodeCheck,
	protocol.CodeRail, protocol.CodeMandate, protocol.CodeBudget, protocol.CodeNoOffer, protocol.CodeWorkFailed,
	protocol.CodeWorkTimeout, protocol.CodeInterrupted, protocol.CodeWithdrawn, protocol.CodeLate,
	protocol.CodeArtefact, protocol.CodeDuplicate, protocol.CodeDefaulted,
}

func everyMethod(ctx context.Context, d gateway.Desk, with *desk) map[string]error {
	said := map[string]error{}
	_, said["Status"] = d.Status(ctx)
	_, said["AddOffer"] = d.AddOffer(ctx, with.offer.OfferDraft)
	_, said["Offers"] = d.Offers(ctx)
	said["RemoveOffer"] = d.RemoveOffer(ctx, "c")
	_, said["Find"] = d.Find(ctx, "")
	_, said["Hire"] = d.Hire(ctx, with.order, strings.NewReader(strings.Repeat("x", 1<<20)))
	_, said["Jobs"] = d.Jobs(ctx, 0)
	_, said["Job"] = d.Job(ctx, "k")
	_, said["Await"] = d.Await(ctx, "k", "s")
	_, _, said["Result"] = d.Result(ctx, "k")
	_, said["Cancel"] = d.Cancel(ctx, "k")
	_, said["Ledger"] = d.Ledger(ctx, "")
	_, said["Postings"] = d.Postings(ctx, "")
	_, said["Trust"] = d.Trust(ctx, gateway.TrustQuery{})
	_, said["Calibration"] = d.Calibration(ctx)
	_, said["Receipt"] = d.Receipt(ctx, "k")
	_, said["Evidence"] = d.Evidence(ctx, "k")
	_, said["Journal"] = d.Journal(ctx)
	_, said["Forks"] = d.Forks(ctx)
	_, said["Verify"] = d.Verify(ctx)
	return said
}

func TestNobodyHome(t *testing.T) {
	folder := t.TempDir()
	dead := filepath.Join(folder, "dead.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	for _, socket := range []string{filepath.Join(folder, "none.sock"), dead} {
		c := doorhttp.Dial(socket)
		_, err := c.Status(within(t))
		if e := gateway.AsError(err); e.Code != gateway.CodeUnavailable || !strings.Contains(e.Hint, "souk up") {
			t.Errorf("%s: %+v", socket, e)
		}
		c.Close()
	}
	serve(t, dead, newDesk()) // one left by the dead is replaced
}

func TestListenKeepsItsFolder(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "api.sock")
	if err := os.WriteFile(socket, []byte("a letter"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := doorhttp.Listen(socket); err == nil {
		t.Fatal("a file that is no socket was replaced")
	}
	os.Remove(socket)
	serve(t, socket, newDesk())
	found, err := os.Stat(socket)
	if err != nil || found.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", found.Mode(), err)
	}
}

func TestLongHome(t *testing.T) {
	run, err := os.MkdirTemp("", "souk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(run) })
	t.Setenv("XDG_RUNTIME_DIR", run)
	home := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	client := serve(t, filepath.Join(home, "api.sock"), newDesk())
	if _, err := client.Status(within(t)); err != nil {
		t.Fatal(err)
	}
	os.Chmod(filepath.Join(run, fmt.Sprintf("souk-%d", os.Getuid())), 0o777)
	if _, err := doorhttp.Listen(filepath.Join(home, "other.sock")); err == nil {
		t.Fatal("a folder open to others was used")
	}
}

// TestHostile sends what no honest client sends. Each answer is one refusal.
func TestHostile(t *testing.T) {
	desk := newDesk()
	socket, client := open(t, desk)
	draft := `{"capability":"c","price":"1","asset":"a","technology":"exec","settings":{}`
	for _, c := range []struct {
		name, method, path, body string
		header                   map[string]string
		status                   int
		code                     protocol.Code
	}{
		{"unknown route", "GET", "/v1/nothing", "", nil, 404, gateway.CodeNotFound},
		{"wrong method", "PUT", "/v1/status", "", nil, 404, gateway.CodeNotFound},
		{"web page", "GET", "/v1/status", "", map[string]string{"Origin": "https://evil.example"}, 400, gateway.CodeInvalid},
		{"null origin", "GET", "/v1/status", "", map[string]string{"Origin": "null"}, 400, gateway.CodeInvalid},
		{"rebound name", "GET", "/v1/status", "", map[string]string{"Host": "evil.example"}, 400, gateway.CodeInvalid},
		{"unknown field", "POST", "/v1/offers", draft + `,"cheap":true}`, nil, 422, gateway.CodeInvalid},
		{"negative price", "POST", "/v1/offers", strings.Replace(draft, `"1"`, `"-1"`, 1) + "}", nil, 422, gateway.CodeInvalid},
		{"price as number", "POST", "/v1/offers", strings.Replace(draft, `"1"`, `1`, 1) + "}", nil, 422, gateway.CodeInvalid},
		{"not JSON", "POST", "/v1/offers", "{", nil, 400, gateway.CodeInvalid},
		{"no body", "POST", "/v1/offers", "", nil, 400, gateway.CodeInvalid},
		{"other type", "POST", "/v1/offers", draft + "}", map[string]string{"Content-Type": "text/html"}, 415, gateway.CodeInvalid},
		{"long draft", "POST", "/v1/offers", strings.Repeat(" ", 1<<17) + draft + "}", nil, 413, protocol.CodeTooLarge},
		{"deep draft", "POST", "/v1/offers", strings.Repeat("[", 30000), nil, 400, gateway.CodeInvalid},
		{"unknown query", "GET", "/v1/find?capabilty=x", "", nil, 422, gateway.CodeInvalid},
		{"bad limit", "GET", "/v1/jobs?limit=-1", "", nil, 422, gateway.CodeInvalid},
		{"order without key", "POST", "/v1/jobs?capability=c", "x", nil, 422, gateway.CodeInvalid},
		{"fraction", "POST", "/v1/jobs?capability=c&key=k&budget=0.1", "x", nil, 400, protocol.CodeAmount},
		{"a bid of less than nothing", "POST", "/v1/jobs?capability=c&key=k&bid=-1", "x", nil, 400, protocol.CodeAmount},
		{"2^128", "POST", "/v1/jobs?capability=c&key=k&budget=340282366920938463463374607431768211456", "x", nil, 400, protocol.CodeAmount},
		{"no peer's key", "POST", "/v1/jobs?capability=c&key=k&peer=12D3", "x", nil, 422, gateway.CodeInvalid},
		{"endless header", "GET", "/v1/status", "", map[string]string{"X": strings.Repeat("x", 1<<16)}, 431, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := raw(t, socket, c.method, c.path, c.body, c.header)
			if status != c.status {
				t.Errorf("status %d, want %d: %s", status, c.status, body)
			}
			if c.code == "" { // refused below the door, before anything was read
				return
			}
			var f doorhttp.Failure
			if err := json.Unmarshal(body, &f); err != nil || f.Schema != doorhttp.ErrorSchema || f.Err == nil {
				t.Fatalf("%v: %s", err, body)
			}
			if f.Err.Code != c.code || f.Err.Message == "" || f.Err.Hint == "" {
				t.Errorf("%+v", f.Err)
			}
		})
	}
	if _, err := client.Status(within(t)); err != nil {
		t.Error(err)
	}
	if asked := desk.take(); asked != "status" {
		t.Errorf("the desk was asked %s", asked)
	}
}

// raw sends one request as it is and returns the answer.
func raw(t *testing.T, socket, method, path, body string, header map[string]string) (int, []byte) {
	t.Helper()
	transport := &nethttp.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	defer transport.CloseIdleConnections()
	request, err := nethttp.NewRequestWithContext(within(t), method, "http://localhost"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		request.Header.Set(k, v)
	}
	request.Host = header["Host"]
	answer, err := (&nethttp.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, b
}

// TestTooLarge hires with more than may be sent, by our client and by one that
// does not count.
func TestTooLarge(t *testing.T) {
	desk := newDesk()
	socket, client := open(t, desk)
	_, err := client.Hire(within(t), desk.order, io.LimitReader(zeros{}, doorhttp.MaxInput+1))
	if e := gateway.AsError(err); e.Code != protocol.CodeTooLarge {
		t.Errorf("%+v", e)
	}
	if _, err := client.Hire(within(t), desk.order, io.LimitReader(zeros{}, doorhttp.MaxInput)); err != nil {
		t.Errorf("just full: %v", err)
	}
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /v1/jobs?key=k&capability=c HTTP/1.1\r\nHost: souk\r\nContent-Length: %d\r\n\r\n", int64(1)<<62)
	answer := make([]byte, 4096)
	n, _ := c.Read(answer)
	if !bytes.Contains(answer[:n], []byte("413")) {
		t.Errorf("%s", answer[:n])
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestBrokenResult cuts a result short: the reader is told.
func TestBrokenResult(t *testing.T) {
	for _, held := range []string{result, strings.Repeat(result, 1<<16)} {
		desk := newDesk()
		desk.result, desk.job.Result.Size = held, uint64(len(held))+1
		_, client := open(t, desk)
		r, _, err := client.Result(within(t), "k")
		if err != nil {
			continue // told at once
		}
		if _, err := io.ReadAll(r); err == nil {
			t.Errorf("a result cut short by one byte of %d was taken for whole", desk.job.Result.Size)
		}
		r.Close()
	}
}

// TestLongPoll holds an await open over several polls, and ends one by its caller.
func TestLongPoll(t *testing.T) {
	desk := newDesk()
	desk.hold = make(chan struct{})
	socket, client := open(t, desk)
	status, body := raw(t, socket, "GET", "/v1/jobs/k/await?seen=agreed&timeout=20", "", nil)
	if status != nethttp.StatusNoContent || len(body) != 0 {
		t.Errorf("not yet: %d %s", status, body)
	}
	ctx, cancel := context.WithTimeout(within(t), 20*time.Millisecond)
	defer cancel()
	if _, err := client.Await(ctx, "k", "agreed"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("given up: %v", err)
	}
	close(desk.hold)
	if job, err := client.Await(within(t), "k", "agreed"); err != nil || job.Stage != "settled" {
		t.Errorf("%+v, %v", job, err)
	}
}

// TestStopEndsPolls closes the door under a waiting client.
func TestStopEndsPolls(t *testing.T) {
	desk := newDesk()
	desk.hold, desk.held = make(chan struct{}), make(chan struct{}, 1)
	socket := filepath.Join(t.TempDir(), "api.sock")
	l, err := doorhttp.Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- doorhttp.Serve(ctx, l, desk) }()
	client := doorhttp.Dial(socket)
	defer client.Close()
	waited := make(chan error, 1)
	go func() { _, err := client.Await(context.Background(), "k", ""); waited <- err }()
	<-desk.held
	cancel()
	if e := gateway.AsError(<-waited); e.Code != gateway.CodeUnavailable {
		t.Errorf("%+v", e)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestOpenAPI(t *testing.T) {
	socket, _ := open(t, newDesk())
	status, body := raw(t, socket, "GET", "/openapi.json", "", nil)
	var d struct {
		OpenAPI string                    `json:"openapi"`
		Paths   map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(body, &d); err != nil || status != 200 {
		t.Fatal(status, err)
	}
	routes := 0
	for _, p := range d.Paths {
		routes += len(p)
	}
	if want := reflect.TypeFor[gateway.Desk]().NumMethod(); d.OpenAPI != "3.1.0" || routes != want {
		t.Errorf("OpenAPI %s with %d routes for %d methods", d.OpenAPI, routes, want)
	}
}
