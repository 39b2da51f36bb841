package forge

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
)

// Folder is a Cache on disk. What is in it is what a token may see, so files are
// the owner's alone; the salt keeps what one token saw from another.
type Folder struct {
	Dir  string
	Salt string // the token
}

// stored is one file.
type stored struct {
	ETag   string `json:"etag"`
	Answer Answer `json:"answer"`
}

func (f Folder) path(address string) string {
	sum := sha256.Sum256([]byte(f.Salt + "\x00" + address))
	return filepath.Join(f.Dir, hex.EncodeToString(sum[:16])+".json")
}

// Get returns what was kept of an address. One that cannot be read was not kept.
func (f Folder) Get(address string) (etag string, a Answer, ok bool) {
	b, err := os.ReadFile(f.path(address))
	if err != nil {
		return "", a, false
	}
	var s stored
	if json.Unmarshal(b, &s) != nil || s.ETag == "" {
		return "", a, false
	}
	return s.ETag, s.Answer, true
}

// Put keeps an answer. What cannot be kept is asked for again, that is all.
func (f Folder) Put(address, etag string, a Answer) {
	b, err := json.Marshal(stored{etag, a})
	if err != nil || os.MkdirAll(f.Dir, 0o700) != nil {
		return
	}
	to, err := os.CreateTemp(f.Dir, "new-*")
	if err != nil {
		return
	}
	_, err = to.Write(b)
	if e := to.Close(); err != nil || e != nil || os.Rename(to.Name(), f.path(address)) != nil {
		_ = os.Remove(to.Name()) // it is a temporary file
	}
}

// Memory is a Cache that ends with the process. It is made by NewMemory.
type Memory struct {
	mu   sync.Mutex
	kept map[string]stored
	size int
}

// NewMemory returns an empty one.
func NewMemory() *Memory { return &Memory{kept: map[string]stored{}} }

// maxMemory bounds what is kept, in bytes.
const maxMemory = 64 << 20

// Get returns what was kept of an address.
func (m *Memory) Get(address string) (etag string, a Answer, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.kept[address]
	return s.ETag, s.Answer, ok
}

// Put keeps an answer, as long as there is room.
func (m *Memory) Put(address, etag string, a Answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := len(m.kept[address].Answer.Body)
	if m.size+len(a.Body)-was > maxMemory {
		return
	}
	m.size += len(a.Body) - was
	m.kept[address] = stored{etag, a}
}
