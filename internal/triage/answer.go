package triage

import (
	"slices"
	"strings"
	"sync"

	"github.com/tidemark/tidemark/internal/ctem"
)

// answers keeps sets of slots that depend on the rows alone, for as long as no
// row changes: a page asks the same of all of its numbers, and the next page
// asks it again. A set that is kept is never changed.
type answers struct {
	mu      sync.Mutex
	version int64
	kept    map[string]bitset
}

// maxAnswers bounds what is kept: each has a bit for every row.
const maxAnswers = 96

// get gives a kept set, or makes it.
func (a *answers) get(version int64, name string, compute func() (bitset, error)) (bitset, error) {
	a.mu.Lock()
	if a.version != version {
		a.version, a.kept = version, nil
	}
	held, ok := a.kept[name]
	a.mu.Unlock()
	if ok {
		return held, nil
	}
	made, err := compute()
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.version != version {
		return made, nil
	}
	if a.kept == nil || len(a.kept) >= maxAnswers {
		a.kept = map[string]bitset{}
	}
	a.kept[name] = made
	return made, nil
}

// timeless reports whether the answer to a term is the same for everybody at any
// time. Texts that are looked for are few and seldom asked for again.
func (v *view) timeless(t ctem.Term) bool {
	switch key := canonical(t.Key); key {
	case "first", "since", "due", "age", "sla", "purl", "image", "digest", "text", "id":
		return false
	case "product":
		return v.allowed == nil
	case "is":
		return !slices.ContainsFunc(t.Values, func(value string) bool { return strings.EqualFold(value, "new") || strings.EqualFold(value, "late") })
	}
	return true
}

// answer answers a term. What it gives may be kept: it is not to be changed.
func (v *view) answer(t ctem.Term) (bitset, error) {
	compute := func() (bitset, error) { return asked{v}.term(t) }
	var out bitset
	var err error
	if plain := t; v.timeless(t) {
		plain.Negate = false
		out, err = v.kept.get(v.version, plain.String(), compute)
	} else {
		out, err = compute()
	}
	if err != nil || !t.Negate {
		return out, err
	}
	out = out.clone()
	out.flip()
	return out, nil
}

// inStates are the slots in some states. It is not to be changed.
func (v *view) inStates(hits []uint8) bitset {
	out, _ := v.kept.get(v.version, "\x00"+string(hits), func() (bitset, error) { return pick(v.stand.state, hits), nil })
	return out
}
