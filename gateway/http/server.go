// Package http is the local HTTP door: it serves a gateway.Desk over a socket
// and is a gateway.Desk at the other end of it.
//
// It promises that whatever is sent to it, the answer is either the Desk's own
// or one JSON object {"schema":"souk.error/v1","error":{…}} with a stable code;
// that nothing is read beyond the limits of limits.go; and that a request a web
// page could have made is refused. The routes, with every field, are described
// by GET /openapi.json (OpenAPI 3.1), which is made from the Go types.
//
// It must never decide anything, keep anything, or listen on a network address:
// who may open the socket may use the peer.
package http

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	nethttp "net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/souk-network/souk/gateway"
)

// Serve answers requests on l with desk until ctx ends, then gives those under
// way a few seconds, and closes l. It returns nil where ctx ended it.
func Serve(ctx context.Context, l net.Listener, desk gateway.Living) error {
	handler, err := NewHandler(desk)
	if err != nil {
		return err
	}
	server := &nethttp.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleConn,
		MaxHeaderBytes:    MaxHeader,
		BaseContext:       func(net.Listener) context.Context { return ctx }, // ends the long polls
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	closed := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { closed <- shut(server) })
	err = server.Serve(l)
	if stop() { // not ended by ctx: the listener failed
		return fmt.Errorf("serve the local API: %w", errors.Join(err, server.Close()))
	}
	return <-closed
}

// shut ends server's requests, gently at first.
func shut(server *nethttp.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), closingTime)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("close the local API: %w", err), server.Close())
	}
	return nil
}

// NewHandler returns the door's routes over desk: all of them over a
// gateway.Desk, the status alone over a peer that does not trade. The error is
// that of a route that cannot be described, which is a fault of this package.
func NewHandler(desk gateway.Living) (nethttp.Handler, error) {
	mux := nethttp.NewServeMux()
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "Souk local API",
				Version:     "1",
				Description: "What the owner of a peer may ask of it. Amounts are decimal integers in the asset's smallest unit, as strings.",
			},
			Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)},
		},
		Formats:                      huma.DefaultFormats,
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{oneError},
	}
	api := humago.New(mux, config)
	absent := &gateway.Error{Code: gateway.CodeNotFound, Hint: "GET /openapi.json lists what there is"}
	registerStatus(api, desk)
	if whole, ok := desk.(gateway.Desk); ok {
		routes{whole}.register(api)
	} else {
		absent.Hint = "this peer only helps others join (`souk bootstrap`): it trades nothing, and tells its status alone"
	}
	description, err := json.Marshal(api.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("describe the local API: %w", err)
	}
	mux.HandleFunc("GET /openapi.json", func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Write(description) // a caller that has gone needs no answer
	})
	mux.HandleFunc("/", func(w nethttp.ResponseWriter, r *nethttp.Request) {
		refusal := *absent
		refusal.Message = fmt.Sprintf("there is no %s %s here", r.Method, r.URL.EscapedPath())
		writeRefusal(w, &refusal)
	})
	return guard(mux), nil
}
