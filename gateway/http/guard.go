package http

import (
	"io"
	"net"
	nethttp "net/http"
	"time"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
)

// guard stands before every route: it turns away what a web page could have
// sent (a foreign name rebound to this machine, or a cross-site request), more
// requests than can be answered, and bodies that are too long or too slow.
func guard(next nethttp.Handler) nethttp.Handler {
	seats := make(chan struct{}, MaxRequests)
	return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		if e := foreign(r); e != nil {
			writeRefusal(w, e)
			return
		}
		if r.ContentLength > MaxInput {
			writeRefusal(w, tooLarge())
			return
		}
		select {
		case seats <- struct{}{}:
			defer func() { <-seats }()
		default:
			writeRefusal(w, &gateway.Error{
				Code: protocol.CodeBusy, Message: "the peer is answering too many requests",
				Hint: "come again in a moment", Retryable: true,
			})
			return
		}
		watched := r.WithContext(r.Context()) // the server looks at its own request's Body when it ends
		watched.Body = &body{r: r.Body, left: MaxInput, control: nethttp.NewResponseController(w)}
		next.ServeHTTP(w, watched)
	})
}

// foreign returns the refusal of a request that does not come from a local tool.
func foreign(r *nethttp.Request) *gateway.Error {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if host != "localhost" && host != hostName {
		return &gateway.Error{
			Code: gateway.CodeInvalid, Message: "the Host header names another place",
			Hint: "use http://localhost/ over the peer's socket",
		}
	}
	if len(r.Header.Values("Origin")) > 0 {
		return &gateway.Error{
			Code: gateway.CodeInvalid, Message: "requests of web pages are not answered here",
			Hint: "leave the Origin header out",
		}
	}
	return nil
}

func tooLarge() *gateway.Error {
	return &gateway.Error{
		Code: protocol.CodeTooLarge, Message: "the input is over 64 MiB",
		Hint: "split it and hire for each part",
	}
}

// body reads a request's body, at most left bytes of it, and gives up on a
// sender that pauses for longer than idleBody. Once it has ended the deadline is
// lifted: a request may be answered late.
type body struct {
	r       io.ReadCloser
	left    int64
	control *nethttp.ResponseController
	err     error
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if err := b.control.SetReadDeadline(time.Now().Add(idleBody)); err != nil {
		return 0, b.end(err)
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one more tells too long from just full
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return 0, b.end(tooLarge())
	}
	if err != nil {
		return n, b.end(err)
	}
	return n, nil
}

// end remembers how reading ended.
func (b *body) end(err error) error {
	b.err = err
	if e := b.control.SetReadDeadline(time.Time{}); e != nil && err == io.EOF {
		b.err = e
	}
	return b.err
}

func (b *body) Close() error { return b.r.Close() }
