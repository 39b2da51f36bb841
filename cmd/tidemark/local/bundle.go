package local

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/intel/bundle"
)

// BundleAsked says what to bundle; without Out only the key is told.
type BundleAsked struct {
	From    string // a folder of feeds; "": what was fetched
	Out     string
	Version string // of this program
}

// Bundle makes a signed file of feeds. The key is made at its first use.
func (h Home) Bundle(ctx context.Context, ask BundleAsked) (api.Bundled, error) {
	doc := api.Bundled{Schema: api.SchemaBundled, AsOf: h.Now(), Out: ask.Out, Feeds: []string{}}
	dir, err := h.Dir()
	if err != nil {
		return doc, err
	}
	key, err := bundle.Key(filepath.Join(dir, "bundle.key"))
	if err != nil {
		return doc, err
	}
	if public, ok := key.Public().(ed25519.PublicKey); ok {
		doc.PublicKey = bundle.KeyText(public)
	}
	if ask.Out == "" {
		return doc, nil
	}
	if ask.From == "" {
		ask.From = filepath.Join(dir, "cache", "feeds")
		if _, err := os.Stat(ask.From); errors.Is(err, fs.ErrNotExist) {
			return doc, fault.New(fault.Invalid, "nothing was fetched yet that could be bundled").WithHint("run intel update, or name a folder of feeds: intel bundle --from DIR --out FILE")
		}
	}
	sources, err := bundled(ctx, ask.From)
	if err != nil {
		return doc, err
	}
	m, err := bundle.Write(bundle.Making{Out: ask.Out, Sources: sources, Key: key, Now: h.Now(), Version: ask.Version})
	for _, f := range m.Files {
		doc.Feeds, doc.Bytes = append(doc.Feeds, f.Feed), doc.Bytes+f.Size
	}
	return doc, err
}

// Follows refuses a bundle that is older than the one loaded last, unless that is
// meant. What is no bundle follows anything.
func (s *Session) Follows(ctx context.Context, m bundle.Manifest, olderToo bool) error {
	if m.MadeAt.IsZero() || olderToo {
		return nil
	}
	last, err := s.lastBundle(ctx)
	if err != nil {
		return err
	}
	return m.Follows(last)
}

// NoteBundle remembers that a bundle was loaded.
func (s *Session) NoteBundle(ctx context.Context, m bundle.Manifest) error {
	if m.MadeAt.IsZero() {
		return nil
	}
	last, err := s.lastBundle(ctx)
	if err != nil {
		return err
	}
	text, err := m.After(last).Text()
	if err != nil {
		return err
	}
	return s.DB.NoteBundle(ctx, text)
}

func (s *Session) lastBundle(ctx context.Context) (bundle.Loaded, error) {
	text, err := s.DB.LastBundle(ctx)
	if err != nil {
		return bundle.Loaded{}, err
	}
	return bundle.ParseLoaded(text)
}

// bundled are the feeds of a folder by their names in a bundle; those that a link
// leads to elsewhere keep the last two parts of their path, which say the ecosystem.
func bundled(ctx context.Context, dir string) (out []bundle.Source, err error) {
	found, err := intel.Scan(ctx, dir)
	if err != nil {
		return nil, err
	}
	if len(found.Inputs) == 0 {
		return nil, fault.New(fault.Invalid, "%s holds no feed", dir).WithHint("run intel update, or name a folder with OSV <Ecosystem>/all.zip, KEV and EPSS anywhere below")
	}
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "read the folder %s", dir)
	}
	for n, in := range found.Inputs {
		name, err := filepath.Rel(root, in.Path)
		if err != nil || !filepath.IsLocal(name) {
			name = filepath.Join("linked", strconv.Itoa(n), filepath.Base(filepath.Dir(in.Path)), filepath.Base(in.Path))
		}
		feed := string(in.Kind)
		if in.Kind == advisory.FeedOSV {
			feed += "/" + in.Name
		}
		out = append(out, bundle.Source{Path: in.Path, Name: filepath.ToSlash(name), Feed: feed})
	}
	return out, nil
}
