package simulations

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	planted = flag.Int("planted", 0, "plant each fault of planted/ and look for it in so many seeds")
	only    = flag.String("only", "", "plant this one alone")
)

// TestPlanted shows that scenarios find what they are for: each patch of
// planted/ breaks the core, or the hands that this house gives it, in one way, and
// some seed must break a promise. The tree itself is left alone (go help build:
// -overlay).
func TestPlanted(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	patches, err := filepath.Glob("planted/*.patch")
	if err != nil {
		t.Fatal(err)
	}
	if len(patches) < 20 {
		t.Errorf("%d patches, want 20 or more", len(patches))
	}
	if *planted == 0 {
		if _, err := exec.LookPath("git"); err != nil {
			t.Skip("there is no git here to apply the patches with")
		}
		for _, file := range patches {
			overlay(t, root, file)
		}
		t.Skip("each patch still applies; it builds the simulator once for each, some minutes in all: run with -args -planted 500")
	}
	table := make([]string, len(patches))
	t.Run("patches", func(t *testing.T) {
		for i, file := range patches {
			name := strings.TrimSuffix(filepath.Base(file), ".patch")
			if *only != "" && name != *only {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				found, seeds := plant(t, root, file)
				table[i] = fmt.Sprintf("%-20s %6d  %s", name, seeds, found)
				if found == "" {
					t.Errorf("%s: not found in %d seeds", name, seeds)
				}
			})
		}
	})
	t.Logf("%-20s %6s  %s", "patch", "seeds", "found broken")
	for _, row := range table {
		if row != "" {
			t.Log(row)
		}
	}
}

// plant runs a scenario with one patch applied, and returns the promise
// that was found broken and after how many seeds.
func plant(t *testing.T, root, file string) (found string, seeds int) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "souk-sim")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-overlay", overlay(t, root, file), "-o", program, "./cmd/souk-sim")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s does not build: %v\n%s", file, err, out)
	}
	defer func() { _ = os.Remove(program) }()
	var out, faults bytes.Buffer
	run := exec.Command(program, "run", scene(t, file), "--seeds", fmt.Sprint(*planted), "--json")
	run.Stdout, run.Stderr = &out, &faults
	err := run.Run()
	var r struct {
		Seeds     int
		Violation *struct{ Law string }
	}
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	if e := json.Unmarshal(lines[len(lines)-1], &r); e != nil {
		t.Fatalf("%s: %v, %v: %s%s", file, err, e, &out, &faults)
	}
	if r.Violation == nil {
		return "", r.Seeds
	}
	return r.Violation.Law, r.Seeds
}

// scene is the scenario that finds a patch: what stands in it after "Found in:", or faults.
func scene(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if m := foundIn.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return "faults"
}

var foundIn = regexp.MustCompile(`^Found in: ([a-z-]+)\.`)

var patched = regexp.MustCompile(`(?m)^\+\+\+ b/(\S+)$`)

// overlay writes the files as the patch makes them, and the list that has the
// go command read them instead of those of the tree.
func overlay(t *testing.T, root, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replace := map[string]string{}
	for _, m := range patched.FindAllSubmatch(text, -1) {
		from, to := filepath.Join(root, string(m[1])), filepath.Join(dir, string(m[1]))
		code, err := os.ReadFile(from)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(to), 0o700)
		}
		if err == nil {
			err = os.WriteFile(to, code, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		replace[from] = to
	}
	patch, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	apply := exec.Command("git", "apply", patch)
	apply.Dir = dir
	apply.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("%s does not apply any more: %v\n%s", file, err, out)
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(name, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
