package job_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var planted = flag.Bool("planted", false, "plant each fault of testdata/planted and see that the exploration finds it")

// TestPlantedFaults shows that every invariant bites: each patch of
// testdata/planted breaks the rooms below in one way, and the exploration of
// the scene that the patch names must find the invariant broken whose number
// the patch bears. The tree itself is left alone (go help build: -overlay).
func TestPlantedFaults(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	patches, err := filepath.Glob("testdata/planted/*.patch")
	if err != nil {
		t.Fatal(err)
	}
	if !*planted {
		if _, err := exec.LookPath("git"); err != nil {
			t.Skip("there is no git here to apply the patches with")
		}
		for _, file := range patches {
			overlay(t, root, file, readPatch(t, file))
		}
		t.Skip("each patch still applies; it takes some minutes: run with -args -planted")
	}
	table := make([]string, len(patches))
	t.Run("patches", func(t *testing.T) {
		for i, file := range patches {
			name := strings.TrimSuffix(filepath.Base(file), ".patch")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				scene, found := plant(t, root, file)
				table[i] = fmt.Sprintf("%-42s %-34s %s", name, scene, strings.Join(found, " "))
				if !slices.Contains(found, name[:1]) {
					t.Errorf("%s: invariant %s did not bite", name, name[:1])
				}
			})
		}
	})
	caught := map[string]bool{}
	t.Logf("%-42s %-34s %s", "patch", "scene", "invariants found broken")
	for i, row := range table {
		t.Log(row)
		caught[filepath.Base(patches[i])[:1]] = true
	}
	for n := '1'; n <= '7'; n++ {
		if !caught[string(n)] {
			t.Errorf("no patch breaks invariant %c", n)
		}
	}
}

var (
	patchScene  = regexp.MustCompile(`(?m)^Scene: (.+)$`)
	patchFile   = regexp.MustCompile(`(?m)^\+\+\+ b/(\S+)$`)
	brokenFound = regexp.MustCompile(`invariant (\d) broken`)
)

// plant explores one scene with one patch applied, and returns the scene and
// the numbers of the invariants that were found broken.
func plant(t *testing.T, root, file string) (scene string, found []string) {
	t.Helper()
	text := readPatch(t, file)
	named := patchScene.FindSubmatch(text)
	if named == nil {
		t.Fatalf("%s names no scene", file)
	}
	scene = string(named[1])
	run := "^TestExploration$/^scenes$/^" + regexp.QuoteMeta(strings.ReplaceAll(scene, " ", "_")) + "$"
	test := exec.Command("go", "test", "-count=1", "-overlay", overlay(t, root, file, text), "-run", run, ".",
		"-args", "-explore.depth=0", "-explore.halt="+filepath.Base(file)[:1])
	out, err := test.CombinedOutput()
	for _, m := range brokenFound.FindAllSubmatch(out, -1) {
		found = append(found, string(m[1]))
	}
	if err == nil || len(found) == 0 {
		t.Errorf("%s was not caught: %v\n%s", file, err, out)
	}
	return scene, found
}

func readPatch(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// overlay writes the files as the patch makes them, and the list that has the
// go command read them instead of those of the tree.
func overlay(t *testing.T, root, file string, text []byte) string {
	t.Helper()
	dir := t.TempDir()
	replace := map[string]string{}
	for _, m := range patchFile.FindAllSubmatch(text, -1) {
		from, to := filepath.Join(root, string(m[1])), filepath.Join(dir, string(m[1]))
		code, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, code, 0o600); err != nil {
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
