// Package images looks at images in their registries while a server runs, or until
// nothing is left to be looked at.
//
// The model. The step of discover/registry has a runner of its own: it waits for
// other machines, and the loop does not wait for it. What registries say goes in by
// the same doors as all evidence. Invariants. It looks at nothing unless registries
// are configured.
package images

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/cycle"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/pipeline"
	"github.com/tidemark/tidemark/internal/discover/registry"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// Asked is how the command line configures registries.
type Asked struct {
	Hosts []string // to be asked, beside those of the file
	File  string   // "": registries.json in the data folder, where it is there
}

// Config reads which registries are to be asked. None is no error.
func (q Asked) Config(dir string) (registry.Config, error) {
	var cfg registry.Config
	path := q.File
	if path == "" {
		path = filepath.Join(dir, "registries.json")
	}
	body, err := os.ReadFile(path)
	switch {
	case err == nil:
		if cfg, err = registry.ParseConfig(body); err != nil {
			return cfg, fault.Wrap(fault.KindOf(err), err, "%s", path)
		}
	case q.File != "" || !errors.Is(err, fs.ErrNotExist):
		return cfg, fault.Wrap(fault.Invalid, err, "read the registries")
	}
	for _, name := range q.Hosts {
		h := registry.Host{Name: strings.TrimSpace(name)}
		if !slices.ContainsFunc(cfg.Hosts, func(have registry.Host) bool { return have.Name == h.Name }) {
			cfg.Hosts = append(cfg.Hosts, h)
		}
	}
	return cfg, cfg.Validate()
}

// Looker looks at images.
type Looker struct {
	s       *local.Session
	cfg     registry.Config
	witness witness
	runner  *cycle.Runner
	wake    func()
	said    map[string]int // images of registries that are not asked, as it was said last
}

// leaseTime is longer than a run takes.
const leaseTime = 30 * time.Minute

// New returns a looker on an open store; wake is called when it has told something.
func New(s *local.Session, cfg registry.Config, agent string, wake func()) (*Looker, error) {
	asker, err := registry.NewAsker(cfg, registry.AskerOptions{Agent: agent, Env: os.Getenv})
	if err != nil {
		return nil, err
	}
	w := witness{s, s.Ingest()}
	step := &registry.Step{
		Twin: s.DB, Looks: s.DB, Memory: s.DB, Witness: w, ParseSBOM: local.ParseSBOM,
		Platforms: platforms{s}.list, Asker: asker, Now: s.Now,
	}
	r := cycle.New([]cycle.Step{step}, s.DB, s.Runner.Owner, s.Log)
	r.TTL, r.Stamp = leaseTime, s.Now
	step.Fence = r.Fence(step.Name())
	return &Looker{s: s, cfg: cfg, witness: w, runner: r, wake: wake, said: map[string]int{}}, nil
}

// Drain looks at all images that are due, and says how many there were.
func (l *Looker) Drain(ctx context.Context) (int, error) {
	rep, err := l.runner.Drain(ctx)
	if err == nil {
		err = l.gaps(ctx)
	}
	return rep.Done[registry.Name], err
}

// gaps shows which registries hold images that are in use, and are not asked.
func (l *Looker) gaps(ctx context.Context) error {
	hosts, err := l.s.DB.LooksByHost(ctx)
	if err != nil {
		return err
	}
	for _, h := range hosts {
		if _, asked := l.cfg.Host(h.Host); asked || l.said[h.Host] == h.Images {
			continue
		}
		l.said[h.Host] = h.Images
		why := twin.Rejection{Where: h.Host, Reason: fmt.Sprintf("%s in use are not looked at: the registry is not configured", reply.Counted(h.Images, "image", "images"))}
		if h.Host == "" {
			h.Host = "unknown"
			why = twin.Rejection{Where: "names", Reason: fmt.Sprintf("%s in use have a name that no registry knows", reply.Counted(h.Images, "image", "images"))}
		}
		if err := l.witness.Trouble(ctx, registry.Source(h.Host), []twin.Rejection{why}); err != nil {
			return err
		}
	}
	return nil
}

// The pauses of Run.
const (
	rest    = 2 * time.Second
	trouble = time.Minute
)

// Run looks at images as they come into use, until ctx ends. What fails is tried
// again.
func (l *Looker) Run(ctx context.Context) error {
	for {
		n, err := l.Drain(ctx)
		if n > 0 {
			l.wake()
		}
		pause := rest
		if err != nil && ctx.Err() == nil {
			l.s.Log.WarnContext(ctx, "images are not looked at now", "error", fault.Mask(err.Error()))
			pause = trouble
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// witness takes what registries say in by the doors of evidence.
type witness struct {
	s  *local.Session
	in *discover.Ingest
}

func (w witness) Tell(ctx context.Context, told discover.Told) ([]twin.Rejection, error) {
	var r discover.Receipt
	err := w.in.IngestTold(ctx, &r, []discover.Told{told})
	out := make([]twin.Rejection, 0, len(r.Rejected))
	for _, x := range r.Rejected {
		out = append(out, twin.Rejection(x))
	}
	return out, err
}

func (w witness) Attested(ctx context.Context, doc registry.Document) error {
	found, err := local.Attestations(w.s.Home).ReadAll(ctx, []pipeline.Document{
		{Name: doc.Where, Body: doc.Body, Annotations: doc.Annotations, Artifact: doc.Of},
	}, w.s.Now())
	if err != nil {
		return err
	}
	var r discover.Receipt
	return w.in.IngestTold(ctx, &r, found.Told)
}

func (w witness) Alive(ctx context.Context, b twin.Beat) error { return w.s.DB.Heartbeat(ctx, b) }

func (w witness) Trouble(ctx context.Context, source string, list []twin.Rejection) error {
	if err := w.s.DB.NoteTrouble(ctx, source, list, w.s.Now()); err != nil || len(list) == 0 {
		return err
	}
	known, err := w.s.DB.Coverage(ctx, w.s.Now())
	if err != nil || slices.ContainsFunc(known, func(c twin.Coverage) bool { return c.Source == source }) {
		return err
	}
	// It has said nothing yet, so nobody would see what is wrong with it: that it
	// was asked, and gave nothing, makes it a source.
	_, err = w.Tell(ctx, discover.Told{Source: source, Scope: scopeAsked, Class: twin.Declared, Complete: true})
	return err
}

// scopeAsked is about a registry that was asked, whatever it said.
const scopeAsked = "registry"

// platforms are those of the machines that clusters have.
type platforms struct{ s *local.Session }

func (p platforms) list(ctx context.Context) ([]string, error) {
	terms := []ctem.Term{{Key: "kind", Op: ":", Values: []string{twin.KindNode}}}
	page, err := p.s.DB.Things(ctx, ctem.ListQuery{AsOf: ctem.AsOf{Now: p.s.Now()}, Terms: terms})
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range page.Items {
		if name := platformOf(page.Items[i].Spec); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, nil
}

func platformOf(node []byte) string {
	var spec struct {
		OS   string `json:"operatingSystem"`
		Arch string `json:"architecture"`
	}
	if json.Unmarshal(node, &spec) != nil || spec.OS == "" || spec.Arch == "" {
		return "" // one that does not say is one of which nothing is known
	}
	return spec.OS + "/" + spec.Arch
}
