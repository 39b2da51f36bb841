package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/hostile/yaml"
	"github.com/tidemark/tidemark/internal/twin"
)

// document is what we look at of an OpenAPI or Swagger document. Schemas,
// parameters, examples and texts are passed over.
type document struct {
	OpenAPI yamlText `json:"openapi"`
	Swagger yamlText `json:"swagger"`
	Info    struct {
		Title   yamlText `json:"title"`
		Version yamlText `json:"version"`
	} `json:"info"`
	Servers    serverList                 `json:"servers"`
	Paths      map[string]json.RawMessage `json:"paths"`
	Webhooks   map[string]json.RawMessage `json:"webhooks"`
	Components struct {
		Schemes map[string]json.RawMessage `json:"securitySchemes"`
		Paths   map[string]json.RawMessage `json:"pathItems"`
	} `json:"components"`
	Security *requirements `json:"security"`

	Old swagger2 `json:"-"`
}

// swagger2 is what only Swagger 2.0 has.
type swagger2 struct {
	Host        string                     `json:"host"`
	BasePath    string                     `json:"basePath"`
	Schemes     []string                   `json:"schemes"`
	Definitions map[string]json.RawMessage `json:"securityDefinitions"`
}

// parse reads JSON or YAML.
func parse(body []byte) (*document, error) {
	if len(body) > maxBody {
		return nil, fault.New(fault.Invalid, "an API document larger than %d MiB", maxBody>>20)
	}
	body, err := asJSON(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if err != nil {
		return nil, err
	}
	var doc document
	if err := decode(body, &doc); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "no API document")
	}
	switch {
	case doc.OpenAPI == "3" || strings.HasPrefix(string(doc.OpenAPI), "3."):
	case string(doc.Swagger) == "2.0" || string(doc.Swagger) == "2":
		if err := decode(body, &doc.Old); err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "no Swagger document")
		}
	default:
		return nil, fault.New(fault.Invalid, "neither OpenAPI 3 nor Swagger 2.0").
			WithHint(`the document must begin with a field "openapi" (3.0, 3.1, 3.2) or "swagger" (2.0)`)
	}
	return &doc, nil
}

// asJSON brings YAML into JSON; what is JSON is checked.
func asJSON(body []byte) ([]byte, error) {
	if head := bytes.TrimLeft(body, " \t\r\n"); len(head) > 0 && head[0] == '{' {
		if err := hostile.CheckJSON(body, hostile.Limits{}); err != nil {
			return nil, err
		}
		return body, nil
	}
	docs, err := yaml.Read(body)
	if err != nil {
		return nil, err
	}
	if len(docs) != 1 {
		return nil, fault.New(fault.Invalid, "%d YAML documents where one API document is expected", len(docs))
	}
	return json.Marshal(docs[0].Value)
}

// decode reads JSON and says which field is wrong.
func decode(raw json.RawMessage, into any) error {
	err := json.Unmarshal(raw, into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("field %q is a %s", wrong.Field, wrong.Value)
	}
	return err
}

// yamlText is a string that people often forget to quote in YAML.
type yamlText string

// UnmarshalJSON takes strings, numbers and booleans.
func (t *yamlText) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '{', '[':
		return errors.New("a string is expected")
	case '"':
		return json.Unmarshal(b, (*string)(t))
	}
	*t = yamlText(b)
	return nil
}

func (d *document) isOld() bool { return d.OpenAPI == "" }

func (d *document) format() string {
	if d.isOld() {
		return "Swagger 2.0"
	}
	return "OpenAPI " + clean(string(d.OpenAPI), 20)
}

// serverList is a list of addresses of the API.
type serverList []server

type server struct {
	URL       string `json:"url"`
	Variables map[string]struct {
		Default yamlText `json:"default"`
	} `json:"variables"`
}

// address is the server's URL with its variables at their defaults, without
// user, query and fragment; "" where it is none.
func (s server) address() string {
	pairs := make([]string, 0, 2*len(s.Variables))
	for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
		pairs = append(pairs, "{"+name+"}", string(s.Variables[name].Default))
	}
	address := strings.NewReplacer(pairs...).Replace(s.URL)
	if len(address) > maxRoute || !printable(address) {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.Fragment, u.ForceQuery = nil, "", "", false
	return u.String()
}

// servers are the addresses of the whole document.
func (d *document) servers() []string {
	list := d.Servers
	if d.isOld() {
		list = d.Old.servers()
	}
	var out []string
	for _, s := range list[:min(len(list), maxServers)] {
		out = append(out, s.address())
	}
	return twin.Sorted(out)
}

func (o swagger2) servers() serverList {
	if o.Host == "" && o.BasePath == "" {
		return nil
	}
	if o.Host == "" {
		return serverList{{URL: o.BasePath}}
	}
	schemes := o.Schemes
	if len(schemes) == 0 {
		schemes = []string{"https"}
	}
	var out serverList
	for _, scheme := range schemes[:min(len(schemes), maxServers)] {
		out = append(out, server{URL: scheme + "://" + o.Host + o.BasePath})
	}
	return out
}

// base is the path that all servers have before the routes; "" where they
// differ, or have none.
func (l serverList) base() (base string, differ bool) {
	for i, s := range l[:min(len(l), maxServers)] {
		u, err := url.Parse(s.address())
		if err != nil {
			continue
		}
		path := strings.TrimRight(u.Path, "/")
		if i > 0 && path != base {
			return "", true
		}
		base = path
	}
	if base != "" && !strings.HasPrefix(base, "/") {
		base = "/" + base
	}
	return base, false
}

// scheme is a security scheme as written.
type scheme struct {
	Type   string                     `json:"type"`
	Scheme string                     `json:"scheme"`
	Name   string                     `json:"name"`
	In     string                     `json:"in"`
	Flow   string                     `json:"flow"` // Swagger 2.0
	Flows  map[string]json.RawMessage `json:"flows"`
	Ref    string                     `json:"$ref"`
}

// defined are the security schemes that the document defines.
func (d *document) defined() map[string]json.RawMessage {
	if d.isOld() {
		return d.Old.Definitions
	}
	return d.Components.Schemes
}

func (d *document) schemes() []twin.Scheme {
	var out []twin.Scheme
	defined := d.defined()
	for _, name := range slices.Sorted(maps.Keys(defined)) {
		var s scheme
		if len(out) == maxSchemes || decode(defined[name], &s) != nil {
			continue
		}
		out = append(out, twin.Scheme{Name: clean(name, maxText), Type: clean(s.kind(), maxText), Detail: clean(s.detail(), maxText)})
	}
	return out
}

func (s scheme) kind() string {
	switch {
	case s.Type == "basic": // Swagger 2.0
		return "http"
	case s.Type == "" && s.Ref != "":
		return "reference"
	}
	return cmp.Or(s.Type, "unknown")
}

func (s scheme) detail() string {
	switch s.Type {
	case "basic":
		return "basic"
	case "http":
		return strings.ToLower(s.Scheme)
	case "apiKey":
		return "in " + s.In + " " + s.Name
	case "oauth2":
		return cmp.Or(s.Flow, strings.Join(slices.Sorted(maps.Keys(s.Flows)), ", "))
	}
	return s.Ref
}
