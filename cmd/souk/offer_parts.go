package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/souk-network/souk/protocol"
)

// parts declares the flags of offers that are delivered and paid in parts.
func (s *stall) parts(f *pflag.FlagSet) {
	f.Uint64Var(&s.draft.Tranches, "tranches", 0, "deliver and be paid in `N` equal parts, 2 to 64")
	f.Uint64Var(&s.draft.Advance, "advance", 0, "so many of the `N` tranches are paid before they are delivered")
	f.StringVar(&s.draft.Unit, "unit", "", "`NAME` of what is metered besides the price, such as call")
	f.Var(amount{&s.draft.PerUnit}, "per-unit", "price of one metered unit, in smallest `unit`s")
	f.Uint64Var(&s.draft.MaxUnits, "max-units", 0, "at most `N` units in one window")
	f.Uint64Var(&s.draft.Window, "window", 0, "up to `N` calls are held for and paid together, at most 16")
	f.Uint64Var(&s.draft.Windows, "windows", 0, "up to `N` windows in one contract, at most 64")
}

func (s *stall) fillParts(c *cobra.Command) error {
	d := &s.draft
	meter := d.Unit != ""
	for _, name := range []string{"max-units", "window", "windows"} {
		if f := c.Flags().Lookup(name); f.Changed && f.Value.String() == "0" { // not what leaving it out means
			return fmt.Errorf("--%s must be at least 1; leave it out where there is none", name)
		}
	}
	switch {
	case c.Flags().Changed("tranches") && d.Tranches < 2 || d.Tranches > protocol.MaxParts:
		return fmt.Errorf("--tranches: 2 to %d parts, or leave it out for one", protocol.MaxParts)
	case d.Advance > d.Tranches:
		return errors.New("--advance: at most as many as there are --tranches")
	case meter != (d.MaxUnits > 0), !meter && (!d.PerUnit.IsZero() || d.Window > 0 || d.Windows > 0):
		return errors.New("a meter needs --unit and --max-units; --per-unit, --window and --windows go with them")
	case meter && d.Tranches > 0:
		return errors.New("--tranches and --unit do not go together: a meter has windows")
	case (d.Tranches > 1 || d.Window > 1 || d.Windows > 1) && (d.Reworks > 0 || len(d.Needs) > 0):
		return errors.New("--reworks and --needs do not go together with --tranches, --window and --windows")
	case d.Window > protocol.MaxInputs || d.Windows > protocol.MaxParts:
		return fmt.Errorf("--window is at most %d, --windows at most %d", protocol.MaxInputs, protocol.MaxParts)
	}
	return nil
}

// readSchema reads the schema of inputs from the file that --schema names; "" where it was
// not given.
func readSchema(flags *pflag.FlagSet, name string) (string, error) {
	if !flags.Changed("schema") {
		return "", nil
	}
	if name == "" { // such as a variable that is not set
		return "", errors.New("--schema names no file; leave it out where any input is taken")
	}
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("--schema: %w", err)
	}
	defer f.Close() // only read from
	b, err := io.ReadAll(io.LimitReader(f, protocol.MaxSchema+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("--schema: %w", err)
	case len(b) > protocol.MaxSchema:
		return "", fmt.Errorf("--schema: %s is longer than %d bytes", name, protocol.MaxSchema)
	case len(b) == 0:
		return "", fmt.Errorf("--schema: %s is empty: a schema that takes everything is true", name)
	}
	return string(b), nil
}
