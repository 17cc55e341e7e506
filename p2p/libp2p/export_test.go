package libp2p

import "github.com/libp2p/go-libp2p/core/network"

// NewResources returns the keeper of limits that a peer of so many connections has.
func NewResources(conns int) (network.ResourceManager, error) {
	return newResources(protocolsOf("test"), conns)
}
