package http

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/workertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a program on loopback until the test ends.
func serve(t *testing.T, do nethttp.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(do)
	t.Cleanup(s.Close)
	return s.URL
}

// answer serves one connection after another with bytes as they stand, after it has read the
// beginning of the request, and then keeps it open until the other side ends it.
func answer(t *testing.T, say func(w io.Writer)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4<<10))
			say(conn)
			if c, ok := conn.(*net.TCPConn); ok {
				_ = c.CloseWrite()
			}
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "http://" + l.Addr().String()
}

func at(url string, more ...string) worker.Config {
	c := worker.Config{Technology: "http", Settings: map[string]string{SettingURL: url}}
	for i := 0; i < len(more); i += 2 {
		c.Settings[more[i]] = more[i+1]
	}
	return c
}

func limits() worker.Limits {
	return worker.Limits{Time: time.Minute, Output: 1 << 20, Memory: 1 << 30}
}

// do has one task done.
func do(t *testing.T, url string, change ...func(*worker.Task)) (worker.Result, string, error) {
	t.Helper()
	w, err := Maker{}.Make(at(url))
	if err != nil {
		t.Fatal(err)
	}
	task := worker.Task{Input: strings.NewReader("the input"), Limits: limits()}
	for _, f := range change {
		f(&task)
	}
	var out bytes.Buffer
	r, err := w.Do(t.Context(), task, &out)
	return r, out.String(), err
}

func TestConformance(t *testing.T) {
	good := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return // the caller has gone
		}
		_, _ = w.Write(bytes.ToUpper(b))
	})
	hang := at(serve(t, func(_ nethttp.ResponseWriter, r *nethttp.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			<-r.Context().Done()
		}
	}))
	flood := at(serve(t, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}))
	workertest.Test(t, workertest.Subject{
		Maker: Maker{}, Good: at(good), Input: "one two", Want: "ONE TWO", Hang: &hang, Flood: &flood,
		Bad: []worker.Config{
			at(""), at("127.0.0.1:80"), at("ftp://127.0.0.1"), at("file:///etc/passwd"), at("http://"), at("http:///x"),
			at("http://u:secret@127.0.0.1"), at("http://127.0.0.1/#x"), at("http://127.0.0.1:port"), at("http://a b/"),
			at("http://127.0.0.1/" + strings.Repeat("x", maxURL)), at("http://127.0.0.1", "type", "text"), at("http://127.0.0.1", "proxy", "x"),
		},
	})
}

func TestBadURLDoesNotRepeatAPassword(t *testing.T) {
	for _, url := range []string{"http://u:secret@127.0.0.1", "http://u:secret@127.0.0.1:port/", "http://u:secret@a b/\x7f"} {
		if _, err := (Maker{}).Make(at(url)); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestWhatTheProgramIsTold(t *testing.T) {
	var got *nethttp.Request
	var body string
	url := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
		w.Header().Set("Content-Type", "Text/HTML; charset=utf-8")
		w.Header().Set(HeaderUnits, "42")
		_, _ = io.WriteString(w, "<p>")
	})
	r, out, err := do(t, url+"/work?a=b", func(t *worker.Task) {
		t.Capability, t.InputType, t.Job, t.Size = "text/html@1", "text/markdown", "bafyjob", 9
	})
	if err != nil || out != "<p>" || r.Type != "text/html" || r.Units != 42 {
		t.Fatalf("%+v %q %v", r, out, err)
	}
	if got.Method != "POST" || got.RequestURI != "/work?a=b" || body != "the input" || got.ContentLength != 9 {
		t.Errorf("asked %s %s with %q of length %d", got.Method, got.RequestURI, body, got.ContentLength)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/markdown", HeaderCapability: "text/html@1", HeaderJob: "bafyjob",
		"Accept-Encoding": "identity", "Authorization": "", "Cookie": "",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Header.Get(name), want)
		}
	}
}

