// Package output writes answers: as an aligned table for a terminal, as text with
// tabs for a pipe, as JSON, as NDJSON, or as CSV.
//
// Invariants. Every answer has every form. Text from outside never moves a
// terminal's cursor and never becomes a formula of a spreadsheet; what a table
// cuts is marked, and the other forms cut nothing.
package output

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/fault"
)

// Column is one column of a table: its head and how to fill it.
type Column[T any] struct {
	Head string
	Cell func(T) string
}

// Printer writes answers in the form that -o asks for.
type Printer struct {
	Out    io.Writer
	Format string
	Width  int // of the terminal; 0 when out is none
}

// The forms of an answer.
const (
	Table  = "table"
	JSON   = "json"
	NDJSON = "ndjson"
	CSV    = "csv"
)

// CheckFormat refuses what is no form.
func CheckFormat(format string) error {
	switch format {
	case Table, JSON, NDJSON, CSV:
		return nil
	}
	return fault.New(fault.Invalid, "no output format %q", format).WithHint("use -o table, json, ndjson or csv")
}

// TerminalWidth returns the width of a terminal, 0 for a pipe or a file.
func TerminalWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return max(int(size.Col), narrowest)
}

// narrowest is the least width that a table is fitted to.
const narrowest = 60

// Document prints one JSON document, or its table.
func (p *Printer) Document(doc any, table func(io.Writer)) error {
	switch p.Format {
	case JSON:
		return p.Indented(doc)
	case NDJSON:
		return json.NewEncoder(p.Out).Encode(doc)
	case CSV:
		rows, err := fieldRows(doc)
		if err != nil {
			return err
		}
		return writeCSV(p.Out, rows)
	}
	table(p.Out)
	return nil
}

// fieldRows is the CSV form of what is not a list: each value with the path to
// it, as items[0].kind, in the document's order.
func fieldRows(doc any) ([][]string, error) {
	b, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	rows := [][]string{{"FIELD", "VALUE"}}
	err = fieldsBelow(dec, "", &rows)
	return rows, err
}

// fieldsBelow adds the next value of a well-formed document.
func fieldsBelow(dec *json.Decoder, path string, rows *[][]string) error {
	tok, err := dec.Token()
	if err != nil {
		return err
	}
	open, nested := tok.(json.Delim)
	if !nested {
		value := ""
		if tok != nil {
			value = Plain(fmt.Sprint(tok))
		}
		*rows = append(*rows, []string{path, value})
		return nil
	}
	for i := 0; dec.More(); i++ {
		below := path + "[" + strconv.Itoa(i) + "]"
		if open == '{' {
			key, err := dec.Token()
			if err != nil {
				return err
			}
			below = strings.TrimPrefix(path+"."+fmt.Sprint(key), ".")
		}
		if err := fieldsBelow(dec, below, rows); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

// Indented prints one JSON document for people to read.
func (p *Printer) Indented(doc any) error {
	enc := json.NewEncoder(p.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

// List prints a list in any form. The last line of a table says how much
// of the whole it shows.
func List[T any](p *Printer, list api.List[T], cols []Column[T]) error {
	if list.Items == nil {
		list.Items = []T{}
	}
	switch p.Format {
	case JSON:
		return p.Indented(list)
	case NDJSON:
		return Lines(p.Out, list.Items)
	}
	if err := Rows(p, list.Items, cols); err != nil || p.Format == CSV || p.Width == 0 {
		return err
	}
	more := ""
	if list.Truncated {
		more = " · --limit all for the rest"
	}
	_, err := fmt.Fprintf(p.Out, "%d of %d · as of %s · %s%s\n", len(list.Items), list.Total, Clock(list.AsOf), upTo(list.Computed), more)
	return err
}

// upTo says which evidence an answer knows of.
func upTo(c api.Computed) string {
	words := "no evidence yet"
	if c.EvidenceAt != nil {
		words = "evidence up to " + Clock(*c.EvidenceAt)
	}
	if c.Behind > 0 {
		words += fmt.Sprintf(", %d pieces of it not yet computed", c.Behind)
	}
	return words
}

// Lines prints NDJSON.
func Lines[T any](w io.Writer, items []T) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, it := range items {
		if err := enc.Encode(it); err != nil {
			return err
		}
	}
	return nil
}

// Rows prints the rows as CSV, as tab-separated text for a pipe, or as
// an aligned table for a terminal.
func Rows[T any](p *Printer, items []T, cols []Column[T]) error {
	rows := make([][]string, 0, len(items)+1)
	head := make([]string, len(cols))
	for i, c := range cols {
		head[i] = c.Head
	}
	rows = append(rows, head)
	for _, it := range items {
		row := make([]string, len(cols))
		for i, c := range cols {
			row[i] = Plain(c.Cell(it))
		}
		rows = append(rows, row)
	}
	if p.Format == CSV {
		return writeCSV(p.Out, rows)
	}
	if p.Width == 0 {
		return writeTabs(p.Out, rows)
	}
	return writeAligned(p.Out, rows, p.Width)
}

// Plain keeps control characters of outside text away from the terminal.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return '·'
		}
		return r
	}, s)
}

// writeCSV guards the cells that a spreadsheet would take for formulas.
func writeCSV(w io.Writer, rows [][]string) error {
	c := csv.NewWriter(w)
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				cell = "'" + cell
			}
			safe[i] = cell
		}
		if err := c.Write(safe); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func writeTabs(w io.Writer, rows [][]string) error {
	for _, row := range rows {
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return nil
}

const gap = 2

func writeAligned(w io.Writer, rows [][]string, width int) error {
	widths := fit(rows, width)
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			cell = cut(cell, widths[i])
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+gap))
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// fit gives each column its widest cell, then takes from the widest column
// until the table fits.
func fit(rows [][]string, width int) []int {
	const least = 6
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for {
		total, widest := -gap, 0
		for i, n := range widths {
			total += n + gap
			if n > widths[widest] {
				widest = i
			}
		}
		if total <= width || widths[widest] <= least {
			return widths
		}
		widths[widest]--
	}
}

// cut shortens a cell to n runes; a cut is marked.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	return string(runes[:n-1]) + "…"
}

// Clock prints a time for people.
func Clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04Z") }

// Day prints a date, or a dash.
func Day(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format("2006-01-02")
}
