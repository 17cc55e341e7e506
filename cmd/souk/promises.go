package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/souk-network/souk/protocol"
)

// promises adds the flags of what is promised of the work: by when, how much of it at
// once, to make it good, to ask for no more than this, and who judges what is contested.
func (s *stall) promises(f *pflag.FlagSet) {
	f.BoolVar(&s.draft.RerunSafe, "rerun-safe", false, "the work may be done again after a crash")
	f.DurationVar(&s.deliver, "deliver", 0, "promise to deliver within this `time` (default 10m, and 10m more for each of --hire)")
	f.IntVar(&s.draft.Slots, "slots", 4, "jobs at once")
	f.StringSliceVar(&s.evaluators, "evaluator", nil, "consent `FILE` of one who judges disputes (souk consent); may be repeated")
	f.IntVar(&s.draft.Needed, "needed", 1, "how many of the evaluators decide")
	f.Uint64Var(&s.draft.Split, "split", 5000, "of 10000, what is owed where the evaluators stay silent")
	f.IntVar(&s.draft.Reworks, "reworks", 0, "how often a result that the hirer finds wrong is done again")
	f.StringArrayVar(&s.draft.Needs, "needs", nil, "`WHAT` the program may still ask for, by exit status 75; may be repeated")
	f.DurationVar(&s.pause, "pause", time.Hour, "how long what it asks for may be waited for, in all")
}

// panel reads the consents of the evaluators, without whom its flags mean nothing.
func (s *stall) panel(f *pflag.FlagSet) error {
	if len(s.evaluators) == 0 {
		if f.Changed("needed") || f.Changed("split") {
			return errors.New("--needed and --split are of evaluators: name them with --evaluator")
		}
		s.draft.Needed, s.draft.Split = 0, 0
		return nil
	}
	if s.draft.Needed < 1 || s.draft.Needed > len(s.evaluators) || s.draft.Split > protocol.Full {
		return fmt.Errorf("--needed must be from 1 to %d, --split from 0 to %d", len(s.evaluators), protocol.Full)
	}
	for _, name := range s.evaluators {
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("--evaluator: %w", err)
		}
		s.draft.Consents = append(s.draft.Consents, string(text))
	}
	return nil
}
