package triage

import (
	"math"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// table is the rows as columns. A row has a slot, its place in every column;
// the slots of rows that are gone are used again.
type table struct {
	slots map[int64]uint32
	free  []uint32
	key   keyColumns
	place placeColumns
	weak  weakColumns
	part  partColumns
	gates gateColumns
	stand standColumns
	clock clockColumns
	from  originColumns
	log   changeLog
}

type keyColumns struct {
	num, revision []int64
	id            []string
}

type placeColumns struct {
	service, environment, owner textColumn
	products                    setColumn
}

type weakColumns struct {
	name, kind    textColumn
	names         setColumn // with the canonical one
	severity, kev []uint8
	attack        []uint8
	epss          []float64 // NaN: not known
}

type partColumns struct {
	locus, fix                textColumn
	versions, images, digests setColumn
}

type gateColumns struct{ found, running, reach, exploit, matters []uint8 }

type standColumns struct {
	state, decision, computed, treatment []uint8
	score, regressions                   []int32
	by                                   textColumn
}

type clockColumns struct{ first, since, deadline []int64 }

type originColumns struct {
	sources, data setColumn
	fresh         []uint8
}

// changeLog says which slots changed, so that orders that are kept can follow.
// When it grows too long it starts again, and orders are sorted anew.
type changeLog struct {
	epoch int
	slots []uint32
}

func newTable() *table {
	t := &table{slots: map[int64]uint32{}}
	for _, c := range t.texts() {
		*c = newTextColumn()
	}
	for _, c := range t.setColumns() {
		*c = newSetColumn()
	}
	return t
}

func (t *table) texts() []*textColumn {
	return []*textColumn{
		&t.place.service, &t.place.environment, &t.place.owner,
		&t.weak.name, &t.weak.kind, &t.part.locus, &t.part.fix, &t.stand.by,
	}
}

func (t *table) setColumns() []*setColumn {
	return []*setColumn{
		&t.place.products, &t.weak.names, &t.part.versions, &t.part.images, &t.part.digests, &t.from.sources, &t.from.data,
	}
}

// size is the number of slots, those without a row included.
func (t *table) size() int { return len(t.key.num) }

func (t *table) put(r *Row) {
	held, ok := t.slots[r.Num]
	switch {
	case ok && t.key.revision[held] > r.Revision:
		return
	case !ok && len(t.free) > 0:
		held = t.free[len(t.free)-1]
		t.free = t.free[:len(t.free)-1]
	case !ok:
		held = uint32(t.size())
	}
	t.slots[r.Num] = held
	t.changed(held)
	slot := int(held)
	put(&t.key.num, slot, r.Num)
	put(&t.key.revision, slot, r.Revision)
	put(&t.key.id, slot, r.ID)
	t.place.put(slot, &r.Place)
	t.weak.put(slot, &r.Weak)
	t.part.put(slot, &r.Part)
	t.gates.put(slot, &r.Gates)
	t.stand.put(slot, &r.Standing)
	put(&t.clock.first, slot, micros(r.Clock.FirstSeen))
	put(&t.clock.since, slot, micros(r.Clock.Since))
	put(&t.clock.deadline, slot, micros(r.Clock.Deadline))
	t.from.sources.put(slot, r.Origin.Sources)
	t.from.data.put(slot, r.Origin.DataClasses)
	put(&t.from.fresh, slot, freshCodes.of(string(r.Origin.Freshness)))
}

func (c *placeColumns) put(slot int, p *Place) {
	c.service.put(slot, p.Service)
	c.environment.put(slot, p.Environment)
	c.owner.put(slot, p.Owner)
	c.products.put(slot, p.Products)
}

func (c *weakColumns) put(slot int, w *Weak) {
	c.name.put(slot, w.Name)
	c.kind.put(slot, string(w.Kind))
	c.names.put(slot, append([]string{w.Name}, w.Aliases...))
	put(&c.severity, slot, severityCodes.of(w.Severity))
	put(&c.kev, slot, triCodes.of(string(w.KEV)))
	put(&c.attack, slot, attackCodes.of(string(w.Attack)))
	epss := math.NaN()
	if w.EPSS != nil && !math.IsInf(*w.EPSS, 0) {
		epss = *w.EPSS
	}
	put(&c.epss, slot, epss)
}

func (c *partColumns) put(slot int, p *Part) {
	c.locus.put(slot, p.Locus)
	fix := p.Fix
	if fix == none { // as the query language says that there is none
		fix = ""
	}
	c.fix.put(slot, fix)
	c.versions.put(slot, p.Versions)
	c.images.put(slot, p.Images)
	c.digests.put(slot, p.Digests)
}

func (c *gateColumns) put(slot int, g *ctem.Gates) {
	put(&c.found, slot, triCodes.of(string(g.Found)))
	put(&c.running, slot, triCodes.of(string(g.Running)))
	put(&c.reach, slot, triCodes.of(string(g.Reachable)))
	put(&c.exploit, slot, triCodes.of(string(g.Exploitable)))
	put(&c.matters, slot, triCodes.of(string(g.Matters)))
}

func (c *standColumns) put(slot int, s *Standing) {
	state, ok := stateCodes.code(string(s.State))
	if !ok {
		state = stateUnknown
	}
	put(&c.state, slot, state)
	put(&c.decision, slot, decisionCodes.of(s.Decision.Token()))
	put(&c.computed, slot, decisionCodes.of(s.Computed.Token()))
	put(&c.treatment, slot, treatmentCodes.of(string(s.Treatment)))
	put(&c.score, slot, int32(min(max(s.Score, 0), math.MaxInt32)))
	put(&c.regressions, slot, int32(min(max(s.Regressions, 0), math.MaxInt32)))
	c.by.put(slot, s.DecidedBy)
}

func (t *table) remove(num int64) {
	slot, ok := t.slots[num]
	if !ok {
		return
	}
	delete(t.slots, num)
	t.stand.state[slot] = stateFree
	t.key.id[slot] = ""
	t.free = append(t.free, slot)
	t.changed(slot)
}

func (t *table) changed(slot uint32) {
	if len(t.log.slots) > max(1024, t.size()/4) {
		t.log = changeLog{epoch: t.log.epoch + 1}
	}
	t.log.slots = append(t.log.slots, slot)
}

// component is the name of the part, by the code of its locus.
func (t *table) component(locus uint32) string { return twin.LocusName(t.part.locus.texts[locus]) }

// bytes estimates the memory: the columns, the texts and the sets.
func (t *table) bytes() int {
	const slotBytes = 2*8 + 16 + 16 + 15*4 + 8 + 2*4 + 3*8 + 13 // keys, id, codes of texts and sets, EPSS, numbers, times, bytes
	const entry = 24                                            // of the map from num to slot
	total := cap(t.key.num)*slotBytes + len(t.slots)*entry + 4*(cap(t.log.slots)+cap(t.free))
	for _, c := range t.texts() {
		total += c.bytes
	}
	for _, c := range t.setColumns() {
		total += c.bytes + c.setBytes
	}
	return total
}

// micros is a time as the columns have it; 0 is none.
func micros(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}

// spellings are a weakness's name as it may be written, and as those write it
// who give it.
func spellings(name string) []string {
	up := strings.ToUpper(name)
	if rest, ok := strings.CutPrefix(up, "GHSA-"); ok {
		up = "GHSA-" + strings.ToLower(rest)
	}
	return []string{name, up}
}
