package scope

import (
	"strings"
)

// outline says on which line each item of each list stands, and each of its
// keys. The YAML parser does not tell; a list in one line is found as one.
type outline struct {
	section map[string]int   // list → its line
	items   map[string][]int // list → first lines of its items
	text    []string
}

func readOutline(b string) outline {
	o := outline{section: map[string]int{}, items: map[string][]int{}, text: strings.Split(b, "\n")}
	list, indent := "", -1
	for i, line := range o.text {
		trimmed := strings.TrimLeft(line, " ")
		depth := len(line) - len(trimmed)
		switch {
		case trimmed == "" || trimmed[0] == '#' || strings.TrimSpace(trimmed) == "---":
		case depth == 0 && trimmed[0] != '-':
			name, _, _ := strings.Cut(trimmed, ":")
			list, indent = strings.Trim(name, `"' `), -1
			o.section[list] = i + 1
		case trimmed[0] == '-' && (indent < 0 || depth == indent):
			indent = depth
			o.items[list] = append(o.items[list], i+1)
		}
	}
	return o
}

// item is the line of an item; of its list where that is in one line.
func (o *outline) item(list string, i int) int {
	if i < len(o.items[list]) {
		return o.items[list][i]
	}
	return o.section[list]
}

// key is the line of an item's key, or of the item.
func (o *outline) key(list string, i int, key string) int {
	first := o.item(list, i)
	if i >= len(o.items[list]) {
		return first
	}
	for n := first; n <= len(o.text); n++ {
		line := strings.TrimLeft(o.text[n-1], " ")
		if n > first && (o.starts(list, i, n) || line != "" && line == o.text[n-1] && line[0] != '#') {
			break
		}
		line = strings.TrimLeft(strings.TrimPrefix(line, "-"), " ")
		if strings.HasPrefix(line, key+":") {
			return n
		}
	}
	return first
}

// starts reports whether the next item begins on a line.
func (o *outline) starts(list string, i, line int) bool {
	return i+1 < len(o.items[list]) && o.items[list][i+1] == line
}
