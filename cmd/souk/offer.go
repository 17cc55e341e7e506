package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/agent/worker/builtin"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// shownOffer is the JSON of one own offer.
type shownOffer struct {
	Schema string `json:"schema"` // "souk.offer/v1"
	gateway.Offer
}

// shownOffers is the JSON of offer list.
type shownOffers struct {
	Schema string          `json:"schema"` // "souk.offers/v1"
	Offers []gateway.Offer `json:"offers"`
}

func offerCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use: "offer", Short: "Sell what a program can do",
		Example: "  souk offer add text/words@1 --exec \"wc -w\" --price 5 --asset souk:credit/usd-6\n  souk offer list\n  souk offer rm text/words@1",
	}
	c.AddCommand(offerAddCommand(p), offerListCommand(p), offerRemoveCommand(p))
	return c
}

// stall collects the flags of offer add.
type stall struct {
	draft      gateway.OfferDraft
	by         hand
	check      string
	schema     string // a file
	deliver    time.Duration
	pause      time.Duration
	evaluators []string // files
}

const offerAddLong = `Sell what an existing program can do. A capability is a path and a version, such
as text/words@1. The program gets the input on standard input and writes the
result to standard output. Its words are split as a shell would, but no shell
runs; --shell uses one.

--http posts the input to a URL of yours and sells the answer, if its status is
200. The request names the capability (Souk-Capability) and the job (Souk-Job, for
souk hire --parent); the answer may tell metered units (Souk-Units). No proxy is
used and no redirect followed.

--hire sells what others do: it hires one capability after another from the
market, each for the result of the one before, at the cost of this peer, under
the data label of the input, and delivers the last result. What is between its
price and theirs is yours. An input that may not be passed on is not taken.

With --surge 50 a price of 100 is 113, 125, 138 and 150 while one, two, three and
four of four slots are taken: for whom it is told then. A price that was posted or
quoted before is kept for as long as was promised.

--tranches N divides the price into N parts. Each is held, delivered, judged and paid
before the next begins, so that nobody is out by more than one; the program runs once
for each and is told which by SOUK_PART and SOUK_PARTS. --advance N has the first N
paid before they are delivered.

--unit, --per-unit and --max-units meter what is done besides the price; --window N
takes up to N inputs at once, each a call of its own, held for and paid together, and
--windows N so many times in one contract. A program is metered as one unit a call.

The program runs as you, limited in time, memory and output. It is found in your PATH
or by its path, also from the folder you are in, but sees nothing of your
environment: its own PATH is /usr/local/bin:/usr/bin:/bin, HOME and TMPDIR are empty
folders in /tmp that are gone when it ends, LANG and LC_ALL are C.UTF-8, and nothing
else is set. That is no sandbox: sell only programs you would run on a stranger's
text.

--schema FILE says what an input must be, as a JSON Schema in the dialect of the check
jsonschema. It is part of what is announced and signed: who would hire compares its
input first, and goes elsewhere if it breaks it; what comes all the same is not worked
on, and the job ends for nothing (input). What a result must be is said by --check.

A program that cannot go on without more input ends with status 75 and says on
standard error, one line each, which of --needs it lacks. Once the hirer has
provided that, it is run again: standard input is then the input, followed by what
was provided.`

