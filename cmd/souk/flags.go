package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// amount is a flag that holds a sum of money.
type amount struct{ to *wire.Amount }

func (a amount) Type() string { return "N" }

func (a amount) String() string {
	if a.to == nil || a.to.IsZero() {
		return ""
	}
	return a.to.String()
}

func (a amount) Set(s string) (err error) {
	*a.to, err = parseAmount(s)
	return err
}

// parseAmount reads an amount, and knows what people write instead of one.
func parseAmount(s string) (wire.Amount, error) {
	a, err := wire.ParseAmount(s)
	if err == nil {
		return a, nil
	}
	hint := "write a whole number of the asset's smallest unit, such as 5"
	switch {
	case strings.HasPrefix(s, "-"):
		hint = "an amount is 0 or more"
	case strings.HasPrefix(s, "0x"), strings.HasPrefix(s, "0X"):
		hint = "write it in decimal, such as 5"
	case strings.ContainsAny(s, ".,"):
		hint = "amounts are whole numbers of the asset's smallest unit: one unit of souk:credit/usd-6 is a millionth, so 0.1 of it is 100000"
	case strings.ContainsAny(s, "eE"):
		hint = "write all digits: 1e3 is 1000"
	case len(s) > 1 && s[0] == '0' && strings.Trim(s, "0123456789") == "":
		hint = "leave leading zeros out"
	case len(s) >= 39:
		hint = "the most is 340282366920938463463374607431768211455 (2^128-1)"
	}
	return a, &gateway.Error{Code: protocol.CodeAmount, Message: fmt.Sprintf("%q is not an amount", safe(s)), Hint: hint}
}

// peerName is a flag that holds who somebody is.
type peerName struct{ to *peer }

func (n peerName) Type() string { return "ID" }

func (n peerName) String() string {
	if n.to == nil {
		return ""
	}
	return n.to.String()
}

func (n peerName) Set(s string) (err error) {
	*n.to, err = peerOf(s)
	return err
}

// peerNames is a flag that holds who several are.
type peerNames struct{ to *[]peer }

func (n peerNames) Type() string { return "PEER" }

func (n peerNames) String() string {
	var names []string
	if n.to != nil {
		for _, p := range *n.to {
			names = append(names, p.String())
		}
	}
	return strings.Join(names, ",")
}

func (n peerNames) Set(s string) error {
	for name := range strings.SplitSeq(s, ",") {
		p, err := peerOf(name)
		if err != nil {
			return err
		}
		*n.to = append(*n.to, p)
	}
	return nil
}

// millis returns a duration flag as milliseconds.
func millis(name string, d time.Duration) (uint64, error) {
	if d < 0 || d > protocol.MaxDuration*time.Millisecond || d%time.Millisecond != 0 {
		return 0, fmt.Errorf("--%s must be from 1ms to %s", name, protocol.MaxDuration*time.Millisecond)
	}
	return uint64(d.Milliseconds()), nil
}

// flagError says of a number that is none what it should be.
func flagError(err error) error {
	var n *strconv.NumError
	if !errors.As(err, &n) {
		return err
	}
	said, _, _ := strings.Cut(err.Error(), ": strconv.")
	return errors.New(said + ": write a whole number that is not too large, and 0 or more")
}

// given returns the flags of c that were given, by name, with their values.
func given(c *cobra.Command) map[string][]string {
	found := map[string][]string{}
	c.Flags().Visit(func(f *pflag.Flag) {
		if list, ok := f.Value.(pflag.SliceValue); ok {
			found[f.Name] = list.GetSlice()
			return
		}
		found[f.Name] = []string{f.Value.String()}
	})
	return found
}
