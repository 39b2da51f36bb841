package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Player plays the history of the demo's company. Its exported methods may be
// called from several goroutines at once.
type Player struct {
	doors Doors
	clock *Clock
	dir   string       // for the files that sources would send
	done  atomic.Int32 // days that were played
	mu    sync.Mutex   // of what follows
	h     *history
	fed   time.Time         // when the feeds were last given
	said  map[string]string // environment → what its manifests last said
}

// New returns a player that writes its files below dir.
func New(doors Doors, clock *Clock, dir string) *Player {
	return &Player{doors: doors, clock: clock, dir: dir, said: map[string]string{}}
}

// Play plays 26 weeks that end at now, and lets the clock run again.
func (p *Player) Play(ctx context.Context, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, err := load()
	if err != nil {
		return err
	}
	f, err := loadFeeds()
	if err != nil {
		return err
	}
	if p.h, err = newHistory(t, f, now); err != nil {
		return err
	}
	defer p.clock.release()
	for day := range days {
		if err := p.day(ctx, day); err != nil {
			return fmt.Errorf("day %d of the demo: %w", day, err)
		}
		p.done.Add(1)
	}
	if err := p.end(ctx); err != nil {
		return fmt.Errorf("the last day of the demo: %w", err)
	}
	return nil
}

// Progress tells how many days have been played, and of how many, for whoever
// serves the first page while it is being played.
func (p *Player) Progress() (done, total int) { return int(p.done.Load()), days }

// drains reports whether the steps run at the end of a day, after all that its
// week brought: about once a month at first and each week in the end, because
// the first page is to come soon. What is computed does not depend on it, only
// when it was known.
func drains(day int) bool {
	week := day / 7
	return day == 0 || day%7 == declaredDay && (week == 8 || week == 18 || week == 20 || week >= 22)
}

// reports reports whether the sources speak on a day: on the first one, and
// whenever something is shipped, often enough to be fresh in between.
func reports(day int) bool {
	return day == 0 || day%7 == stagingDay || day%7 == prodDay
}

func (p *Player) day(ctx context.Context, day int) error {
	p.clock.set(p.h.day(day))
	if day%7 == feedDay {
		if err := p.weekly(ctx, day/7); err != nil {
			return err
		}
	}
	fresh, err := p.h.ship(day)
	if err != nil {
		return err
	}
	if err := p.documents(ctx, fresh); err != nil {
		return err
	}
	if err := (teller{p}).pipelines(ctx, fresh); err != nil {
		return err
	}
	if reports(day) {
		if err := p.observe(ctx, p.h.day(day), past); err != nil {
			return err
		}
	}
	if day%7 == declaredDay || day == 0 {
		if err := p.declare(ctx); err != nil {
			return err
		}
	}
	if !drains(day) {
		return nil
	}
	if err := p.doors.Steps.Drain(ctx); err != nil {
		return err
	}
	return p.rule(ctx, day/7)
}

// weekly gives the feeds, when there is news, and the scope, when it changes.
func (p *Player) weekly(ctx context.Context, week int) error {
	if err := p.scope(ctx, week); err != nil {
		return err
	}
	return p.feed(ctx)
}

// feed gives the feeds as they are now, unless nothing of them is new.
func (p *Player) feed(ctx context.Context, more ...osvRecord) error {
	at := p.clock.Now()
	if !p.fed.IsZero() && len(more) == 0 && !p.h.feeds.news(p.fed, at) {
		return nil
	}
	dir := filepath.Join(p.dir, "feeds")
	if err := p.h.feeds.write(dir, at, p.h.Ecosystems, more...); err != nil {
		return err
	}
	p.fed = at
	return p.doors.Feeds.Update(ctx, dir)
}

// documents gives the bills of materials of builds.
func (p *Player) documents(ctx context.Context, builds []*build) error {
	var list []SBOM
	for _, b := range builds {
		if len(b.parts) == 0 {
			continue // nobody made a bill of materials of it
		}
		body, err := p.h.document(b, p.clock.Now())
		if err != nil {
			return fmt.Errorf("write a bill of materials: %w", err)
		}
		list = append(list, SBOM{Name: b.service + "-" + b.version + ".cdx.json", Artifact: p.h.artifact(b), Body: body})
	}
	if len(list) == 0 {
		return nil
	}
	return p.doors.Evidence.SBOMs(ctx, list)
}

// observe gives what every source that speaks sees: one snapshot for each. What
// has not changed is a sign of life.
func (p *Player) observe(ctx context.Context, at time.Time, every time.Duration) error {
	return p.report(ctx, p.h.records(at), every)
}

func (p *Player) report(ctx context.Context, list []record, every time.Duration) error {
	file, err := write(p.dir, "records.json", list)
	if err != nil {
		return err
	}
	return p.doors.Evidence.Deployment(ctx, Deployment{File: file, At: p.clock.Now(), Every: every})
}

// declare gives the manifests of the environments that nobody looks at, where
// they have changed: what is declared does not age.
func (p *Player) declare(ctx context.Context) error {
	for i := range p.h.Environments {
		e := &p.h.Environments[i]
		if !e.Declared {
			continue
		}
		var items []any
		said := ""
		for j := range p.h.Services {
			if b := p.h.fleet[e.Name][p.h.Services[j].Name]; b != nil {
				items, said = append(items, p.h.manifest(&p.h.Services[j], b)), said+p.h.artifact(b)+"\n"
			}
		}
		if said == p.said[e.Name] {
			continue
		}
		p.said[e.Name] = said
		file, err := write(p.dir, e.Name+".json", map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
		if err != nil {
			return err
		}
		err = p.doors.Evidence.Deployment(ctx, Deployment{File: file, Environment: e.Name, Source: e.Source, At: p.clock.Now()})
		if err != nil {
			return err
		}
	}
	return nil
}

// write puts what a source would send into a file below dir.
func write(dir, name string, content any) (string, error) {
	b, err := json.Marshal(content)
	if err != nil {
		return "", fmt.Errorf("write %s: %w", name, err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		return "", fmt.Errorf("write %s: %w", name, err)
	}
	return path, nil
}

// end brings the picture up to now: the source that falls silent speaks for the
// last time, all others a moment ago.
func (p *Player) end(ctx context.Context) error {
	for i := range p.h.Environments {
		if e := &p.h.Environments[i]; e.Silent > 0 {
			p.clock.set(p.h.silence(e))
			if err := p.report(ctx, p.h.seen(e), every); err != nil {
				return err
			}
		}
	}
	p.clock.set(p.h.now)
	p.fed = time.Time{} // a last look, although nothing is new: it shows how fresh the feeds are
	if err := p.feed(ctx); err != nil {
		return err
	}
	if err := p.observe(ctx, p.h.now, every); err != nil {
		return err
	}
	if err := (teller{p}).talk(ctx); err != nil {
		return err
	}
	return p.doors.Steps.Drain(ctx)
}

// Heartbeat lets every source that speaks say that all is as it was. A server
// that shows the demo for hours calls it now and then.
func (p *Player) Heartbeat(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.h == nil {
		return nil
	}
	if err := p.observe(ctx, p.clock.Now(), every); err != nil {
		return err
	}
	return (teller{p}).talk(ctx)
}
