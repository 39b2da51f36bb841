// Package forge asks GitHub and GitLab what they know of the repositories that a
// token sees: who owns their code, what was built from which commit, what was
// released, what they are made of, and how many alerts are open.
//
// The model. Collect asks a forge and makes a Report; Read turns a report into
// evidence. The two may run on different machines: a report is a document like
// any other, and the same report again changes nothing.
//
// Invariants. The token goes to the forge's own address and nowhere else. Every
// answer, page and list is bounded; what the forge does not show, or what is cut,
// is said in the report. Nothing is written to a forge.
package forge

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// The forges.
const (
	GitHub = "github"
	GitLab = "gitlab"
)

// Asked says what to ask of a forge.
type Asked struct {
	Forge string // GitHub, GitLab
	Group string // organisation, user or group; "": all that the token sees
	Most  int    // repositories; 0: 2,000
	Lean  bool   // no SBOMs and no alerts
}

// The bounds of what is asked of one repository.
const (
	mostRepositories = 2000
	mostBuilds       = 50
	mostReleases     = 10
	mostAlertPages   = 5
	together         = 4
)

// host is one kind of forge.
type host interface {
	// list lists the repositories. complete is false where there are more.
	list(ctx context.Context, q Asked) (list []found, complete bool, err error)
	// fill asks for what a repository has.
	fill(ctx context.Context, r *found) error
	sbom(ctx context.Context, r *found) error
	alerts(ctx context.Context, r *found) error
}

// found is a repository on its way into the report.
type found struct {
	name   string // as RepositoryName writes it
	id     string // in the forge's addresses
	spec   twin.Repository
	builds []Build
	bom    *SBOM
}

func (r *found) unseen(what string) { r.spec.Unseen = append(r.spec.Unseen, what) }

// Collect asks a forge. It fails where not even the list of repositories can be
// had; all else that cannot is said in the report.
func Collect(ctx context.Context, c *Client, q Asked) (Report, error) {
	var h host
	switch q.Forge {
	case GitHub:
		h = github{c}
	case GitLab:
		h = gitlab{c}
	default:
		return Report{}, fault.New(fault.Invalid, "%q is no forge that is known here", q.Forge).WithHint("use github or gitlab")
	}
	if q.Most <= 0 {
		q.Most = mostRepositories
	}
	rep := Report{Schema: Schema, Forge: q.Forge, Host: c.Host(), Group: q.Group, At: c.now().UTC().Truncate(time.Second)}
	list, complete, err := h.list(ctx, q)
	if err != nil {
		return rep, err
	}
	rep.Complete = complete
	if !complete {
		rep.trouble(c.Host(), "there are more than the %d repositories that were read", len(list))
	}
	failed := make([]error, len(list))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	for i := range list {
		group.Go(func() error {
			failed[i] = one(ctx, h, &list[i], q.Lean)
			if k := fault.KindOf(failed[i]); k == fault.TooMany || k == fault.Unavailable {
				return nil // this one alone, unless the forge has had enough: then all the others too
			}
			return failed[i]
		})
	}
	if err := group.Wait(); err != nil {
		return rep, err
	}
	rep.join(list, failed)
	return rep, nil
}

// join puts into the report what could be read. A repository of which something
// failed is left out: what was known of it stays.
func (r *Report) join(list []found, failed []error) {
	told := map[string]bool{}
	for i := range list {
		if failed[i] == nil {
			r.add(&list[i])
			continue
		}
		r.Complete = false
		why := failed[i].Error()
		if fault.KindOf(failed[i]) == fault.TooMany {
			why = "not everything could be read: " + why
			if told[why] {
				continue
			}
			told[why] = true
		}
		r.trouble(list[i].name, "%s", why)
	}
}

// one asks for everything of one repository. Of an archived one only what it is.
func one(ctx context.Context, h host, r *found, lean bool) error {
	if r.spec.Archived {
		return nil
	}
	if err := h.fill(ctx, r); err != nil {
		return err
	}
	if lean {
		return nil
	}
	if err := h.sbom(ctx, r); err != nil {
		return err
	}
	return h.alerts(ctx, r)
}

// shown reports whether an answer is there; what the forge does not show is noted,
// and what may be shown another time is an error.
func (r *found) shown(err error, what string) (bool, error) {
	switch fault.KindOf(err) {
	case "":
		return true, nil
	case fault.NotFound, fault.Forbidden, fault.Invalid:
		r.unseen(what + ": " + err.Error())
		return false, nil
	case fault.TooMany, fault.Unavailable, fault.Conflict, fault.Unauthenticated, fault.Internal:
	}
	return false, err
}
