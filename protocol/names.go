package protocol

import (
	"strings"

	"github.com/souk-network/souk/protocol/payload"
)

// CheckCapability reports a capability's name that cannot be: it is a path of
// words and a version, such as "text/summarize@1", each of a-z, 0-9 and inner
// hyphens, at most MaxCapability bytes together.
func CheckCapability(s string) error { return capability("capability", s) }

// CheckAsset reports an asset's name that cannot be: it is a chain, a slash and
// what is counted there, in the manner of CAIP-19, such as "souk:credit/usd-6"
// or "eip155:8453/erc20:0x…" (in lower case, so that one asset has one name),
// at most MaxAsset bytes.
func CheckAsset(s string) error { return asset("asset", s) }

// CheckScope reports what cannot be a scope of a mandate: a capability, all
// below a path ("text/*"), or all ("*").
func CheckScope(s string) error { return scope("scope", s) }

func capability(field, s string) error {
	if err := size(field, len(s), 1, MaxCapability, "bytes"); err != nil {
		return err
	}
	path, version, ok := strings.Cut(s, "@")
	return must(ok && isPath(path) && isWord(version), field, "want a name such as text/summarize@1")
}

func scope(field, s string) error {
	if s == "*" {
		return nil
	}
	if path, ok := strings.CutSuffix(s, "/*"); ok {
		return first(size(field, len(s), 1, MaxCapability, "bytes"),
			must(isPath(path), field, "want a scope such as text/*"))
	}
	return capability(field, s)
}

// asset follows CAIP-2 and CAIP-19: namespace:reference/[namespace:]reference.
func asset(field, s string) error {
	if err := size(field, len(s), 1, MaxAsset, "bytes"); err != nil {
		return err
	}
	chain, what, ok := strings.Cut(s, "/")
	space, ref, named := strings.Cut(chain, ":")
	ok = ok && named && isOf(space, 3, 8, lowers+"-") && isOf(ref, 1, 32, lowers+uppers+"-_")
	if space, rest, named := strings.Cut(what, ":"); named {
		ok, what = ok && isOf(space, 3, 8, lowers+"-"), rest
	}
	allowed := lowers + uppers + "-."
	if strings.HasPrefix(strings.ToLower(what), "0x") {
		allowed = lowers // hexadecimal has two cases, an asset only one name
	}
	return must(ok && isOf(what, 1, MaxAsset, allowed), field, "want a name such as souk:credit/usd-6")
}

// feature is the name of what a peer speaks beyond the version it names: a word
// of this specification, or below a domain that its maker holds, reversed, such
// as "org.example.batch".
func feature(field, s string) error {
	return must(len(s) <= MaxName && isDomain(s), field, "want 1 to 32 of a-z, 0-9 and inner hyphens, between dots")
}

func isDomain(s string) bool {
	for word := range strings.SplitSeq(s, ".") {
		if !isWord(word) {
			return false
		}
	}
	return true
}

// name is a word that programs compare: a rail, rule, clause or blank.
func name(field, s string) error {
	return must(isOf(s, 1, MaxName, lowers+"-_."), field, "want 1 to 32 of a-z, 0-9, hyphen, underscore, dot")
}

// code is any code, known to this version or not.
func code(field string, c Code) error {
	return must(isOf(string(c), 1, MaxName, lowers+"_"), field, "want 1 to 32 of a-z, 0-9, underscore")
}

// inputType is a media type, or "*/*".
func inputType(field, s string) error {
	if s == "*/*" {
		return nil
	}
	return mediaType(field, s)
}

func mediaType(field, s string) error { return within(field, payload.CheckType(s)) }

const (
	lowers = "0123456789abcdefghijklmnopqrstuvwxyz"
	uppers = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// isOf reports whether s has least to most bytes, all among allowed.
func isOf(s string, least, most int, allowed string) bool {
	return len(s) >= least && len(s) <= most && strings.Trim(s, allowed) == ""
}

func isPath(s string) bool {
	for word := range strings.SplitSeq(s, "/") {
		if !isWord(word) {
			return false
		}
	}
	return true
}

func isWord(s string) bool {
	return isOf(s, 1, MaxCapability, lowers+"-") && s[0] != '-' && s[len(s)-1] != '-'
}
