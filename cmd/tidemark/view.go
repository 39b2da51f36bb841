package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/risk"
	"github.com/tidemark/tidemark/internal/twin"
)

// exposureItem turns an exposure into its wire form. An exposure that is not
// yet decided has empty words, not words of calm.
func exposureItem(e ctem.Exposure) api.Exposure {
	it := api.Exposure{
		ID: e.ID, Weakness: e.Weakness.Canonical, Aliases: list(e.Weakness.Aliases), Kind: string(e.Weakness.Kind),
		Locus: e.Locus, Component: e.Locus, Versions: versions(e.Instances), Service: e.Service, Environment: e.Environment,
		State: string(e.State), StateReason: e.StateReason, Since: at(e.Since), FirstSeen: at(e.FirstSeen),
		Regressions: e.Regressions, Treatment: string(e.Treatment), Fix: text(e.Fix), Advisories: list(e.Advisories),
		Freshness: string(e.Freshness), SeenAt: at(e.SeenAt), Revision: e.Revision,
		Gates: api.Gates{
			Found: string(foundIn(e.State)), Running: string(e.Running), Reachable: string(e.Reachable),
			Exploitable: string(ctem.Unknown), Matters: string(ctem.Unknown),
		},
	}
	if len(e.Instances) > 0 {
		it.Component = e.Instances[0].Purl
	}
	if d := e.Decision; d != nil {
		it.Decision, it.ComputedDecision, it.DecidedBy = string(d.Word), string(d.Computed), decidedBy(d)
		it.Score, it.Band, it.Grade = d.Score, risk.Band(d.Score), d.Grade
		if d.Low <= d.Score && d.Score <= d.High { // not where old evidence gave another score
			it.Low, it.High = &d.Low, &d.High
		}
		if d.Word != ctem.NoAction {
			it.Deadline = at(d.Deadline)
		}
		it.Gates.Exploitable, it.Gates.Matters = string(d.Gates.Exploitable), string(d.Gates.Matters)
	}
	return it
}

// foundIn answers the first gate: something closed is no longer found, and what
// nobody can look into is not known.
func foundIn(s ctem.State) ctem.Tri {
	switch s {
	case ctem.Open:
		return ctem.Yes
	case ctem.StateUnknown:
		return ctem.Unknown
	case ctem.Fixed, ctem.Retired, ctem.Withdrawn:
	}
	return ctem.No
}

// decidedBy names the decider: the rules, unless a person did.
func decidedBy(d *ctem.Decision) string { return or(d.DecidedBy, "rules") }

// versions lists the affected versions once each, in the instances' order.
func versions(instances []ctem.Instance) []string {
	seen := map[string]bool{}
	out := []string{}
	for _, in := range instances {
		if !seen[in.Version] {
			seen[in.Version] = true
			out = append(out, in.Version)
		}
	}
	return out
}

func instanceItems(instances []ctem.Instance) []api.Instance {
	out := make([]api.Instance, 0, len(instances))
	for _, in := range instances {
		out = append(out, api.Instance{
			Component: in.Purl, Version: in.Version, Artifact: in.Artifact, Image: in.Image,
			Container: in.Container, Source: in.Source, Class: string(in.Class), Proven: in.Proven, Replicas: in.Replicas,
			Advisory: in.Advisory, Fixed: list(in.Fixed),
		})
	}
	return out
}

func doorItems(doors []twin.Door) []api.Door {
	out := make([]api.Door, 0, len(doors))
	for _, d := range doors {
		out = append(out, api.Door{Address: d.Address, Public: d.Public, Via: d.Via})
	}
	return out
}

func gateItems(g ctem.Gates) api.Gates {
	return api.Gates{
		Found: string(g.Found), Running: string(g.Running), Reachable: string(g.Reachable),
		Exploitable: string(g.Exploitable), Matters: string(g.Matters),
	}
}

// ageAt is the age of evidence at a time, in seconds; nil when it has no date.
func ageAt(t, now time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	s := int64(now.Sub(t) / time.Second)
	return &s
}

// exposureColumns are the columns of every list of exposures.
func exposureColumns() []column[api.Exposure] {
	return []column[api.Exposure]{
		{"DECISION", func(e api.Exposure) string { return or(e.Decision, "undecided") }},
		{"SCORE", func(e api.Exposure) string { return strconv.Itoa(e.Score) }},
		{"WEAKNESS", func(e api.Exposure) string { return e.Weakness }},
		{"COMPONENT", func(e api.Exposure) string { return shortComponent(e) }},
		{"SERVICE", func(e api.Exposure) string { return e.Service }},
		{"ENV", func(e api.Exposure) string { return e.Environment }},
		{"STATE", func(e api.Exposure) string { return e.State }},
		{"RUNNING", func(e api.Exposure) string { return e.Gates.Running }},
		{"REACHABLE", func(e api.Exposure) string { return e.Gates.Reachable }},
		{"DUE", func(e api.Exposure) string { return day(e.Deadline) }},
		{"FIX", func(e api.Exposure) string { return or(deref(e.Fix), "none known") }},
		{"EXPOSURE", func(e api.Exposure) string { return e.ID }},
	}
}

// shortComponent names a component for people: last part of the purl, versions.
func shortComponent(e api.Exposure) string {
	name := strings.TrimPrefix(e.Locus, "pkg:")
	if _, rest, ok := strings.Cut(name, "/"); ok {
		name = rest
	}
	return name + " " + strings.Join(e.Versions, ", ")
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
