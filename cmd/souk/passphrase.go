package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/store/keyfile"
)

// keyWork is the work that a guess at the passphrase of new keys costs. Only tests change it.
var keyWork = keyfile.DefaultWorkFactor

// secret is how a command is told a passphrase.
type secret struct {
	file string // --passphrase-file
	none bool   // --no-passphrase
}

func (s *secret) flags(c *cobra.Command, mayBeNone bool) {
	c.Flags().StringVar(&s.file, "passphrase-file", "", "read the passphrase of the keys from this `FILE` (or SOUK_PASSPHRASE)")
	if mayBeNone {
		c.Flags().BoolVar(&s.none, "no-passphrase", false, "keep the keys unencrypted, readable by this user only")
	}
}

// told returns the passphrase given by flag or environment, if one was.
func (s *secret) told(p *program) (string, bool, error) {
	if s.file != "" {
		b, err := os.ReadFile(s.file)
		if err != nil {
			return "", false, invalid(fmt.Errorf("read the passphrase: %w", err), "--passphrase-file names a file with the passphrase on its first line")
		}
		line, _, _ := strings.Cut(string(b), "\n")
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			return "", false, invalid(fmt.Errorf("the first line of %s is empty", s.file), "write the passphrase there, or choose --no-passphrase")
		}
		return line, true, nil
	}
	if v, ok := p.lookup("SOUK_PASSPHRASE"); ok && v != "" && !s.none {
		return v, true, nil
	}
	return "", false, nil
}

// choose returns how new keys are to be kept.
func (s *secret) choose(p *program) (keyfile.Options, error) {
	if s.none && s.file != "" {
		return keyfile.Options{}, invalid(errors.New("--passphrase-file and --no-passphrase were both given"), "choose one of them")
	}
	phrase, ok, err := s.told(p)
	if err != nil {
		return keyfile.Options{}, err
	}
	if !ok && !s.none {
		if phrase, err = p.askTwice(); err != nil {
			return keyfile.Options{}, err
		}
	}
	if phrase == "" {
		return keyfile.Options{Unencrypted: true}, nil
	}
	return keyfile.Options{Passphrase: phrase, WorkFactor: keyWork}, nil
}

// open returns how the key of that name in dir is opened.
func (s *secret) open(p *program, dir, name string) (keyfile.Options, error) {
	encrypted, err := keyfile.Encrypted(dir, name)
	if err != nil {
		return keyfile.Options{}, fmt.Errorf("open the keys: %w", err)
	}
	if !encrypted {
		return keyfile.Options{Unencrypted: true}, nil
	}
	phrase, ok, err := s.told(p)
	if err != nil {
		return keyfile.Options{}, err
	}
	if !ok {
		if phrase, err = p.ask("Passphrase of the keys: "); err != nil {
			return keyfile.Options{}, err
		}
	}
	if phrase == "" {
		return keyfile.Options{}, &gateway.Error{
			Code: gateway.CodePassphrase, Message: "the keys of this home are encrypted and no passphrase was given",
			Hint: "give it with --passphrase-file or SOUK_PASSPHRASE, or run this in a terminal",
		}
	}
	return keyfile.Options{Passphrase: phrase, WorkFactor: keyWork}, nil
}

// askTwice asks for a new passphrase; none where nobody can be asked.
func (p *program) askTwice() (string, error) {
	first, err := p.ask("Passphrase for the new keys (empty for none): ")
	if err != nil || first == "" {
		return "", err
	}
	again, err := p.ask("The same again: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", &gateway.Error{Code: gateway.CodePassphrase, Message: "the two passphrases differ", Hint: "run the command again"}
	}
	return first, nil
}

// ask reads a line from the terminal without showing it; nothing where the input is
// no terminal.
func (p *program) ask(question string) (string, error) {
	f, ok := p.in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return "", nil
	}
	fmt.Fprint(p.err, question)
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(p.err)
	if err != nil {
		return "", errors.Join(errors.New("read the passphrase"), err)
	}
	return string(b), nil
}
