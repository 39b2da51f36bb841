package deploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/hostile/yaml"
	"github.com/tidemark/tidemark/internal/twin"
)

// content is what one file turned out to be.
type content struct {
	objects   []object                // manifests
	records   []twin.DeploymentRecord // records
	isRecords bool                    // also when there are none in the array
	notes     []twin.Rejection
	neither   string // why it is none of both; "" when it is
	hint      string
}

const (
	renderHelm      = "render first: helm template"
	renderKustomize = "render first: kustomize build"
)

// parse recognises a file by its content.
func parse(f File) (content, error) {
	body := bytes.TrimPrefix(f.Body, []byte("\xef\xbb\xbf"))
	if isKustomization(f.Name) {
		return content{neither: "a kustomization that was not rendered", hint: renderKustomize}, nil
	}
	found, err := parseBody(f.Name, body)
	switch {
	case err == nil:
		return found, nil
	case isTemplate(body, err):
		return content{neither: "a Helm template that was not rendered", hint: renderHelm}, nil
	case !f.Named && !looksDeployed(body):
		return content{neither: "neither manifests nor records: " + err.Error()}, nil
	}
	return content{}, fault.Wrap(fault.Invalid, err, "%s", f.Name)
}

// isTemplate reports whether a file cannot be read because it was not
// rendered: it holds what only a chart does, or "{{" where YAML has a value.
func isTemplate(body []byte, err error) bool {
	return helmAction().Match(body) ||
		bytes.Contains(body, []byte("{{")) && strings.Contains(err.Error(), "invalid map key")
}

func isKustomization(name string) bool {
	switch filepath.Base(name) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		return true
	}
	return false
}

