package libp2p

import (
	"sync"
	"time"
)

// memory knows announcements again for rememberedFor, at most remembered of
// them: gossipsub forgets after two minutes, and knows nothing of pulls.
type memory struct {
	mu    sync.Mutex
	since map[[32]byte]time.Time
	order [][32]byte // oldest first
}

func newMemory() *memory { return &memory{since: make(map[[32]byte]time.Time)} }

func (m *memory) has(id [32]byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, ok := m.since[id]
	return ok && time.Since(at) < rememberedFor
}

func (m *memory) add(id [32]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if at, ok := m.since[id]; ok && now.Sub(at) < rememberedFor {
		return
	} else if !ok {
		m.order = append(m.order, id)
	}
	m.since[id] = now
	for len(m.order) > remembered {
		delete(m.since, m.order[0])
		m.order = m.order[1:]
	}
}
