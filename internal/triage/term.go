package triage

import (
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// asked is a view while it answers terms.
type asked struct{ *view }

// term answers one term for every slot, not yet negated.
func (v asked) term(t ctem.Term) (bitset, error) {
	if len(t.Values) == 0 {
		return nil, badTerm(t, "give a value")
	}
	key := canonical(t.Key)
	switch key {
	case "score":
		return v.scoreTerm(t)
	case "epss":
		return v.epssTerm(t)
	case "first", "since", "due":
		return v.timeTerm(key, t)
	case "age":
		if t.Op != ":" || ageCodes.of(t.Values[0]) == 0 && t.Values[0] != unknown {
			return v.timeTerm(key, t)
		}
	}
	if t.Op != ":" {
		if !known(key) {
			return nil, ctem.UnknownKey(t.Key, keys)
		}
		return nil, badTerm(t, "the key takes no comparison")
	}
	if column, codes, ok := v.coded(key); ok {
		return codedTerm(t, column, codes)
	}
	return v.namedTerm(key, t)
}

func known(key string) bool {
	for _, k := range keys {
		if canonical(k) == key {
			return true
		}
	}
	return false
}

// coded are the keys with a closed set of values.
func (v *view) coded(key string) ([]uint8, codeList, bool) {
	switch key {
	case "decision":
		return v.stand.decision, decisionCodes, true
	case "computed":
		return v.stand.computed, decisionCodes, true
	case "treatment":
		return v.stand.treatment, treatmentCodes, true
	case "sev":
		return v.weak.severity, severityCodes, true
	case "kev":
		return v.weak.kev, triCodes, true
	case "attack":
		return v.weak.attack, attackCodes, true
	case "fresh":
		return v.from.fresh, freshCodes, true
	case "sla":
		return v.slaColumn(), slaCodes, true
	case "age":
		return v.ageColumn(), ageCodes, true
	}
	column, ok := v.gate(key)
	return column, triCodes, ok
}

func (v *view) gate(key string) ([]uint8, bool) {
	switch key {
	case "found":
		return v.gates.found, true
	case "running":
		return v.gates.running, true
	case "reach":
		return v.gates.reach, true
	case "exploit":
		return v.gates.exploit, true
	case "matters":
		return v.gates.matters, true
	}
	return nil, false
}

func codedTerm(t ctem.Term, column []uint8, codes codeList) (bitset, error) {
	hits := make([]uint8, len(codes.values))
	for _, value := range t.Values {
		code, ok := codes.parse(canonical(t.Key), value)
		if asked, is := ctem.ParseAttack(value); is && canonical(t.Key) == "attack" {
			for _, a := range asked {
				hits[attackCodes.of(string(a))] = 1
			}
			continue
		}
		if !ok {
			return nil, badTerm(t, "use %s", codes.choices())
		}
		hits[code] = 1
	}
	return pick(column, hits), nil
}

// namedTerm has the keys whose values are names and texts.
func (v asked) namedTerm(key string, t ctem.Term) (bitset, error) {
	if c := v.textColumn(key); c != nil {
		return pick(c.codes, c.named(t.Values)), nil
	}
	switch key {
	case "source":
		return pick(v.from.sources.codes, v.from.sources.setHits(v.from.sources.named(t.Values))), nil
	case "data":
		return pick(v.from.data.codes, v.from.data.setHits(v.from.data.named(t.Values))), nil
	case "version":
		return pick(v.part.versions.codes, v.part.versions.setHits(v.part.versions.named(t.Values))), nil
	case "product":
		return v.productTerm(t.Values), nil
	case "weakness":
		var names []string
		for _, value := range t.Values {
			names = append(names, spellings(value)...)
		}
		return pick(v.weak.names.codes, v.weak.names.setHits(v.weak.names.named(names))), nil
	case "component":
		return v.componentTerm(t.Values), nil
	case "id":
		return v.idTerm(t.Values), nil
	}
	return v.eachValue(key, t)
}

// textColumn are the keys with one text for each row, asked for as it is.
func (v *view) textColumn(key string) *textColumn {
	switch key {
	case "service":
		return &v.place.service
	case "env":
		return &v.place.environment
	case "owner":
		return &v.place.owner
	case "kind":
		return &v.weak.kind
	case "locus":
		return &v.part.locus
	}
	return nil
}

func (v *view) productTerm(values []string) bitset {
	return pick(v.place.products.codes, v.place.products.setHits(v.visible(v.place.products.named(values))))
}

// visible leaves of marked products those that exist for the asker.
func (v *view) visible(products []uint8) []uint8 {
	for id := range v.allowed {
		products[id] &= v.allowed[id]
	}
	return products
}

func (v asked) componentTerm(values []string) bitset {
	asked := map[string]bool{}
	for _, value := range values {
		asked[value] = true
	}
	return pick(v.part.locus.codes, v.part.locus.hits(func(id int) bool { return asked[v.component(uint32(id))] }))
}

func (v *view) idTerm(values []string) bitset {
	asked := make(map[string]bool, len(values))
	for _, value := range values {
		asked[strings.ToUpper(value)] = true
	}
	out := newBitset(v.size())
	for slot, id := range v.key.id {
		if asked[id] {
			out.set(uint32(slot))
		}
	}
	return out
}

// eachValue joins the answers to each value of a term.
func (v asked) eachValue(key string, t ctem.Term) (bitset, error) {
	out := newBitset(v.size())
	for _, value := range t.Values {
		answer, err := v.value(key, t, value)
		if err != nil {
			return nil, err
		}
		out.or(answer)
	}
	return out, nil
}

func (v asked) value(key string, t ctem.Term, value string) (bitset, error) {
	switch key {
	case "is", "state":
		return v.isValue(key, t, value)
	case "fix":
		return v.fixValue(value), nil
	case "by":
		return pick(v.stand.by.codes, v.stand.by.named([]string{byName(value)})), nil
	case "passed":
		return v.passedValue(t, value)
	case "purl", "image", "digest", "text":
		if v.searches++; v.searches > maxSearches {
			return nil, badTerm(t, "a query may look for at most %d texts", maxSearches)
		}
	}
	switch key {
	case "purl":
		return v.purlValue(value), nil
	case "image", "digest":
		out := pick(v.part.images.codes, v.part.images.setHits(v.part.images.containing(value)))
		out.or(pick(v.part.digests.codes, v.part.digests.setHits(v.part.digests.containing(value))))
		return out, nil
	case "text":
		if v.searches += strings.Count(value, " "); v.searches > maxSearches {
			return nil, badTerm(t, "a text to look for may have at most %d spaces", maxSearches-1)
		}
		return v.textValue(value), nil
	}
	return nil, ctem.UnknownKey(t.Key, keys)
}

// byName: the rules decided what nobody did.
func byName(value string) string {
	switch strings.ToLower(value) {
	case "rules":
		return none
	case "person":
		return anything
	}
	return value
}

func (v asked) isValue(key string, t ctem.Term, value string) (bitset, error) {
	if hits := stateHits(value); hits != nil {
		return pick(v.stand.state, hits), nil
	}
	if key == "is" {
		switch strings.ToLower(value) {
		case "new":
			week := v.now - 7*day
			return where(v.clock.first, func(at int64) bool { return at != 0 && at > week }), nil
		case "late":
			return pick(v.slaColumn(), []uint8{slaLate: 1, slaLater: 0}), nil
		case "unowned":
			return pick(v.place.owner.codes, v.place.owner.named([]string{none})), nil
		case "owned", "assigned":
			return pick(v.place.owner.codes, v.place.owner.named([]string{anything})), nil
		}
	}
	switch strings.ToLower(value) {
	case "regressed":
		return where(v.stand.regressions, func(n int32) bool { return n > 0 }), nil
	case "excepted":
		return pick(v.stand.treatment, []uint8{0, treatExcepted: 1, 2: 0, 3: 0}), nil
	}
	return nil, badTerm(t, "use open, unknown, fixed, retired, withdrawn, live, closed, regressed, excepted, new, late, unowned or assigned")
}

// fixValue: yes and no, or a version that fixes.
func (v *view) fixValue(value string) bitset {
	switch strings.ToLower(value) {
	case "yes", "true":
		value = anything
	case "no", "false":
		value = none
	}
	return pick(v.part.fix.codes, v.part.fix.named([]string{value}))
}

// passedValue: what no gate stopped.
func (v asked) passedValue(t ctem.Term, value string) (bitset, error) {
	out := newBitset(v.size())
	for _, column := range v.ladder() {
		out.or(pick(column, []uint8{triNo: 1, triYes: 0}))
	}
	switch strings.ToLower(value) {
	case "yes":
		out.flip()
		return out, nil
	case "no":
		return out, nil
	}
	return nil, badTerm(t, "use yes or no")
}

// purlValue finds a locus by its whole purl, with or without version, by the
// beginning of it, or by a part of it.
func (v asked) purlValue(value string) bitset {
	locus := twin.Locus(value)
	if locus == "" {
		return pick(v.part.locus.codes, v.part.locus.containing(value))
	}
	start := locus
	if strings.HasSuffix(value, "/") {
		start += "/"
	}
	out := pick(v.part.locus.codes, v.part.locus.hits(func(id int) bool {
		text := v.part.locus.texts[id]
		return text == locus || strings.HasPrefix(text, start)
	}))
	version := twin.PurlVersion(value)
	if version == "" {
		return out
	}
	versions := []string{version}
	if plain, err := url.PathUnescape(version); err == nil {
		versions = append(versions, plain)
	}
	hits := v.part.versions.hits(func(id int) bool {
		text := v.part.versions.texts[id]
		return text == versions[0] || text == versions[len(versions)-1]
	})
	out.and(pick(v.part.versions.codes, v.part.versions.setHits(hits)))
	return out
}

// containing marks the texts that have the value inside.
func (d *dictionary) containing(value string) []uint8 {
	return d.hits(func(id int) bool { return value != "" && strings.Contains(d.texts[id], value) })
}

// textValue finds a text in what identifies an exposure, ignoring case.
func (v asked) textValue(value string) bitset {
	out := v.idTerm([]string{value})
	low := strings.ToLower(value)
	if low == "" {
		return newBitset(v.size())
	}
	in := func(d *dictionary) []uint8 {
		return d.hits(func(id int) bool { return strings.Contains(d.low[id], low) })
	}
	v.placeText(out, low)
	out.or(pick(v.part.locus.codes, in(v.part.locus.dictionary)))
	out.or(pick(v.weak.names.codes, v.weak.names.setHits(in(v.weak.names.dictionary))))
	return out
}

// placeText finds a text in "service environment": inside of one of the two,
// or the end of the one and the beginning of the other.
func (v asked) placeText(out bitset, low string) {
	services, environments := &v.place.service, &v.place.environment
	in := func(c *textColumn, is func(text, part string) bool, part string) bitset {
		return pick(c.codes, c.hits(func(id int) bool { return is(c.low[id], part) }))
	}
	out.or(in(services, strings.Contains, low))
	out.or(in(environments, strings.Contains, low))
	for at := range len(low) {
		if low[at] == ' ' {
			both := in(services, strings.HasSuffix, low[:at])
			both.and(in(environments, strings.HasPrefix, low[at+1:]))
			out.or(both)
		}
	}
}

// epssTerm compares the likelihood; none and unknown are what has none.
func (v asked) epssTerm(t ctem.Term) (bitset, error) {
	if t.Op == ":" && len(t.Values) == 1 {
		switch t.Values[0] {
		case none, unknown:
			return where(v.weak.epss, math.IsNaN), nil
		case anything:
			return where(v.weak.epss, func(p float64) bool { return !math.IsNaN(p) }), nil
		}
	}
	is, err := comparison(t, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
	if err != nil {
		return nil, err
	}
	return where(v.weak.epss, is), nil
}

func (v asked) scoreTerm(t ctem.Term) (bitset, error) {
	is, err := comparison(t, func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) })
	if err != nil {
		return nil, err
	}
	return where(v.stand.score, func(n int32) bool { return is(int64(n)) }), nil
}

// comparison is the question that a term asks of a number. What is not a
// number (NaN) answers none.
func comparison[N int64 | float64](t ctem.Term, parse func(string) (N, error)) (func(N) bool, error) {
	values := make([]N, len(t.Values))
	for i, text := range t.Values {
		n, err := parse(text)
		if err != nil {
			return nil, badTerm(t, "the value is a number")
		}
		values[i] = n
	}
	switch {
	case t.Op == ":":
		return func(n N) bool {
			for _, v := range values {
				if n == v {
					return true
				}
			}
			return false
		}, nil
	case t.Op == ".." && len(values) == 2:
		return func(n N) bool { return n >= values[0] && n <= values[1] }, nil
	case len(values) != 1:
		return nil, badTerm(t, "compare with one number")
	}
	limit := values[0]
	switch t.Op {
	case ">":
		return func(n N) bool { return n > limit }, nil
	case ">=":
		return func(n N) bool { return n >= limit }, nil
	case "<":
		return func(n N) bool { return n < limit }, nil
	case "<=":
		return func(n N) bool { return n <= limit }, nil
	}
	return nil, badTerm(t, "compare with >, >=, < or <=")
}
