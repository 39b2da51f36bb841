// Package store keeps the streams and their state in SQL: one text for the
// embedded engine and for PostgreSQL, by aggregate, one conformance suite.
//
// The model. Each stream is a numbered table with one sequencer row (law 6).
// What a step computes is committed together with its cursors in one
// transaction that begins with their compare-and-swap (law 5). Twin and
// exposure rows are bitemporal: when it was so, and when we believed it.
// Each aggregate has a room of its own, above sqldb, which has the database;
// the engines are below that, in sqlite and postgres.
//
// Invariants. The store has no rules: it imports the nouns and no step. Times
// in rows are UTC microseconds; zero is "none", forever is "still so". Only
// open, migrate, lock and placeholders differ between the engines. A room
// imports only rooms below it. It writes its own tables, but for two that belong
// to exposures: workdb keeps the columns that show the decision in force, and
// matchdb lists the places that a redirect leaves to be computed.
package store

import (
	"context"

	"github.com/tidemark/tidemark/internal/store/accessdb"
	"github.com/tidemark/tidemark/internal/store/doordb"
	"github.com/tidemark/tidemark/internal/store/estatedb"
	"github.com/tidemark/tidemark/internal/store/evidencedb"
	"github.com/tidemark/tidemark/internal/store/exposuredb"
	"github.com/tidemark/tidemark/internal/store/imagedb"
	"github.com/tidemark/tidemark/internal/store/inteldb"
	"github.com/tidemark/tidemark/internal/store/matchdb"
	"github.com/tidemark/tidemark/internal/store/newsdb"
	"github.com/tidemark/tidemark/internal/store/proofdb"
	"github.com/tidemark/tidemark/internal/store/scopedb"
	"github.com/tidemark/tidemark/internal/store/sightdb"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/store/thingdb"
	"github.com/tidemark/tidemark/internal/store/twindb"
	"github.com/tidemark/tidemark/internal/store/workdb"
)

// Config says where the data is: a folder (embedded engine) or a URL.
type Config = sqldb.Config

// The rooms under names of their own, as parts of DB.
type (
	evidence  = evidencedb.Store
	documents = evidencedb.Testimonies
	estate    = estatedb.Store
	twin      = twindb.Store
	intel     = inteldb.Store
	matches   = matchdb.Store
	work      = workdb.Store
	exposures = exposuredb.Store
	rights    = accessdb.Store
	scopes    = scopedb.Store
	door      = doordb.Store
	images    = imagedb.Store
	happened  = newsdb.Store
	sightings = sightdb.Store
	things    = thingdb.Store
	proofs    = proofdb.Store
)

// told is what sources said.
type told struct {
	*evidence
	*documents
}

// seen is what is read of the twin.
type seen struct {
	*estate
	*things
}

// folded is what resolve makes of evidence.
type folded struct {
	*twin
	*sightings
}

// ledger is what the server's own work must remember.
type ledger struct {
	*door
	*images
}

// concluded is what follows from the twin.
type concluded struct {
	*exposures
	*proofs
}

// DB is an open store: the database, and the methods of every room. They are
// what the steps and the command line declare in their small interfaces.
type DB struct {
	*sqldb.DB
	told
	seen
	folded
	*intel
	*matches
	*work
	concluded
	*rights
	*scopes
	ledger
	*happened
}

// Open opens the store, creating and migrating it as needed.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	db, err := sqldb.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &DB{
		DB: db, told: told{evidencedb.New(db), evidencedb.NewTestimonies(db)}, seen: seen{estatedb.New(db), thingdb.New(db)}, folded: folded{twindb.New(db), sightdb.New(db)}, intel: inteldb.New(db),
		matches: matchdb.New(db), work: workdb.New(db), concluded: concluded{exposuredb.New(db), proofdb.New(db)},
		rights: accessdb.New(db), scopes: scopedb.New(db), ledger: ledger{doordb.New(db), imagedb.New(db)}, happened: newsdb.New(db),
	}, nil
}
