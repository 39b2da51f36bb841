package main

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/output"
)

// exposureColumns are the columns of every list of exposures.
func exposureColumns() []output.Column[api.Exposure] {
	return []output.Column[api.Exposure]{
		{Head: "DECISION", Cell: func(e api.Exposure) string { return cmp.Or(e.Decision, "undecided") }},
		{Head: "SCORE", Cell: func(e api.Exposure) string { return strconv.Itoa(e.Score) }},
		{Head: "WEAKNESS", Cell: func(e api.Exposure) string { return e.Weakness }},
		{Head: "COMPONENT", Cell: func(e api.Exposure) string { return shortComponent(e) }},
		{Head: "SERVICE", Cell: func(e api.Exposure) string { return e.Service }},
		{Head: "ENV", Cell: func(e api.Exposure) string { return e.Environment }},
		{Head: "STATE", Cell: func(e api.Exposure) string { return e.State }},
		{Head: "RUNNING", Cell: func(e api.Exposure) string { return e.Gates.Running }},
		{Head: "REACHABLE", Cell: func(e api.Exposure) string { return e.Gates.Reachable }},
		{Head: "DUE", Cell: func(e api.Exposure) string { return output.Day(e.Deadline) }},
		{Head: "FIX", Cell: func(e api.Exposure) string { return cmp.Or(deref(e.Fix), "none known") }},
		{Head: "EXPOSURE", Cell: func(e api.Exposure) string { return e.ID }},
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
