package forge

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
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
