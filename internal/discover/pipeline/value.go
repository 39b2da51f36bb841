package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/twin"
)

// value is one JSON object of a file.
type value struct {
	where string
	raw   []byte
}

// split cuts a file into its objects: one document, one a line, or the elements
// of an array. A line that is no JSON is refused alone.
func split(body []byte) ([]value, []twin.Rejection, error) {
	if len(body) > MaxBytes {
		return nil, nil, fault.New(fault.Invalid, "larger than %d MiB", MaxBytes>>20).WithHint("give it in parts")
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	whole := hostile.CheckJSON(body, hostile.Limits{String: MaxBytes, Stream: true})
	if whole != nil {
		list, rejected := splitLines(body)
		if len(list) == 0 {
			return nil, nil, whole
		}
		return list, rejected, nil
	}
	var list []value
	in := json.NewDecoder(bytes.NewReader(body))
	for {
		var raw json.RawMessage
		err := in.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return list, nil, nil
		}
		if err != nil {
			return nil, nil, fault.Wrap(fault.Invalid, err, "reading the document")
		}
		where := "the document"
		if len(list) > 0 || in.More() {
			where = fmt.Sprintf("document %d", len(list)+1)
		}
		list = append(list, elements(where, raw)...)
		if len(list) > maxParcels {
			return nil, nil, fault.New(fault.Invalid, "it holds more than %d documents", maxParcels).WithHint("give it in parts")
		}
	}
}

func splitLines(body []byte) (list []value, rejected []twin.Rejection) {
	bad, n := 0, 0
	for line := range bytes.Lines(body) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		where := fmt.Sprintf("line %d", n)
		err := hostile.CheckJSON(line, hostile.Limits{String: MaxBytes})
		if err == nil && line[0] == '{' && len(list) < maxParcels {
			list = append(list, value{where, line})
			continue
		}
		bad++
		if len(rejected) < maxRemarks {
			rejected = append(rejected, twin.Rejection{Where: where, Reason: reasonOf(err)})
		}
	}
	if bad > len(rejected) {
		rejected = append(rejected, twin.Rejection{Where: "the document", Reason: fmt.Sprintf("%d more lines could not be read", bad-len(rejected))})
	}
	return list, rejected
}

func reasonOf(err error) string {
	if err == nil {
		return "it is no object, or there are too many"
	}
	return Clean(err.Error())
}

// jsonReason says in plain words why a document is not of the form that is expected.
func jsonReason(err error) string {
	var form *json.UnmarshalTypeError
	if errors.As(err, &form) {
		return fmt.Sprintf("%s is a JSON %s there, which does not fit", Clean(form.Field), form.Value)
	}
	return Clean(err.Error())
}

// elements opens an array; anything else is itself.
func elements(where string, raw json.RawMessage) []value {
	var list []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return []value{{where, raw}}
	}
	out := make([]value, 0, len(list))
	for i, item := range list {
		out = append(out, value{fmt.Sprintf("%s[%d]", where, i), item})
	}
	return out
}
