package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"

	"github.com/rogpeppe/go-internal/testscript"
)

// serves runs what an owner has to be sold by URL: serves NAME HOME makes
// $NAME its URL. /shout answers in capitals, /fail does not, /away redirects, and
// /count has others hired by the peer of HOME to count the words.
func serves(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: serves NAME HOME")
	}
	command, home := souk(ts), ts.MkAbs(args[1])
	paths := http.NewServeMux()
	paths.HandleFunc("POST /shout", func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return // the caller has gone
		}
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "%s for %s\n%s", r.Header.Get("Souk-Capability"), r.Header.Get("Souk-Job"), bytes.ToUpper(b))
	})
	paths.HandleFunc("/fail", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "out of ink", http.StatusServiceUnavailable)
	})
	paths.Handle("/away", http.RedirectHandler("http://127.0.0.1:1/", http.StatusTemporaryRedirect))
	paths.HandleFunc("POST /count", func(w http.ResponseWriter, r *http.Request) {
		c := exec.CommandContext(r.Context(), command, "hire", "text/words@1", "--in", "-", "--parent", r.Header.Get("Souk-Job"), "--home", home)
		c.Stdin, c.Stdout, c.Stderr = r.Body, w, io.Discard
		if err := c.Run(); err != nil {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	s := httptest.NewServer(paths)
	ts.Defer(s.Close)
	ts.Setenv(args[0], s.URL)
}
