// Package exec sells what an existing program can do: input on standard input, result from
// standard output.
//
// It promises that the program's environment is a PATH that is the same everywhere, HOME and TMPDIR
// that are empty directories of its own, LANG, LC_ALL and nothing else, that none of these names or
// shows anything of the peer's or its owner's, that it works in an empty directory, has no open file but its own three, never finds input among its arguments, is cut off at its limits of time,
// memory and output, and leaves no process of its group running. It must never pass input to a shell, inherit the peer's
// environment, or hold more of a result than one buffer.
//
// It is no sandbox: the program runs with the peer's user and may read and write whatever that
// user may. What is in the peer's own memory and environment is closed to it where the peer's
// process is (on Linux cmd/souk sees to that). The owner chose the program; only its input is foreign.
package exec

import (
	"fmt"
	"mime"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/shlex"

	"github.com/souk-network/souk/agent/worker"
)

// The settings a Config may hold. Any other is refused.
const (
	// SettingCommand is the program and its arguments, split into words as a shell would split
	// them (quotes, backslashes, comments) but without variables, pipes or any other expansion.
	// Required. The program is a name to be found in the peer's PATH, or a full path; what it
	// starts itself is found in its own.
	SettingCommand = "command"
	// SettingShell set to "true" hands the command to `sh -c` as it stands.
	SettingShell = "shell"
	// SettingDir is the full path of the directory to work in. Without it each task gets an empty
	// directory that is removed when the task ends.
	SettingDir = "dir"
	// SettingType is the media type of the result; without it application/octet-stream.
	SettingType = "type"
)

// ExitNeeds is the exit status (EX_TEMPFAIL of sysexits.h) by which a program says that it
// cannot go on without more input: each line on its standard error names one thing that it
// needs. It is run anew with what was provided after its first input on standard input.
const ExitNeeds = 75

// Maker makes workers that run programs. Its zero value is ready.
type Maker struct {
	// Rooms is the directory in which it is noted where the private directories of the tasks
	// under way are, for Sweep; "" for not at all.
	Rooms string
}

// Name returns "exec".
func (Maker) Name() string { return "exec" }

// Make checks the settings and that the program exists now. It returns worker.ErrConfig (wrapped)
// with what to do about it.
func (m Maker) Make(c worker.Config) (worker.Worker, error) {
	p, err := parse(c.Settings)
	if err != nil {
		return nil, fmt.Errorf("%w: exec: %w", worker.ErrConfig, err)
	}
	p.rooms = m.Rooms
	return p, nil
}

func parse(settings map[string]string) (*program, error) {
	known := []string{SettingCommand, SettingShell, SettingDir, SettingType}
	for name := range settings {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("unknown setting %q: known are %s", name, strings.Join(known, ", "))
		}
	}
	if err := supported(); err != nil {
		return nil, err
	}
	words, err := split(settings[SettingCommand], settings[SettingShell])
	if err != nil {
		return nil, err
	}
	path, err := locate(words[0])
	if err != nil {
		return nil, err
	}
	p := &program{path: path, words: words, dir: settings[SettingDir], result: "application/octet-stream"}
	if p.dir != "" {
		if err := checkDir(p.dir); err != nil {
			return nil, err
		}
	}
	if given := settings[SettingType]; given != "" {
		if _, _, err := mime.ParseMediaType(given); err != nil {
			return nil, fmt.Errorf("media type %q: %w", given, err)
		}
		p.result = given
	}
	return p, nil
}

// split returns the words to run; the first names the program.
func split(command, shell string) ([]string, error) {
	if strings.ContainsRune(command, 0) {
		return nil, fmt.Errorf("the command holds a NUL character")
	}
	switch shell {
	case "true":
		if strings.TrimSpace(command) == "" {
			return nil, fmt.Errorf("no command: give the program to run")
		}
		return []string{"sh", "-c", command}, nil
	case "", "false":
	default:
		return nil, fmt.Errorf("setting %q is %q: it must be true or false", SettingShell, shell)
	}
	words, err := shlex.Split(command)
	if err != nil {
		return nil, fmt.Errorf("command %q cannot be split into words (%w): close its quotes", command, err)
	}
	if len(words) == 0 || words[0] == "" {
		return nil, fmt.Errorf("no command: give the program to run")
	}
	return words, nil
}

// locate finds the program. A relative path is refused, for the peer may be started again elsewhere.
func locate(name string) (string, error) {
	if !filepath.IsAbs(name) && filepath.Base(name) != name {
		return "", fmt.Errorf("program %q is a relative path: give its full path", name)
	}
	path, err := osexec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("program %q cannot be run (%w): install it, or give its full path", name, err)
	}
	if strings.Contains(path, "=") { // env would take it for a setting
		return "", fmt.Errorf("program %q has = in its path: rename it, or make a link to it", path)
	}
	return path, nil
}

func checkDir(dir string) error {
	if !filepath.IsAbs(dir) {
		return fmt.Errorf("directory %q is a relative path: give its full path", dir)
	}
	entry, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("directory to work in: %w", err)
	}
	if !entry.IsDir() {
		return fmt.Errorf("%q is not a directory", dir)
	}
	return nil
}
