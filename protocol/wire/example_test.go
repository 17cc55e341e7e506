package wire_test

import (
	"fmt"

	"github.com/souk-network/souk/protocol/wire"
)

// Two documents are sealed with one signature, travel, and are read on the
// network they were said on.
func Example() {
	author := wire.NewPrivateKey([32]byte{1})
	bundle, err := wire.Seal(author, net, greet(kindGreeting, 1, "good morning"), greet(kindPromise, 1, "saffron by noon"))
	if err != nil {
		panic(err)
	}
	raw, err := bundle.Bytes()
	if err != nil {
		panic(err)
	}

	arrived, err := wire.ReadBundle(raw)
	if err != nil {
		panic(err)
	}
	said, err := registry().Read(arrived, net)
	if err != nil {
		panic(err)
	}
	for _, s := range said {
		fmt.Println(s.ID.String()[:12], s.Doc.(*greeting).Text)
	}
	_, err = registry().Read(arrived, "another-network")
	fmt.Println(err)
	// Output:
	// bafyreibto6t good morning
	// bafyreiak7ff saffron by noon
	// said on another network: "souk-test", want "another-network"
}

// A proof shows one document of a bundle and only the names of the others.
func ExampleBundle_Proof() {
	author := wire.NewPrivateKey([32]byte{1})
	bundle, err := wire.Seal(author, net, greet(kindGreeting, 1, "for all to see"), greet(kindGreeting, 1, "between us"))
	if err != nil {
		panic(err)
	}
	proof := bundle.Proof(0)
	said, err := registry().ReadProof(&proof, net)
	fmt.Println(said.Doc.(*greeting).Text, err)

	proof.Doc = greet(kindGreeting, 1, "never said")
	fmt.Println(proof.Open(net))
	// Output:
	// for all to see <nil>
	// the seal is not the author's
}

func ExampleKey() {
	k := wire.NewPrivateKey([32]byte{1}).Key()
	fmt.Println(k)
	fmt.Println(k.DID())
	// Output:
	// 12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X
	// did:key:z6MktNWXFy7fn9kNfwfvD9e2rDK3RPetS4MRKtZH8AxQzg9y
}

func ExampleParseAmount() {
	for _, text := range []string{"5", "0.1", "-1", "340282366920938463463374607431768211456"} {
		a, err := wire.ParseAmount(text)
		fmt.Println(a, err)
	}
	// Output:
	// 5 <nil>
	// 0 not an amount: "0.1": want a whole number of smallest units, such as 5
	// 0 not an amount: "-1": want a whole number of smallest units, such as 5
	// 0 not an amount: 340282366920938463463374607431768211456 is above 2^128-1
}