func TestTypeAndUnitsThatAreNone(t *testing.T) {
	for _, c := range []struct{ header, value string }{
		{"Content-Type", "text"},
		{"Content-Type", "text/"},
		{"Content-Type", "a b/c"},
		{"Content-Type", "text/" + strings.Repeat("x", 200)},
		{HeaderUnits, "-1"},
		{HeaderUnits, "1.5"},
		{HeaderUnits, "0x10"},
		{HeaderUnits, "18446744073709551616"},
		{"Content-Encoding", "gzip"},
		{"Content-Encoding", "br, gzip"},
	} {
		url := serve(t, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
			w.Header().Set(c.header, c.value)
			_, _ = io.WriteString(w, "x")
		})
		if _, out, err := do(t, url); !errors.Is(err, worker.ErrFailed) || out != "" {
			t.Errorf("%s: %s gives %q, %v", c.header, c.value, out, err)
		}
	}
	url := answer(t, func(w io.Writer) { _, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx") })
	if r, _, err := do(t, url); err != nil || r.Type != "application/octet-stream" {
		t.Errorf("without a type: %+v, %v", r, err)
	}
}

// What is not 200 is no result, and its words reach the owner without control characters.
func TestRefusalsOfTheProgram(t *testing.T) {
	for _, status := range []int{201, 202, 204, 206, 400, 404, 429, 500, 503} {
		url := serve(t, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
			w.WriteHeader(status)
			if status != 204 {
				_, _ = io.WriteString(w, "no\x1b[2J"+strings.Repeat("x", 1<<20))
			}
		})
		_, out, err := do(t, url)
		if !errors.Is(err, worker.ErrFailed) || out != "" || !strings.Contains(err.Error(), fmt.Sprint(status)) {
			t.Errorf("%d gives %q, %.100v", status, out, err)
		}
		if err != nil && (strings.ContainsRune(err.Error(), '\x1b') || len(err.Error()) > 3*maxWords) {
			t.Errorf("%d tells the owner %d bytes: %.100q", status, len(err.Error()), err.Error())
		}
	}
}

// Wherever a redirect leads, nothing follows it: neither the input nor a question without it.
func TestRedirectsAreNotFollowed(t *testing.T) {
	asked := 0
	other := serve(t, func(nethttp.ResponseWriter, *nethttp.Request) { asked++ })
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{other, "/elsewhere", "file:///etc/passwd", "http://169.254.169.254/"} {
			url := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
				if r.URL.Path == "/elsewhere" {
					asked++
				}
				w.Header().Set("Location", to)
				w.WriteHeader(status)
			})
			_, _, err := do(t, url)
			if !errors.Is(err, worker.ErrFailed) || !strings.Contains(err.Error(), "redirects are not followed") {
				t.Errorf("%d to %s: %v", status, to, err)
			}
		}
	}
	if asked != 0 {
		t.Errorf("redirects were followed %d times", asked)
	}
}

func TestNoProxyFromTheEnvironment(t *testing.T) {
	proxied := false
	proxy := serve(t, func(nethttp.ResponseWriter, *nethttp.Request) { proxied = true })
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy)
	}
	// A name that cannot be found: only a proxy could answer for it. (For loopback none is ever used.)
	if _, _, err := do(t, "http://program.invalid/"); !errors.Is(err, worker.ErrFailed) || proxied {
		t.Errorf("%v, proxied %v", err, proxied)
	}
}

