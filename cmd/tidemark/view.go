package main

import (
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/api"
)

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
