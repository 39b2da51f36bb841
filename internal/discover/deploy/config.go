package deploy

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/address"
	"github.com/tidemark/tidemark/internal/twin"
)

// The bounds of what is looked at of one ConfigMap, and of those of a whole call.
const (
	maxConfigKeys  = 500
	maxConfigName  = 253 // of a key, and of the ConfigMap
	maxConfigValue = 256 << 10
	maxConfigLines = 4000
	maxConfigFound = 200      // of one ConfigMap: no pod is told more of
	maxConfigCost  = 64 << 20 // bytes, with costEach for each line and variable
	costEach       = 64
	costFound      = 4 // of an address that one more pod is told of
)

// config is what one ConfigMap holds as text.
type config struct {
	data  map[string]string
	keys  []string // in order
	left  []string // what is not looked at
	files []address.Found
	read  bool // files were looked for
}

// configs are the ConfigMaps that were given as files, by namespace and name. Of a
// cluster nobody reads what is in them. Many pods may have the same one: what that
// costs is counted over the whole call.
type configs struct {
	given map[string]*config
	cost  int
	told  bool // that it costs too much
}

func configKey(namespace, name string) string { return namespace + "/" + name }

// configsOf are the ConfigMaps of all inputs.
func configsOf(inputs []*input) *configs {
	out := &configs{given: map[string]*config{}}
	for _, in := range inputs {
		for _, o := range in.objects {
			if o.config != nil {
				out.given[configKey(o.scope(), o.name)] = o.config
			}
		}
	}
	return out
}

// get is never nil: of what was not given nothing is known.
func (in *configs) get(namespace, name string) *config {
	if c := in.given[configKey(namespace, name)]; c != nil {
		return c
	}
	return &config{}
}

// afford reports whether so much more may be looked at. After the first no it
// stays at no.
func (in *configs) afford(n int) bool {
	in.cost += n
	return in.cost <= maxConfigCost
}

// short is the note for the first workload that was not looked at whole.
func (in *configs) short() string {
	if in.told || in.cost <= maxConfigCost {
		return ""
	}
	in.told = true
	return "from this workload on, addresses in ConfigMaps are not looked for any more: there is too much of them in one call"
}

// readConfig keeps what a ConfigMap holds as text, bounded, and what was left out.
func (o *object) readConfig(raw json.RawMessage) {
	var m struct {
		Data   map[string]json.RawMessage `json:"data"`
		Binary map[string]json.RawMessage `json:"binaryData"`
	}
	c := config{data: map[string]string{}}
	err := json.Unmarshal(raw, &m)
	switch {
	case err != nil:
		c.left = append(c.left, "its data is no map of values")
	case len(m.Data) > maxConfigKeys:
		c.left = append(c.left, fmt.Sprintf("it has more than %d keys", maxConfigKeys))
	case len(o.name) > maxConfigName:
		c.left = append(c.left, "its name is no Kubernetes name")
	default:
		c.take(m.Data)
		c.leave(len(m.Binary), "binary")
	}
	if len(c.keys)+len(c.left) > 0 {
		o.config = &c
	}
}

// take keeps the values that are text.
func (c *config) take(data map[string]json.RawMessage) {
	var long, name, other, lines int
	for _, key := range slices.Sorted(maps.Keys(data)) {
		var value text
		switch {
		case len(key) > maxConfigName:
			name++
			continue
		case len(data[key]) > maxConfigValue:
			long++
			continue
		case json.Unmarshal(data[key], &value) != nil:
			other++
			continue
		case strings.Count(string(value), "\n") > maxConfigLines:
			lines++
		}
		c.data[key], c.keys = string(value), append(c.keys, key)
	}
	c.leave(long, "larger than %d KiB", maxConfigValue>>10)
	c.leave(name, "with a name longer than %d letters", maxConfigName)
	c.leave(other, "no text")
	c.leave(lines, "behind line %d of a file", maxConfigLines)
}

func (c *config) leave(n int, format string, args ...any) {
	if n > 0 {
		c.left = append(c.left, fmt.Sprintf("%d × ", n)+fmt.Sprintf(format, args...))
	}
}

// note says what of the ConfigMap was not looked at; "" where all was.
func (c *config) note(id string) string {
	if len(c.left) == 0 {
		return ""
	}
	return fmt.Sprintf("%.300s: not looked at for addresses: %s", id, strings.Join(c.left, ", "))
}

