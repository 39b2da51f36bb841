package triage

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/tidemark/tidemark/internal/fault"
)

// Page is a part of a list, in its order, with the exact total of the query.
type Page struct {
	Nums  []int64
	Total int
	Start int    // how many rows of the list stand before the first one
	Next  string // "" on the last page
}

// Find returns the page after q.After, or the first one.
func (x *Index) Find(q Query) (Page, error) {
	sort, err := checkSort(q.Sort)
	if err != nil {
		return Page{}, err
	}
	v, done, err := x.look(q)
	if err != nil {
		return Page{}, err
	}
	defer done()
	order := sorter{v.table, sort}
	slots := x.orders.get(order)
	rows := v.rows()
	from := 0
	if q.After != "" {
		if from, err = order.after(q.After, slots); err != nil {
			return Page{}, err
		}
	}
	page := Page{Total: rows.count()}
	for _, slot := range slots[:from] {
		if rows.has(slot) {
			page.Start++
		}
	}
	order.walk(&page, rows, span{slots: slots[from:], limit: q.Limit})
	return page, nil
}

// Window returns the rows from a position of the list on: a table of 100,000
// rows that shows those around the 50,000th. q.After and q.Limit are not used.
func (x *Index) Window(q Query, offset, limit int) (Page, error) {
	sort, err := checkSort(q.Sort)
	if err != nil {
		return Page{}, err
	}
	if offset < 0 || limit < 0 {
		return Page{}, fault.New(fault.Invalid, "a window begins at 0 or later and has 0 rows or more")
	}
	v, done, err := x.look(q)
	if err != nil {
		return Page{}, err
	}
	defer done()
	rows := v.rows()
	page := Page{Total: rows.count()}
	page.Start = min(offset, page.Total)
	if limit > 0 {
		order := sorter{v.table, sort}
		order.walk(&page, rows, span{slots: x.orders.get(order), skip: page.Start, limit: limit})
	}
	return page, nil
}

// span is which of the rows along an order make the page.
type span struct {
	slots       []uint32
	skip, limit int // limit 0: all
}

// walk collects the rows of a page along an order.
func (t sorter) walk(page *Page, rows bitset, s span) {
	page.Nums = make([]int64, 0, min(max(s.limit, 0), page.Total))
	last := uint32(0)
	for _, slot := range s.slots {
		if !rows.has(slot) {
			continue
		}
		if s.skip > 0 {
			s.skip--
			continue
		}
		if s.limit > 0 && len(page.Nums) == s.limit {
			page.Next = t.token(last)
			return
		}
		page.Nums = append(page.Nums, t.key.num[slot])
		last = slot
	}
}

// mark is a place in an order: the values of the row that stood there. The row
// may change or go; the place stays.
type mark struct {
	Sort  string `json:"s"`
	Cells []cell `json:"c"`
	ID    string `json:"i"`
	Num   int64  `json:"k"`
}

func (t sorter) token(slot uint32) string {
	m := mark{Sort: sortText(t.keys), ID: t.key.id[slot], Num: t.key.num[slot]}
	for _, k := range t.keys {
		m.Cells = append(m.Cells, t.cell(slot, k.Key))
	}
	return encodeToken(m)
}

func encodeToken(m any) string {
	text, err := json.Marshal(m)
	if err != nil { // numbers and texts always have a JSON form
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func decodeToken(token string, m any) error {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(text, m)
	}
	if err != nil {
		return badToken()
	}
	return nil
}

func badToken() error {
	return fault.New(fault.Invalid, "this is not where a page of this list ended").WithHint("give the next of the page before, with the same order")
}

// after is the position in an order behind a token.
func (t sorter) after(token string, slots []uint32) (int, error) {
	var m mark
	if err := decodeToken(token, &m); err != nil {
		return 0, err
	}
	if m.Sort != sortText(t.keys) || len(m.Cells) != len(t.keys) {
		return 0, badToken()
	}
	at, found := slices.BinarySearchFunc(slots, m, func(slot uint32, m mark) int { return t.compareMark(slot, m) })
	if found {
		at++
	}
	return at, nil
}

func (t sorter) compareMark(slot uint32, m mark) int {
	for i, k := range t.keys {
		if c := compareCells(t.cell(slot, k.Key), m.Cells[i], k.Desc); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(t.key.id[slot], m.ID), cmp.Compare(t.key.num[slot], m.Num))
}
