package local

import (
	"context"
	"os"
	"path/filepath"

	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/pipeline"
	"github.com/tidemark/tidemark/internal/discover/pipeline/trust"
	"github.com/tidemark/tidemark/internal/store"
)

// trustFolder is where the operator says whom we trust.
const trustFolder = "trust"

// Attestations reads signed statements, and judges them by the folder "trust" of
// the data folder.
func Attestations(h Home) pipeline.Attestations { return pipeline.Attestations{Trust: h.trusted} }

func (h Home) trusted() pipeline.Trust {
	dir, err := h.Dir()
	if err != nil {
		return trust.Load(nil) // without a folder nobody is trusted
	}
	return trust.Load(os.DirFS(filepath.Join(dir, trustFolder)))
}

// trustHash names whom we trust now. Where the store is elsewhere, only a server that
// has the folder has a say in it: else whoever runs one command on another machine
// would take back what the server trusts, and the server what the command does.
func (h Home) trustHash() (hash string, known bool) {
	if h.URL != "" && !h.Serves {
		return "", false
	}
	if h.Dir == nil { // a store that has no folder
		return "", false
	}
	dir, err := h.Dir()
	if err != nil {
		return "", false
	}
	dir = filepath.Join(dir, trustFolder)
	if _, err := os.Stat(dir); err != nil && h.URL != "" {
		return "", false
	}
	return trust.Hash(os.DirFS(dir)), true
}

// rejudge is the step that judges attestations again when the trust has changed.
func (h Home) rejudge(db *store.DB) *pipeline.Rejudge {
	in := &discover.Ingest{Evidence: db, Left: db, ParseSBOM: ParseSBOM, Now: h.Now}
	return &pipeline.Rejudge{
		Hash: h.trustHash, Trust: h.trusted, Kept: db, Turns: db, Things: db, Tell: in.Retell, Left: db, Log: h.Log, Now: h.Now,
	}
}

// Untrusted reports whether the trust has changed since attestations were judged.
func (s *Session) Untrusted(ctx context.Context) (bool, error) { return s.judge.Waits(ctx) }
