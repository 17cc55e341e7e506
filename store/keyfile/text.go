package keyfile

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

const (
	// maxWorkFactor bounds what a file can make its reader spend: 1 GiB, some seconds.
	maxWorkFactor = 20
	version       = "souk-key/v1"
	ageHeader     = armor.Header
)

// errBroken is returned for a file that is not as it was written.
var errBroken = fmt.Errorf("%w: not a key file, or changed since it was written", store.ErrDamaged)

// encode writes the text of a key file.
func (o Options) encode(name string, key wire.PrivateKey) ([]byte, error) {
	seed := key.Seed()
	line := fmt.Sprintf("%s %s %s %s\n", version, name, key.Key(), hex.EncodeToString(seed[:]))
	var text bytes.Buffer
	fmt.Fprintf(&text, "# Souk key %q of %s\n", name, key.Key())
	if o.Unencrypted {
		text.WriteString("# NOT ENCRYPTED: whoever reads this file can sign as its owner.\n" + line)
		return text.Bytes(), nil
	}
	text.WriteString("# Encrypted with a passphrase (age, scrypt).\n")
	to, err := age.NewScryptRecipient(o.Passphrase)
	if err != nil {
		return nil, err
	}
	to.SetWorkFactor(o.WorkFactor)
	// scrypt took its megabytes for a moment only; give them back at once.
	defer debug.FreeOSMemory()
	armored := armor.NewWriter(&text)
	sealed, err := age.Encrypt(armored, to)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(sealed, line); err != nil {
		return nil, err
	}
	if err := errors.Join(sealed.Close(), armored.Close()); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}

// decode reads the text of a key file and holds the key against the name it was
// asked by and the public key that stands in the clear.
func (o Options) decode(name string, text []byte) (wire.PrivateKey, error) {
	public, body := split(text)
	encrypted := strings.HasPrefix(body, ageHeader)
	switch {
	case encrypted && o.Unencrypted:
		return wire.PrivateKey{}, fmt.Errorf("%w: the key is encrypted and needs one", store.ErrPassphrase)
	case !encrypted && !o.Unencrypted:
		return wire.PrivateKey{}, fmt.Errorf("%w: the key is not encrypted, open it without one", store.ErrPassphrase)
	case encrypted:
		var err error
		if body, err = decrypt(body, o.Passphrase); err != nil {
			return wire.PrivateKey{}, err
		}
	}
	words := strings.Split(strings.TrimSuffix(body, "\n"), " ")
	if len(words) != 4 || words[0] != version {
		return wire.PrivateKey{}, errBroken
	}
	seed, err := hex.DecodeString(words[3])
	if err != nil || len(seed) != 32 {
		return wire.PrivateKey{}, errBroken
	}
	key := wire.NewPrivateKey([32]byte(seed))
	if words[1] != name {
		return wire.PrivateKey{}, fmt.Errorf("%w: it is the key %.40q", errBroken, words[1])
	}
	if k := key.Key().String(); words[2] != k || public != k {
		return wire.PrivateKey{}, fmt.Errorf("%w: public and private key do not belong together", errBroken)
	}
	return key, nil
}

func decrypt(body, passphrase string) (string, error) {
	id, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return "", err
	}
	id.SetMaxWorkFactor(maxWorkFactor)
	defer debug.FreeOSMemory()
	opened, err := age.Decrypt(armor.NewReader(strings.NewReader(body)), id)
	var wrong *age.NoIdentityMatchError
	if errors.As(err, &wrong) {
		return "", store.ErrPassphrase
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", errBroken, err)
	}
	line, err := io.ReadAll(io.LimitReader(opened, maxFile))
	if err != nil {
		return "", fmt.Errorf("%w: %w", errBroken, err)
	}
	return string(line), nil
}

// split takes the comments off a key file: the public key that the first one
// names, and what follows them.
func split(text []byte) (public, body string) {
	body = string(text)
	for strings.HasPrefix(body, "#") {
		var comment string
		comment, body, _ = strings.Cut(body, "\n")
		if _, after, ok := strings.Cut(comment, " of "); ok && public == "" {
			public = after
		}
	}
	return public, body
}
