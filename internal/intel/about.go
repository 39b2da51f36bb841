package intel

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/tidemark/tidemark/internal/advisory"
)

// Named reads from a folder the records that carry one of the names: their own
// id, an alias or an upstream. It is how the vector of a weakness is found in
// the feeds of other ecosystems than its component's.
func Named(ctx context.Context, dir string, names map[string]bool) ([]advisory.Record, error) {
	found, err := Scan(ctx, dir)
	if err != nil {
		return nil, err
	}
	in := &Intelligence{}
	for _, a := range ofKind(found.Inputs, advisory.FeedOSV) {
		q := Query{keep: func(body []byte) bool { return speaksOf(body, names) }, yield: in.collect}
		if err := in.archive(ctx, a, q, nil); err != nil {
			return nil, fmt.Errorf("feed %s: %w", label(a.Kind, a.Name), err)
		}
	}
	in.settle()
	return slices.DeleteFunc(in.Records, func(r advisory.Record) bool { return !carries(&r, names) }), nil
}

func carries(r *advisory.Record, names map[string]bool) bool {
	isNamed := func(n string) bool { return names[n] }
	return names[r.ID] || slices.ContainsFunc(r.Aliases, isNamed) || slices.ContainsFunc(r.Upstream, isNamed)
}

// speaksOf reports whether one of the names stands in a record's bytes as a
// whole string. It errs only towards yes: a reference may be quoted as well.
func speaksOf(body []byte, names map[string]bool) bool {
	for {
		start := bytes.IndexByte(body, '"')
		if start < 0 {
			return false
		}
		body = body[start+1:]
		end := bytes.IndexByte(body, '"')
		if end < 0 {
			return false
		}
		if end <= maxNameLength && names[string(body[:end])] {
			return true
		}
		body = body[end+1:]
	}
}

// maxNameLength is longer than any advisory's name.
const maxNameLength = 64
