package scope

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v2"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Schema is the schema of a scope file.
const Schema = "tidemark.scope/v1"

// Bounds of a file.
const (
	maxBytes  = 4 << 20
	maxItems  = 50_000 // of one list
	maxText   = 300    // bytes of one value
	maxFaults = 200    // named at once
)

// file is a scope as it is written.
type file struct {
	Schema       string        `yaml:"schema"`
	Products     []product     `yaml:"products"`
	Services     []service     `yaml:"services"`
	Environments []environment `yaml:"environments"`
	Owners       []owner       `yaml:"owners"`
	Ownership    []ownership   `yaml:"ownership"`
}

type product struct {
	Name     string   `yaml:"name"`
	Title    string   `yaml:"title"`
	Owner    string   `yaml:"owner"`
	Tier     *int     `yaml:"tier"`
	Data     []string `yaml:"data"`
	Services []string `yaml:"services"`
}

type service struct {
	Name     string   `yaml:"name"`
	Product  string   `yaml:"product"`
	Products []string `yaml:"products"`
	Owner    string   `yaml:"owner"`
	Tier     *int     `yaml:"tier"`
	Data     []string `yaml:"data"`
}

type environment struct {
	Name string `yaml:"name"`
	Kind string `yaml:"kind"`
}

type ownership struct {
	Service     string `yaml:"service"`
	Environment string `yaml:"environment"`
	Namespace   string `yaml:"namespace"`
	Label       string `yaml:"label"`
	Annotation  string `yaml:"annotation"`
	Owner       string `yaml:"owner"`
}

type owner struct {
	Name string `yaml:"name"`
	Mail string `yaml:"mail"`
	Chat string `yaml:"chat"`
}

// Faults are all that is wrong with a file, in the order of its lines.
type Faults []Fault

// Fault is one of them. Line 0: of the file as a whole.
type Fault struct {
	Line int
	Text string
}

// Parts gives the faults one by one.
func (f Faults) Parts() []fault.Part {
	parts := make([]fault.Part, 0, len(f))
	for _, x := range f[:min(len(f), maxFaults)] {
		where := "the file"
		if x.Line > 0 {
			where = fmt.Sprintf("line %d", x.Line)
		}
		parts = append(parts, fault.Part{Where: where, What: x.Text})
	}
	return parts
}

// Error names all faults, one a line.
func (f Faults) Error() string {
	lines := make([]string, 0, len(f))
	for i, x := range f {
		if i == maxFaults {
			lines = append(lines, fmt.Sprintf("and %d more", len(f)-i))
			break
		}
		lines = append(lines, x.String())
	}
	return strings.Join(lines, "\n")
}

// String is the fault with its line.
func (f Fault) String() string {
	if f.Line == 0 {
		return f.Text
	}
	return fmt.Sprintf("line %d: %s", f.Line, f.Text)
}

// Parse reads a scope file. The error of one with faults names all of them.
func Parse(b []byte) (ctem.Scope, error) {
	switch {
	case len(b) > maxBytes:
		return ctem.Scope{}, fault.New(fault.Invalid, "the scope file has %d bytes, at most %d", len(b), maxBytes)
	case !utf8.Valid(b):
		return ctem.Scope{}, fault.New(fault.Invalid, "the scope file is not UTF-8 text")
	}
	f, faults := decode(b)
	c := check{lines: readOutline(string(b)), faults: faults}
	s := c.scope(&f)
	if len(c.faults) == 0 {
		return s, nil
	}
	slices.SortStableFunc(c.faults, func(a, b Fault) int { return a.Line - b.Line })
	return ctem.Scope{}, fault.Wrap(fault.Invalid, c.faults, "the scope file has %d faults", len(c.faults))
}

// decode reads the file strictly: unknown keys, repeated keys and values of the
// wrong kind are faults. What could be read is checked as well.
func decode(b []byte) (f file, faults Faults) {
	defer func() { // the parser is not ours and the bytes are hostile
		if p := recover(); p != nil {
			f, faults = file{Schema: Schema}, Faults{{Text: fmt.Sprintf("the YAML parser gave up: %.200v", p)}}
		}
	}()
	err := yaml.UnmarshalStrict(b, &f)
	var wrong *yaml.TypeError
	switch {
	case err == nil:
	case errors.As(err, &wrong):
		for _, text := range wrong.Errors {
			faults = append(faults, yamlFault(text))
		}
	default: // no YAML at all: nothing else can be said about it
		return file{Schema: Schema}, Faults{yamlFault(strings.TrimPrefix(err.Error(), "yaml: "))}
	}
	return f, faults
}

var (
	yamlLine    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^line (\d+): `) })
	yamlUnknown = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^field (.*) not found in type scope\.(\w+)$`) })
	yamlTwice   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^field (.*) already set in type scope\.(\w+)$`) })
	yamlKind    = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("^cannot unmarshal (!!\\w+)(?: `([^`]*)`)? into (.*)$")
	})
)

// yamlFault says the parser's fault in words of the file, not of our types.
func yamlFault(text string) Fault {
	var f Fault
	if m := yamlLine().FindStringSubmatch(text); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			f.Line = n
		}
		text = text[len(m[0]):]
	}
	text = strings.ReplaceAll(text, "\n", " ")
	switch {
	case yamlUnknown().MatchString(text):
		text = yamlUnknown().ReplaceAllString(text, "a $2 has no key $1")
	case yamlTwice().MatchString(text):
		text = yamlTwice().ReplaceAllString(text, "the key $1 appears twice in one $2")
	case yamlKind().MatchString(text):
		m := yamlKind().FindStringSubmatch(text)
		text = fmt.Sprintf("%s is written where %s is needed", kindWords(m[1], m[2]), needed(m[3]))
	}
	f.Text = fmt.Sprintf("%.300s", text)
	return f
}

func kindWords(tag, value string) string {
	switch {
	case value != "":
		return strconv.Quote(value)
	case tag == "!!seq":
		return "a list"
	case tag == "!!map":
		return "a mapping"
	}
	return "something else"
}

func needed(goType string) string {
	switch {
	case strings.HasSuffix(goType, "int"):
		return "a number"
	case strings.HasPrefix(goType, "[]"):
		return "a list"
	case goType == "string":
		return "a text"
	}
	return "a mapping"
}
