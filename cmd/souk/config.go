package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/cmd/souk/settings"
)

// shownSettings is the JSON of config show.
type shownSettings struct {
	Schema   string           `json:"schema"` // "souk.config/v1"
	Home     string           `json:"home"`
	File     string           `json:"file"`
	Settings []settings.Value `json:"settings"`
}

func configCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use: "config", Short: "Show what is set, and where",
		Long:    "Settings come from a flag, else the environment (SOUK_NET, SOUK_LISTEN, …), else the\nsettings file, else the default.",
		Example: "  souk config show --origin",
	}
	origin := false
	show := &cobra.Command{
		Use: "show", Short: "Show the settings in force",
		Example: "  souk config show\n  SOUK_LOG=debug souk config show --origin",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			home, _, values, err := p.settings(c)
			if err != nil {
				return err
			}
			return p.show(shownSettings{"souk.config/v1", home.Data, home.File, values}, func(w io.Writer) error {
				if origin {
					rows := [][]string{{"home", home.Data, ""}}
					for _, v := range values {
						rows = append(rows, []string{v.Key, v.Text(), v.Origin})
					}
					return p.table([]column{{head: "SETTING"}, {head: "VALUE", least: 12}, {head: "FROM"}}, rows)
				}
				for _, v := range values {
					if _, err := fmt.Fprintf(w, "%s = %s\n", v.Key, safe(v.Text())); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	show.Flags().BoolVar(&origin, "origin", false, "show where each value comes from")
	c.AddCommand(show)
	return c
}
