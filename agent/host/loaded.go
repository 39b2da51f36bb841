package host

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
)

// The reasons why nothing can be said of a part.
const (
	whyBlind   = "some processes may not be looked at: the agent has no right to"
	whyPython  = "Python closes a file after it was imported, and Python ran: it may have been used"
	whyNode    = "Node closes a file after it was loaded, and Node ran: it may have been used"
	whyScript  = "an interpreter closes its files after they were read: it may have been used"
	whyNothing = "it has no program and no library that a process would show"
	whyNested  = "it stands in an archive that is held open: which of the archives in it are used does not show"
)

// maxParts bounds what one message says of parts.
const maxParts = 12_000

// spec is what of a target is loaded.
func (t *target) spec(timing Timing) api.SeenLoaded {
	out := api.SeenLoaded{
		Of: t.Of, Since: time.Unix(t.Since, 0).UTC(), Window: int64(timing.Window / time.Second), Every: int64(timing.Sample / time.Second),
		NotSeen: api.SeenParts{},
	}
	old := t.oldOnly()
	for _, key := range slices.Sorted(maps.Keys(t.Seen)) {
		if s := t.Seen[key]; old[key] == nil {
			out.Loaded = append(out.Loaded, api.SeenPart{Purl: key, How: s.How, By: s.By})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(old)) {
		out.Loaded = append(out.Loaded, api.SeenPart{Purl: key, How: old[key].How, By: old[key].By, Old: true})
	}
	for _, file := range slices.Sorted(maps.Keys(t.Old)) {
		out.Old = append(out.Old, api.SeenOld{Path: file, Purl: first(t.Old[file].Keys), By: t.Old[file].By})
	}
	t.rest(&out, len(out.Loaded), old)
	return out
}

func first(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return keys[0]
}

// oldOnly are the parts that are only in memory: their files were replaced.
func (t *target) oldOnly() map[string]*seen {
	out := map[string]*seen{}
	for _, file := range slices.Sorted(maps.Keys(t.Old)) {
		s := t.Old[file]
		for _, key := range s.Keys {
			if t.index.keys[key] {
				continue
			}
			if out[key] == nil {
				out[key] = &seen{How: s.How}
			}
			for _, by := range s.By {
				out[key].by(by)
			}
		}
	}
	return out
}

// rest says of all other parts whether they would have been seen. One that is
// there several times is unknown when one of them is.
func (t *target) rest(out *api.SeenLoaded, listed int, old map[string]*seen) {
	why := map[string]string{}
	for i := range t.index.parts {
		p := &t.index.parts[i]
		if p.key == "" || p.ver == "" || t.Seen[p.key] != nil || old[p.key] != nil {
			continue
		}
		reason := t.unclear(p)
		if have, known := why[p.key]; !known || have == "" {
			why[p.key] = reason
		}
	}
	gaps := map[string]api.SeenParts{}
	for _, key := range slices.Sorted(maps.Keys(why)) {
		if listed++; listed > maxParts {
			out.More++
			continue
		}
		to := out.NotSeen
		if reason := why[key]; reason != "" {
			if gaps[reason] == nil {
				gaps[reason] = api.SeenParts{}
			}
			to = gaps[reason]
		}
		prefix, name := parent(key)
		to[prefix] = append(to[prefix], name)
	}
	for _, reason := range slices.Sorted(maps.Keys(gaps)) {
		out.Unknown = append(out.Unknown, api.SeenGap{Reason: reason, Parts: gaps[reason]})
	}
}

// parent parts a package URL at its last slash.
func parent(key string) (prefix, name string) {
	i := strings.LastIndexByte(key, '/')
	return key[:i], key[i+1:]
}

// unclear says why a part that was not seen loaded may be so; "" when it would
// have been seen.
func (t *target) unclear(p *part) string {
	switch {
	case t.Blind > 0:
		return whyBlind
	case p.does&nested != 0 && t.Opens[p.path] > 0:
		return whyNested
	case p.does&python != 0 && t.Ran[python] > 0:
		return whyPython
	case p.does&node != 0 && t.Ran[node] > 0:
		return whyNode
	case p.does&script != 0:
		return whyScript
	case p.does == 0:
		return whyNothing
	}
	return ""
}

// components are the parts of the target as a bill of materials has them: with
// what is only in memory, since that runs.
func (t *target) components() (out []bomPart) {
	have := map[string]bool{}
	for i := range t.index.parts {
		p := &t.index.parts[i]
		id := cmp.Or(p.purl, p.name+"@"+p.ver)
		if !have[id] {
			have[id] = true
			out = append(out, bomPart{Type: "library", Name: p.name, Version: p.ver, Purl: p.purl})
		}
	}
	for key := range t.oldOnly() {
		_, name := parent(key)
		name, version, _ := strings.Cut(name, "@")
		out = append(out, bomPart{Type: "library", Name: name, Version: version, Purl: key, Properties: []bomProperty{{"tidemark:in-memory-only", "true"}}})
	}
	slices.SortFunc(out, func(a, b bomPart) int {
		return cmp.Or(cmp.Compare(a.Purl, b.Purl), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
	return out
}
