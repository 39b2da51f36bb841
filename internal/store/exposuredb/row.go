package exposuredb

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// until turns a piece's end into a row's.
func until(t time.Time) int64 {
	if t.IsZero() {
		return sqldb.Forever
	}
	return t.UnixMicro()
}

// bodyHash identifies an exposure's body among the bodies of that exposure.
type bodyHash [16]byte

// pieceValue is a history row but for its times.
type pieceValue struct {
	since                     int64
	state, running, reachable int64
	basis                     int64
	fixable, regressions      int64
	body                      bodyHash
}

// exposureBody is what a piece says in words; its JSON is stored.
type exposureBody struct {
	Reason     string          `json:"reason,omitempty"`
	Instances  []ctem.Instance `json:"instances"`
	Advisories []string        `json:"advisories,omitempty"`
	Fix        string          `json:"fix,omitempty"`
	Doors      []twin.Door     `json:"doors,omitempty"`
}

func encodeBody(p *ctem.Piece) (text string, hash bodyHash, err error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // queries look for purls and images in the text
	err = enc.Encode(exposureBody{Reason: p.Reason, Instances: p.Instances, Advisories: p.Advisories, Fix: p.Fix, Doors: p.Doors})
	if err != nil {
		return "", hash, fmt.Errorf("write an exposure's body: %w", err)
	}
	b := bytes.TrimRight(buf.Bytes(), "\n")
	sum := sha256.Sum256(b)
	copy(hash[:], sum[:])
	return string(b), hash, nil
}

func decodeBody(text string, e *ctem.Exposure) error {
	var b exposureBody
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return fmt.Errorf("read the body of %s: %w", e.ID, err)
	}
	e.StateReason, e.Instances, e.Advisories, e.Fix, e.Doors = b.Reason, b.Instances, b.Advisories, b.Fix, b.Doors
	return nil
}

// anyRuntime is the interned text of a basis that stands on what no run-time
// source has seen.
const anyRuntime = "*"

// basisText is the interned form of a basis; "" has no row.
func basisText(any bool, sources []ctem.SourceScope) (string, error) {
	if any {
		return anyRuntime, nil
	}
	if len(sources) == 0 {
		return "", nil
	}
	pairs := make([][2]string, len(sources))
	for i, s := range sources {
		pairs[i] = [2]string{s.Source, s.Scope}
	}
	b, err := json.Marshal(pairs)
	if err != nil {
		return "", fmt.Errorf("write the basis of an exposure: %w", err)
	}
	return string(b), nil
}

func basisSources(text string) ([]ctem.SourceScope, error) {
	if text == "" || text == anyRuntime {
		return nil, nil
	}
	var pairs [][2]string
	if err := json.Unmarshal([]byte(text), &pairs); err != nil {
		return nil, fmt.Errorf("read the basis %q of an exposure: %w", text, err)
	}
	out := make([]ctem.SourceScope, len(pairs))
	for i, p := range pairs {
		out[i] = ctem.SourceScope{Source: p[0], Scope: p[1]}
	}
	return out, nil
}
