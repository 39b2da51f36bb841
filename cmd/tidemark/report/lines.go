package report

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/tidemark/tidemark/internal/match"
)

// The bounds of looking for lines: larger files, and more findings of one, have
// line 1.
const (
	maxText  = 16 << 20
	maxLooks = 4000
)

// near is how many lines after its name a version may stand.
const near = 2

// Locate finds the lines of the findings in the files that name their
// components, where these are text that can be read.
func (r *Report) Locate() {
	texts := map[string]*source{}
	for i := range r.Findings {
		f := &r.Findings[i]
		t, ok := texts[f.File]
		if !ok {
			t = readText(f.File)
			texts[f.File] = t
		}
		if t.looks++; t.looks <= maxLooks {
			f.Line = t.lineOf(f.Component, f.Version)
		}
	}
}

// source is a file in which names are looked for.
type source struct {
	raw, folded []byte
	looks       int
}

// readText reads a file; one that is no text has none.
func readText(path string) *source {
	f, err := os.Open(path)
	if err != nil {
		return &source{}
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxText+1))
	if errors.Join(err, f.Close()) != nil || len(raw) > maxText || bytes.IndexByte(raw, 0) >= 0 {
		return &source{}
	}
	return &source{raw: raw, folded: fold(raw)}
}

// fold makes names that are written in two ways one, and changes no length.
func fold(b []byte) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		switch {
		case c >= 'A' && c <= 'Z':
			out[i] = c + 'a' - 'A'
		case c == '_':
			out[i] = '-'
		}
	}
	return out
}

// lineOf is the line that names a component: by its purl, else by its name with
// the version near, else by its name alone; 0 when nothing does.
func (t *source) lineOf(component, version string) int {
	if at := bytes.Index(t.raw, []byte(component)); at >= 0 && component != "" {
		return t.lineAt(at)
	}
	first := 0
	for _, name := range namesOf(component) {
		for _, at := range t.places(fold([]byte(name))) {
			if first == 0 {
				first = t.lineAt(at)
			}
			if t.saysNear(at+len(name), version) {
				return t.lineAt(at)
			}
		}
	}
	return first
}

func (t *source) lineAt(at int) int { return 1 + bytes.Count(t.raw[:at], []byte("\n")) }

// places are where a name stands by itself.
func (t *source) places(name []byte) (out []int) {
	const most = 100
	for at := 0; len(name) > 0 && len(out) < most; {
		i := bytes.Index(t.folded[at:], name)
		if i < 0 {
			break
		}
		at += i
		if begins(t.folded[:at]) && ends(t.folded[at+len(name):]) {
			out = append(out, at)
		}
		at += len(name)
	}
	return out
}

func begins(before []byte) bool {
	if len(before) == 0 || bytes.HasSuffix(before, []byte("node-modules/")) {
		return true
	}
	last := before[len(before)-1]
	if last == '/' { // of a path, or the first sign of a name
		return len(before) == 1 || !ofName(before[len(before)-2])
	}
	return !ofName(last)
}

func ends(after []byte) bool {
	if len(after) == 0 {
		return true
	}
	if after[0] == '/' { // before a version
		return len(after) > 1 && after[1] >= '0' && after[1] <= '9'
	}
	return !ofName(after[0])
}

func ofName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.'
}

// saysNear reports whether a version stands on the same line, or soon after it.
func (t *source) saysNear(at int, version string) bool {
	rest := t.raw[at:]
	end := 0
	for range near + 1 {
		i := bytes.IndexByte(rest[end:], '\n')
		if i < 0 {
			end = len(rest)
			break
		}
		end += i + 1
	}
	return version != "" && bytes.Contains(rest[:end], []byte(version))
}

// namesOf are the ways in which files write a component's name.
func namesOf(component string) []string {
	p, err := match.ParsePurl(component)
	if err != nil {
		return nil
	}
	whole := strings.TrimPrefix(p.Namespace+"/"+p.Name, "/")
	switch p.Type {
	case "maven":
		return []string{p.Namespace + ":" + p.Name, p.Name}
	case "npm", "golang", "composer":
		return []string{whole}
	}
	return []string{p.Name, whole}
}
