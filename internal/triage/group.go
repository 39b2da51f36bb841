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

// sum is what the rows of a group come to. There is one for each text of a
// column, so it is small.
type sum struct {
	count, score int32
	worst        uint8
}

func (s *sum) add(o sum) {
	s.count += o.count
	s.score = max(s.score, o.score)
	s.worst = max(s.worst, o.worst)
}

// gathered is a group that has rows.
type gathered struct {
	sum
	key         string
	first, last string // its texts
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
	page := GroupPage{Total: len(groups), Rows: rows.count()}
	if groups, err = groupsAfter(groups, ask.After); err != nil {
		return GroupPage{}, err
	}
	more := ask.Limit > 0 && len(groups) > ask.Limit
	if more {
		groups = firstGroups(groups, ask.Limit)
	}
	slices.SortFunc(groups, compareGroups)
	if more {
		page.Next = groupToken(groups[ask.Limit-1])
	}
	base := queryText(q.Terms)
	for _, g := range groups {
		page.Items = append(page.Items, g.shown(by, base))
	}
	return page, nil
}

// firstGroups are as many as the limit of those that come first, in no order.
// There may be a hundred thousand: only what is shown is worth sorting.
func firstGroups(groups []gathered, limit int) []gathered {
	out := slices.Clone(groups[:limit])
	last := lastGroup(out)
	for i := range groups[limit:] {
		if g := &groups[limit+i]; compareGroups(*g, out[last]) < 0 {
			out[last] = *g
			last = lastGroup(out)
		}
	}
	return out
}

func lastGroup(groups []gathered) (last int) {
	for i := range groups {
		if compareGroups(groups[i], groups[last]) > 0 {
			last = i
		}
	}
	return last
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
func (v gatherer) one(slot int) sum {
	return sum{count: 1, score: v.stand.score[slot], worst: v.stand.decision[slot]}
}

func (v gatherer) gatherCodes(rows bitset, codes []uint32, n int) []sum {
	out := make([]sum, n)
	rows.each(func(slot int) { out[codes[slot]].add(v.one(slot)) })
	return out
}

// gatherTexts names the groups that have rows. What is named "none" is one
// group with what has no name, as in the query language.
func gatherTexts(texts []string, sums []sum) []gathered {
	if id := slices.Index(texts, none); id > 0 && id < len(sums) {
		sums[0].add(sums[id])
		sums[id] = sum{}
	}
	out := make([]gathered, 0, len(sums))
	for code, s := range sums {
		if s.count > 0 {
			out = append(out, gathered{sum: s, key: texts[code], first: texts[code]})
		}
	}
	return out
}

func (v gatherer) gatherProducts(rows bitset) []gathered {
	products := &v.place.products
	sums := make([]sum, len(products.texts))
	for set, g := range v.gatherCodes(rows, products.codes, len(products.sets)) {
		if set == 0 {
			sums[0].add(g)
		}
		for _, member := range products.sets[set] {
			if v.allowed == nil || v.allowed[member] == 1 {
				sums[member].add(g)
			}
		}
	}
	return gatherTexts(products.texts, sums)
}

// gatherFixes gathers by component and fix. Of a component there are few fixes:
// they hang on it as a chain.
func (v gatherer) gatherFixes(rows bitset) []gathered {
	type link struct {
		sum
		locus, fix uint32
		next       int32 // 1 is the first link, 0 none
	}
	heads := make([]int32, len(v.part.locus.texts))
	var links []link
	rows.each(func(slot int) {
		locus, fix := v.part.locus.codes[slot], v.part.fix.codes[slot]
		at := heads[locus]
		for at != 0 && links[at-1].fix != fix {
			at = links[at-1].next
		}
		if at == 0 {
			links = append(links, link{locus: locus, fix: fix, next: heads[locus]})
			at = int32(len(links))
			heads[locus] = at
		}
		links[at-1].add(v.one(slot))
	})
	out := make([]gathered, len(links))
	for i := range links {
		l := &links[i]
		out[i] = gathered{sum: l.sum, first: v.part.locus.texts[l.locus], last: v.part.fix.texts[l.fix]}
		out[i].key = out[i].first + " → " + out[i].last
	}
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
	last := gathered{sum: sum{worst: uint8(m.Cells[0].Num), score: int32(m.Cells[1].Num), count: int32(m.Cells[2].Num)}, key: m.ID}
	return slices.DeleteFunc(groups, func(g gathered) bool { return compareGroups(g, last) <= 0 }), nil
}

func groupToken(g gathered) string {
	return encodeToken(mark{Sort: "group", ID: g.key, Cells: []cell{{Num: float64(g.worst)}, {Num: float64(g.score)}, {Num: float64(g.count)}}})
}

// shown is the group as it is handed out, with the query that lists it.
func (g gathered) shown(by, base string) Group {
	out := Group{Key: g.key, Label: g.first, Fix: g.last, Count: int(g.count), Score: int(g.score), Worst: wordOf(g.worst)}
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
