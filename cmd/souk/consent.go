package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/agent/worker/exec"
	"github.com/souk-network/souk/gateway"
)

// consentCommand lets a provider name this peer as evaluator.
func consentCommand(p *program) *cobra.Command {
	var d gateway.ConsentDraft
	var judge, check string
	c := &cobra.Command{
		Use: "consent PROVIDER --scope CAPABILITY (--judge COMMAND | --check RULE)", Short: "Let a provider name this peer as judge of its disputes",
		Long: `Let a provider name this peer as evaluator: it judges what the provider and a hirer
that accepts it cannot agree on. The consent goes to standard output; give it to the
provider, who names it with ` + "`souk offer add --evaluator FILE`" + `.

A disputed result is graded by a program of yours: it gets the result on standard
input and writes, on its first line, the provider's share of the price, from 0 to
10000. Or by an acceptance check: what passes is worth all, what fails nothing. The
award is committed to before it is shown, so that no evaluator can copy another. You
see what is disputed, public or internal, and erase it when the case is over.

Evaluators are not paid yet: --fee must be 0.`,
		Example: `  souk consent 12D3KooWPX… --scope text/draft@1 --judge 'my-judge --strict' > judge.consent
  souk consent 12D3KooWPX… --scope 'text/*' --check 'size={"max_bytes":500}' > judge.consent`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			provider, err := peerOf(a[0])
			if err != nil {
				return err
			}
			_, set, _, err := p.settings(c)
			if err != nil {
				return err
			}
			if d.Asset == "" {
				d.Asset = set.Asset
			}
			switch {
			case len(d.Scopes) == 0:
				return misuse(c, errors.New("--scope is missing: name the capabilities to judge, such as --scope text/draft@1"))
			case (judge == "") == (check == ""):
				return misuse(c, errors.New("say who judges: either --judge COMMAND or --check RULE"))
			case !d.Fee.IsZero():
				return misuse(c, errors.New("--fee must be 0: evaluators are not paid yet"))
			case judge != "":
				d.Technology, d.Settings = exec.Maker{}.Name(), map[string]string{exec.SettingCommand: fromHere(judge)}
			default:
				d.Technology = "check"
				d.Rule, d.RuleParams = splitCheck(check)
			}
			desk, err := p.desk()
			if err != nil {
				return err
			}
			defer desk.Close()
			if d.Provider, err = provider.findToDeal(c.Context(), desk); err != nil {
				return err
			}
			text, err := desk.Consent(c.Context(), d)
			if err != nil {
				return refused(c, written(err))
			}
			return p.show(shownConsent{"souk.consent/v1", string(text)}, func(w io.Writer) error {
				_, err := fmt.Fprint(w, strings.TrimSuffix(string(text), "\n")+"\n")
				return err
			})
		},
	}
	f := c.Flags()
	f.StringSliceVar(&d.Scopes, "scope", nil, "`CAPABILITY` to judge, or all below a path (text/*); may be repeated (required)")
	f.StringVar(&judge, "judge", "", "`COMMAND` that grades a result")
	f.StringVar(&check, "check", "", "acceptance check that grades a result, `RULE[=PARAMS]`")
	f.Var(amount{&d.Fee}, "fee", "what a case costs; only 0 for now")
	f.StringVar(&d.Asset, "asset", "", "`ASSET` of the offers (default: the setting asset)")
	return c
}

// shownConsent is the JSON of consent.
type shownConsent struct {
	Schema  string `json:"schema"` // "souk.consent/v1"
	Consent string `json:"consent"`
}
