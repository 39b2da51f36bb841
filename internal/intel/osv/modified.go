package osv

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
)

// The bounds of a list of modifications.
const (
	maxListed   = 3_000_000
	maxListLine = 1024
)

// Listed is modified_id.csv: when each record of an ecosystem last changed.
type Listed struct {
	At       map[string]time.Time // by id
	Rejected []advisory.Rejection // Where is the line
}

// ParseModified reads a list: a time and an id on each line, in either order;
// the list of all ecosystems has the ecosystem in front of the id. A bad line is
// refused and does not stop the rest.
func ParseModified(r io.Reader) (Listed, error) {
	l := Listed{At: map[string]time.Time{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxListLine)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		id, at, err := stamp(line)
		if err != nil {
			l.Rejected = advisory.AddRejection(l.Rejected, "line "+strconv.Itoa(n), err)
			continue
		}
		if len(l.At) == maxListed {
			return Listed{}, fmt.Errorf("list of modifications: more than %d records", maxListed)
		}
		if at.After(l.At[id]) {
			l.At[strings.Clone(id)] = at
		}
	}
	if err := lines.Err(); err != nil {
		return Listed{}, fmt.Errorf("list of modifications: %w", err)
	}
	return l, nil
}

func stamp(line string) (id string, at time.Time, err error) {
	first, second, found := strings.Cut(line, ",")
	if !found {
		return "", at, fmt.Errorf("%.80q is not a time and an id", line)
	}
	if at, err = time.Parse(time.RFC3339Nano, first); err != nil {
		first, second = second, first
		if at, err = time.Parse(time.RFC3339Nano, first); err != nil {
			return "", at, fmt.Errorf("%.80q has no time", line)
		}
	}
	id = second[strings.LastIndexByte(second, '/')+1:]
	if id == "" || id[0] == '.' || fitName(id) != nil || !filepath.IsLocal(id) || strings.ContainsAny(id, `\,`) {
		return "", at, fmt.Errorf("%.80q is not the id of a record", second)
	}
	return id, at.UTC().Truncate(time.Microsecond), nil
}

// Write writes a list as ParseModified reads it, by id.
func (l Listed) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, id := range slices.Sorted(maps.Keys(l.At)) {
		if _, err := out.WriteString(l.At[id].Format(time.RFC3339Nano) + "," + id + "\n"); err != nil {
			return err
		}
	}
	return out.Flush()
}

// Since lists the ids that are new or have another time than in an older list.
func (l Listed) Since(old Listed) []string {
	var out []string
	for id, at := range l.At {
		if have, ok := old.At[id]; !ok || !have.Equal(at) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}
