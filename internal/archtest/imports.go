package archtest

import (
	"fmt"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// Imports checks the table: rooms of ours, third-party modules, and what a
// pure room takes from the standard library.
func Imports(t *Tree) []Finding {
	var out []Finding
	for _, f := range t.Files {
		if _, known := rowOf(f.Room); !known {
			out = append(out, Finding{Path: f.Path, Message: fmt.Sprintf("room %q has no row in the import table", f.Room)})
			continue
		}
		for imported, pos := range imports(f) {
			if why := refused(f, imported); why != "" {
				out = append(out, t.at(f, pos, "%s", why))
			}
		}
	}
	return out
}

// refused says why a file may not import something, or "".
func refused(f *File, imported string) string {
	room, ours := ourRoom(imported)
	switch {
	case ours && !mayImport(f, room):
		return fmt.Sprintf("%s may not import %s", f.Room, room)
	case ours:
		return ""
	case !strings.Contains(strings.Split(imported, "/")[0], "."):
		if !f.Test && slices.Contains(pure, f.Room) && slices.Contains(impure, imported) {
			return fmt.Sprintf("%s is pure: it may not import %s", f.Room, imported)
		}
		return ""
	case !mayImportModule(f, imported):
		return fmt.Sprintf("%s may not import %s (see the table of modules)", f.Room, imported)
	}
	return ""
}

// ourRoom returns the room of an import path of this module.
func ourRoom(imported string) (string, bool) {
	if imported == Module {
		return ".", true
	}
	dir, ours := strings.CutPrefix(imported, Module+"/")
	return roomOf(dir), ours
}

func mayImport(f *File, room string) bool {
	if room == "cmd" {
		return f.Room == "cmd"
	}
	if testRoom(room) {
		return f.Test
	}
	if slices.Contains(leafRooms, room) || room == f.Room || related(f.Room, room) {
		return true
	}
	r, _ := rowOf(f.Room)
	if listed(r.may, room) {
		return true
	}
	return f.Test && listed(testMay, room)
}

// listed reports whether a list of rooms names a room or its parent.
func listed(list []string, room string) bool {
	parent, _, _ := strings.Cut(room, "/")
	return slices.Contains(list, everything) || slices.Contains(list, room) || slices.Contains(list, parent)
}

// related reports whether one room is the other's parent.
func related(a, b string) bool {
	return strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}

func testRoom(room string) bool { return slices.Contains(testRooms, room) }

// rowOf returns a room's row, or that of the nearest room above it.
func rowOf(room string) (row, bool) {
	for {
		i := slices.IndexFunc(rooms, func(r row) bool { return r.room == room })
		if i >= 0 {
			return rooms[i], true
		}
		cut := strings.LastIndexByte(room, '/')
		if cut < 0 {
			return row{}, false
		}
		room = room[:cut]
	}
}

func mayImportModule(f *File, imported string) bool {
	for _, m := range modules {
		if imported != m.path && !strings.HasPrefix(imported, m.path+"/") {
			continue
		}
		// What a test links is not in the product.
		return f.Test || slices.Contains(m.rooms, f.Room)
	}
	return false
}

// wiring is the room that joins all others.
const wiring = "cmd"

// Layers checks the length of the longest chain of imports between rooms.
func Layers(t *Tree) []Finding {
	graph := map[string][]string{}
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		for imported := range imports(f) {
			if dir, ours := strings.CutPrefix(imported, Module+"/"); ours {
				graph[f.Dir] = append(graph[f.Dir], dir)
			}
		}
	}
	var out []Finding
	longest := map[string][]string{}
	for _, pkg := range t.packages() {
		if chain := deepest(graph, longest, pkg[0].Dir); len(chain) > maxLayers {
			out = append(out, Finding{Path: pkg[0].Dir, Message: fmt.Sprintf("%d layers of imports, at most %d: %s", len(chain), maxLayers, strings.Join(chain, " -> "))})
		}
	}
	return out
}

// deepest returns the longest chain from dir downwards; the compiler refuses circles.
func deepest(graph, known map[string][]string, dir string) []string {
	if chain, ok := known[dir]; ok {
		return chain
	}
	known[dir] = []string{dir} // a circle, should one be parsed, ends here
	var best []string
	for _, next := range graph[dir] {
		if chain := deepest(graph, known, next); len(chain) > len(best) {
			best = chain
		}
	}
	if len(best) > 0 && roomOf(dir) == wiring && roomOf(best[0]) == wiring {
		best = best[1:] // what is wired is cut into packages, and stays one layer
	}
	known[dir] = append([]string{dir}, best...)
	return known[dir]
}

// Dependencies checks that each direct dependency of go.mod has its line in the
// table above and in docs/dependencies.md, and that there are not too many.
func Dependencies(t *Tree) []Finding {
	direct := directDependencies(string(t.Texts["go.mod"]))
	doc := string(t.Texts["docs/dependencies.md"])
	var out []Finding
	if len(direct) > maxDependencies {
		out = append(out, Finding{Path: "go.mod", Message: fmt.Sprintf("%d direct dependencies, at most %d", len(direct), maxDependencies)})
	}
	for path, line := range direct {
		if !strings.Contains(doc, "`"+path+"`") {
			out = append(out, Finding{Path: "docs/dependencies.md", Message: fmt.Sprintf("no line gives the reason for `%s`", path)})
		}
		if !slices.ContainsFunc(modules, func(m module) bool { return path == m.path || strings.HasPrefix(path, m.path+"/") }) {
			out = append(out, Finding{Path: "go.mod", Line: line, Message: path + " has no row in the table of modules"})
		}
	}
	return append(out, leftovers(direct, doc)...)
}

// docLine finds the module that a line of docs/dependencies.md is about.
var docLine = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")

// leftovers finds lines about what is no direct dependency any more.
func leftovers(direct map[string]int, doc string) []Finding {
	var out []Finding
	for _, m := range docLine.FindAllStringSubmatch(doc, -1) {
		if _, ok := direct[m[1]]; !ok {
			out = append(out, Finding{Path: "docs/dependencies.md", Message: fmt.Sprintf("`%s` is no direct dependency", m[1])})
		}
	}
	return out
}

// directDependencies reads the require lines of a go.mod: module to line.
func directDependencies(gomod string) map[string]int {
	out := map[string]int{}
	block := false
	for i, line := range strings.Split(gomod, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "require (":
			block = true
			continue
		case line == ")":
			block = false
		}
		single, isSingle := strings.CutPrefix(line, "require ")
		fields := strings.Fields(single)
		if (block || isSingle) && len(fields) >= 2 && !strings.Contains(line, "// indirect") && token.IsIdentifier(fields[0][:1]) {
			out[fields[0]] = i + 1
		}
	}
	return out
}