// helmAction matches what only an unrendered chart holds. It is asked only
// about files that cannot be read: rendered ones may quote templates of
// others (alerts, workflows).
var helmAction = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\{\{-?\s*(\.(Values|Release|Chart|Capabilities|Files|Template)\b|(include|if|range|with|define|template|toYaml|else|end|default|tpl)\b|/\*|-?\s*\$\w+\s*:=)`)
})

// looksDeployed says whether a file that cannot be read was meant for us.
func looksDeployed(body []byte) bool {
	return bytes.Contains(body, []byte("apiVersion")) || bytes.Contains(body, []byte(`"service"`))
}

func parseBody(name string, body []byte) (content, error) {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	if len(trimmed) == 0 {
		return content{neither: "empty"}, nil
	}
	switch strings.ToLower(path.Ext(filepath.ToSlash(name))) {
	case ".json", ".ndjson", ".jsonl":
		return parseJSON(name, body)
	}
	if trimmed[0] != '[' && trimmed[0] != '{' {
		return parseYAML(name, body)
	}
	if hostile.CheckJSON(body, hostile.Limits{Stream: true}) == nil {
		return readElements(name, body)
	}
	return parseYAML(name, body) // in flow style, or JSON documents between "---"
}

// errNeither says that a document is neither a manifest nor a record.
var errNeither = errors.New("neither a Kubernetes object (apiVersion, kind) nor a deployment record (service, artifact)")

// parseYAML reads manifests: records are JSON.
func parseYAML(name string, body []byte) (content, error) {
	docs, err := yaml.Read(body)
	if err != nil {
		return content{}, err
	}
	var found content
	for i, doc := range docs {
		fields, _ := doc.Value.(map[string]any)
		if !isObject(fields) {
			if len(found.objects) == 0 && i == len(docs)-1 {
				return content{neither: errNeither.Error()}, nil
			}
			return content{}, fmt.Errorf("%d: %w", doc.Line, errNeither)
		}
		raw, err := json.Marshal(fields)
		if err != nil {
			return content{}, fmt.Errorf("%d: %w", doc.Line, err)
		}
		objects, err := readObject(fmt.Sprintf("%s:%d", name, doc.Line), raw, 0)
		if err != nil {
			return content{}, fault.Wrap(fault.Invalid, err, "%d", doc.Line)
		}
		found.objects = append(found.objects, objects...)
	}
	if len(docs) == 0 {
		return content{neither: "empty"}, nil
	}
	return found, nil
}

func isObject(fields map[string]any) bool {
	version, _ := fields["apiVersion"].(string)
	kind, _ := fields["kind"].(string)
	return version != "" && kind != ""
}

// parseJSON reads a manifest, a list of them, an array of records, or either
// as one JSON value after another.
func parseJSON(name string, body []byte) (content, error) {
	if err := hostile.CheckJSON(body, hostile.Limits{Stream: true}); err != nil {
		return content{}, err
	}
	return readElements(name, body)
}

// readElements reads what CheckJSON has let pass.
func readElements(name string, body []byte) (content, error) {
	e := elements{name: name, body: body}
	dec := json.NewDecoder(bytes.NewReader(body))
	for e.alien == nil {
		start := skipSpace(body, int(dec.InputOffset()))
		if start == len(body) {
			return e.content, e.problems.err()
		}
		if err := e.top(dec, start); err != nil {
			return content{}, err
		}
	}
	if e.count > 1 || e.content.isRecords {
		return content{}, e.alien
	}
	return content{neither: errNeither.Error()}, nil
}

// elements reads the values of a JSON file.
type elements struct {
	name     string
	body     []byte
	count    int
	at       int // where lines have been counted up to
	line     int // the lines before that
	content  content
	alien    error    // the first value that is none of ours
	problems problems // of records: all are said at once
}

// top reads one value; an array is read element by element.
func (e *elements) top(dec *json.Decoder, start int) error {
	if e.body[start] != '[' {
		return e.next(dec, start)
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	if !dec.More() {
		e.content.isRecords = true // nothing is deployed
	}
	for dec.More() {
		if err := e.next(dec, skipComma(e.body, int(dec.InputOffset()))); err != nil || e.alien != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func skipSpace(body []byte, from int) int {
	return len(body) - len(bytes.TrimLeft(body[from:], " \t\r\n"))
}

func skipComma(body []byte, from int) int {
	return len(body) - len(bytes.TrimLeft(body[from:], " \t\r\n,"))
}

func (e *elements) next(dec *json.Decoder, start int) error {
	e.line += bytes.Count(e.body[e.at:start], []byte{'\n'})
	e.at = start
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return fmt.Errorf("%d: %w", e.line+1, err)
	}
	e.count++
	if e.count > maxObjects {
		return fmt.Errorf("%d: more than %d records or objects", e.line+1, maxObjects)
	}
	return e.element(raw)
}

func (e *elements) element(raw json.RawMessage) error {
	var fields map[string]json.RawMessage
	if raw[0] == '{' {
		if err := json.Unmarshal(raw, &fields); err != nil {
			return fmt.Errorf("%d: %w", e.line+1, err)
		}
	}
	place := fmt.Sprintf("%d (item %d)", e.line+1, e.count)
	switch {
	case isRecord(fields):
		e.content.isRecords = true
		e.record(place, fields)
	case isRawObject(fields):
		objects, err := readObject(e.name+":"+place, raw, 0)
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "%s", place)
		}
		e.content.objects = append(e.content.objects, objects...)
	default:
		e.alien = fmt.Errorf("%s: %w", place, errNeither)
	}
	if e.content.isRecords && len(e.content.objects) > 0 {
		return fmt.Errorf("%s: manifests and records in one file", place)
	}
	return nil
}

func isRecord(fields map[string]json.RawMessage) bool {
	return fields["service"] != nil || fields["artifact"] != nil
}

func isRawObject(fields map[string]json.RawMessage) bool {
	var version, kind string
	if json.Unmarshal(fields["apiVersion"], &version) != nil || json.Unmarshal(fields["kind"], &kind) != nil {
		return false
	}
	return version != "" && kind != ""
}
