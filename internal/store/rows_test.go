package store_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/store/sqldb"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

// Rows are written in another way on each engine: they have to be the same.
func TestRowsOfEveryKindAreWrittenAlike(t *testing.T) {
	t.Parallel()
	const n = 8203 // two statements and some rows, of both kinds
	var want, args []any
	for i := range n {
		texts := []string{"", "plain", "é \\ {\"a\",b} NULL", strings.Repeat("x", 3000), "'"}
		raw := [][]byte{{}, {0}, {1, 0, 255, '\\', '"'}, bytes.Repeat([]byte{7}, 900)}
		row := []any{i, int64(math.MaxInt64) - int64(i), texts[i%len(texts)], raw[i%len(raw)], float64(i) / 3, 3}
		want, args = append(want, row...), append(args, row...)
	}
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db := e.Fresh(t)
		err := db.Write(t.Context(), func(x *sqldb.Tx) error {
			if _, err := x.Exec(`CREATE TABLE kinds (id BIGINT NOT NULL PRIMARY KEY, big BIGINT, words TEXT, raw BYTEA, real DOUBLE PRECISION, whole DOUBLE PRECISION)`); err != nil {
				return err
			}
			const head, tail = `INSERT INTO kinds (id, big, words, raw, real, whole) VALUES`, `ON CONFLICT (id) DO UPDATE SET words = kinds.words || '+' || excluded.words`
			if err := x.Insert(head, 6, args, ""); err != nil {
				return err
			}
			again := append([]any{}, args[:12]...)
			again[2], again[8] = "one", "two"
			if err := x.Insert(head, 6, again, tail); err != nil {
				return err
			}
			return x.Insert(head, 6, []any{-1, 1, "a", []byte{1}, 1.5, 1, -2, 1, nil, []byte{1}, 1.5, 2}, "") // not of one kind
		})
		if err != nil {
			t.Fatal(err)
		}
		i := -2
		err = db.Read(t.Context(), func(x *sqldb.Tx) error {
			return x.Query(`SELECT id, big, COALESCE(words, 'none'), raw, real, whole FROM kinds ORDER BY id`, func(s sqldb.Scanner) error {
				var id, big int64
				var words string
				var raw []byte
				var float, whole float64
				if err := s.Scan(&id, &big, &words, &raw, &float, &whole); err != nil {
					return err
				}
				row := []any{-2, 1, "none", []byte{1}, 1.5, 2}
				switch {
				case i == -1:
					row = []any{-1, 1, "a", []byte{1}, 1.5, 1}
				case i >= 0:
					row = want[i*6 : i*6+6]
				}
				text := fmt.Sprint(row...)
				if i == 0 || i == 1 {
					text = fmt.Sprint(row[0], row[1], row[2].(string)+"+"+[]string{"one", "two"}[i], row[3], row[4], row[5])
				}
				if got := fmt.Sprint([]any{id, big, words, raw, float, whole}...); got != text {
					t.Errorf("row %d: %.200s, want %.200s", i, got, text)
				}
				i++
				return nil
			})
		})
		if err != nil || i != n {
			t.Errorf("%d rows, %v", i, err)
		}
	})
}

// Keys are asked for in another way on each engine: the same rows have to come.
func TestRowsOfEveryKindAreFoundAlike(t *testing.T) {
	t.Parallel()
	const n = 9001
	var args, numbers, texts, pairs []any
	for i := range n {
		word := fmt.Sprintf("w'{%d,\"\\}", i)
		args = append(args, i, word)
		if i%3 == 0 {
			numbers, texts, pairs = append(numbers, i), append(texts, word), append(pairs, i, word)
		}
	}
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		db := e.Fresh(t)
		err := db.Write(t.Context(), func(x *sqldb.Tx) error {
			if _, err := x.Exec(`CREATE TABLE words (id BIGINT NOT NULL PRIMARY KEY, word TEXT)`); err != nil {
				return err
			}
			if err := x.Insert(`INSERT INTO words (id, word) VALUES`, 2, args, ""); err != nil {
				return err
			}
			for name, ask := range map[string]func(scan func(sqldb.Scanner) error) error{
				"numbers": func(scan func(sqldb.Scanner) error) error {
					return x.In(`SELECT id FROM words WHERE id IN (?*) AND id >= ?`, numbers, scan, 3)
				},
				"texts": func(scan func(sqldb.Scanner) error) error {
					return x.In(`SELECT id FROM words WHERE word IN (?*) AND id >= ?`, texts, scan, 3)
				},
				"mixed": func(scan func(sqldb.Scanner) error) error {
					return x.In(`SELECT id FROM words WHERE id IN (?*) AND id >= ?`, append([]any{nil}, numbers...), scan, 3)
				},
				"pairs": func(scan func(sqldb.Scanner) error) error {
					return x.ByKeys("it", `SELECT w.id FROM k CROSS JOIN words w WHERE w.id = k.a AND w.word = k.b AND w.id >= 3`, pairs, scan)
				},
			} {
				found := map[int64]bool{}
				err := ask(func(s sqldb.Scanner) error {
					var id int64
					err := s.Scan(&id)
					found[id] = true
					return err
				})
				if err != nil || len(found) != len(numbers)-1 || found[0] || !found[9000] {
					t.Errorf("%s: %d of %d, %v", name, len(found), len(numbers)-1, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
