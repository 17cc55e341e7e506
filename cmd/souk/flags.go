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

// peerKey is a flag that holds a peer's identity.
type peerKey struct{ to *wire.Key }

func (k peerKey) Type() string { return "ID" }

func (k peerKey) String() string {
	if k.to == nil {
		return ""
	}
	return k.to.String()
}

func (k peerKey) Set(s string) (err error) {
	if *k.to, err = wire.ParseKey(s); err != nil {
		return &gateway.Error{
			Code: gateway.CodeInvalid, Message: fmt.Sprintf("%q is no peer", safe(s)),
			Hint: "write a peer ID (12D3KooW…) or a did:key, as `souk find` and `souk status` show them",
		}
	}
	return nil
}

// peerKeys is a flag that holds several peers' identities.
type peerKeys struct{ to *[]wire.Key }

func (k peerKeys) Type() string { return "PEER" }

func (k peerKeys) String() string {
	var names []string
	if k.to != nil {
		for _, key := range *k.to {
			names = append(names, key.String())
		}
	}
	return strings.Join(names, ",")
}

func (k peerKeys) Set(s string) error {
	for name := range strings.SplitSeq(s, ",") {
		var key wire.Key
		if err := (peerKey{&key}).Set(name); err != nil {
			return err
		}
		*k.to = append(*k.to, key)
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
