package api

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// requirements is a list of alternatives; each names the schemes that are
// needed together.
type requirements []map[string][]string

// maxRequirements bounds the alternatives that are looked at.
const maxRequirements = 50

// access says whether callers must prove who they are.
type access struct {
	answer  twin.Answer
	why     string
	schemes []string
}

// authenticated resolves the requirements of an operation.
func (d *document) authenticated(own *requirements) access {
	where, list := "the operation", own
	if own == nil {
		where, list = "the document", d.Security
	}
	switch {
	case list == nil && len(d.defined()) == 0:
		return access{answer: twin.AnswerUnknown, why: "the document says nothing of security"}
	case list == nil:
		return access{answer: twin.AnswerNo, why: "no security is required, though the document defines " + d.someScheme()}
	case len(*list) == 0:
		return access{answer: twin.AnswerNo, why: "the security of " + where + " is an empty list"}
	}
	return d.required(where, *list)
}

func (d *document) someScheme() string {
	return clean(strings.Join(slices.Sorted(maps.Keys(d.defined())), ", "), 100)
}

// required resolves a list that is not empty.
func (d *document) required(where string, list requirements) access {
	var schemes []string
	for _, together := range list[:min(len(list), maxRequirements)] {
		if len(together) == 0 {
			return access{answer: twin.AnswerNo, why: "the security of " + where + " is optional: one of its alternatives is empty"}
		}
		names := slices.Sorted(maps.Keys(together))
		for _, name := range names {
			if _, ok := d.defined()[name]; !ok {
				return access{
					answer: twin.AnswerUnknown,
					why:    fmt.Sprintf("the security of %s names %s, which the document does not define", where, clean(name, 100)),
				}
			}
		}
		schemes = append(schemes, clean(strings.Join(names, " + "), maxText))
	}
	schemes = twin.Sorted(schemes)
	return access{
		answer: twin.AnswerYes, schemes: schemes,
		why: "the security of " + where + " needs " + clean(strings.Join(schemes, " or "), maxText),
	}
}
