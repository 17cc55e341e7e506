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

// room is the place one task works in: a private directory with an empty home, a directory for
// temporary files and, where the owner named none, the working directory.
type room struct {
	root, home, temp, work string
}

// openRoom makes a room in the directory under ("" for the system's temporary directory).
func openRoom(under, dir string) (*room, error) {
	root, err := os.MkdirTemp(under, roomPrefix)
	if err != nil {
		return nil, err
	}
	r := &room{
		root: root, home: filepath.Join(root, "home"), temp: filepath.Join(root, "tmp"), work: dir,
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

// Sweep removes the rooms that an earlier process left in the directory rooms when it was killed.
// They may hold payload. Only one process may use that directory.
func Sweep(rooms string) error {
	left, err := os.ReadDir(rooms)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range left {
		if strings.HasPrefix(entry.Name(), roomPrefix) {
			err = errors.Join(err, (&room{root: filepath.Join(rooms, entry.Name())}).remove())
		}
	}
	return err
}

// environment is all that the program gets to see of its surroundings: and of a
// contract of several parts, which of them it is to do.
func (r *room) environment(t worker.Task) []string {
	path := os.Getenv("PATH")
	if path == "" {
		path = "/usr/local/bin:/usr/bin:/bin"
	}
	env := []string{"PATH=" + path, r.mark(), "TMPDIR=" + r.temp, "LANG=C.UTF-8", "LC_ALL=C.UTF-8"}
	if t.Parts > 1 {
		env = append(env, fmt.Sprint("SOUK_PART=", t.Part), fmt.Sprint("SOUK_PARTS=", t.Parts))
	}
	return env
}

// mark is the setting by which a process of this task is known, wherever it has moved.
func (r *room) mark() string { return "HOME=" + r.home }

// remove deletes the room, also where the program took away its own permission to do so.
func (r *room) remove() error {
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
