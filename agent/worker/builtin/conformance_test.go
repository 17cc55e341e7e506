package builtin

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/workertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func settings(pairs ...string) worker.Config {
	c := worker.Config{Technology: "builtin", Settings: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		c.Settings[pairs[i]] = pairs[i+1]
	}
	return c
}

func TestConformance(t *testing.T) {
	workertest.Test(t, workertest.Subject{
		Maker: Maker{}, Good: settings("name", "words"), Input: "one two  three\n", Want: "3\n",
		Bad: []worker.Config{
			settings(), settings("name", "poem"), settings("name", "words", "share", "0.3"),
			settings("name", "summary", "colour", "red"), settings("name", "summary", "share", "0.04"),
			settings("name", "summary", "share", "0.95"), settings("name", "summary", "share", "1"),
			settings("name", "summary", "share", "a third"), settings("name", "summary", "share", "NaN"),
		},
	})
}

func TestWords(t *testing.T) {
	for input, want := range map[string]string{
		"": "0\n", " \n\t": "0\n", "a": "1\n", " a b\nc ": "3\n", "日本 語": "2\n", "\xff\xfe \xfd": "2\n", "a\u00a0b": "1\n",
	} {
		if got, err := do(t, map[string]string{"name": "words"}, input); err != nil || got != want {
			t.Errorf("%q has %q words, %v, want %q", input, got, err, want)
		}
	}
}

func TestWordsAcrossBuffers(t *testing.T) {
	input := make([]byte, 3*(32<<10))
	for i := range input {
		input[i] = 'x' // one word over three buffers
	}
	if got, err := do(t, map[string]string{"name": "words"}, string(input)+" end"); err != nil || got != "2\n" {
		t.Errorf("got %q, %v", got, err)
	}
}
