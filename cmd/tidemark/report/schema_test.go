package report

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// schema is a JSON Schema file, of which the keywords are known that the
// published schemas of our formats use.
type schema struct {
	root map[string]any
}

func openSchema(t *testing.T, path string) schema {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(b, &s.root); err != nil {
		t.Fatal(err)
	}
	return s
}

// faults lists where a document is not what the schema says.
func (s schema) faults(doc any) []string { return s.check(doc, s.root, "$") }

func (s schema) check(v any, rule map[string]any, at string) (out []string) {
	if ref, ok := rule["$ref"].(string); ok {
		if !strings.HasPrefix(ref, "#/") {
			return nil // another file: licences and signatures, which we do not write
		}
		out = append(out, s.check(v, s.find(ref), at)...)
	}
	for key, want := range rule {
		out = append(out, s.keyword(v, key, want, rule, at)...)
	}
	return out
}

func (s schema) find(ref string) map[string]any {
	here := any(s.root)
	for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		here = here.(map[string]any)[part]
	}
	return here.(map[string]any)
}

func (s schema) keyword(v any, key string, want any, rule map[string]any, at string) []string {
	switch key {
	case "allOf", "anyOf", "oneOf":
		return s.several(v, key, want.([]any), at)
	case "if":
		then, _ := rule["then"].(map[string]any)
		if then != nil && len(s.check(v, want.(map[string]any), at)) == 0 {
			return s.check(v, then, at)
		}
		return nil
	case "const", "enum", "type", "format":
		return value(v, key, want, at)
	}
	switch v := v.(type) {
	case string:
		return text(v, key, want, at)
	case []any:
		return s.list(v, key, want, at)
	case map[string]any:
		return s.object(v, key, want, rule, at)
	}
	if n, ok := v.(float64); ok && (key == "minimum" && n < want.(float64) || key == "maximum" && n > want.(float64)) {
		return []string{at + ": out of bounds"}
	}
	return nil
}

func (s schema) several(v any, key string, rules []any, at string) []string {
	met := 0
	var all []string
	for _, r := range rules {
		found := s.check(v, r.(map[string]any), at)
		if len(found) == 0 {
			met++
		}
		all = append(all, found...)
	}
	if key == "allOf" && met == len(rules) || key == "anyOf" && met > 0 || key == "oneOf" && met == 1 {
		return nil
	}
	return append([]string{fmt.Sprintf("%s: %s: %d of %d are met", at, key, met, len(rules))}, all...)
}

func value(v any, key string, want any, at string) []string {
	ok := true
	switch key {
	case "const":
		ok = reflect.DeepEqual(v, want)
	case "enum":
		ok = slices.ContainsFunc(want.([]any), func(one any) bool { return reflect.DeepEqual(v, one) })
	case "type":
		ok = isType(v, want)
	case "format":
		if s, isText := v.(string); isText && want == "date-time" {
			_, err := time.Parse(time.RFC3339, s)
			ok = err == nil
		} else if isText && strings.HasPrefix(want.(string), "ir") {
			ok = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^` + "`" + `]+$`).MatchString(s)
		}
	}
	if ok {
		return nil
	}
	return []string{fmt.Sprintf("%s: %s: %v is not %v", at, key, v, want)}
}

func isType(v, want any) bool {
	if list, ok := want.([]any); ok {
		return slices.ContainsFunc(list, func(one any) bool { return isType(v, one) })
	}
	n, isNumber := v.(float64)
	switch want {
	case "object":
		_, ok := v.(map[string]any)
		return ok
	case "array":
		_, ok := v.([]any)
		return ok
	case "string":
		_, ok := v.(string)
		return ok
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "integer":
		return isNumber && n == math.Trunc(n)
	case "number":
		return isNumber
	case "null":
		return v == nil
	}
	return false
}

func text(v, key string, want any, at string) []string {
	bad := false
	switch key {
	case "pattern":
		bad = !regexp.MustCompile(want.(string)).MatchString(v)
	case "minLength":
		bad = utf8.RuneCountInString(v) < int(want.(float64))
	}
	if bad {
		return []string{fmt.Sprintf("%s: %q breaks %s %v", at, v, key, want)}
	}
	return nil
}

func (s schema) list(v []any, key string, want any, at string) (out []string) {
	switch key {
	case "items":
		for i, it := range v {
			out = append(out, s.check(it, want.(map[string]any), at+"["+strconv.Itoa(i)+"]")...)
		}
	case "minItems":
		if len(v) < int(want.(float64)) {
			out = append(out, at+": too few items")
		}
	case "uniqueItems":
		for i := range v {
			if slices.ContainsFunc(v[:i], func(one any) bool { return reflect.DeepEqual(one, v[i]) }) {
				out = append(out, at+"["+strconv.Itoa(i)+"] is there twice")
			}
		}
	}
	return out
}

func (s schema) object(v map[string]any, key string, want any, rule map[string]any, at string) (out []string) {
	props, _ := rule["properties"].(map[string]any)
	switch key {
	case "required":
		for _, name := range want.([]any) {
			if _, ok := v[name.(string)]; !ok {
				out = append(out, at+": lacks "+name.(string))
			}
		}
	case "properties":
		for name, it := range v {
			if below, ok := props[name].(map[string]any); ok {
				out = append(out, s.check(it, below, at+"."+name)...)
			}
		}
	case "additionalProperties":
		for name := range v {
			if want == false && props[name] == nil {
				out = append(out, at+": unknown field "+name)
			}
		}
	}
	return out
}
