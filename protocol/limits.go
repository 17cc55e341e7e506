package protocol

// Every limit of this room. Limits of whole documents stand in Registry.
const (
	MaxTime       = 1<<53 - 1       // Unix milliseconds: what every language's numbers hold exactly
	MaxCount      = 1<<53 - 1       // sequence numbers, units, bytes counted
	MaxName       = 32              // bytes of a rail's, rule's, feature's, blank's or clause's name
	MaxCapability = 96              // bytes of a capability's name
	MaxAsset      = 128             // bytes of an asset's name
	MaxAssets     = 16              // assets of one Request or Mandate
	MaxRails      = 16              // rails of one Request
	MaxScopes     = 64              // scopes of one mandate
	MaxParties    = 64              // counterparties one mandate names
	MaxConsented  = 16              // scopes of one Consent
	MaxTitle      = 200             // bytes of what is shown to people
	MaxSchema     = 8 << 10         // bytes of a JSON Schema
	MaxParams     = 8 << 10         // bytes of a check's or rail's parameters
	MaxCallParams = 4 << 10         // bytes of a Call's check's parameters, which everybody carries
	MaxAccount    = 256             // bytes of an account on a rail
	MaxUnit       = 32              // bytes of a unit's name
	MaxParts      = 64              // tranches of one contract
	MaxPart       = 1<<20 - 1       // the highest part, windows of a metered contract included
	MaxEvaluators = 7               // evaluators of one contract
	MaxNeeds      = 16              // things a provider may still ask for
	MaxInputs     = 16              // artefacts one Accept or Delivery names
	MaxChoices    = 16              // choices of one Accept, blanks of one contract
	MaxReworks    = 16              // times a Delivery may be made good
	MaxCalls      = 128             // calls one Delivery says it took
	MaxChain      = 8               // mandates from the owner to the agent
	MaxBasis      = 8               // documents an entry cites
	MaxProof      = 1 << 10         // bytes of a rail's proof
	MaxIdem       = 64              // bytes of an idempotency key
	MaxSaidJobs   = 128             // jobs one Countersign takes, declines or disputes
	MaxOf         = 32              // documents one Ack names
	MaxLanes      = 64              // lanes one Hello names
	MaxFeatures   = 32              // features one Hello names
	MaxDetail     = 400             // bytes of a refusal's detail
	MaxBand       = 128             // bits of an amount
	MaxSaid       = 255             // the highest number for how a job ended or the hirer behaved
	MaxRounds     = 5               // Counters before a Quote
	MaxFrameDocs  = 64              // bundles and bare documents of one frame
	MaxDuration   = 366 * 86400_000 // milliseconds: the longest deadline, a year
	MaxOfferLife  = 3600_000        // milliseconds an offer may live
	MaxCallLife   = 3600_000        // milliseconds a call may live
	MaxQuoteLife  = 7 * 86400_000   // milliseconds a quote may stand, and a request wait for one: a week
	Skew          = 30_000          // milliseconds by which honest clocks may differ
	Full          = 10_000          // the whole, in shares and scores
)
