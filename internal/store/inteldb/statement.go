package inteldb

import (
	"cmp"
	"context"
	"slices"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// statementKey is what a statement is about.
type statementKey struct {
	cve, document, purl string
	verdict             advisory.Verdict
}

func keyOfStatement(s advisory.Statement) statementKey {
	return statementKey{s.CVE, s.Document, s.Purl, s.Verdict}
}

// CommitStatements stores all that suppliers say; what they no longer say is gone.
// A CVE of which something else is said, and that some advisory names, becomes a
// row of the advisory stream, so that pages are drawn anew: no decision rests on it.
func (db signalRoom) CommitStatements(ctx context.Context, b advisory.StatementBatch) (advisory.Committed, error) {
	var done advisory.Committed
	err := db.writing(ctx, func(base *signalTx) error {
		t := loreTx{base}
		have, err := t.knownStatements()
		if err != nil {
			return err
		}
		said := slices.Clone(b.Entries)
		for i := range said {
			said[i].Date = sqldb.FromMicros(sqldb.Micros(said[i].Date))
		}
		said, done = compare(have, said, keyOfStatement)
		var rows []any
		moved := map[string]bool{}
		for _, s := range said {
			moved[s.CVE] = true
			rows = append(rows, s.CVE, s.Document, s.Purl, string(s.Verdict), s.Product, s.Reason, s.Publisher, s.Address, sqldb.Micros(s.Date))
		}
		for k := range have {
			moved[k.cve] = true
		}
		if err := t.announce(announced{kind: advisory.FeedCSAF, moved: sqldb.SortedKeys(moved)}, b.Now); err != nil {
			return err
		}
		if err := t.dropStatements(have); err != nil {
			return err
		}
		return t.Insert(`INSERT INTO supplier_statement (cve, document, purl, verdict, product, reason, publisher, address, dated) VALUES`, 9, rows,
			`ON CONFLICT (cve, document, purl, verdict) DO UPDATE SET product = excluded.product, reason = excluded.reason,
				publisher = excluded.publisher, address = excluded.address, dated = excluded.dated`)
	})
	return done, err
}

const statementColumns = `SELECT cve, document, purl, verdict, product, reason, publisher, address, dated FROM supplier_statement `

func scanStatement(r sqldb.Scanner) (s advisory.Statement, err error) {
	var dated int64
	err = r.Scan(&s.CVE, &s.Document, &s.Purl, &s.Verdict, &s.Product, &s.Reason, &s.Publisher, &s.Address, &dated)
	s.Date = sqldb.FromMicros(dated)
	return s, err
}

func (t loreTx) knownStatements() (map[statementKey]advisory.Statement, error) {
	have := map[statementKey]advisory.Statement{}
	err := t.Query(statementColumns, func(r sqldb.Scanner) error {
		s, err := scanStatement(r)
		have[keyOfStatement(s)] = s
		return err
	})
	return have, err
}

func (t loreTx) dropStatements(gone map[statementKey]advisory.Statement) error {
	for k := range gone { // rare, and few: a document that says less than before
		if _, err := t.Exec(`DELETE FROM supplier_statement WHERE cve = ? AND document = ? AND purl = ? AND verdict = ?`,
			k.cve, k.document, k.purl, string(k.verdict)); err != nil {
			return err
		}
	}
	return nil
}

func (t loreTx) statements(names []any, into map[string]advisory.Lore) error {
	found := map[string][]advisory.Statement{}
	err := t.In(statementColumns+`WHERE cve IN (?*)`, names, func(r sqldb.Scanner) error {
		s, err := scanStatement(r)
		found[s.CVE] = append(found[s.CVE], s)
		return err
	})
	for name, list := range found {
		slices.SortFunc(list, func(a, b advisory.Statement) int {
			return cmp.Or(b.Date.Compare(a.Date), cmp.Compare(a.Document, b.Document), cmp.Compare(a.Purl, b.Purl), cmp.Compare(a.Verdict, b.Verdict))
		})
		l := into[name]
		l.Said = slices.Compact(list) // a name may have been asked for twice
		into[name] = l
	}
	return err
}
