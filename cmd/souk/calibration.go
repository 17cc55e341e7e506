package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/gateway"
)

func calibrationCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "calibration", Short: "Show how good the estimates were by which this peer has hired",
		Long: `Show how good the estimates were by which this peer has hired: of the jobs for which it
said 60 to 70 %, how many came well? An estimate stands beside each contract since it was
made, so none can be put right afterwards. Jobs that tell nothing of their provider are left
out: those nobody took, and those that this peer called off.

The Brier score is the mean square of what the estimates were off by: 0 is perfect, and
0.25 is what always saying 50 % comes to.`,
		Example: "  souk calibration\n  souk calibration --json",
		Args:    args(cobra.NoArgs),
		RunE: p.atDesk(func(ctx context.Context, desk gateway.Desk, _ []string) error {
			x, err := desk.Calibration(ctx)
			if err != nil {
				return err
			}
			return p.show(x, func(w io.Writer) error {
				if x.Jobs == 0 {
					_, err := fmt.Fprintln(w, "no job for which this peer has hired tells anything yet")
					return err
				}
				rows := make([][]string, len(x.Bands))
				for i, b := range x.Bands {
					rows[i] = []string{
						fmt.Sprintf("%.0f-%.0f%%", 100*b.From, 100*b.To), fmt.Sprint(b.Jobs),
						fmt.Sprintf("%.0f%%", 100*b.Estimated), fmt.Sprintf("%.0f%%", 100*b.Came),
					}
				}
				if err := p.table([]column{
					{head: "ESTIMATED"},
					{head: "JOBS", right: true},
					{head: "MEAN", right: true},
					{head: "CAME WELL", right: true},
				}, rows); err != nil {
					return err
				}
				_, err := fmt.Fprintf(w, "\n%d of %d jobs came well. Brier score %.3f; %.3f had their share been known before.\n"+
					"The estimates are off by %.0f points on average.\n", x.Well, x.Jobs, x.Brier, x.Reference, 100*x.Error)
				return err
			})
		}),
	}
}
