package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/agent/runtime"
	"github.com/souk-network/souk/cmd/souk/settings"
	"github.com/souk-network/souk/gateway"
	doorhttp "github.com/souk-network/souk/gateway/http"
	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/files"
)

const afterDamage = "keep a copy of the home; what the other sides have co-signed can be had from them again"

func verifyCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Check the whole journal and name the first bad record",
		Long: `Walk over the journal from the first record to the last and check its hash chain
and that every record can be read.
Where the peer runs, it does this itself; otherwise its store is opened here.`,
		Example: "  souk verify\n  souk verify --json",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			home, err := p.findHome()
			if err != nil {
				return err
			}
			telling := p.begin("checking every record")
			found, err := p.verify(c.Context(), home)
			telling.end()
			if errors.Is(err, store.ErrDamaged) {
				return &gateway.Error{Code: gateway.CodeDamaged, Message: err.Error(), Hint: afterDamage}
			}
			if err != nil {
				return err
			}
			if !found.OK {
				return &gateway.Error{
					Code: gateway.CodeDamaged, Message: fmt.Sprintf("journal record %d is bad: %s", found.Bad, found.Why),
					Hint: afterDamage,
				}
			}
			return p.show(found, func(w io.Writer) error {
				width, _ := p.screen(p.out)
				said := wrapped(fmt.Sprintf("all %d records are good; head %s", found.Records, safe(found.Head)), width)
				_, err := fmt.Fprintln(w, strings.Join(said, "\n"))
				return err
			})
		},
	}
}

// verify asks the peer of this home, or looks itself where none runs.
func (p *program) verify(ctx context.Context, home settings.Home) (gateway.Verification, error) {
	desk := doorhttp.Dial(home.Socket()) // also of a home that has lost its mandate
	defer desk.Close()
	found, err := desk.Verify(ctx)
	if err == nil || gateway.AsError(err).Code != gateway.CodeUnavailable {
		return found, err
	}
	_, err = os.Stat(home.Database())
	_, noted := os.Stat(home.Head())
	if errors.Is(err, fs.ErrNotExist) && errors.Is(noted, fs.ErrNotExist) {
		return found, &gateway.Error{
			Code: gateway.CodeNotFound, Message: "there is no journal in " + home.Data,
			Hint: "`souk init` and `souk up` make one; SOUK_HOME or --home names another home",
		}
	}
	release, err := files.Lock(home.Data)
	if err != nil {
		return found, err
	}
	defer release()
	return verifyStore(ctx, home)
}

// verifyStore walks over the journal of a home this process has locked.
func verifyStore(ctx context.Context, home settings.Home) (found gateway.Verification, err error) {
	db, err := openDatabase(home, nil)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return runtime.Verify(ctx, db)
}
