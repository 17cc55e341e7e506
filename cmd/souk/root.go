package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/cmd/souk/settings"
	"github.com/souk-network/souk/gateway"
	doorhttp "github.com/souk-network/souk/gateway/http"
)

// newRoot returns the whole command.
func newRoot(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:   "souk",
		Short: "A market with no owner, where agents hire and pay each other",
		Long: `Souk is a market with no owner: every agent runs a peer, finds others by what
they can do, hires them over a direct stream, and pays them with signed receipts.

Exit status: 0 ok, 1 general, 2 usage, 3 peer or daemon unreachable, 4 refused by
policy, 5 budget exceeded, 6 delivery failed its check, 7 not found, 8 timed out,
9 needs approval. docs/spec/codes.md has the code behind each, as --json tells it.`,
		Example: `  souk demo                                  the whole market on this machine, in seconds
  souk init && souk up                       be a peer
  souk find                                  what is sold
  souk hire text/words@1 --in README.md      buy it`,
		SilenceErrors: true, // report does both
		SilenceUsage:  true,
	}
	root.PersistentFlags().StringVar(&p.home, "home", "", "folder of this peer (or SOUK_HOME; otherwise the XDG folders)")
	root.PersistentFlags().BoolVar(&p.json, "json", false, "print JSON with a schema")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return misuse(c, flagError(err)) })
	root.AddGroup(
		&cobra.Group{ID: "peer", Title: "Be a peer:"},
		&cobra.Group{ID: "trade", Title: "Sell and buy:"},
		&cobra.Group{ID: "books", Title: "See what happened:"},
	)
	add := func(group string, cs ...*cobra.Command) {
		for _, c := range cs {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add("peer", demoCommand(p), initCommand(p), upCommand(p), bootstrapCommand(p), statusCommand(p), configCommand(p))
	add("trade", offerCommand(p), consentCommand(p), findCommand(p), hireCommand(p))
	add("books", jobsCommand(p), jobCommand(p), trustCommand(p), calibrationCommand(p), ledgerCommand(p), receiptCommand(p), evidenceCommand(p), verifyCommand(p), backupCommand(p), restoreCommand(p))
	root.AddCommand(benchCommand(p), versionCommand(p))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	examples(root)
	parents(root)
	return root
}

// examples gives the commands that cobra adds an example each.
func examples(root *cobra.Command) {
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Example = "  souk help offer add"
			c.Run, c.RunE = nil, help
		case "completion":
			c.Example = "  source <(souk completion bash)"
			for _, shell := range c.Commands() {
				shell.Example = "  souk completion " + shell.Name()
			}
		}
	}
}

// help shows the help of the command that words name.
func help(c *cobra.Command, words []string) error {
	about, left, err := c.Root().Find(words)
	if err != nil || len(left) > 0 {
		return misuse(c.Root(), fmt.Errorf("there is no command %q to help with", "souk "+strings.Join(words, " ")))
	}
	about.InitDefaultHelpFlag()
	return about.Help()
}

// parents makes a command that only has others below it say so: alone it shows
// its help, and a word it does not know is misuse.
func parents(c *cobra.Command) {
	for _, child := range c.Commands() {
		parents(child)
	}
	if c.Runnable() || !c.HasSubCommands() {
		return
	}
	c.SuggestionsMinimumDistance = 2
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		err := fmt.Errorf("there is no command %q", c.CommandPath()+" "+args[0])
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			err = fmt.Errorf("%w; is it %q?", err, c.CommandPath()+" "+strings.Join(near, " or "))
		}
		return misuse(c, err)
	}
}

// args says of a positional rule that is broken which word is missing or too many.
func args(rule cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, a []string) error {
		if rule(c, a) == nil {
			return nil
		}
		if len(a) > 0 {
			return misuse(c, fmt.Errorf("%q is one word too many for `%s`", a[len(a)-1], c.CommandPath()))
		}
		missing := "something" // Use says its name: add CAPABILITY --price N
		if words := strings.Fields(c.Use); len(words) > 1 {
			missing = words[1]
		}
		return misuse(c, fmt.Errorf("%s is missing: `%s` needs it", missing, c.CommandPath()))
	}
}

// atDesk is a command that asks the running peer of a home, with its arguments.
func (p *program) atDesk(ask func(ctx context.Context, desk gateway.Desk, a []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, a []string) error {
		desk, err := p.desk()
		if err != nil {
			return err
		}
		defer desk.Close()
		return ask(c.Context(), desk, a)
	}
}

// desk returns the desk of the peer that runs in this home.
func (p *program) desk() (*doorhttp.Client, error) {
	home, err := p.findHome()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(home.Socket()); errors.Is(err, fs.ErrNotExist) {
		if helps(home) {
			return nil, &gateway.Error{
				Code: gateway.CodeUnavailable, Message: "the bootstrap peer in " + home.Data + " is not running",
				Hint: "`souk bootstrap` runs it", Retryable: true,
			}
		}
		if err := whole(home); err != nil {
			return nil, err
		}
	}
	return doorhttp.Dial(home.Socket()), nil
}

func (p *program) findHome() (settings.Home, error) {
	home, err := settings.FindHome(p.home, p.env)
	if err != nil {
		return home, invalid(err, "set SOUK_HOME to a folder of your own")
	}
	return home, nil
}

// settings returns the settings in force for c.
func (p *program) settings(c *cobra.Command) (settings.Home, settings.Settings, []settings.Value, error) {
	home, err := p.findHome()
	if err != nil {
		return home, settings.Settings{}, nil, err
	}
	s, values, err := settings.Load(home.File, p.lookup, given(c))
	var path *fs.PathError
	if errors.As(err, &path) {
		return home, s, nil, err
	}
	if err != nil && strings.HasPrefix(err.Error(), "flag --listen") {
		return home, s, nil, invalid(err, listenForms)
	}
	if err != nil && strings.HasPrefix(err.Error(), "flag --") {
		return home, s, nil, misuse(c, err)
	}
	if err != nil {
		return home, s, nil, invalid(err, "`souk config show --origin` says where each value comes from")
	}
	return home, s, values, nil
}
