package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/tidemark/tidemark/internal/assess"
	"github.com/tidemark/tidemark/internal/cycle"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/deploy"
	"github.com/tidemark/tidemark/internal/discover/sbom"
	"github.com/tidemark/tidemark/internal/intel"
	"github.com/tidemark/tidemark/internal/intel/fetch"
	"github.com/tidemark/tidemark/internal/mobilize"
	"github.com/tidemark/tidemark/internal/prioritize"
	"github.com/tidemark/tidemark/internal/twin"
)

// wire joins the steps of the loop to the store, in the order of the loop.
func (a *app) wire(s *session) {
	db := s.db
	r := cycle.New(nil, db, owner(db.Engine()), a.log)
	r.Stamp = a.present
	resolve := &discover.Resolve{Read: db, Write: db, ParseSBOM: parseSBOM, Now: a.present}
	evaluate := &assess.Step{Twin: db, Intel: db, Matches: db, Exposures: db, Now: a.present}
	decide := &prioritize.Step{Streams: db, Facts: db, Said: db, Writer: db, Now: a.present}
	plan := &mobilize.Step{Streams: db, Facts: db, Writer: db, Now: a.present}
	resolve.Fence, evaluate.Fence = r.Fence(resolve.Name()), r.Fence(evaluate.Name())
	decide.Fence, plan.Fence = r.Fence(decide.Name()), r.Fence(plan.Name())
	r.Steps = []cycle.Step{resolve, evaluate, decide, plan}
	s.runner = r
}

// ingest is the door for documents.
func (a *app) ingest(s *session) *discover.Ingest {
	return &discover.Ingest{Evidence: s.db, ParseSBOM: parseSBOM, ReadDeploy: deploy.Read, Now: a.present}
}

func parseSBOM(b []byte) (twin.SBOM, error) { return sbom.Parse(b, sbom.Options{}) }

// updater reads feeds from a folder, or fetches them into the cache below the
// data folder.
func (a *app) updater(s *session, from string) (*intel.Updater, error) {
	up := &intel.Updater{Store: s.db, Now: a.present}
	if from != "" {
		return up, nil
	}
	dir, err := a.dataDir()
	if err != nil {
		return nil, err
	}
	up.Sources = intel.DefaultSources(filepath.Join(dir, "cache"))
	up.Fetcher = fetch.New(fetch.Config{})
	return up, nil
}

// owner names who holds leases. In a folder that is whoever has the writers'
// lock: what a process that was killed left behind is its successor's at once.
// Elsewhere it is this process.
func owner(engine string) string {
	if engine == "sqlite" {
		return "the writer of this folder"
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown-host"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}