func offerAddCommand(p *program) *cobra.Command {
	var s stall
	c := &cobra.Command{
		Use:   "add CAPABILITY --price N (--exec COMMAND | --http URL | --builtin NAME | --hire CAPABILITIES)",
		Short: "Sell a capability; one of the same name is replaced",
		Long:  offerAddLong,
		Example: `  souk offer add text/words@1 --exec "wc -w" --price 5
  souk offer add text/summary@1 --builtin summary --check 'summary={"share":0.3}' --price 2000 --ask
  souk offer add text/title@1 --exec ./title --price 10 --schema input.json \
      --check 'jsonschema={"type":"string"}'
  souk offer add text/html@1 --exec pandoc --price 100 --least 80
  souk offer add text/book@1 --exec ./chapters --price 3000 --tranches 3 --advance 1
  souk offer add text/tokens@1 --exec ./model --price 0 --unit call --per-unit 5 --max-units 16 \
      --window 16 --windows 4
  souk offer add text/sorted@1 --exec "sort | uniq -c" --shell --price 10 --rerun-safe
  souk offer add text/title@1 --http http://127.0.0.1:8080/title --price 10
  souk offer add text/brief@1 --hire text/html@1,text/words@1 --part-budget 50 --price 100`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			if a[0] == "" {
				return misuse(c, errors.New("CAPABILITY is empty: name what is sold, such as text/words@1"))
			}
			_, set, _, err := p.settings(c)
			if err != nil {
				return err
			}
			if s.draft.Asset == "" {
				s.draft.Asset = set.Asset
			}
			s.draft.Capability = a[0]
			if err := s.fill(c); err != nil {
				return misuse(c, err)
			}
			desk, err := p.desk()
			if err != nil {
				return err
			}
			defer desk.Close()
			o, err := desk.AddOffer(c.Context(), s.draft)
			if err != nil {
				return refused(c, written(err))
			}
			return p.show(shownOffer{"souk.offer/v1", o}, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "selling %s for %s\n", safe(o.Capability), asked(&o, o.Price, o.Asset))
				return err
			})
		},
	}
	s.flags(c)
	return c
}

func (s *stall) flags(c *cobra.Command) {
	f := c.Flags()
	f.Var(amount{&s.draft.Price}, "price", "price of one job, in the asset's smallest `unit`s (required)")
	f.Uint64Var(&s.draft.Surge, "surge", 0, "`PERCENT` by which the price rises until all slots are taken")
	f.Var(amount{&s.draft.Least}, "least", "least that is taken from who haggles, in smallest `unit`s (default: the price is firm)")
	s.parts(f)
	f.StringVar(&s.draft.Asset, "asset", "", "`ASSET` of the price (default: the setting asset)")
	f.StringVar(&s.by.exec, "exec", "", "`COMMAND` that does the work")
	f.StringVar(&s.by.url, "http", "", "`URL` of the program that does the work: the input is posted to it, its answer is the result")
	f.BoolVar(&s.by.shell, "shell", false, "hand COMMAND to sh -c")
	f.StringVar(&s.by.builtin, "builtin", "", "built-in `NAME` that does the work: "+strings.Join(builtin.Names(), ", "))
	f.StringVar(&s.by.hire, "hire", "", "`CAPABILITIES` to hire one after another, divided by commas")
	f.Var(amount{&s.by.budget}, "part-budget", "most that each of --hire may cost, in smallest `unit`s (default: all together what the job is paid with)")
	f.BoolVar(&s.draft.PassOn, "pass-on", false, "the work may give its input on to others (always with --hire)")
	f.BoolVar(&s.draft.Ask, "ask", false, "tell the price on request only")
	f.StringVar(&s.schema, "schema", "", "`FILE` with a JSON Schema that inputs satisfy: others are neither sent nor worked on")
	f.StringVar(&s.check, "check", "", "acceptance check, `RULE[=PARAMS]`, PARAMS in JSON")
	s.promises(f)
	f.StringVar(&s.draft.Title, "title", "", "what people are shown")
}

