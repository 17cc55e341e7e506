package wire

// Every limit of this room, checked before anything is allocated for what it bounds.
const (
	MaxDocBytes    = 64 << 10  // canonical bytes of one document
	MaxBundleDocs  = 64        // documents under one signature
	MaxBundleBytes = 512 << 10 // a whole bundle
	MaxProofBytes  = 72 << 10  // a whole proof
	MaxDepth       = 12        // nested arrays and maps
	MaxItems       = 4096      // entries of one array or map
	MaxTextBytes   = 16 << 10  // one text string
	MaxNetBytes    = 64        // a network's name
	MaxBatch       = 64        // signatures verified in one multiplication

	maxFields = 64   // fields of one struct
	maxKnown  = 1024 // keys whose check is remembered, about 2 KiB each
)
