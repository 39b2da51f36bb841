package triage

import (
	"cmp"
	"slices"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// GroupAsk asks for the groups of a query's rows.
type GroupAsk struct {
	By    string // fix, weakness, service, owner, env, product or component
	Limit int    // 0: all
	After string // a page's Next
}

// Group is some rows of the query, and the query that lists them. Where a row
// has several products it is in several groups.
type Group struct {
	Key   string // unique among the groups
	Label string
	Fix   string // of a group by fix; "" when none is known
	Count int
	Score int // the highest
	Worst ctem.Word
	Query string
}

// GroupPage is a page of groups, the most urgent first: by worst decision,
// highest score, count and key.
type GroupPage struct {
	Items []Group
	Total int // groups
	Rows  int // rows of the query
	Next  string
}

var groupKeys = []string{"fix", "weakness", "service", "owner", "env", "product", "component"}

// GroupKeys lists what rows can be grouped by.
func GroupKeys() []string { return slices.Clone(groupKeys) }

// gathered is a group while it is counted.
type gathered struct {
	count       int
	score       int32
	worst       uint8
	key         string
	first, last string // its texts
}

func (g *gathered) add(o gathered) {
	g.count += o.count
	g.score = max(g.score, o.score)
	g.worst = max(g.worst, o.worst)
}

func compareGroups(a, b gathered) int {
	return cmp.Or(cmp.Compare(b.worst, a.worst), cmp.Compare(b.score, a.score), cmp.Compare(b.count, a.count), cmp.Compare(a.key, b.key))
}

// Groups gathers the rows of a query.
func (x *Index) Groups(q Query, ask GroupAsk) (GroupPage, error) {
	by := canonical(ask.By)
	if by == "locus" {
		by = "component"
	}
	if !slices.Contains(groupKeys, by) {
		return GroupPage{}, ctem.UnknownKey(ask.By, groupKeys)
	}
	if ask.Limit < 0 {
		return GroupPage{}, fault.New(fault.Invalid, "a page has 0 groups or more")
	}
	v, done, err := x.look(q)
	if err != nil {
		return GroupPage{}, err
	}
	defer done()
	rows := v.rows()
	groups := gatherer{v}.gather(by, rows)
	slices.SortFunc(groups, compareGroups)
	page := GroupPage{Total: len(groups), Rows: rows.count()}
	if groups, err = groupsAfter(groups, ask.After); err != nil {
		return GroupPage{}, err
	}
	if ask.Limit > 0 && len(groups) > ask.Limit {
		groups = groups[:ask.Limit]
		page.Next = groupToken(groups[ask.Limit-1])
	}
	base := queryText(q.Terms)
	for _, g := range groups {
		page.Items = append(page.Items, g.shown(by, base))
	}
	return page, nil
}

// gatherer is a view while its rows are gathered.
type gatherer struct{ *view }

func (v gatherer) gather(by string, rows bitset) []gathered {
	switch by {
	case "fix":
		return v.gatherFixes(rows)
	case "component":
		return gatherTexts(v.part.locus.texts, v.gatherCodes(rows, v.part.locus.codes, len(v.part.locus.texts)))
	case "weakness":
		return gatherTexts(v.weak.name.texts, v.gatherCodes(rows, v.weak.name.codes, len(v.weak.name.texts)))
	case "product":
		return v.gatherProducts(rows)
	}
	c := v.textColumn(by)
	return gatherTexts(c.texts, v.gatherCodes(rows, c.codes, len(c.texts)))
}

// one is what a slot brings to its group.
func (v gatherer) one(slot int) gathered {
	return gathered{count: 1, score: v.stand.score[slot], worst: v.stand.decision[slot]}
}

func (v gatherer) gatherCodes(rows bitset, codes []uint32, n int) []gathered {
	out := make([]gathered, n)
	rows.each(func(slot int) { out[codes[slot]].add(v.one(slot)) })
	return out
}

// gatherTexts names the groups that have rows. What is named "none" is one
// group with what has no name, as in the query language.
func gatherTexts(texts []string, groups []gathered) []gathered {
	if id := slices.Index(texts, none); id > 0 && id < len(groups) {
		groups[0].add(groups[id])
		groups[id] = gathered{}
	}
	out := make([]gathered, 0, len(groups))
	for code, g := range groups {
		if g.count > 0 {
			g.key, g.first = texts[code], texts[code]
			out = append(out, g)
		}
	}
	return out
}

func (v gatherer) gatherProducts(rows bitset) []gathered {
	products := &v.place.products
	groups := make([]gathered, len(products.texts))
	for set, g := range v.gatherCodes(rows, products.codes, len(products.sets)) {
		if set == 0 {
			groups[0].add(g)
		}
		for _, member := range products.sets[set] {
			if v.allowed == nil || v.allowed[member] == 1 {
				groups[member].add(g)
			}
		}
	}
	return gatherTexts(products.texts, groups)
}

func (v gatherer) gatherFixes(rows bitset) []gathered {
	place := map[uint64]int{}
	var out []gathered
	rows.each(func(slot int) {
		locus, fix := v.part.locus.codes[slot], v.part.fix.codes[slot]
		code := uint64(locus)<<32 | uint64(fix)
		at, ok := place[code]
		if !ok {
			at = len(out)
			place[code] = at
			g := gathered{first: v.part.locus.texts[locus], last: v.part.fix.texts[fix]}
			g.key = g.first + " → " + g.last
			out = append(out, g)
		}
		out[at].add(v.one(slot))
	})
	return out
}

func groupsAfter(groups []gathered, token string) ([]gathered, error) {
	if token == "" {
		return groups, nil
	}
	var m mark
	if err := decodeToken(token, &m); err != nil {
		return nil, err
	}
	if m.Sort != "group" || len(m.Cells) != 3 {
		return nil, badToken()
	}
	last := gathered{worst: uint8(m.Cells[0].Num), score: int32(m.Cells[1].Num), count: int(m.Cells[2].Num), key: m.ID}
	at, found := slices.BinarySearchFunc(groups, last, compareGroups)
	if found {
		at++
	}
	return groups[at:], nil
}

func groupToken(g gathered) string {
	return encodeToken(mark{Sort: "group", ID: g.key, Cells: []cell{{Num: float64(g.worst)}, {Num: float64(g.score)}, {Num: float64(g.count)}}})
}

// shown is the group as it is handed out, with the query that lists it.
func (g gathered) shown(by, base string) Group {
	out := Group{Key: g.key, Label: g.first, Fix: g.last, Count: g.count, Score: int(g.score), Worst: wordOf(g.worst)}
	equal := func(key, text string) string {
		if text == "" {
			text = none
		}
		return termText(ctem.Term{Key: key, Op: ":", Values: []string{text}})
	}
	switch by {
	case "fix":
		out.Label = twin.LocusName(g.first)
		out.Query = joinQuery(base, equal("locus", g.first), equal("fix", g.last))
	case "component":
		out.Label = twin.LocusName(g.first)
		out.Query = joinQuery(base, equal("locus", g.first))
	default:
		out.Query = joinQuery(base, equal(by, g.first))
	}
	if out.Label == "" {
		out.Label = none
	}
	return out
}

func wordOf(code uint8) ctem.Word {
	w, _ := ctem.ParseWord(decisionCodes.values[code])
	return w
}
