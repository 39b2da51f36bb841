package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

func (a *app) doctorCmd() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check database, feeds, sources, backlog, clock, disk and audit log",
		Args: args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return a.doctor(c.Context()) },
	}
}

// The words of a check.
const (
	checkOK      = "ok"
	checkWarning = "warning"
	checkFailed  = "failed"
)

// feedOld is the age from which a feed is a warning.
const feedOld = 7 * 24 * time.Hour

// diskLow is the free space below which the disk is a warning.
const diskLow = 1 << 30

func (a *app) doctor(ctx context.Context) error {
	var doc api.Doctor
	err := a.remotely(func(c *client.Client) (err error) {
		doc, err = c.Doctor(ctx)
		return err
	}, func() error {
		return a.reading(ctx, func(s *session) (err error) {
			doc, err = a.examine(ctx, s)
			return err
		})
	})
	if err != nil {
		return err
	}
	if err := a.print.document(doc, func(w io.Writer) { doctorText(w, doc) }); err != nil {
		return err
	}
	if !doc.OK {
		return exit{exitBad}
	}
	return nil
}

// examine runs all checks.
func (a *app) examine(ctx context.Context, s *session) (api.Doctor, error) {
	doc := api.Doctor{Schema: api.SchemaDoctor, AsOf: a.asOf.Time(), OK: true, Checks: []api.Check{}}
	for _, look := range []func(context.Context, *session) (api.Check, error){
		a.checkStore, a.checkFeeds, a.checkSources, a.checkBacklog, a.checkQuarantine, a.checkAudit, a.checkClock, a.checkDisk,
	} {
		c, err := look(ctx, s)
		if err != nil {
			return doc, err
		}
		doc.Checks = append(doc.Checks, c)
		doc.OK = doc.OK && c.Status != checkFailed
	}
	return doc, nil
}

func doctorText(w io.Writer, doc api.Doctor) {
	for _, c := range doc.Checks {
		_, _ = fmt.Fprintf(w, "%-8s %-11s %s\n", c.Status, c.Name, plain(c.Detail))
		if c.Hint != "" && c.Status != checkOK {
			_, _ = fmt.Fprintf(w, "%-20s %s\n", "", c.Hint)
		}
	}
}

func (a *app) checkStore(ctx context.Context, s *session) (api.Check, error) {
	start := time.Now()
	if _, _, err := s.db.Head(ctx, ctem.StreamEvidence); err != nil {
		return api.Check{}, err
	}
	return api.Check{Name: "store", Status: checkOK, Detail: fmt.Sprintf("%s answers in %s", s.db.Engine(), time.Since(start).Round(time.Microsecond))}, nil
}

func (a *app) checkFeeds(ctx context.Context, s *session) (api.Check, error) {
	c := api.Check{Name: "feeds", Status: checkOK, Hint: "run tidemark intel update"}
	feeds, err := s.db.Feeds(ctx)
	if err != nil {
		return c, err
	}
	if len(feeds) == 0 {
		c.Status, c.Detail = checkWarning, "no feed was loaded: nothing can be matched"
		return c, nil
	}
	old := 0
	for _, f := range feeds {
		if a.asOf.Time().Sub(f.LoadedAt) > feedOld {
			old++
		}
	}
	c.Detail = fmt.Sprintf("%d feeds loaded", len(feeds))
	if old > 0 {
		c.Status, c.Detail = checkWarning, fmt.Sprintf("%s, %d of them more than 7 days ago", c.Detail, old)
	}
	return c, nil
}

func (a *app) checkSources(ctx context.Context, s *session) (api.Check, error) {
	c := api.Check{Name: "sources", Status: checkOK, Hint: "see tidemark twin get sources"}
	list, err := s.db.Coverage(ctx, a.asOf.Time())
	if err != nil {
		return c, err
	}
	silent, runtime := 0, 0
	for _, v := range list {
		if v.Class != twin.Observed {
			continue
		}
		runtime++
		if v.FreshnessAt(a.asOf.Time()) != twin.Fresh {
			silent++
		}
	}
	c.Detail = fmt.Sprintf("%d run-time sources, %d silent", runtime, silent)
	if silent > 0 || runtime == 0 {
		c.Status = checkWarning
	}
	return c, nil
}