// fill completes the draft from the flags given.
func (s *stall) fill(c *cobra.Command) (err error) {
	switch {
	case !c.Flags().Changed("price"):
		return errors.New("--price is missing: say what one job costs, such as --price 5")
	case s.draft.Slots < 1:
		return errors.New("--slots must be at least 1")
	case s.draft.Surge > sell.MaxSurge:
		return fmt.Errorf("--surge is from 0 to %d percent", sell.MaxSurge)
	case s.draft.Least.Cmp(s.draft.Price) > 0:
		return errors.New("--least must be at most --price")
	case c.Flags().Changed("deliver") && s.deliver == 0:
		return errors.New("--deliver must be more than nothing")
	case s.draft.Reworks < 0 || s.draft.Reworks > protocol.MaxReworks:
		return fmt.Errorf("--reworks must be from 0 to %d", protocol.MaxReworks)
	case len(s.draft.Needs) > 0 && s.pause <= 0:
		return errors.New("--pause must be more than nothing")
	}
	if err := s.panel(c.Flags()); err != nil {
		return err
	}
	if len(s.draft.Needs) > 0 {
		if s.draft.PauseMS, err = millis("pause", s.pause); err != nil {
			return err
		}
	}
	s.by.budgeted = c.Flags().Changed("part-budget")
	if err := s.by.check(); err != nil {
		return err
	}
	if s.by.hire != "" {
		// Its parts have names: done again after a crash, it hires nobody twice.
		s.draft.PassOn, s.draft.RerunSafe = true, true
	}
	if s.deliver == 0 {
		s.deliver = s.by.promise()
	}
	if err := s.fillParts(c); err != nil {
		return err
	}
	if s.draft.DeliverMS, err = millis("deliver", s.deliver); err != nil {
		return err
	}
	if s.draft.InputSchema, err = readSchema(c.Flags(), s.schema); err != nil {
		return err
	}
	s.draft.Rule, s.draft.RuleParams = splitCheck(s.check)
	s.draft.Technology, s.draft.Settings = s.by.technology()
	return nil
}

func offerListCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Show what this peer sells",
		Example: "  souk offer list",
		Args:    args(cobra.NoArgs),
		RunE: p.atDesk(func(ctx context.Context, desk gateway.Desk, _ []string) error {
			offers, err := desk.Offers(ctx)
			if err != nil {
				return err
			}
			return p.show(shownOffers{"souk.offers/v1", list(offers)}, func(w io.Writer) error {
				if len(offers) == 0 {
					_, err := fmt.Fprintln(w, "nothing is sold here; `souk offer add --help` shows how")
					return err
				}
				rows := make([][]string, len(offers))
				for i, o := range offers {
					rows[i] = []string{
						o.Capability, asked(&o, o.Now, ""), o.Asset, o.Technology, or(o.Rule),
						span(o.DeliverMS), strconv.Itoa(o.Busy) + "/" + strconv.Itoa(o.Slots),
					}
				}
				return p.table([]column{
					{head: "CAPABILITY", least: 12},
					{head: "PRICE", right: true},
					{head: "ASSET", least: 8},
					{head: "BY"},
					{head: "CHECK"},
					{head: "WITHIN", right: true},
					{head: "BUSY", right: true},
				}, rows)
			})
		}),
	}
}

func offerRemoveCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "rm CAPABILITY", Short: "Stop selling a capability",
		Long:    "Stop selling a capability. Jobs under way go on, and a price that was posted is honoured\nuntil its announcement expires.",
		Example: "  souk offer rm text/words@1",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			if a[0] == "" {
				return misuse(c, errors.New("CAPABILITY is empty: name what is sold"))
			}
			desk, err := p.desk()
			if err != nil {
				return err
			}
			defer desk.Close()
			capability, err := soldAs(c.Context(), desk, a[0])
			if err != nil {
				return misuse(c, err)
			}
			if err := desk.RemoveOffer(c.Context(), capability); err != nil {
				return err
			}
			return p.show(struct {
				Schema     string `json:"schema"`
				Capability string `json:"capability"`
			}{"souk.offer-removed/v1", capability}, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s is no longer sold\n", safe(capability))
				return err
			})
		},
	}
}

// written makes what is too long in a draft what it is, a slip of whoever wrote it.
func written(err error) error {
	var e *gateway.Error
	if !errors.As(err, &e) || e.Code != protocol.CodeTooLarge {
		return err
	}
	return &gateway.Error{Code: gateway.CodeInvalid, Message: e.Message}
}

// price shows what a job costs.
func price(units, asset string, ask bool) string {
	s := units
	if asset != "" {
		s += " " + safe(asset)
	}
	if ask {
		s += " (on request)"
	}
	return s
}

// asked tells what an offer costs: a sum, and for each unit of what is metered another.
func asked(o *gateway.Offer, sum wire.Amount, asset string) string {
	s := sum.String()
	if o.Unit != "" {
		s += fmt.Sprintf(" + %s a %s", o.PerUnit, safe(o.Unit))
	}
	return price(s, asset, o.Ask)
}

// list makes an empty list of none, so that JSON never says null.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
