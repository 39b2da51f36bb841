package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// doctor looks at a session, one check after the other.
type doctor struct{ *Session }

// Examine runs all checks.
func (s *Session) Examine(ctx context.Context) (api.Doctor, error) {
	d := doctor{s}
	doc := api.Doctor{Schema: api.SchemaDoctor, AsOf: s.Now(), OK: true, Checks: []api.Check{}}
	for _, look := range []func(context.Context) (api.Check, error){
		d.checkStore, d.checkFeeds, d.checkSources, d.checkBacklog, d.checkQuarantine, d.checkAudit, d.checkClock, d.checkDisk,
	} {
		c, err := look(ctx)
		if err != nil {
			return doc, err
		}
		doc.Checks = append(doc.Checks, c)
		doc.OK = doc.OK && c.Status != CheckFailed
	}
	return doc, nil
}

// The words of a check.
const (
	CheckOK      = "ok"
	CheckWarning = "warning"
	CheckFailed  = "failed"
)

// feedOld is the age from which a feed is a warning.
const feedOld = 7 * 24 * time.Hour

// diskLow is the free space below which the disk is a warning.
const diskLow = 1 << 30

func (s doctor) checkStore(ctx context.Context) (api.Check, error) {
	start := time.Now()
	if _, _, err := s.DB.Head(ctx, ctem.StreamEvidence); err != nil {
		return api.Check{}, err
	}
	return api.Check{Name: "store", Status: CheckOK, Detail: fmt.Sprintf("%s answers in %s", s.DB.Engine(), time.Since(start).Round(time.Microsecond))}, nil
}

func (s doctor) checkFeeds(ctx context.Context) (api.Check, error) {
	c := api.Check{Name: "feeds", Status: CheckOK, Hint: "run tidemark intel update"}
	feeds, err := s.DB.Feeds(ctx)
	if err != nil {
		return c, err
	}
	if len(feeds) == 0 {
		c.Status, c.Detail = CheckWarning, "no feed was loaded: nothing can be matched"
		return c, nil
	}
	old := 0
	for _, f := range feeds {
		if s.Now().Sub(f.LoadedAt) > feedOld {
			old++
		}
	}
	c.Detail = fmt.Sprintf("%d feeds loaded", len(feeds))
	if old > 0 {
		c.Status, c.Detail = CheckWarning, fmt.Sprintf("%s, %d of them more than 7 days ago", c.Detail, old)
	}
	return c, nil
}

func (s doctor) checkSources(ctx context.Context) (api.Check, error) {
	c := api.Check{Name: "sources", Status: CheckOK, Hint: "see tidemark twin get sources"}
	list, err := s.DB.Coverage(ctx, s.Now())
	if err != nil {
		return c, err
	}
	silent, runtime := 0, 0
	for _, v := range list {
		if v.Class != twin.Observed {
			continue
		}
		runtime++
		if v.FreshnessAt(s.Now()) != twin.Fresh {
			silent++
		}
	}
	c.Detail = fmt.Sprintf("%d run-time sources, %d silent", runtime, silent)
	if silent > 0 || runtime == 0 {
		c.Status = CheckWarning
	}
	return c, nil
}

// checkBacklog: the steps of the command line drain before it ends, so a
// backlog means that a command was cut off.
func (s doctor) checkBacklog(ctx context.Context) (api.Check, error) {
	c := api.Check{
		Name: "backlog", Status: CheckOK, Detail: "every step has read all of its streams",
		Hint: "any command that gives evidence, or intel update, finishes the work",
	}
	for _, r := range []struct {
		step   string
		stream ctem.Stream
	}{
		{"resolve", ctem.StreamEvidence},
		{"owners", ctem.StreamTwin},
		{"validate", ctem.StreamTwin},
		{"assess", ctem.StreamTwin},
		{"assess", ctem.StreamProof},
		{"assess", ctem.StreamAdvisory},
		{"prioritize", ctem.StreamExposure},
		{"mobilize", ctem.StreamDecision},
	} {
		head, _, err := s.DB.Head(ctx, r.stream)
		if err != nil {
			return c, err
		}
		seq, err := s.DB.Cursor(ctx, r.step, r.stream)
		if err != nil {
			return c, err
		}
		if seq < head {
			c.Status, c.Detail = CheckWarning, fmt.Sprintf("%s is %d behind on %s", r.step, head-seq, r.stream)
		}
	}
	return c, nil
}

func (s doctor) checkQuarantine(ctx context.Context) (api.Check, error) {
	c := api.Check{Name: "quarantine", Status: CheckOK, Detail: "no batch was set aside"}
	list, err := s.DB.Quarantined(ctx)
	if err != nil || len(list) == 0 {
		return c, err
	}
	q := list[len(list)-1]
	c.Status = CheckWarning
	c.Detail = fmt.Sprintf("%d batches were set aside; the last: %s, %s %d to %d: %s", len(list), q.Step, q.Stream, q.From+1, q.To, q.Reason)
	return c, nil
}

func (s doctor) checkAudit(ctx context.Context) (api.Check, error) {
	v, err := s.DB.VerifyAudit(ctx)
	if err != nil {
		return api.Check{}, err
	}
	if v.Broken != 0 {
		return api.Check{Name: "audit", Status: CheckFailed, Detail: fmt.Sprintf("broken at entry %d: %s", v.Broken, v.Reason)}, nil
	}
	return api.Check{Name: "audit", Status: CheckOK, Detail: fmt.Sprintf("%d entries hold", v.Entries)}, nil
}

// clockSlack is how far the newest record may lie ahead of the clock: commits at
// one reading follow each other by a microsecond.
const clockSlack = time.Second

// checkClock: record time never runs backwards, so what was recorded with a
// clock that was ahead holds back the record time of all that follows.
func (s doctor) checkClock(ctx context.Context) (api.Check, error) {
	c := api.Check{Name: "clock", Status: CheckOK, Hint: "set the clock of this machine, or of the one that wrote; --now may have been in the future"}
	var newest time.Time
	for _, stream := range []ctem.Stream{ctem.StreamEvidence, ctem.StreamTwin, ctem.StreamProof, ctem.StreamAdvisory, ctem.StreamExposure, ctem.StreamDecision, ctem.StreamAction} {
		_, recorded, err := s.DB.Head(ctx, stream)
		if err != nil {
			return c, err
		}
		if recorded.After(newest) {
			newest = recorded
		}
	}
	c.Detail = "it is " + output.Clock(s.Now())
	if ahead := newest.Sub(s.Now()); ahead > clockSlack {
		c.Status, c.Detail = CheckWarning, fmt.Sprintf("%s, and the newest record is of %s", c.Detail, output.Clock(newest))
	}
	return c, nil
}

func (s doctor) checkDisk(context.Context) (api.Check, error) {
	c := api.Check{Name: "disk", Status: CheckOK, Hint: "make room, or move --data"}
	dir, err := s.Dir()
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
		c.Status = CheckWarning
	}
	return c, nil
}
