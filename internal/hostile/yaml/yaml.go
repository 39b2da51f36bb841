// Package yaml reads YAML from outside into the plain values that encoding/json
// knows, within bounds. It is a leaf that every reader of outside YAML may use.
//
// Repeated keys are refused, plain values are resolved as kubectl does, and
// what aliases stand for is counted as if it were written out. A file may hold
// many documents; each knows the line on which it begins.
package yaml

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
	"go.yaml.in/yaml/v2"
)

// The bounds of one YAML document; a file may hold many. The parser builds a
// tree of more than 100 bytes a node, so the signs that make nodes are counted
// before it starts. It limits by itself how often aliases are followed, and
// shares what they name; what they would be when written out is counted here.
const (
	maxYAMLDocument = 8 << 20
	maxYAMLSigns    = 1_000_000
	maxYAMLValues   = 4_000_000
	maxYAMLExpanded = 4 * maxYAMLDocument
)

// Document is one value of a file.
type Document struct {
	Line  int // where it begins
	Value any // as encoding/json has it, with json.Number
}

// Read reads every document of a file. Empty ones are left out. Errors are of
// kind Invalid and begin with the line.
func Read(body []byte) ([]Document, error) {
	if !utf8.Valid(body) {
		return nil, fault.New(fault.Invalid, "%d: not UTF-8", badUTF8Line(body))
	}
	var docs []Document
	line := 1
	for len(body) > 0 {
		chunk := body[:documentEnd(body)]
		body = body[len(chunk):]
		found, err := readChunk(chunk, line)
		if err != nil {
			return nil, err
		}
		docs = append(docs, found...)
		line += bytes.Count(chunk, []byte{'\n'})
	}
	return docs, nil
}

func badUTF8Line(body []byte) int {
	line := 1
	for rest := range bytes.Lines(body) {
		if !utf8.Valid(rest) {
			return line
		}
		line++
	}
	return line
}

var separator = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^---(?:[ \t\r]|$)`) })

// documentEnd returns where the next document separator begins, not counting
// one at the very start. A separator stands in the first column, where no
// scalar can hold it.
func documentEnd(body []byte) int {
	start := bytes.IndexByte(body, '\n') + 1
	if start == 0 {
		return len(body)
	}
	if at := separator().FindIndex(body[start:]); at != nil {
		return at[0] + start
	}
	return len(body)
}

// readChunk reads the documents up to the next separator: one, or more where
// they end with "...".
func readChunk(chunk []byte, first int) ([]Document, error) {
	start, blank := contentLine(chunk)
	if blank {
		return nil, nil
	}
	if err := checkChunk(chunk, first+start); err != nil {
		return nil, err
	}
	values, err := decodeChunk(chunk, first)
	if err != nil {
		return nil, err
	}
	var docs []Document
	for _, v := range values {
		w := writer{left: maxYAMLValues, bytes: maxYAMLExpanded}
		plain, err := w.plain(v, 0)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "%d", first+start)
		}
		docs = append(docs, Document{Line: first + start, Value: plain})
	}
	return docs, nil
}

// contentLine returns the number of lines before the first that is no
// separator, comment or directive; blank when there is none.
func contentLine(chunk []byte) (before int, blank bool) {
	for line := range bytes.Lines(chunk) {
		line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("---")))
		if len(line) > 0 && line[0] != '#' && line[0] != '%' {
			return before, false
		}
		before++
	}
	return 0, true
}

func checkChunk(chunk []byte, line int) error {
	if len(chunk) > maxYAMLDocument {
		return fault.New(fault.Invalid, "%d: YAML document is larger than %d MiB", line, maxYAMLDocument>>20).
			WithHint("give large lists as JSON")
	}
	signs := 0
	for _, c := range chunk {
		switch c {
		case '\n', '[', '{', ',':
			signs++
		}
	}
	if signs > maxYAMLSigns {
		return fault.New(fault.Invalid, "%d: YAML document has more than %d lines and list elements", line, maxYAMLSigns)
	}
	return nil
}

// decodeChunk refuses repeated keys (strict) and resolves plain values as
// kubectl does, whose parser this is.
func decodeChunk(chunk []byte, first int) (values []any, err error) {
	defer func() { // the parser is not ours and the bytes are hostile
		if p := recover(); p != nil {
			values, err = nil, fault.New(fault.Invalid, "%d: the YAML parser gave up: %v", first, p)
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(chunk))
	dec.SetStrict(true)
	for {
		var v any
		err := dec.Decode(&v)
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return nil, yamlError(err, first)
		}
		if v != nil {
			values = append(values, v)
		}
	}
}

var yamlLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`line (\d+): `) })

// yamlError says the parser's error with the line of the file in front.
func yamlError(err error, first int) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.TrimPrefix(text, "unmarshal errors:\n  ")
	line := first
	if at := yamlLine().FindStringSubmatchIndex(text); at != nil {
		if n, err := strconv.Atoi(text[at[2]:at[3]]); err == nil {
			line = first + n - 1
		}
		text = text[:at[0]] + text[at[1]:]
	}
	text, _, _ = strings.Cut(text, "\n")
	return fault.New(fault.Invalid, "%d: %.300s", line, text)
}

// writer turns what the YAML parser gives into plain values, within bounds.
type writer struct {
	left  int // values that may still come
	bytes int // bytes of strings that may still come
}

var errExpands = errors.New("aliases expand to too much")

func (w *writer) plain(v any, depth int) (any, error) {
	if w.left--; w.left < 0 {
		return nil, errExpands
	}
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		return v, w.text(v)
	case int, int64, uint64, float64:
		return number(v), nil
	case []any:
		return w.list(v, depth)
	case map[any]any:
		return w.fields(v, depth)
	}
	return fmt.Sprint(v), nil
}

func (w *writer) text(s string) error {
	if len(s) > hostile.DefaultString {
		return fmt.Errorf("string is longer than %d bytes", hostile.DefaultString)
	}
	if w.bytes -= len(s); w.bytes < 0 {
		return errExpands
	}
	return nil
}

// number keeps a number as JSON writes it; .inf and .nan, which JSON does not
// know, become strings.
func number(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return json.Number(b)
}

func (w *writer) list(items []any, depth int) (any, error) {
	if depth >= hostile.DefaultDepth {
		return nil, errDeep
	}
	list := make([]any, 0, len(items))
	for _, item := range items {
		v, err := w.plain(item, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

var errDeep = fmt.Errorf("nested deeper than %d levels", hostile.DefaultDepth)

func (w *writer) fields(items map[any]any, depth int) (any, error) {
	if depth >= hostile.DefaultDepth {
		return nil, errDeep
	}
	fields := make(map[string]any, len(items))
	for key, item := range items {
		name := fmt.Sprint(key)
		if err := w.text(name); err != nil {
			return nil, err
		}
		if _, twice := fields[name]; twice {
			return nil, fmt.Errorf("key %.80q appears twice in one mapping", name)
		}
		v, err := w.plain(item, depth+1)
		if err != nil {
			return nil, err
		}
		fields[name] = v
	}
	return fields, nil
}