// variable is one of a container's, with where its value was read.
type variable struct {
	address.Variable
	from string // "": the manifest itself
}

// variables are those of a container whose value is known, as Kubernetes orders
// them: what a variable says itself goes before what comes with a whole ConfigMap.
func (c *container) variables(namespace string, in *configs) (out []variable) {
	known := map[string]bool{}
	add := func(name, value, from string) {
		if from != "" && !in.afford(costEach+len(name)+len(value)) {
			return
		}
		if !known[name] {
			out = append(out, variable{address.Variable{Name: name, Value: value}, from})
		}
		known[name] = true
	}
	for _, e := range c.Env {
		switch {
		case e.ValueFrom == nil:
			add(e.Name, string(e.Value), "")
		case e.ValueFrom.ConfigMap != nil:
			if value, ok := in.get(namespace, e.ValueFrom.ConfigMap.Name).data[e.ValueFrom.ConfigMap.Key]; ok {
				add(e.Name, value, "ConfigMap "+e.ValueFrom.ConfigMap.Name)
			}
		default:
			known[e.Name] = true // of a Secret, or the pod itself
		}
	}
	for _, e := range c.EnvFrom {
		if e.ConfigMap == nil {
			continue
		}
		from := in.get(namespace, e.ConfigMap.Name)
		for _, key := range from.keys {
			add(e.Prefix+key, from.data[key], "ConfigMap "+e.ConfigMap.Name)
		}
	}
	return out
}

// found are the addresses that the variables and arguments of a container name.
func (c *container) found(namespace string, in *configs) []address.Found {
	list := c.variables(namespace, in)
	env, from := make([]address.Variable, len(list)), map[string]string{}
	for i, v := range list {
		env[i] = v.Variable
		if v.from != "" {
			from["env "+v.Name] = v.from
		}
	}
	args := make([]string, 0, len(c.Command)+len(c.Args))
	for _, arg := range slices.Concat(c.Command, c.Args) {
		args = append(args, string(arg))
	}
	out := address.In(env, args)
	for i := range out {
		if where := from[out[i].Where]; where != "" {
			out[i].Where += " of " + where
		}
	}
	return out
}

// files are the addresses that mounted files of ConfigMaps name.
func (p *podSpec) files(namespace string, in *configs) (out []address.Found) {
	for _, m := range p.mounts() {
		if m.Kind != twin.MountConfigMap || m.Env {
			continue
		}
		found := in.get(namespace, m.Name).found(m.Name, in)
		if !in.afford(costEach + costFound*len(found)) {
			break
		}
		out = append(out, found...)
	}
	return out
}

// found are the addresses that all files of a ConfigMap name. They are looked for
// once, whoever has it.
func (c *config) found(name string, in *configs) []address.Found {
	if c.read {
		return c.files
	}
	c.read = true
	for _, key := range c.keys {
		where := "file " + key + " of ConfigMap " + name
		for f := range linesOf(c.data[key], in) {
			if at := strings.TrimPrefix(f.Where, "env "); at != "" {
				f.Where = where + ": " + at
			} else {
				f.Where = where
			}
			if c.files = append(c.files, f); len(c.files) >= 10*maxConfigFound {
				c.files = address.Sorted(c.files)
			}
		}
	}
	c.files = slices.Clip(address.Sorted(c.files))
	return c.files
}

// linesOf looks at a file line by line: "name: value", "name=value" or a value.
func linesOf(body string, in *configs) iter.Seq[address.Found] {
	return func(yield func(address.Found) bool) {
		n := 0
		for line := range strings.Lines(body) {
			if n++; n > maxConfigLines || !in.afford(costEach+len(line)) {
				return
			}
			for _, f := range lineOf(line) {
				if !yield(f) {
					return
				}
			}
		}
	}
}

func lineOf(line string) []address.Found {
	line = strings.TrimLeft(strings.TrimSpace(line), "- ")
	if line == "" || line[0] == '#' || line[0] == ';' || strings.HasPrefix(line, "//") {
		return nil
	}
	name, value := "", line
	if i := strings.IndexAny(line, "=:"); i > 0 && !strings.HasPrefix(line[i:], "://") && !strings.ContainsAny(line[:i], " \t/@") {
		name, value = strings.Trim(line[:i], `"'`), line[i+1:]
	}
	value = strings.Trim(strings.TrimSpace(value), `"',`)
	return address.In([]address.Variable{{Name: name, Value: value}}, nil)
}
