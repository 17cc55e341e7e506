package exec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/souk-network/souk/agent/worker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var plenty = worker.Limits{Time: 50 * time.Second, Output: 1 << 20, Memory: 4 << 30}

func build(t *testing.T, settings map[string]string) worker.Worker {
	t.Helper()
	w, err := Maker{}.Make(worker.Config{Technology: "exec", Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// shell runs a script under limits and returns what it wrote.
func shell(t *testing.T, script, input string, limits worker.Limits) (string, error) {
	t.Helper()
	w := build(t, map[string]string{SettingCommand: script, SettingShell: "true"})
	var out bytes.Buffer
	_, err := w.Do(context.Background(), worker.Task{Input: strings.NewReader(input), Limits: limits}, &out)
	return out.String(), err
}

func TestWordsWithoutAShell(t *testing.T) {
	w := build(t, map[string]string{SettingCommand: `printf '%s|' "two words" $(id) * '~'`})
	var out bytes.Buffer
	if _, err := w.Do(context.Background(), worker.Task{Limits: plenty}, &out); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "two words|$(id)|*|~|"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInputStaysText(t *testing.T) {
	const input = "$(id) `id` ; rm -rf / | cat\n"
	w := build(t, map[string]string{SettingCommand: "cat", SettingType: "text/plain"})
	var out bytes.Buffer
	result, err := w.Do(context.Background(), worker.Task{Input: strings.NewReader(input), Limits: plenty}, &out)
	if err != nil || out.String() != input || result.Type != "text/plain" {
		t.Errorf("got %q, %+v, %v", out.String(), result, err)
	}
}

func TestEnvironmentIsScrubbed(t *testing.T) {
	t.Setenv("SOUK_PASSPHRASE", "open sesame")
	t.Setenv("HOME", "/home/ann")
	t.Setenv("PATH", os.Getenv("PATH")+":/home/ann/bin")
	t.Setenv("TMPDIR", "/home/ann/tmp")
	w := build(t, map[string]string{SettingCommand: "env"})
	var out bytes.Buffer
	if _, err := w.Do(context.Background(), worker.Task{Limits: plenty}, &out); err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(out.String()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		names = append(names, name)
		if name == "HOME" || name == "TMPDIR" {
			if _, err := os.Stat(value); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is left behind: %v", value, err)
			}
		}
	}
	slices.Sort(names)
	if want := []string{"HOME", "LANG", "LC_ALL", "PATH", "TMPDIR"}; !slices.Equal(names, want) {
		t.Errorf("the program sees %v, want %v", names, want)
	}
	rest := roomName.ReplaceAllString(out.String(), "ROOM")
	for line := range strings.Lines(rest) { // nothing else is shown, of nobody's
		if !slices.Contains([]string{
			"PATH=/usr/local/bin:/usr/bin:/bin\n", "HOME=/tmp/ROOM/home\n", "TMPDIR=/tmp/ROOM/tmp\n", "LANG=C.UTF-8\n", "LC_ALL=C.UTF-8\n",
		}, line) {
			t.Errorf("the program sees %q", line)
		}
	}
}

var roomName = regexp.MustCompile(`souk-task-[0-9]+`)

func TestRoomIsEmptyAndRemoved(t *testing.T) {
	got, err := shell(t, `dirname "$HOME"; ls -A . "$HOME" "$TMPDIR"; mkdir -p a/b; echo x >a/b/c; echo y >"$HOME/y"; chmod 000 a/b a`, "", plenty)
	if err != nil {
		t.Fatal(err)
	}
	root, got, _ := strings.Cut(got, "\n")
	if strings.Count(got, "\n") != 5 { // three names with a colon, two empty lines between
		t.Errorf("the room is not empty: %q", got)
	}
	if _, err := os.Stat(root); root == "" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%q is left behind: %v", root, err)
	}
}

func TestSweep(t *testing.T) {
	rooms := filepath.Join(t.TempDir(), "rooms [1") // no name is a pattern
	if err := os.Mkdir(rooms, 0o700); err != nil {
		t.Fatal(err)
	}
	left, err := openRoom(rooms, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = left.remove() })
	if err := os.Chmod(left.work, 0); err != nil {
		t.Fatal(err)
	}
	before := filepath.Join(rooms, roomPrefix+"1") // as an earlier version had them
	if err := os.MkdirAll(filepath.Join(before, "home"), 0o700); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(rooms); err != nil || len(entries) != 2 {
		t.Fatalf("before the sweep: %v, %v", entries, err)
	}
	kept := filepath.Join(rooms, "other")
	if err := errors.Join(os.Mkdir(kept, 0o700), Sweep(rooms)); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(rooms); err != nil || len(entries) != 1 || entries[0].Name() != "other" {
		t.Errorf("after the sweep: %v, %v", entries, err)
	}
	if _, err := os.Stat(left.root); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the room is left: %v", err)
	}
}

