package souk_test

import "slices"

// room is what the house says of one package: whom it may import of ours, and
// what else binds it. Its path is relative to the module.
type room struct {
	path    string
	may     []string // rooms of ours that its code may import; tests are bound by none of this but cmd
	why     string   // printed when may is broken
	pure    bool     // below the purity line
	clock   bool     // above it, and still without a wall clock: it lives in virtual time
	alone   bool     // imports nothing but the standard library and ours
	foreign []string // below the line: the modules of others that it may import
	exact   bool     // no floats: what is counted here is money or is signed
	suite   bool     // a conformance suite: only tests import it
}

// Groups of rooms that stand together in the table.
var (
	documents = []string{"protocol/wire", "protocol/payload", "protocol"}
	folds     = []string{"protocol/job", "settlement", "reputation", "reputation/probe", "delegation"}
	core      = slices.Concat(documents, folds, []string{"agent/hire", "agent/sell", "agent"})
	contracts = []string{"p2p", "store", "settlement/rail", "agent/worker"}
	adapters  = map[string][]string{
		"p2p":             {"libp2p", "memnet"},
		"store":           {"badgerdb", "files", "keyfile", "memory"},
		"settlement/rail": {"credit"},
		"agent/worker":    {"exec", "builtin", "check", "http", "openai", "mcp", "wasm", "broker"},
	}
	suites = map[string]string{
		"p2p": "p2ptest", "store": "storetest", "settlement/rail": "railtest", "agent/worker": "workertest",
	}
	doors    = []string{"gateway/http", "gateway/mcp", "gateway/a2a", "gateway/web"}
	virtual  = []string{"simulations/cast", "simulations/invariant", "simulations/world"}
	binaries = map[string][]string{
		"cmd/souk":     {"cmd/souk/settings", "cmd/souk/demo", "cmd/souk/bench"}, // each may import those before it
		"cmd/souk-sim": nil,
	}
)

// rooms is the table of the house. A package that is not in it does not belong.
func rooms() map[string]room {
	all := make(map[string]room)
	add := func(r room) { all[r.path] = r }
	below(add)
	outside(add)
	above(add)
	return all
}

// below adds the rooms below the purity line.
func below(add func(room)) {
	const fold = "a fold reads documents only: folds meet in agent, and nowhere else"
	add(room{
		path: "protocol/wire", pure: true, exact: true,
		why: "the bytes stand at the bottom: they know nothing of what is built on them",
		foreign: []string{
			"github.com/ipfs/go-cid", "github.com/mr-tron/base58", "github.com/multiformats/go-varint",
			"github.com/oasisprotocol/curve25519-voi", "lukechampine.com/uint128",
		},
	})
	add(room{path: "protocol/payload", pure: true, exact: true, may: documents[:1], why: "a payload's label knows the bytes only"})
	add(room{path: "protocol", pure: true, exact: true, may: documents[:2], why: "documents know the bytes and labels, and none of the folds that read them"})
	add(room{path: "protocol/job", pure: true, exact: true, may: documents, why: fold})
	add(room{path: "settlement", pure: true, exact: true, may: documents, why: fold})
	add(room{path: "delegation", pure: true, exact: true, may: documents, why: fold})
	add(room{path: "reputation", pure: true, may: documents, why: fold})
	add(room{path: "reputation/probe", pure: true, may: with(documents, "reputation"), why: fold})
	add(room{
		path: "agent/hire", pure: true, may: with(documents, "reputation"),
		why: "the buyer's head reads documents and estimates: what is owed and who may is asked by agent",
	})
	add(room{
		path: "agent/sell", pure: true, may: with(documents, "reputation", "settlement"),
		why: "the seller's head reads documents, estimates and books: who may is asked by agent",
	})
	add(room{
		path: "agent", pure: true, may: slices.DeleteFunc(slices.Clone(core), func(p string) bool { return p == "agent" }),
		why: "agent decides over the folds and never acts: network, disk, rails, hands and doors are outside",
	})
}