// hostile are programs that do not want the task to end well.
func TestHostilePrograms(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	say := func(s string) func(io.Writer) { return func(w io.Writer) { _, _ = io.WriteString(w, s) } }
	forever := func(before, unit string) func(io.Writer) {
		return func(w io.Writer) {
			_, err := io.WriteString(w, before)
			for block := strings.Repeat(unit, 1+(32<<10)/len(unit)); err == nil; {
				_, err = io.WriteString(w, block)
			}
		}
	}
	drip := func(before, unit string) func(io.Writer) {
		return func(w io.Writer) {
			_, err := io.WriteString(w, before)
			for conn := w.(net.Conn); err == nil; _, err = io.WriteString(w, unit) {
				_ = conn.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
				_, _ = conn.Read(make([]byte, 64)) // the rest of the question, or nothing for a while
			}
			_ = w.(net.Conn).SetReadDeadline(time.Time{})
		}
	}
	for name, c := range map[string]struct {
		say  func(io.Writer)
		want error
	}{
		"drips its body":            {drip(head+"\r\n", "x"), worker.ErrTimeout},
		"drips its headers":         {drip(head, "A: b\r\n"), worker.ErrTimeout},
		"never answers":             {func(w io.Writer) { _, _ = io.Copy(io.Discard, w.(net.Conn)) }, worker.ErrTimeout},
		"never ends":                {forever(head+"\r\n", "x"), worker.ErrTooLarge},
		"never ends, in chunks":     {forever(head+"Transfer-Encoding: chunked\r\n\r\n", "4\r\nabcd\r\n"), worker.ErrTooLarge},
		"headers never end":         {forever(head, "A: b\r\n"), worker.ErrFailed},
		"one header never ends":     {forever(head+"A: ", "b"), worker.ErrFailed},
		"hints never end":           {forever("", "HTTP/1.1 103 Early Hints\r\n\r\n"), worker.ErrFailed},
		"chunk extension is long":   {forever(head+"Transfer-Encoding: chunked\r\n\r\n4;", "x"), worker.ErrFailed},
		"trailers never end":        {forever(head+"Transfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n"), worker.ErrFailed},
		"shorter than it says":      {say(head + "Content-Length: 10\r\n\r\nabc"), worker.ErrFailed},
		"chunks break off":          {say(head + "Transfer-Encoding: chunked\r\n\r\nff\r\nabc"), worker.ErrFailed},
		"longer than it says":       {say(head + "Content-Length: 2\r\n\r\nokokok"), nil},
		"two lengths":               {say(head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc"), worker.ErrFailed},
		"length below zero":         {say(head + "Content-Length: -1\r\n\r\nabc"), worker.ErrFailed},
		"length beyond the largest": {say(head + "Content-Length: 99999999999999999999\r\n\r\nabc"), worker.ErrFailed},
		"says it will be too long":  {say(head + "Content-Length: 1099511627776\r\n\r\n" + strings.Repeat("x", 100)), worker.ErrFailed},
		"speaks no HTTP":            {say("220 mail.example ready\r\n"), worker.ErrFailed},
		"speaks nothing":            {say(""), worker.ErrFailed},
		"NULs for a status":         {say("HTTP/1.1 \x00\x00\x00 OK\r\n\r\n"), worker.ErrFailed},
		"changes its protocol":      {say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), worker.ErrFailed},
	} {
		t.Run(name, func(t *testing.T) {
			url := answer(t, c.say)
			began := time.Now()
			_, out, err := do(t, url, func(t *worker.Task) {
				t.Limits.Output = 64 << 10
				if errors.Is(c.want, worker.ErrTimeout) {
					t.Limits.Time = 100 * time.Millisecond
				}
			})
			if !errors.Is(err, c.want) || len(out) > 64<<10 {
				t.Errorf("%v and %d bytes, want %v", err, len(out), c.want)
			}
			if took := time.Since(began); took > 50*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// A bomb stays the bytes that came: it is refused for what it says it is, and handed on as it is where
// it says nothing.
func TestGzipBombIsNotOpened(t *testing.T) {
	var part bytes.Buffer
	z := gzip.NewWriter(&part)
	_, _ = z.Write(make([]byte, 1<<20))
	_ = z.Close()
	bomb := bytes.Repeat(part.Bytes(), 256) // members that follow one another are one stream (RFC 1952)
	for _, coding := range []string{"gzip", ""} {
		url := serve(t, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
			if coding != "" {
				w.Header().Set("Content-Encoding", coding)
			}
			_, _ = w.Write(bomb)
		})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, out, err := do(t, url, func(t *worker.Task) { t.Limits.Output = 16 << 20 })
		runtime.ReadMemStats(&after)
		if coding == "" && (err != nil || out != string(bomb)) || coding != "" && (!errors.Is(err, worker.ErrFailed) || out != "") {
			t.Errorf("coding %q: %d bytes, %v", coding, len(out), err)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
			t.Errorf("coding %q: %d MiB were allocated", coding, grown>>20)
		}
	}
}

// The connection ends with the task, whatever the program would still do with it.
func TestConnectionEndsWithTheTask(t *testing.T) {
	gone := make(chan struct{})
	url := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not look whether the caller is still there
		_, _ = io.WriteString(w, "begun")
		_ = nethttp.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(gone)
	})
	ctx, cancel := context.WithCancel(t.Context())
	w, err := Maker{}.Make(at(url))
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Do(ctx, worker.Task{Input: strings.NewReader("x"), Limits: limits()}, writer(func() { cancel() }))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	select {
	case <-gone:
	case <-time.After(time.Minute):
		t.Error("the program still sees a connection")
	}
}

// writer calls itself at each write.
type writer func()

func (w writer) Write(b []byte) (int, error) { w(); return len(b), nil }

// An answer that comes before the input was taken in is an answer, and the input is let alone.
func TestAnswerBeforeTheInputIsRead(t *testing.T) {
	url := serve(t, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Connection", "close")
		_, _ = io.WriteString(w, "enough")
	})
	in := &endless{}
	_, out, err := do(t, url, func(t *worker.Task) { t.Input = in })
	if err != nil || out != "enough" {
		t.Fatalf("%q, %v", out, err)
	}
	in.over = true // a read from now on is a race, or fails
}

type endless struct{ over bool }

func (e *endless) Read(b []byte) (int, error) {
	if e.over {
		panic("read after the task")
	}
	return len(b), nil
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	_ = l.Close()
	if _, _, err := do(t, url); !errors.Is(err, worker.ErrFailed) {
		t.Errorf("%v", err)
	}
}

// A certificate that nobody vouches for is no host the owner named.
func TestCertificateIsChecked(t *testing.T) {
	s := httptest.NewUnstartedServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) { _, _ = io.WriteString(w, "x") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	if _, out, err := do(t, s.URL); !errors.Is(err, worker.ErrFailed) || out != "" {
		t.Errorf("%q, %v", out, err)
	}
}
