package job_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
)

// The conversations of testdata are written one event a line:
//
//	terms rule split=5000          the terms, before all else
//	9s hirer says hold@1           a word about part 1; without @ it is about part 0
//	0s hirer says accept hold      both sides fold it at once, in this order
//	5s provider says delivery unheard
//	240s hirer hears delivery refused late
//	90s hirer says post forbidden hold      the speaker's own fold refuses it
//	241s hirer says refuse(delivery,late) aside     the speaker does not fold it itself
//	300s waits
//
// A line may end in "| hirer's stage, provider's stage", which must then be
// where they stand; blamed adds who defaulted. "refused CODE" is what the
// listener's fold says, "known" that it knows it already. The last document of
// each word is the one that hears, ack, contest and refuse mean.
func TestGoldenConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	seen := map[string][]string{}
	exits := map[string]bool{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r := &reader{talk: newTalk(), t: t, seen: seen, exits: exits, file: filepath.Base(file)}
			for i, line := range strings.Split(string(text), "\n") {
				line, _, _ = strings.Cut(line, "#")
				if line = strings.TrimSpace(line); line == "" {
					continue
				}
				if err := r.read(line); err != nil {
					t.Fatalf("%s:%d: %s\n\t%v", file, i+1, line, err)
				}
			}
		})
	}
	soft := []string{"requested", "countered"} // no document that is folded leads there
	for _, stage := range allStages {
		if len(seen[stage]) == 0 && !slices.Contains(soft, stage) {
			t.Errorf("no conversation reaches %s", stage)
		}
	}
	for _, exit := range timers {
		if !exits[exit] {
			t.Errorf("in no conversation does time alone lead %s", exit)
		}
	}
	for exit := range exits {
		if !slices.Contains(timers, exit) {
			t.Errorf("time led %s, which docs/spec/job.md does not know", exit)
		}
	}
}

// TestSpecKnowsEveryTimer keeps the diagram of the specification true.
func TestSpecKnowsEveryTimer(t *testing.T) {
	page, err := os.ReadFile("../../docs/spec/job.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, exit := range timers {
		if !strings.Contains(string(page), "    "+strings.Replace(exit, "->", "-->", 1)+":") {
			t.Errorf("its diagram does not show %s", exit)
		}
	}
}

// timers are the exits of the state table in docs/spec/job.md.
var timers = []string{
	"quoted -> lapsed", "quoted -> cancelled", "agreed -> lapsed", "agreed -> cancelled",
	"funded -> lapsed", "funded -> cancelled", "paused -> settling", "paused -> cancelled", "working -> defaulted", "delivered -> accepted",
	"accepted -> lapsed", "accepted -> unresolved", "contested -> disputed", "contested -> defaulted",
	"disputed -> accepted", "disputed -> defaulted", "disputed -> settled", "disputed -> settling",
	"delivered -> settled", "delivered -> settling", "settling -> unresolved", "unresolved -> defaulted",
}

type reader struct {
	*talk
	t     *testing.T
	now   uint64
	seen  map[string][]string
	exits map[string]bool
	file  string
}

func (r *reader) read(line string) error {
	line, want, judged := strings.Cut(line, "|")
	words := strings.Fields(line)
	if words[0] == "terms" {
		for _, w := range words[1:] {
			if err := r.set(w); err != nil {
				return err
			}
		}
		return nil
	}
	after, err := time.ParseDuration(words[0])
	if err != nil {
		return err
	}
	r.pass(t0 + uint64(after.Milliseconds()))
	if words[1] != "waits" {
		if err := r.act(words[1], words[2], words[3:]); err != nil {
			return err
		}
	}
	for _, s := range r.sides {
		s.sound(r.t, r.now)
	}
	if judged {
		return r.judge(strings.Fields(want))
	}
	return nil
}

// pass lets time go on, timer by timer, and notes where each led.
func (r *reader) pass(to uint64) {
	for _, s := range r.sides {
		for n := uint64(0); s.job != nil; n++ {
			p, ok := s.job.Part(n)
			if !ok {
				break
			}
			for now := r.now; ; {
				when, stage, ok := p.Next(now)
				if !ok || when > to {
					break
				}
				r.exits[fmt.Sprintf("%s -> %s", p.Stage(when-1), stage)] = true
				r.seen[stage.String()] = append(r.seen[stage.String()], r.file)
				now = when
			}
		}
	}
	r.now = max(r.now, to)
}

// act lets one speak and the other hear, or somebody hear what was said before.
func (r *reader) act(who, verb string, words []string) error {
	heard, outcome, code := true, "", ""
	for i, w := range words {
		if w == "unheard" || w == "refused" || w == "forbidden" || w == "known" || w == "aside" {
			heard, outcome = w != "unheard" && w != "forbidden", w
			code = strings.Join(words[i+1:], "")
			words = words[:i]
			break
		}
	}
	for _, w := range words {
		listeners := []string{who}
		if verb == "says" {
			said, err := r.write(who, w, r.now)
			if err != nil {
				return err
			}
			if outcome != "forbidden" {
				r.said[labelFor(who, w)] = said
			}
			if s := r.sides[who]; s != nil && outcome != "aside" {
				if err := expect(s.hear(r.now, said), outcome == "forbidden", code); err != nil {
					return fmt.Errorf("%s itself: %w", who, err)
				}
			}
			listeners = r.others(who)
		}
		if !heard {
			continue
		}
		label := labelFor(who, w)
		if verb != "says" {
			label = strings.ReplaceAll(w, "_", " ")
		}
		for _, l := range listeners {
			err := r.sides[l].hear(r.now, r.said[label])
			if outcome == "known" {
				if !errors.Is(err, job.ErrKnown) {
					return fmt.Errorf("%s: want known, got %v", l, err)
				}
			} else if err := expect(err, outcome == "refused", code); err != nil {
				return fmt.Errorf("%s: %w", l, err)
			}
		}
	}
	return nil
}

// others returns who hears what somebody says; a witness speaks to both.
func (r *reader) others(who string) []string {
	switch who {
	case "hirer":
		return []string{"provider"}
	case "provider":
		return []string{"hirer"}
	}
	return []string{"hirer", "provider"}
}

func expect(err error, refused bool, code string) error {
	var r *job.Refusal
	switch {
	case !refused:
		return err
	case !errors.As(err, &r):
		return fmt.Errorf("want refused as %s, got %v", code, err)
	case r.Code != protocol.Code(code):
		return fmt.Errorf("want refused as %s, got %w", code, err)
	}
	return nil
}

func (r *reader) judge(want []string) error {
	got := []string{r.sides["hirer"].stage(r.now), r.sides["provider"].stage(r.now)}
	for _, s := range got {
		r.seen[s] = append(r.seen[s], r.file)
	}
	if len(want) == 4 { // "blamed hirer"
		for who, s := range r.sides {
			if by := s.job.Fault(r.now).String(); by != want[3] {
				return fmt.Errorf("the %s blames the %s", who, by)
			}
		}
		want = want[:2]
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("they stand at %v", got)
	}
	return nil
}
