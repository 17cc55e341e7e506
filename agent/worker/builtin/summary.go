package builtin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/souk-network/souk/agent/worker"
)

// MaxSummarySource is the longest text a summary is made of, in bytes.
const MaxSummarySource = 1 << 20

const (
	defaultShare worker.Share = 300
	leastShare   worker.Share = 50
	mostShare    worker.Share = 900
)

func chooseShare(setting string) (worker.Share, error) {
	if setting == "" {
		return defaultShare, nil
	}
	share, err := worker.ParseShare(setting)
	if err != nil {
		return 0, fmt.Errorf("setting %q is %q: %w", SettingShare, setting, err)
	}
	if share < leastShare || share > mostShare {
		return 0, fmt.Errorf("setting %q is %q: it must lie between 0.05 and 0.9", SettingShare, setting)
	}
	return share, nil
}

var errSourceTooLong = errors.New("the text is longer than 1 MiB: a summary is made of at most 1048576 bytes")

// summarize picks the sentences that say most, at most share of the text, in their order, one on
// each line: what the rule "summary" of docs/spec/checks.md asks for.
func summarize(ctx context.Context, in io.Reader, share worker.Share) ([]byte, error) {
	source, err := io.ReadAll(io.LimitReader(in, MaxSummarySource+1))
	if err != nil {
		return nil, fmt.Errorf("read input: %w", err)
	}
	if len(source) > MaxSummarySource {
		return nil, errSourceTooLong
	}
	var summary, best []byte
	for _, part := range parts(sentencesOf(source)) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		scores := score(part)
		order := byScore(scores)
		if best == nil && len(order) > 0 {
			best = part[order[0]]
		}
		for _, i := range pick(part, scores, order, share) {
			summary = append(append(summary, part[i]...), '\n')
		}
	}
	if len(summary) == 0 {
		return beginning(best, share.Of(len(worker.Fold(source)))), nil
	}
	return summary, nil
}

// A part is what is ranked together. Ranking costs more than its length, so a long text is
// summarized part by part, which also lets every part of it have its say.
const (
	partBytes     = 64 << 10
	partSentences = 512
)

// parts divides the sentences; a sentence longer than a part is one of its own.
func parts(sentences [][]byte) [][][]byte {
	var all [][][]byte
	start, size := 0, 0
	for i, s := range sentences {
		if i > start && (size+len(s) > partBytes || i-start >= partSentences) {
			all = append(all, sentences[start:i])
			start, size = i, 0
		}
		size += len(s)
	}
	if start < len(sentences) {
		all = append(all, sentences[start:])
	}
	return all
}

// byScore returns positions, highest score first and the earlier one among equals.
func byScore(scores []float64) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	return order
}

// pick takes sentences in the order given as long as they fit into the share, and returns their
// positions in the order of the text. Only the better sentences are asked, half as many again as
// the share of all, or what room is left would go to whatever is short. The line end counts too, so
// that the whole stays within the share whatever stood between the sentences.
func pick(part [][]byte, scores []float64, order []int, share worker.Share) []int {
	size := 0
	for _, s := range part {
		size += len(s)
	}
	left := share.Of(size)
	asked := min(len(order), share.Of(len(order)*3/2)+1)
	var chosen []int
	for _, i := range order[:asked] {
		if cost := len(part[i]) + 1; cost <= left && scores[i] != unfit {
			left -= cost
			chosen = append(chosen, i)
		}
	}
	slices.Sort(chosen)
	return chosen
}

// beginning is the summary of a text of which no whole sentence fits: the first words of its best
// sentence that do, or the first characters of a word that is too long.
func beginning(sentence []byte, budget int) []byte {
	if budget <= 0 || len(sentence) == 0 {
		return nil
	}
	if len(sentence) <= budget {
		return append(slices.Clone(sentence), '\n')
	}
	end := budget
	for end > 0 && sentence[end] != ' ' {
		end--
	}
	if end == 0 {
		end = budget
		for back := 0; back < utf8.UTFMax-1 && end > 0 && !utf8.RuneStart(sentence[end]); back++ {
			end--
		}
	}
	if end == 0 {
		return nil
	}
	return append(slices.Clone(sentence[:end]), '\n')
}
