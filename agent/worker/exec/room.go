package exec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/souk-network/souk/agent/worker"
)

// roomPrefix begins the name of every room.
const roomPrefix = "souk-task-"

// ground is where rooms are. The program learns its room's path, so it must be one that tells
// nothing of who runs the peer: neither a name nor a setting of the owner's.
const ground = "/tmp"

// programs is the PATH of every program: the same whoever runs the peer.
const programs = "/usr/local/bin:/usr/bin:/bin"

// room is the place one task works in: a private directory with an empty home, a directory for
// temporary files and, where the owner named none, the working directory.
type room struct {
	root, home, temp, work string

	note string // a link to root that Sweep would find; empty for none
}

// openRoom makes a room and notes it in the directory notes, where one is named.
func openRoom(notes, dir string) (*room, error) {
	root, err := os.MkdirTemp(ground, roomPrefix)
	if err != nil {
		return nil, err
	}
	r := &room{
		root: root, home: filepath.Join(root, "home"), temp: filepath.Join(root, "tmp"), work: dir,
	}
	if notes != "" { // before anything is in it
		r.note = filepath.Join(notes, filepath.Base(root))
		if err := os.Symlink(root, r.note); err != nil {
			return nil, errors.Join(err, r.remove())
		}
	}
	needed := []string{r.home, r.temp}
	if dir == "" {
		r.work = filepath.Join(root, "work")
		needed = append(needed, r.work)
	}
	for _, d := range needed {
		if err := os.Mkdir(d, 0o700); err != nil {
			return nil, errors.Join(err, r.remove())
		}
	}
	return r, nil
}

// Sweep removes the rooms that are noted in a directory, and the notes: an earlier process left
// them when it was killed. They may hold payload. Only one process may use that directory.
func Sweep(notes string) error {
	left, err := os.ReadDir(notes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range left {
		if !strings.HasPrefix(entry.Name(), roomPrefix) {
			continue
		}
		// A room of an earlier version is in the directory itself.
		r := &room{root: filepath.Join(notes, entry.Name())}
		if entry.Type()&fs.ModeSymlink != 0 {
			r.root, r.note = filepath.Join(ground, entry.Name()), r.root
		}
		err = errors.Join(err, r.remove())
	}
	return err
}

// environment is all that the program gets to see of its surroundings: and of a
// contract of several parts, which of them it is to do.
func (r *room) environment(t worker.Task) []string {
	env := []string{"PATH=" + programs, r.mark(), "TMPDIR=" + r.temp, "LANG=C.UTF-8", "LC_ALL=C.UTF-8"}
	if t.Parts > 1 {
		env = append(env, fmt.Sprint("SOUK_PART=", t.Part), fmt.Sprint("SOUK_PARTS=", t.Parts))
	}
	return env
}

// mark is the setting by which a process of this task is known, wherever it has moved.
func (r *room) mark() string { return "HOME=" + r.home }

// remove deletes the room, also where the program took away its own permission to do so, and
// then its note.
func (r *room) remove() error {
	if err := r.clear(); err != nil || r.note == "" {
		return err
	}
	if err := os.Remove(r.note); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (r *room) clear() error {
	if err := os.RemoveAll(r.root); err == nil {
		return nil
	}
	_ = filepath.WalkDir(r.root, func(path string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.IsDir() {
			_ = os.Chmod(path, 0o700) // RemoveAll below reports what still cannot be removed
		}
		return nil
	})
	return os.RemoveAll(r.root)
}
