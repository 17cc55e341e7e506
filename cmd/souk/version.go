package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what a binary knows of its own making.
type build struct {
	Schema   string `json:"schema"` // "souk.version/v1"
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func thisBuild() build {
	b := build{
		Schema: "souk.version/v1", Version: "(unknown)",
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	made, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if made.Main.Version != "" {
		b.Version = made.Main.Version
	}
	for _, s := range made.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func versionCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Say which souk this is",
		Example: "  souk version --json",
		Args:    args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			return p.show(b, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "souk %s\n", b.Version)
				if b.Revision != "" && err == nil {
					changed := ""
					if b.Modified {
						changed = ", with changes"
					}
					_, err = fmt.Fprintf(w, "from %s (%s%s)\n", b.Revision, b.Time, changed)
				}
				if err == nil {
					_, err = fmt.Fprintf(w, "%s on %s\n", b.Go, b.Platform)
				}
				return err
			})
		},
	}
}
