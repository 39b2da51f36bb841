package deploy

import (
	"fmt"
	"strings"
	"testing"
)

func manifestsOf(t *testing.T, body string) (notes []string, calls [][]string) {
	t.Helper()
	got, err := Manifests([]File{{Input: "in", Name: "in.json", Named: true, Body: []byte(body)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range got[0].Notes {
		notes = append(notes, n.Reason)
	}
	for i := range got[0].Workloads {
		var list []string
		for _, c := range got[0].Workloads[i].Pod.Calls {
			list = append(list, c.Where+" = "+c.Address)
		}
		calls = append(calls, list)
	}
	return notes, calls
}

const (
	podWith   = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p%d"},"spec":{%s"containers":[{"image":"x"%s}]}}` + "\n"
	asVolume  = `"volumes":[{"configMap":{"name":"c"}}],`
	asEnv     = `,"envFrom":[{"configMapRef":{"name":"c"}}]`
	configMap = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{%s}}` + "\n"
)

// A ConfigMap that many workloads have is looked at once, and what all of them cost
// is bounded: a file of some megabytes does not become minutes of work.
func TestConfigMapOfManyWorkloads(t *testing.T) {
	t.Parallel()
	const size, many = 250_000, 3000
	wide := fmt.Sprintf(configMap, `"DB_URL":"postgres://db.example.com","big":"`+strings.Repeat("x", size)+`"`)
	var files, env strings.Builder
	for i := range many {
		fmt.Fprintf(&files, podWith, i, asVolume, "")
		fmt.Fprintf(&env, podWith, i, "", asEnv)
	}
	notes, calls := manifestsOf(t, wide+files.String())
	if len(notes) != 0 || len(calls) != many || len(calls[many-1]) != 1 {
		t.Errorf("files: notes %q; %d workloads, the last with %q", notes, len(calls), calls[len(calls)-1])
	}
	notes, calls = manifestsOf(t, wide+env.String())
	if len(notes) != 1 || !strings.HasPrefix(notes[0], "from this workload on, addresses in ConfigMaps") {
		t.Errorf("env: notes %.300q", notes)
	}
	if len(calls) != many || len(calls[0]) != 1 {
		t.Errorf("env: %d workloads, the first with %q", len(calls), calls[0])
	}
}

// What one ConfigMap names is bounded while it is read, and the same in any order.
func TestConfigMapOfManyAddresses(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for i := range 3900 {
		fmt.Fprintf(&lines, `u%04d: http://h%04d.example.com\n`, 3900-i, i)
	}
	in := &configs{}
	o := object{name: "c"}
	o.readConfig([]byte(fmt.Sprintf(configMap, `"a":"`+lines.String()+`","b":"`+lines.String()+`"`)))
	found := o.config.found("c", in)
	if len(found) != maxConfigFound || found[0].Where != "file a of ConfigMap c: u0001" || found[199].Where != "file a of ConfigMap c: u0200" {
		t.Errorf("%d found, %v to %v", len(found), found[0], found[len(found)-1])
	}
	cost := in.cost
	if again := o.config.found("c", in); &again[0] != &found[0] || in.cost != cost {
		t.Errorf("looked at again: cost %d, then %d", cost, in.cost)
	}
}

// What of a ConfigMap is not looked at is said.
func TestConfigMapLeftOut(t *testing.T) {
	t.Parallel()
	var keys []string
	for i := range maxConfigKeys + 1 {
		keys = append(keys, fmt.Sprintf(`"k%d":"v"`, i))
	}
	tests := []struct{ name, data, want string }{
		{"all_read", `"a":"b"`, ""},
		{"keys", strings.Join(keys, ","), "ConfigMap/c: not looked at for addresses: it has more than 500 keys"},
		{"large", `"a":"b","c":"` + strings.Repeat("x", maxConfigValue) + `"`, "ConfigMap/c: not looked at for addresses: 1 × larger than 256 KiB"},
		{"key", `"` + strings.Repeat("k", 254) + `":"x"`, "ConfigMap/c: not looked at for addresses: 1 × with a name longer than 253 letters"},
		{"other", `"a":{"b":1},"c":[]`, "ConfigMap/c: not looked at for addresses: 2 × no text"},
		{"lines", `"a":"` + strings.Repeat(`x\n`, maxConfigLines+1) + `"`, "ConfigMap/c: not looked at for addresses: 1 × behind line 4000 of a file"},
		{"binary", `"a":"b"},"binaryData":{"jar":"AAAA"`, "ConfigMap/c: not looked at for addresses: 1 × binary"},
		{"no_map", "", "ConfigMap/c: not looked at for addresses: its data is no map of values"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := fmt.Sprintf(configMap, tt.data)
			if tt.name == "no_map" {
				body = strings.Replace(configMap, "{%s}", "[]", 1)
			}
			notes, _ := manifestsOf(t, body+fmt.Sprintf(podWith, 1, asVolume, ""))
			if got := strings.Join(notes, "; "); got != tt.want {
				t.Errorf("got %.300q, want %q", got, tt.want)
			}
		})
	}
}
