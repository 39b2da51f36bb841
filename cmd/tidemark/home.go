package main

import (
	"context"

	"github.com/tidemark/tidemark/cmd/tidemark/local"
)

// home is the data that the flags name.
func (a *app) home() local.Home {
	return local.Home{Dir: a.dataDir, URL: a.flags.db, Now: a.present, Log: a.log, Err: a.err}
}

// reading opens the store for a command that only asks.
func (a *app) reading(ctx context.Context, fn func(*local.Session) error) error {
	if a.isRemote() {
		return notRemote()
	}
	return a.home().Reading(ctx, fn)
}

// writing opens the store for a command that changes something; then sees the
// result.
func (a *app) writing(ctx context.Context, m local.Mutation, fn, then func(*local.Session) error) error {
	if a.isRemote() {
		return notRemote()
	}
	return a.home().Writing(ctx, m, fn, then)
}

// changing is writing for what notes itself in the log of mutations.
func (a *app) changing(ctx context.Context, fn, then func(*local.Session) error) error {
	if a.isRemote() {
		return notRemote()
	}
	return a.home().Changing(ctx, fn, then)
}
