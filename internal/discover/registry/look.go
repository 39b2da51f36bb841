package registry

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// look looks at images that are due: those of one registry a few at a time, and
// several registries beside each other. An error is the store's.
func (s *Step) look(ctx context.Context) (int, error) {
	now := s.Now().UTC().Truncate(time.Microsecond)
	due, err := s.Looks.DueImages(ctx, s.Asker.cfg.hosts(), now, atOnce)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	running, err := s.running(ctx)
	if err != nil {
		return 0, err
	}
	pauses, err := s.Looks.HostPauses(ctx)
	if err != nil {
		return 0, err
	}
	byHost := map[string]*round{}
	for _, p := range pauses {
		byHost[p.Host] = &round{Step: s, now: now, running: running, was: p}
	}
	for _, l := range due {
		r := byHost[l.Host]
		if r == nil {
			r = &round{Step: s, now: now, running: running}
			byHost[l.Host] = r
		}
		r.due = append(r.due, l)
	}
	var group errgroup.Group
	group.SetLimit(maxHosts)
	for host, r := range byHost {
		if len(r.due) > 0 {
			group.Go(func() error { return r.visitAll(ctx, host) })
		}
	}
	return len(due), group.Wait()
}

// maxHosts is how many registries are asked beside each other.
const maxHosts = 4

func (s *Step) running(ctx context.Context) ([]string, error) {
	if s.Platforms == nil {
		return nil, nil
	}
	return s.Platforms(ctx)
}

// round is what is looked at in one registry in one run.
type round struct {
	*Step
	now     time.Time
	running []string
	was     ctem.HostPause // the last one
	due     []ctem.ImageLook
}

func (r *round) visitAll(ctx context.Context, host string) error {
	way, err := r.Asker.to(host)
	if err != nil {
		return r.none(ctx, err)
	}
	failed := make([]error, len(r.due))
	var group errgroup.Group
	group.SetLimit(way.Together)
	for i := range r.due {
		group.Go(func() (err error) {
			failed[i], err = r.visitOne(ctx, way, r.due[i])
			return err
		})
	}
	if err := group.Wait(); err != nil || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	if err := errors.Join(r.pause(ctx, host, failed), r.say(ctx, host)); err != nil {
		return err
	}
	if !slices.Contains(failed, nil) {
		return nil // none of them is proof that it lives
	}
	err = r.Witness.Alive(ctx, twin.Beat{Source: Source(host), Scope: Scope, At: r.now})
	if fault.KindOf(err) == fault.NotFound {
		return nil // it has said nothing yet
	}
	return err
}

// none puts off all images of a registry that cannot be asked: its credentials
// cannot be read, or its name is none.
func (r *round) none(ctx context.Context, why error) error {
	for _, l := range r.due {
		l.Failures++
		l.Error, l.Next = short(why), r.now.Add(after(why, l.Failures))
		if err := r.Looks.NoteLook(ctx, l); err != nil {
			return err
		}
	}
	return r.say(ctx, r.due[0].Host)
}

// maxSaid is how many images that could not be seen are shown at their source.
const maxSaid = 100

// say shows at the source which of its images could not be seen, and why.
func (r *round) say(ctx context.Context, host string) error {
	list, err := r.Memory.FailedLooks(ctx, host, maxSaid)
	if err != nil {
		return err
	}
	out := make([]twin.Rejection, 0, len(list))
	for _, l := range list {
		out = append(out, twin.Rejection{Where: l.Image, Reason: l.Error})
	}
	return r.Witness.Trouble(ctx, Source(host), out)
}

// visitOne looks at one image and notes what came of it. failed is what went wrong
// there; err is the store's.
func (r *round) visitOne(ctx context.Context, way *line, l ctem.ImageLook) (failed, err error) {
	v := &visit{round: r, line: way, look: l}
	within, stop := context.WithTimeout(ctx, lookTime)
	failed = v.run(within)
	stop()
	if ctx.Err() != nil {
		return failed, ctx.Err() // stopped: it is due as before
	}
	if err := v.tell(ctx); err != nil {
		return nil, err
	}
	l = v.look
	if failed != nil {
		l.Failures++
		l.Error, l.Next = short(failed), r.now.Add(after(failed, l.Failures))
		return failed, r.Looks.NoteLook(ctx, l)
	}
	l.Failures, l.Error, l.LookedAt = 0, v.trouble, r.now
	l.Next = r.now.Add(r.Asker.cfg.Every)
	if v.again > 0 {
		l.Next = r.now.Add(v.again)
	}
	return nil, r.Looks.NoteLook(ctx, l)
}

// pause leaves a registry alone that wants it, or cannot be reached; one that
// answers is not paused any more.
func (r *round) pause(ctx context.Context, host string, failed []error) error {
	for _, err := range failed {
		if p, ok := pauseOf(host, err, r.was, r.now); ok {
			return r.Looks.PauseHost(ctx, p)
		}
	}
	if r.was.Host != "" {
		return r.Looks.PauseHost(ctx, ctem.HostPause{Host: host})
	}
	return nil
}

// kindly reports whether a failure says something about the image, and not only
// about the way to it.
func kindly(err error) bool {
	k := fault.KindOf(err)
	return k == fault.NotFound || k == fault.Invalid
}
