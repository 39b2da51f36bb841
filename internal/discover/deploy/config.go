package deploy

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/address"
	"github.com/tidemark/tidemark/internal/twin"
)

// The bounds of what is looked at of one ConfigMap.
const (
	maxConfigKeys  = 500
	maxConfigValue = 256 << 10
	maxConfigLines = 4000
)

// configs are the ConfigMaps that were given as files, by namespace and name. Of a
// cluster nobody reads what is in them.
type configs map[string]map[string]string

func configKey(namespace, name string) string { return namespace + "/" + name }

// configsOf are the ConfigMaps of all inputs.
func configsOf(inputs []*input) configs {
	out := configs{}
	for _, in := range inputs {
		for _, o := range in.objects {
			if o.config != nil {
				out[configKey(o.scope(), o.name)] = o.config
			}
		}
	}
	return out
}

// readConfig keeps what a ConfigMap holds as text, bounded; what is none is none.
func (o *object) readConfig(raw json.RawMessage) {
	var m struct {
		Data map[string]json.RawMessage `json:"data"`
	}
	if json.Unmarshal(raw, &m) != nil || len(m.Data) > maxConfigKeys {
		return
	}
	for key, b := range m.Data {
		var value text
		if len(b) > maxConfigValue || json.Unmarshal(b, &value) != nil {
			continue
		}
		if o.config == nil {
			o.config = map[string]string{}
		}
		o.config[key] = string(value)
	}
}

// variable is one of a container's, with where its value was read.
type variable struct {
	address.Variable
	from string // "": the manifest itself
}

// variables are those of a container whose value is known, as Kubernetes orders
// them: what a variable says itself goes before what comes with a whole ConfigMap.
func (c *container) variables(namespace string, in configs) (out []variable) {
	known := map[string]bool{}
	add := func(name, value, from string) {
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
			if value, ok := in[configKey(namespace, e.ValueFrom.ConfigMap.Name)][e.ValueFrom.ConfigMap.Key]; ok {
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
		data := in[configKey(namespace, e.ConfigMap.Name)]
		for _, key := range sortedKeys(data) {
			add(e.Prefix+key, data[key], "ConfigMap "+e.ConfigMap.Name)
		}
	}
	return out
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// found are the addresses that the variables and arguments of a container name.
func (c *container) found(namespace string, in configs) []address.Found {
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

// files are the addresses that mounted files of ConfigMaps name, line by line: a line
// is "name: value", "name=value" or a value.
func (p *podSpec) files(namespace string, in configs) (out []address.Found) {
	for _, m := range p.mounts() {
		if m.Kind != twin.MountConfigMap || m.Env {
			continue
		}
		data := in[configKey(namespace, m.Name)]
		for _, key := range sortedKeys(data) {
			for _, f := range linesOf(data[key]) {
				out = append(out, address.Found{Where: strings.TrimRight("file "+key+" of ConfigMap "+m.Name+": "+strings.TrimPrefix(f.Where, "env "), ": "), Address: f.Address, Scheme: f.Scheme})
			}
		}
	}
	return out
}

func linesOf(body string) (out []address.Found) {
	n := 0
	for line := range strings.Lines(body) {
		if n++; n > maxConfigLines {
			break
		}
		line = strings.TrimLeft(strings.TrimSpace(line), "- ")
		if line == "" || line[0] == '#' || line[0] == ';' || strings.HasPrefix(line, "//") {
			continue
		}
		name, value := "", line
		if i := strings.IndexAny(line, "=:"); i > 0 && !strings.HasPrefix(line[i:], "://") && !strings.ContainsAny(line[:i], " \t/@") {
			name, value = strings.Trim(line[:i], `"'`), line[i+1:]
		}
		value = strings.Trim(strings.TrimSpace(value), `"',`)
		out = append(out, address.In([]address.Variable{{Name: name, Value: value}}, nil)...)
	}
	return out
}
