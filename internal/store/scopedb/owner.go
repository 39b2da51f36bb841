package scopedb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/twin"
)

// OwnerFacts returns what is known now of places that may say whose they are.
func (db *Store) OwnerFacts(ctx context.Context, places []int64) (out map[int64]*ctem.OwnerFacts, err error) {
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		out = map[int64]*ctem.OwnerFacts{}
		keys := sqldb.Anys(places)
		err := t.In(`SELECT id, service, environment FROM place WHERE id IN (?*) AND environment <> '(none)'`, keys, func(r sqldb.Scanner) error {
			var id int64
			f := &ctem.OwnerFacts{}
			err := r.Scan(&id, &f.Service, &f.Environment)
			out[id] = f
			return err
		})
		if err != nil {
			return err
		}
		err = t.In(`SELECT c.place, s.id, s.body FROM claim c JOIN claim_current h ON h.claim = c.id JOIN state s ON s.id = h.state
			WHERE c.place IN (?*) AND s.media = 'workload'`, keys, func(r sqldb.Scanner) error {
			var place, state int64
			var body []byte
			if err := r.Scan(&place, &state, &body); err != nil || out[place] == nil {
				return err
			}
			var w twin.Workload
			if err := json.Unmarshal(body, &w); err != nil {
				return fmt.Errorf("state %d: %w", state, err)
			}
			out[place].Workloads = append(out[place].Workloads, w)
			return nil
		})
		if err != nil {
			return err
		}
		return (&tx{t}).code(keys, out)
	})
	for _, f := range out {
		slices.SortFunc(f.Workloads, func(a, b twin.Workload) int {
			return strings.Compare(a.Namespace+"/"+a.Kind+"/"+a.Service, b.Namespace+"/"+b.Kind+"/"+b.Service)
		})
	}
	return out, err
}

// code adds who owns the code of the repositories that the places' images are
// built from, as builds and attestations tell.
func (t *tx) code(places []any, out map[int64]*ctem.OwnerFacts) error {
	of := map[string][]int64{} // repository → places
	err := t.In(`SELECT DISTINCT i.place, o.name FROM place_image i JOIN state_link l ON l.kind = 'Artifact' AND l.name = i.digest
		JOIN claim_current h ON h.state = l.state JOIN state_link o ON o.state = l.state
		WHERE i.place IN (?*) AND i.digest <> '' AND l.rel IN ('produced', 'describes') AND o.rel = 'built-from' AND o.kind = 'Commit'`, places, func(r sqldb.Scanner) error {
		var place int64
		var commit string
		err := r.Scan(&place, &commit)
		if at := strings.LastIndexByte(commit, '@'); at > 0 && !slices.Contains(of[commit[:at]], place) {
			of[commit[:at]] = append(of[commit[:at]], place)
		}
		return err
	})
	if err != nil {
		return err
	}
	subjects := make([]any, 0, len(of))
	for _, name := range slices.Sorted(maps.Keys(of)) {
		subjects = append(subjects, twin.ResourceSubject(twin.KindRepository, "", name))
	}
	return t.In(`SELECT s.id, s.body FROM claim c JOIN claim_current h ON h.claim = c.id JOIN state s ON s.id = h.state WHERE c.subject IN (?*)`, subjects, func(r sqldb.Scanner) error {
		var state int64
		var body []byte
		if err := r.Scan(&state, &body); err != nil {
			return err
		}
		var res twin.Resource
		var repository twin.Repository
		if err := errors.Join(json.Unmarshal(body, &res), json.Unmarshal(res.Spec, &repository)); err != nil {
			return fmt.Errorf("state %d: %w", state, err)
		}
		c, ok := CodeOwnerOf(res.Name, &repository)
		for _, place := range of[res.Name] {
			if f := out[place]; ok && f != nil {
				f.Code = append(f.Code, c)
			}
		}
		return nil
	})
}

// CodeOwnerOf is who owns a repository as a whole; false where it has no file that
// says so.
func CodeOwnerOf(name string, r *twin.Repository) (c ctem.CodeOwner, ok bool) {
	if r.Owners == nil {
		return c, false
	}
	c = ctem.CodeOwner{Repository: name, Path: r.Owners.Path}
	for _, rule := range r.Owners.Of("") {
		if len(rule.Owners) > 0 {
			c.Rule, c.Owner = "line "+strconv.Itoa(rule.Line)+" "+rule.Pattern+" "+strings.Join(rule.Owners, " "), rule.Owners[0]
		}
	}
	return c, true
}

