package lineage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Field is what changed in one field: a path like containers[front].image. An
// empty side says that it was not there.
type Field struct{ Path, Before, After string }

// maxDepth bounds how deep a state is looked into; what is deeper is one value.
const maxDepth = 16

// Fields compares two states of a thing or workload, by path. Lists whose members
// have names are compared by these, lists of plain values as wholes. A state that
// is no JSON differs as a whole.
func Fields(before, after []byte) []Field {
	a, b := flat(before), flat(after)
	var out []Field
	for _, path := range slices.Sorted(maps.Keys(a)) {
		if b[path] != a[path] {
			out = append(out, Field{path, a[path], b[path]})
		}
	}
	for _, path := range slices.Sorted(maps.Keys(b)) {
		if _, ok := a[path]; !ok && b[path] != "" { // empty is as good as absent
			out = append(out, Field{path, "", b[path]})
		}
	}
	slices.SortFunc(out, func(x, y Field) int { return strings.Compare(x.Path, y.Path) })
	return out
}

// flat is a state as values by path.
func flat(body []byte) map[string]string {
	out := map[string]string{}
	if len(body) == 0 {
		return out
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		out["body"] = string(body)
		return out
	}
	flatten(out, "", v, 0)
	return out
}

func flatten(out map[string]string, path string, v any, depth int) {
	switch x := v.(type) {
	case map[string]any:
		if ref, ok := reference(x); ok || depth > maxDepth {
			out[path] = ref
			return
		}
		for key, child := range x {
			flatten(out, below(path, key, depth), child, depth+1)
		}
	case []any:
		flattenList(out, path, x, depth)
	default:
		out[path] = text(v)
	}
}

// below is the path of a field. What a thing says of itself is called without the
// word that holds it.
func below(path, key string, depth int) string {
	switch {
	case depth == 0 && key == "spec":
		return ""
	case path == "":
		return key
	}
	return path + "." + key
}

func flattenList(out map[string]string, path string, list []any, depth int) {
	plain := !slices.ContainsFunc(list, func(v any) bool {
		_, object := v.(map[string]any)
		_, nested := v.([]any)
		return object || nested
	})
	if plain || depth > maxDepth {
		words := make([]string, len(list))
		for i, v := range list {
			words[i] = text(v)
		}
		out[path] = strings.Join(words, ", ")
		return
	}
	seen := map[string]bool{}
	for i, v := range list {
		name := nameOf(v)
		if name == "" || seen[name] {
			name = strconv.Itoa(i)
		}
		seen[name] = true
		flatten(out, path+"["+name+"]", v, depth+1)
	}
}

// nameOf is what tells a member of a list from the others.
func nameOf(v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	for _, key := range []string{"name", "address", "id", "purl", "path"} {
		if s, ok := m[key].(string); ok && s != "" {
			return s
		}
	}
	if rel, ok := m["rel"].(string); ok {
		return rel + " " + text(m["to"])
	}
	return ""
}

// reference is an image in its short form: NAME[:TAG][@DIGEST].
func reference(m map[string]any) (string, bool) {
	for key := range m {
		if key != "name" && key != "tag" && key != "digest" {
			return text(m), false
		}
	}
	name, tag, digest := word(m["name"]), word(m["tag"]), word(m["digest"])
	if name == "" || tag == "" && digest == "" {
		return text(m), false
	}
	if tag != "" {
		name += ":" + tag
	}
	if digest != "" {
		name += "@" + digest
	}
	return name, true
}

func word(v any) string {
	s, _ := v.(string)
	return s
}

// text is a value as one word of a table.
func text(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		return x
	case json.Number, bool:
		return fmt.Sprint(x)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
