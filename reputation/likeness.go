package reputation

import "strings"

// likeness returns how much evidence of one capability says of another: 1 of
// itself, Version of another version, Sibling for each word by which the longer
// path goes beyond what both share, and nothing where not even the first word is
// shared.
func (p *Policy) likeness(a, b string) float64 {
	if a == b {
		return 1
	}
	pathA, _, _ := strings.Cut(a, "@")
	pathB, _, _ := strings.Cut(b, "@")
	if pathA == pathB {
		return p.Version
	}
	wordsA, wordsB := strings.Split(pathA, "/"), strings.Split(pathB, "/")
	shared := 0
	for shared < min(len(wordsA), len(wordsB)) && wordsA[shared] == wordsB[shared] {
		shared++
	}
	if shared == 0 {
		return 0
	}
	alike := 1.0
	for range max(len(wordsA), len(wordsB)) - shared {
		alike *= p.Sibling
	}
	return alike
}
