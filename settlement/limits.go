package settlement

import "github.com/souk-network/souk/protocol/wire"

// Every limit of this room.
const (
	MaxAhead   = 512  // entries of one pair and asset that may wait for their countersign
	MaxHolds   = 1024 // outstanding holds of one pair and asset
	MaxAssets  = 16   // assets in which one payer may deal with one payee
	MaxPermits = 32   // bases that entitle a payer to end the holds of one job

	MaxChain   = 512       // entries in between in one receipt
	MaxReceipt = 512 << 10 // bytes of a receipt

	// Remembered is how many entries and how many finished holds of one pair and
	// asset are kept to know them again. What is older is taken for known.
	Remembered = 1024
	// RememberedEpochs is how many closed epochs are kept for the same purpose.
	RememberedEpochs = 8
)

// most is 2^128-1.
var most = func() wire.Amount {
	a, err := wire.ParseAmount("340282366920938463463374607431768211455")
	if err != nil {
		panic(err)
	}
	return a
}()
