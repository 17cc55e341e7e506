package protocol

import "github.com/souk-network/souk/protocol/wire"

// lane is what tells a lane from all others.
type lane struct {
	Net   string   `cbor:"net"`
	Payer wire.Key `cbor:"payer"`
	Payee wire.Key `cbor:"payee"`
	Asset string   `cbor:"asset"`
	Epoch Epoch    `cbor:"epoch"`
}

var laneForm = wire.FormOf[lane]()

// Form returns how a lane is written.
func (l *lane) Form() *wire.Form { return laneForm }

// LaneID names a lane: the CID of the canonical map {"net","asset","epoch",
// "payee","payer"}, keys and epoch as byte strings.
func LaneID(net string, payer, payee wire.Key, asset string, epoch Epoch) wire.CID {
	b, err := wire.Encode(&lane{net, payer, payee, asset, epoch})
	if err != nil { // only where net or asset is not UTF-8, or longer than any text may be
		panic(err)
	}
	return wire.Sum(b)
}

// Lane returns the name of the lane d belongs to, on network net.
func (d *Entry) Lane(net string) wire.CID {
	return LaneID(net, d.By, d.Payee, d.Asset, d.Epoch)
}
