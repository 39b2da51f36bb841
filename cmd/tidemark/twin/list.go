package twin

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
)

func (a lists) workloads(ctx context.Context, d command.Answers) error {
	out, err := d.Workloads(ctx, a.Query())
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, []output.Column[api.Workload]{
		{Head: "SERVICE", Cell: func(w api.Workload) string { return w.Service }},
		{Head: "ENV", Cell: func(w api.Workload) string { return w.Environment }},
		{Head: "RUNNING", Cell: func(w api.Workload) string { return w.Running }},
		{Head: "REACHABLE", Cell: func(w api.Workload) string { return w.Reachable }},
		{Head: "REPLICAS", Cell: func(w api.Workload) string { return strconv.Itoa(w.Replicas) }},
		{Head: "SBOM", Cell: func(w api.Workload) string { return w.SBOM }},
		{Head: "OWNER", Cell: func(w api.Workload) string { return cmp.Or(w.Owner, "nobody") }},
		{Head: "CLASS", Cell: func(w api.Workload) string { return w.Class }},
		{Head: "FRESH", Cell: func(w api.Workload) string { return w.Freshness }},
		{Head: "IMAGES", Cell: func(w api.Workload) string { return strings.Join(w.Images, ", ") }},
	})
}

func (a lists) artifacts(ctx context.Context, d command.Answers) error {
	out, err := d.Artifacts(ctx, a.Query())
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, []output.Column[api.Artifact]{
		{Head: "NAME", Cell: func(x api.Artifact) string { return x.Name }},
		{Head: "TAG", Cell: func(x api.Artifact) string { return cmp.Or(x.Tag, "-") }},
		{Head: "SBOM", Cell: func(x api.Artifact) string { return yesNo(x.SBOM) }},
		{Head: "COMPONENTS", Cell: func(x api.Artifact) string { return strconv.Itoa(x.Components) }},
		{Head: "DEPLOYED", Cell: func(x api.Artifact) string { return yesNo(x.Deployed) }},
		{Head: "LISTED", Cell: func(x api.Artifact) string { return output.Day(x.ObservedAt) }},
		{Head: "ID", Cell: func(x api.Artifact) string { return x.ID }},
	})
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (a lists) components(ctx context.Context, d command.Answers) error {
	out, err := d.Components(ctx, a.Query())
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, []output.Column[api.Component]{
		{Head: "NAME", Cell: func(c api.Component) string { return c.Name }},
		{Head: "VERSION", Cell: func(c api.Component) string { return cmp.Or(c.Version, "-") }},
		{Head: "TYPE", Cell: func(c api.Component) string { return cmp.Or(c.Type, "-") }},
		{Head: "ARTIFACTS", Cell: func(c api.Component) string { return strconv.Itoa(c.Artifacts) }},
		{Head: "PURL", Cell: func(c api.Component) string { return cmp.Or(c.Purl, "none: it cannot be matched") }},
	})
}

func (a lists) services(ctx context.Context, d command.Answers) error {
	out, err := d.Services(ctx, a.Query())
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, []output.Column[api.Service]{
		{Head: "SERVICE", Cell: func(x api.Service) string { return x.Service }},
		{Head: "ENVIRONMENTS", Cell: func(x api.Service) string { return strings.Join(x.Environments, ", ") }},
		{Head: "WORKLOADS", Cell: func(x api.Service) string { return strconv.Itoa(x.Workloads) }},
	})
}

func (a lists) sources(ctx context.Context, d command.Answers) error {
	out, err := d.Sources(ctx, a.Query())
	if err != nil {
		return err
	}
	return output.List(&a.Print, out, []output.Column[api.Source]{
		{Head: "SOURCE", Cell: func(x api.Source) string { return x.Source }},
		{Head: "SCOPE", Cell: func(x api.Source) string { return x.Scope }},
		{Head: "CLASS", Cell: func(x api.Source) string { return x.Class }},
		{Head: "FRESH", Cell: func(x api.Source) string { return x.Freshness }},
		{Head: "SEEN", Cell: func(x api.Source) string { return seen(x.SeenAt) }},
		{Head: "REJECTED", Cell: func(x api.Source) string { return strconv.Itoa(x.Rejected) }},
		{Head: "QUARANTINED", Cell: func(x api.Source) string { return fmt.Sprint(x.Quarantined) }},
	})
}

func seen(t *api.Time) string {
	if t == nil {
		return "-"
	}
	return output.Clock(*t)
}
