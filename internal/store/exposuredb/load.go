package exposuredb

import (
	"fmt"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/matchdb"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// intern gives ids to the loci and bases of the batch and finds its weaknesses.
func (w *exposureWriter) intern() error {
	loci, bases, weak := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, p := range w.places {
		for i := range p.Timelines {
			loci[p.Timelines[i].Locus], weak[p.Timelines[i].Weakness] = true, true
		}
		if err := basesOf(p, bases); err != nil {
			return err
		}
	}
	var err error
	if w.locus, err = w.internLoci(loci); err != nil {
		return fmt.Errorf("number the loci: %w", err)
	}
	if w.basis, err = w.internBases(bases); err != nil {
		return fmt.Errorf("number the bases: %w", err)
	}
	w.weak, err = matchdb.WeaknessIDs(w.Tx, sqldb.SortedKeys(weak))
	return err
}

func basesOf(p *ctem.Assessed, to map[string]bool) error {
	for _, c := range p.Covers {
		if err := addBasis(to, false, c.Sources); err != nil {
			return err
		}
	}
	for i := range p.Timelines {
		for j := range p.Timelines[i].Pieces {
			b := &p.Timelines[i].Pieces[j].Basis
			if err := addBasis(to, b.AnyRuntime, b.Sources); err != nil {
				return err
			}
		}
	}
	return nil
}

func addBasis(to map[string]bool, any bool, sources []ctem.SourceScope) error {
	text, err := basisText(any, sources)
	if err == nil && text != "" {
		to[text] = true
	}
	return err
}

func (t *tx) internLoci(loci map[string]bool) (map[string]int64, error) {
	ids, missing, err := t.IDsOf(`SELECT id, purl FROM locus WHERE purl IN (?*)`, sqldb.SortedKeys(loci))
	if err != nil || len(missing) == 0 {
		return ids, err
	}
	next, err := t.IDs("locus", len(missing))
	if err != nil {
		return nil, err
	}
	args := make([]any, 0, 3*len(missing))
	for _, purl := range missing {
		args = append(args, next, purl, twin.LocusName(purl))
		ids[purl] = next
		next++
	}
	return ids, t.Insert(`INSERT INTO locus (id, purl, name) VALUES`, 3, args, "")
}

func (t *tx) internBases(bases map[string]bool) (map[string]int64, error) {
	ids, missing, err := t.IDsOf(`SELECT id, sources FROM exposure_basis WHERE sources IN (?*)`, sqldb.SortedKeys(bases))
	if err != nil || len(missing) == 0 {
		return ids, err
	}
	next, err := t.IDs("exposure_basis", len(missing))
	if err != nil {
		return nil, err
	}
	args := make([]any, 0, 2*len(missing))
	for _, text := range missing {
		args = append(args, next, text)
		ids[text] = next
		next++
	}
	return ids, t.Insert(`INSERT INTO exposure_basis (id, sources) VALUES`, 2, args, "")
}

// load reads what is stored and believed about the batch's places.
func (w *exposureWriter) load() error {
	places := make([]any, len(w.places))
	for i, p := range w.places {
		places[i] = p.Place
	}
	w.stored = map[exposureRef]*storedExposure{}
	byNum := map[int64]*storedExposure{}
	about, args := w.about()
	err := w.In(`SELECT e.num, e.place, e.weakness, e.locus, e.revision, e.first_seen, e.id FROM exposure e WHERE e.place IN (?*)`+about, places, func(s sqldb.Scanner) error {
		e := &storedExposure{}
		if err := s.Scan(&e.num, &e.ref.place, &e.ref.weakness, &e.ref.locus, &e.revision, &e.firstSeen, &e.id); err != nil {
			return err
		}
		w.stored[e.ref], byNum[e.num] = e, e
		return nil
	}, args...)
	if err != nil || len(byNum) == 0 {
		return err
	}
	return w.In(`SELECT h.exposure, h.valid_from, h.recorded_from, h.valid_to, h.ended_at, h.since, h.state, h.running, h.reachable,
			h.basis, h.fixable, h.regressions, h.body
		FROM exposure e JOIN exposure_history h ON h.exposure = e.num
		WHERE e.place IN (?*) AND h.recorded_to = ?`+about+` ORDER BY h.exposure, h.valid_from`, places, func(s sqldb.Scanner) error {
		var num int64
		b := sqldb.Belief[pieceValue]{Superseded: sqldb.Forever}
		v := &b.Value
		var body []byte
		if err := s.Scan(&num, &b.From, &b.Recorded, &b.To, &b.EndedAt, &v.since, &v.state, &v.running, &v.reachable,
			&v.basis, &v.fixable, &v.regressions, &body); err != nil {
			return err
		}
		copy(v.body[:], body)
		byNum[num].believed = append(byNum[num].believed, b)
		return nil
	}, append([]any{sqldb.Forever}, args...)...)
}

// about narrows what is read of exposures to the weaknesses that the batch is
// about. It begins with AND, and is empty when it is about all. The sum keeps
// PostgreSQL from reading every exposure to a weakness for each few places.
func (w *exposureWriter) about() (condition string, args []any) {
	if w.only == nil {
		return "", nil
	}
	for _, id := range w.weak {
		args = append(args, id)
	}
	if len(args) == 0 {
		return " AND 1 = 0", nil
	}
	return " AND e.weakness + 0 IN " + sqldb.Tuples(1, len(args)), args
}

// coverValue is a place_cover row but for its times.
type coverValue struct{ live, covered, basis int64 }

// writeCovers keeps both times of what could be looked into.
func (w *exposureWriter) writeCovers() error {
	places := make([]any, len(w.places))
	for i, p := range w.places {
		places[i] = p.Place
	}
	believed := map[int64][]sqldb.Belief[coverValue]{}
	err := w.In(`SELECT place, valid_from, recorded_from, valid_to, ended_at, live, covered, basis FROM place_cover
		WHERE place IN (?*) AND recorded_to = ? ORDER BY place, valid_from`, places, func(s sqldb.Scanner) error {
		var place int64
		b := sqldb.Belief[coverValue]{Superseded: sqldb.Forever}
		if err := s.Scan(&place, &b.From, &b.Recorded, &b.To, &b.EndedAt, &b.Value.live, &b.Value.covered, &b.Value.basis); err != nil {
			return err
		}
		believed[place] = append(believed[place], b)
		return nil
	}, sqldb.Forever)
	if err != nil {
		return err
	}
	var rows []any
	for _, p := range w.places {
		write, err := w.coverRows(p, believed[p.Place])
		if err != nil {
			return err
		}
		rows = append(rows, write...)
	}
	return w.Insert(`INSERT INTO place_cover (place, valid_from, recorded_from, valid_to, recorded_to, ended_at, live, covered, basis) VALUES`, 9, rows,
		`ON CONFLICT (place, valid_from, recorded_from) DO UPDATE SET valid_to = excluded.valid_to,
		recorded_to = excluded.recorded_to, ended_at = excluded.ended_at`)
}

func (w *exposureWriter) coverRows(p *ctem.Assessed, believed []sqldb.Belief[coverValue]) (rows []any, err error) {
	wanted := make([]sqldb.Belief[coverValue], 0, len(p.Covers))
	for _, c := range p.Covers {
		text, err := basisText(false, c.Sources)
		if err != nil {
			return nil, err
		}
		value := coverValue{sqldb.BoolCode(c.Live), sqldb.BoolCode(c.Covered), w.basis[text]}
		wanted = append(wanted, sqldb.Belief[coverValue]{From: sqldb.Micros(c.From), To: until(c.To), Value: value})
	}
	if len(sqldb.Rebelieve(believed, wanted, 1)) == 0 {
		return nil, nil
	}
	if w.at == 0 {
		if _, w.at, err = w.Number(ctem.StreamExposure, 0, w.now); err != nil {
			return nil, err
		}
	}
	for _, b := range sqldb.Rebelieve(believed, wanted, w.at) {
		rows = append(rows, p.Place, b.From, b.Recorded, b.To, b.Superseded, b.EndedAt, b.Value.live, b.Value.covered, b.Value.basis)
	}
	return rows, nil
}