func TestGivenDirectoryIsUsedAndKept(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := build(t, map[string]string{SettingCommand: "pwd", SettingDir: dir})
	var out bytes.Buffer
	if _, err := w.Do(context.Background(), worker.Task{Limits: plenty}, &out); err != nil || strings.TrimSpace(out.String()) != dir {
		t.Errorf("works in %q, %v, want %q", out.String(), err, dir)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
}

func TestFailureTellsTheOwner(t *testing.T) {
	_, err := shell(t, `printf 'bad \033[31mred\033[0m\n' >&2; exit 3`, "", plenty)
	if !errors.Is(err, worker.ErrFailed) {
		t.Fatalf("got %v, want ErrFailed", err)
	}
	if !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), `\x1b[31mred`) || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("the owner reads %q", err)
	}
	_, err = shell(t, `yes complaint | head -c 1000000 >&2; echo last words >&2; exit 1`, "", plenty)
	if err == nil || len(err.Error()) > 4*lastWordsLimit || !strings.Contains(err.Error(), "last words") {
		t.Errorf("a flood of complaints gives %.200q", err)
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	for name, settings := range map[string]map[string]string{
		"no command":      {},
		"only space":      {SettingCommand: "  "},
		"empty script":    {SettingCommand: " ", SettingShell: "true"},
		"open quote":      {SettingCommand: `wc "-w`},
		"unknown program": {SettingCommand: "no-such-program-here"},
		"relative":        {SettingCommand: "./wc"},
		"not executable":  {SettingCommand: "/etc/passwd"},
		"NUL":             {SettingCommand: "wc \x00"},
		"shell":           {SettingCommand: "wc", SettingShell: "yes"},
		"unknown setting": {SettingCommand: "wc", "colour": "red"},
		"relative dir":    {SettingCommand: "wc", SettingDir: "x"},
		"missing dir":     {SettingCommand: "wc", SettingDir: "/no/such/place"},
		"file for dir":    {SettingCommand: "wc", SettingDir: "/etc/passwd"},
		"media type":      {SettingCommand: "wc", SettingType: "a b"},
	} {
		if _, err := (Maker{}).Make(worker.Config{Settings: settings}); !errors.Is(err, worker.ErrConfig) {
			t.Errorf("%s: %v, want ErrConfig", name, err)
		}
	}
}

func TestInputThatIsNotWanted(t *testing.T) {
	got, err := shell(t, "head -c 3", strings.Repeat("abc", 1<<20), plenty)
	if err != nil || got != "abc" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestInputThatCannotBeRead(t *testing.T) {
	w := build(t, map[string]string{SettingCommand: "cat"})
	cause := errors.New("disk gone")
	broken := io.MultiReader(strings.NewReader("half of it"), failing{cause})
	_, err := w.Do(context.Background(), worker.Task{Input: broken, Limits: plenty}, io.Discard)
	if !errors.Is(err, worker.ErrFailed) || !errors.Is(err, cause) {
		t.Errorf("got %v: half the input must not pass for the whole", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestResultThatCannotBeWritten(t *testing.T) {
	w := build(t, map[string]string{SettingCommand: "yes"})
	cause := errors.New("disk full")
	_, err := w.Do(context.Background(), worker.Task{Limits: plenty}, failing{cause})
	if !errors.Is(err, worker.ErrFailed) || !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestResultOfExactlyTheLimit(t *testing.T) {
	limits := plenty
	limits.Output = 100_000
	got, err := shell(t, "head -c 100000 /dev/zero", "", limits)
	if err != nil || len(got) != 100_000 {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	got, err = shell(t, "head -c 100001 /dev/zero", "", limits)
	if !errors.Is(err, worker.ErrTooLarge) || len(got) > 100_000 {
		t.Errorf("one byte over: got %d bytes, %v", len(got), err)
	}
}

func TestManyAtOnce(t *testing.T) {
	w := build(t, map[string]string{SettingCommand: "cat"})
	done := make(chan error)
	const tasks = 16
	for i := range tasks {
		go func() {
			want := strings.Repeat(fmt.Sprint(i), 50_000)
			var out bytes.Buffer
			_, err := w.Do(context.Background(), worker.Task{Input: strings.NewReader(want), Limits: plenty}, &out)
			if err == nil && out.String() != want {
				err = errors.New("results are mixed up")
			}
			done <- err
		}()
	}
	for range tasks {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// A program may have ended, and its standard input been closed, before the feed begins.
func TestFeedAfterTheEnd(t *testing.T) {
	for name, input := range map[string]io.Reader{"nothing": nil, "something": strings.NewReader("words")} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		closeAll(r, w)
		if err := feed(w, input); err != nil {
			t.Errorf("feed of %s: %v", name, err)
		}
	}
}
