package builtin

import (
	"bytes"
	"math"
	"strings"
	"unicode"

	textrank "github.com/DavidBelicza/TextRank/v2"
	"github.com/DavidBelicza/TextRank/v2/convert"
	"github.com/DavidBelicza/TextRank/v2/rank"
	"github.com/clipperhouse/uax29/v2/words"
)

// rankedWords is how many words of one sentence take part in the ranking.
const rankedWords = 512

// score says how much of what the part talks about each of its sentences holds, by TextRank
// (Mihalcea and Tarau, 2004) over words that follow one another.
//
// The library's own order of sentences comes from ranging over maps and changes from run to run,
// so only its weights are used, which do not, and the sum is taken in the order of the text.
func score(part [][]byte) []float64 {
	ranking := textrank.NewTextRank()
	speech := newLanguage()
	spoken := make([][]string, len(part))
	for i, sentence := range part {
		if furniture(sentence) {
			continue
		}
		spoken[i] = telling(sentence, speech)
		if len(spoken[i]) > 0 {
			ranking.Populate(strings.Join(spoken[i], " "), speech, spaces{})
		}
	}
	ranking.Ranking(textrank.NewDefaultAlgorithm())
	scores := make([]float64, len(part))
	for i := range part {
		scores[i] = weigh(spoken[i], ranking.GetRankData())
		if furniture(part[i]) {
			scores[i] = unfit
		}
	}
	return scores
}

// unfit is the score of what is not to stand in a summary by itself.
const unfit = -1

// furniture reports a heading, the row of a table or a piece of code in Markdown: it names or shows
// what the prose around it tells.
func furniture(sentence []byte) bool {
	return sentence[0] == '#' || sentence[0] == '|' || bytes.HasPrefix(sentence, []byte("```"))
}

// weigh adds up the weights of a sentence's different words and of the pairs they stand in. The sum
// is divided by the root of its length, so that neither a long sentence wins by length alone nor a
// short one by a single word.
func weigh(spoken []string, r *rank.Rank) float64 {
	seen := make(map[string]bool, len(spoken))
	sum, before := 0.0, -1
	for _, word := range spoken {
		id, known := r.WordValID[word]
		if !known {
			continue
		}
		if !seen[word] {
			seen[word] = true
			sum += number(r.Words[id].Weight)
			sum += pair(r, before, id)
		}
		before = id
	}
	return sum / math.Sqrt(float64(len(spoken)+1))
}

// pair is the weight of two words that follow one another; the library keeps it under either order.
func pair(r *rank.Rank, a, b int) float64 {
	if s, ok := r.Relation.Node[a][b]; ok {
		return number(s.Weight)
	}
	return number(r.Relation.Node[b][a].Weight)
}

// number takes a weight from the library, which divides by zero where all weights are equal.
func number(weight float32) float64 {
	if w := float64(weight); !math.IsNaN(w) && !math.IsInf(w, 0) {
		return w
	}
	return 0
}

// telling returns the first words of a sentence that are worth counting, in lower case (Unicode
// Standard Annex 29, so also where no spaces stand between words).
func telling(sentence []byte, speech language) []string {
	var told []string
	text := strings.ToLower(strings.ToValidUTF8(string(sentence), "\uFFFD"))
	for segments := words.FromString(text); segments.Next() && len(told) < rankedWords; {
		word := segments.Value()
		if strings.ContainsFunc(word, isLetterOrDigit) && !speech.IsStopWord(word) {
			told = append(told, word)
		}
	}
	return told
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// language is the library's English, which elsewhere stays out of the way: it takes any word of
// one or two letters for a stop word, which in Chinese or Korean is most of them.
type language struct{ *convert.LanguageDefault }

func newLanguage() language { return language{convert.NewLanguage()} }

// IsStopWord reports whether a word tells nothing about what a text is about.
func (l language) IsStopWord(word string) bool {
	for i := range len(word) {
		if word[i] >= 0x80 {
			return false
		}
	}
	return l.LanguageDefault.IsStopWord(word)
}

// spaces is the library's rule for text that is divided already: one sentence, words between spaces.
type spaces struct{}

// IsWordSeparator reports a space.
func (spaces) IsWordSeparator(r rune) bool { return r == ' ' }

// IsSentenceSeparator reports nothing.
func (spaces) IsSentenceSeparator(rune) bool { return false }