// checkBacklog: the steps of the command line drain before it ends, so a
// backlog means that a command was cut off.
func (a *app) checkBacklog(ctx context.Context, s *session) (api.Check, error) {
	c := api.Check{
		Name: "backlog", Status: checkOK, Detail: "every step has read all of its streams",
		Hint: "any command that gives evidence, or intel update, finishes the work",
	}
	for _, r := range []struct {
		step   string
		stream ctem.Stream
	}{{"resolve", ctem.StreamEvidence}, {"assess", ctem.StreamTwin}, {"assess", ctem.StreamAdvisory}, {"prioritize", ctem.StreamExposure}, {"mobilize", ctem.StreamDecision}} {
		head, _, err := s.db.Head(ctx, r.stream)
		if err != nil {
			return c, err
		}
		seq, err := s.db.Cursor(ctx, r.step, r.stream)
		if err != nil {
			return c, err
		}
		if seq < head {
			c.Status, c.Detail = checkWarning, fmt.Sprintf("%s is %d behind on %s", r.step, head-seq, r.stream)
		}
	}
	return c, nil
}

func (a *app) checkQuarantine(ctx context.Context, s *session) (api.Check, error) {
	c := api.Check{Name: "quarantine", Status: checkOK, Detail: "no batch was set aside"}
	list, err := s.db.Quarantined(ctx)
	if err != nil || len(list) == 0 {
		return c, err
	}
	q := list[len(list)-1]
	c.Status = checkWarning
	c.Detail = fmt.Sprintf("%d batches were set aside; the last: %s, %s %d to %d: %s", len(list), q.Step, q.Stream, q.From+1, q.To, q.Reason)
	return c, nil
}

func (a *app) checkAudit(ctx context.Context, s *session) (api.Check, error) {
	v, err := s.db.VerifyAudit(ctx)
	if err != nil {
		return api.Check{}, err
	}
	if v.Broken != 0 {
		return api.Check{Name: "audit", Status: checkFailed, Detail: fmt.Sprintf("broken at entry %d: %s", v.Broken, v.Reason)}, nil
	}
	return api.Check{Name: "audit", Status: checkOK, Detail: fmt.Sprintf("%d entries hold", v.Entries)}, nil
}

// clockSlack is how far the newest record may lie ahead of the clock: commits at
// one reading follow each other by a microsecond.
const clockSlack = time.Second

// checkClock: record time never runs backwards, so what was recorded with a
// clock that was ahead holds back the record time of all that follows.
func (a *app) checkClock(ctx context.Context, s *session) (api.Check, error) {
	c := api.Check{Name: "clock", Status: checkOK, Hint: "set the clock of this machine, or of the one that wrote; --now may have been in the future"}
	var newest time.Time
	for _, stream := range []ctem.Stream{ctem.StreamEvidence, ctem.StreamTwin, ctem.StreamAdvisory, ctem.StreamExposure, ctem.StreamDecision, ctem.StreamAction} {
		_, recorded, err := s.db.Head(ctx, stream)
		if err != nil {
			return c, err
		}
		if recorded.After(newest) {
			newest = recorded
		}
	}
	c.Detail = "it is " + clock(a.present())
	if ahead := newest.Sub(a.present()); ahead > clockSlack {
		c.Status, c.Detail = checkWarning, fmt.Sprintf("%s, and the newest record is of %s", c.Detail, clock(newest))
	}
	return c, nil
}

func (a *app) checkDisk(context.Context, *session) (api.Check, error) {
	c := api.Check{Name: "disk", Status: checkOK, Hint: "make room, or move --data"}
	dir, err := a.dataDir()
	if err != nil {
		return c, err
	}
	var st syscall.Statfs_t
	for {
		if err = syscall.Statfs(dir, &st); !os.IsNotExist(err) || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	if err != nil {
		return c, fmt.Errorf("look at the disk of %s: %w", dir, err)
	}
	free := st.Bavail * uint64(st.Bsize)
	c.Detail = fmt.Sprintf("%.1f GB free at %s", float64(free)/(1<<30), dir)
	if free < diskLow {
		c.Status = checkWarning
	}
	return c, nil
}