// outside adds the contracts with the world, their suites and their fulfilments.
func outside(add func(room)) {
	for _, c := range contracts {
		add(room{
			path: c, alone: true, may: []string{"protocol", "protocol/wire"},
			why: "a contract speaks of keys, names and documents, and of no technology that fulfils it",
		})
		add(room{
			path: c + "/" + suites[c], suite: true, may: []string{"protocol", "protocol/wire", c},
			why: "a suite asks what the contract promises, and must fit every fulfilment",
		})
		for _, a := range adapters[c] {
			add(room{
				path: c + "/" + a, may: []string{"protocol", "protocol/payload", "protocol/wire", c},
				why: "an adapter fulfils its contract: it knows no other adapter and nothing of the agent",
			})
		}
	}
	// What is sold and checked by making it again must be made in one place. It cannot be the
	// contract, which imports no library.
	const markdown = "agent/worker/markdown"
	add(room{path: markdown, why: "a renderer knows text and pages: neither who sells the page nor who checks it"})
	for _, a := range []string{"builtin", "check"} {
		add(room{
			path: "agent/worker/" + a, may: []string{"protocol", "protocol/payload", "protocol/wire", "agent/worker", markdown},
			why: "an adapter fulfils its contract: it knows no other adapter, and of the house besides only the renderer that builtin and check share",
		})
	}
	add(room{
		path: "gateway", alone: true, may: []string{"protocol", "protocol/wire"},
		why: "the desk says what any door may ask, in the words of documents",
	})
	for _, d := range doors {
		add(room{
			path: d, may: []string{"gateway", "protocol", "protocol/wire"},
			why: "a door asks the desk: store, network, books and standing are behind it",
		})
	}
}

// above adds the hands, the simulations and the binaries.
func above(add func(room)) {
	add(room{
		path: "agent/runtime", may: slices.Concat(core, contracts, []string{"gateway", "agent/runtime/still"}),
		why: "the hands drive contracts: which adapter fulfils one is chosen in cmd",
	})
	add(room{
		path: "agent/runtime/still", alone: true,
		why: "a picture of a state is taken of any value alike: it knows the types it meets, and nothing of what they mean",
	})
	for _, v := range virtual[:2] {
		add(room{path: v, clock: true, may: core, why: "virtual time drives the core itself: no hands, no real adapters"})
	}
	world := with(core, virtual...)
	add(room{
		path: "simulations/world", clock: true, may: with(core, "simulations/cast", "simulations/invariant"),
		why: "virtual time drives the core itself: no hands, no real adapters",
	})
	add(room{
		path: "simulations/swarm", clock: true,
		may: slices.Concat(core, contracts, []string{"agent/runtime", "gateway", "p2p/libp2p", "store/memory", "simulations/cast"}),
		why: "a swarm is whole peers on a simulated network, with all they keep in memory",
	})
	add(room{path: "simulations/report", may: []string{"protocol"}, why: "a report shows what was counted and knows nothing of how"})
	add(room{
		path: "simulations", may: with(world, "simulations/swarm", "simulations/report"),
		why: "a scenario is told in the words of the world and the swarm",
	})
	everything := slices.Concat(core, contracts, doors, []string{"gateway", "agent/runtime", "agent/worker/markdown"})
	for _, c := range contracts {
		for _, a := range adapters[c] {
			everything = append(everything, c+"/"+a)
		}
	}
	scenes := with(virtual, "simulations", "simulations/swarm", "simulations/report")
	for binary, parts := range binaries {
		may := everything
		if binary == "cmd/souk-sim" {
			may = with(everything, scenes...)
		}
		for i, path := range with(parts, binary) {
			add(room{
				path: path, may: with(may, parts[:i]...),
				why: "a binary puts the house together, from its own parts in their order: it imports no other binary, and only souk-sim the simulations",
			})
		}
	}
	add(room{path: ".", why: "the root holds the map of the house and its laws, and no code"})
}

// with returns list and more, leaving list as it is.
func with(list []string, more ...string) []string { return slices.Concat(list, more) }
