package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	worker "github.com/souk-network/souk/agent/worker/exec"
	"github.com/souk-network/souk/store/keyfile"
)

func TestMain(m *testing.M) {
	os.Setenv("SOUK_LOCAL_DISCOVERY", "false") // no test speaks on a real network
	os.Setenv("GORACE", goRace)
	if err := flag.Set("test.parallel", "4"); err != nil { // -parallel still goes before it
		panic(err)
	}
	testscript.Main(m, map[string]func(){"souk": cheap, "dear-souk": main, watchedSouk: watched})
}

// cheap is the command as it is, but for the work that a guess at a passphrase costs:
// under the race detector that is many seconds each time. dear-souk leaves it out.
func cheap() {
	keyWork = 4
	main()
}

// TestKeyWork holds that the command which people run takes no shortcut.
func TestKeyWork(t *testing.T) {
	if keyWork != keyfile.DefaultWorkFactor || keyWork < 17 {
		t.Errorf("a guess at a passphrase costs 2^%d", keyWork)
	}
}

// goRace has a command that was built to find races end at once. By itself each waits a
// second for races that others might still report, and hundreds of them are run here.
const goRace = "atexit_sleep_ms=0"

// TestScripts runs what a person types, and compares what they see.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("GORACE", goRace)
			e.Setenv("SOUK_HOME", "")
			e.Setenv("SOUK_LOCAL_DISCOVERY", "false")
			e.Setenv("HOSTILE", "\x1b[2J\u202efree")
			e.Setenv("LONG", strings.Repeat("x", 201))
			e.Setenv("NAP", fmt.Sprint("301.", os.Getpid())) // a time by which what this test has sleep is known
			e.Values[houseKey{}] = house{}
			e.Defer(func() { // of peers that were killed in mid-work
				homes, err := filepath.Glob(filepath.Join(e.WorkDir, "*", "rooms"))
				for _, rooms := range homes {
					err = errors.Join(err, worker.Sweep(rooms))
				}
				if err != nil {
					t.Error(err)
				}
			})
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "json": jsonIs, "up": up, "bootstrap": bootstrap, "logs": logs, "finds": finds, "down": down, "spoil": spoil, "damage": damage,
			"keep": keep, "serves": serves,
			"await": awaitStage, "hires": hires,
		},
	})
}

// exits runs a command and compares its exit status: exits 2 souk hire.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND…")
	}
	err := ts.Exec(args[1], args[2:]...)
	status := 0
	if err != nil {
		if _, e := fmt.Sscanf(err.Error(), "exit status %d", &status); e != nil {
			ts.Fatalf("%v", err)
		}
	}
	if fmt.Sprint(status) != args[0] {
		ts.Fatalf("exit status %d, want %s", status, args[0])
	}
}

// keep sets variables to values within the last line of JSON of stdout, stderr
// or a file: keep stdout ID jobs.0.id.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args)%2 == 0 {
		ts.Fatalf("usage: keep stdout|stderr|FILE NAME PATH…")
	}
	whole := lastJSON(ts, args[0])
	for i := 1; i < len(args); i += 2 {
		ts.Setenv(args[i], dig(whole, args[i+1]))
	}
}

// lastJSON is the last line of JSON of stdout, stderr or a file.
func lastJSON(ts *testscript.TestScript, file string) (whole any) {
	lines := strings.Split(strings.TrimSpace(ts.ReadFile(file)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &whole); err != nil {
		ts.Fatalf("%s: %v", file, err)
	}
	return whole
}

// jsonIs compares values within the last line of JSON of stdout or stderr:
// json stdout schema souk.version/v1 error.code invalid.
func jsonIs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args)%2 == 0 {
		ts.Fatalf("usage: json stdout|stderr|FILE PATH VALUE…")
	}
	whole := lastJSON(ts, args[0])
	for i := 1; i < len(args); i += 2 {
		if got := dig(whole, args[i]); got != args[i+1] {
			ts.Fatalf("%s is %q, want %q", args[i], got, args[i+1])
		}
	}
}

// dig returns the value at a path such as pairs.0.asset as text.
func dig(v any, path string) string {
	for part := range strings.SplitSeq(path, ".") {
		switch w := v.(type) {
		case map[string]any:
			v = w[part]
		case []any:
			i := 0
			if _, err := fmt.Sscan(part, &i); err != nil || i < 0 || i >= len(w) {
				return fmt.Sprintf("(%d items)", len(w))
			}
			v = w[i]
		}
	}
	return fmt.Sprint(v)
}