// OwnerPlaces returns the places whose owner may follow from services, and from
// claims about what is no workload: of builds and attestations those that run what
// they speak of, of repositories all.
func (db *Store) OwnerPlaces(ctx context.Context, services []string, things []int64) (places []int64, err error) {
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		places = nil
		add := sqldb.AppendID(&places)
		if err := t.In(`SELECT id FROM place WHERE service IN (?*)`, sqldb.Anys(services), add); err != nil {
			return err
		}
		if err := t.In(`SELECT DISTINCT i.place FROM claim_current h JOIN state_link l ON l.state = h.state JOIN place_image i ON i.digest = l.name
			WHERE h.claim IN (?*) AND l.kind = 'Artifact' AND l.rel IN ('produced', 'describes')`, sqldb.Anys(things), add); err != nil {
			return err
		}
		repositories := 0
		err := t.In(`SELECT COUNT(*) FROM claim WHERE id IN (?*) AND subject >= 'resource/Repository/' AND subject < 'resource/Repository0'`, sqldb.Anys(things), func(r sqldb.Scanner) error {
			n := 0
			err := r.Scan(&n)
			repositories += n
			return err
		})
		if err != nil || repositories == 0 {
			return err
		}
		return t.Query(`SELECT id FROM place WHERE environment <> '(none)'`, add)
	})
	slices.Sort(places)
	return slices.Compact(places), err
}

// CommitOwners writes who owns places, with the step's cursors, and tells the
// services whose owner changed in the scope's stream: whoever decides follows it.
func (db *Store) CommitOwners(ctx context.Context, adv ctem.Advance, list []ctem.PlaceOwner) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		if err := t.Advance(adv); err != nil {
			return err
		}
		services, err := (&tx{t}).putOwners(list)
		if err != nil || len(services) == 0 {
			return err
		}
		first, _, err := t.Number(ctem.StreamScope, len(services), adv.Now)
		if err != nil {
			return err
		}
		args := make([]any, 0, 2*len(services))
		for i, s := range services {
			args = append(args, first+int64(i), s)
		}
		return t.Insert(`INSERT INTO scope_change (seq, service) VALUES`, 2, args, "")
	})
}

// putOwners writes what differs, and returns the services that it is about.
func (t *tx) putOwners(list []ctem.PlaceOwner) ([]string, error) {
	places := make([]int64, len(list))
	for i := range list {
		places[i] = list[i].Place
	}
	have := map[int64]ctem.PlaceOwner{}
	err := t.In(`SELECT place, owner, rule FROM place_owner WHERE place IN (?*)`, sqldb.Anys(places), func(r sqldb.Scanner) error {
		x := ctem.PlaceOwner{Said: true}
		err := r.Scan(&x.Place, &x.Owner, &x.Rule)
		have[x.Place] = x
		return err
	})
	if err != nil {
		return nil, err
	}
	var rows, gone []any
	services := map[string]bool{}
	for _, x := range list {
		old := have[x.Place]
		if old.Said == x.Said && old.Owner == x.Owner && old.Rule == x.Rule {
			continue
		}
		services[x.Service] = true
		if x.Said {
			rows = append(rows, x.Place, x.Owner, x.Rule)
			continue
		}
		gone = append(gone, x.Place)
	}
	for part := range slices.Chunk(gone, sqldb.Chunk) {
		if _, err := t.Exec(`DELETE FROM place_owner WHERE place IN `+sqldb.Tuples(1, len(part)), part...); err != nil {
			return nil, err
		}
	}
	err = t.Insert(`INSERT INTO place_owner (place, owner, rule) VALUES`, 3, rows, `ON CONFLICT (place) DO UPDATE SET owner = excluded.owner, rule = excluded.rule`)
	if err != nil {
		return nil, err
	}
	// All of them, not only what differs: a place that was made while a scope was
	// applied elsewhere is put right here.
	return sqldb.SortedKeys(services), sqldb.Own(t.Tx, places)
}

// owned adds to a scope the places that something else than its word on services
// gives an owner: as it is now.
func (t *tx) owned(s *ctem.Scope) error {
	s.Places = map[ctem.PlaceName]ctem.PlaceOwner{}
	return t.Query(`SELECT o.place, p.service, p.environment, o.owner, o.rule FROM place_owner o JOIN place p ON p.id = o.place`, func(r sqldb.Scanner) error {
		x := ctem.PlaceOwner{Said: true}
		var name ctem.PlaceName
		err := r.Scan(&x.Place, &name.Service, &name.Environment, &x.Owner, &x.Rule)
		x.Service = name.Service
		s.Places[name] = x
		return err
	})
}
