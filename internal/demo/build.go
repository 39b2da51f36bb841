package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// build is one version of a service: what it is made of.
type build struct {
	service, version string
	parts            map[string]component // by key
}

// first is the version of a service with which the history begins.
func (t *table) first(s *service) (*build, error) {
	b := &build{service: s.Name, version: s.Version, parts: map[string]component{}}
	return b, b.set(t.specs(s.Layers, s.Parts))
}

// next is the build of a release that follows another.
func (t *table) next(before *build, r *release) (*build, error) {
	b := &build{service: before.service, version: r.Version, parts: maps.Clone(before.parts)}
	if err := b.set(t.operating(r.Layers)); err != nil {
		return nil, err
	}
	return b, b.set(r.Set)
}

func (t *table) specs(layers, own []string) []string {
	var all []string
	for _, l := range layers {
		all = append(all, t.Layers[l]...)
	}
	return append(all, own...)
}

// operating are the components of the layers below the application: a rebuild
// on a newer base changes those alone.
func (t *table) operating(layers []string) []string {
	var all []string
	for _, l := range layers {
		for _, spec := range t.Layers[l] {
			if spec[:4] == "deb:" {
				all = append(all, spec)
			}
		}
	}
	return all
}

func (b *build) set(specs []string) error {
	for _, spec := range specs {
		c, err := parse(spec)
		if err != nil {
			return err
		}
		b.parts[c.key] = c
	}
	return nil
}

// digest stands for the content: it depends on all of it.
func (b *build) digest() string {
	h := sha256.New()
	_, _ = fmt.Fprintln(h, b.service, b.version) // a hash does not fail
	for _, key := range slices.Sorted(maps.Keys(b.parts)) {
		_, _ = fmt.Fprintln(h, b.parts[key].purl)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// artifact is the full reference of a build.
func (t *table) artifact(b *build) string {
	return t.Registry + "/" + b.service + ":" + b.version + "@" + b.digest()
}

type cdxComponent struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Group   string `json:"group,omitempty"`
	Name    string `json:"name"`
	Version string `json:"version"`
	Purl    string `json:"purl,omitempty"`
}

// document is the build's bill of materials, CycloneDX 1.6.
func (t *table) document(b *build, at time.Time) ([]byte, error) {
	type depends struct {
		Ref string   `json:"ref"`
		On  []string `json:"dependsOn"`
	}
	root := cdxComponent{Type: "container", Ref: "image", Name: t.Registry + "/" + b.service, Version: b.version}
	var parts []cdxComponent
	direct := depends{Ref: root.Ref}
	for _, key := range slices.Sorted(maps.Keys(b.parts)) {
		c := b.parts[key]
		parts = append(parts, cdxComponent{Type: "library", Ref: c.purl, Group: c.group, Name: c.name, Version: c.version, Purl: c.purl})
		direct.On = append(direct.On, c.purl)
	}
	return json.Marshal(map[string]any{
		"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
		"metadata":   map[string]any{"timestamp": at.UTC().Format(time.RFC3339), "component": root},
		"components": parts, "dependencies": []depends{direct},
	})
}

type record struct {
	Service       string `json:"service"`
	Environment   string `json:"environment"`
	Source        string `json:"source"`
	Artifact      string `json:"artifact"`
	Replicas      int    `json:"replicas"`
	Doors         []door `json:"doors"`
	DoorsComplete bool   `json:"doors_complete"`
}

// record is how the environment's source sees a service. A staging system has
// no public doors.
func (t *table) record(s *service, e *environment, b *build) record {
	r := record{
		Service: s.Name, Environment: e.Name, Source: e.Source, Artifact: t.artifact(b),
		Replicas: s.Run.Replicas, Doors: []door{}, DoorsComplete: s.Run.DoorsComplete,
	}
	if e.Name == "staging" {
		r.Replicas, r.DoorsComplete = 1, true
		return r
	}
	for _, d := range s.Run.Doors {
		r.Doors = append(r.Doors, door{Address: d.Address, Public: d.Public})
	}
	return r
}

// manifest declares a service, where nobody looks at run time.
func (t *table) manifest(s *service, b *build) any {
	labels := map[string]any{"app": s.Name}
	return map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"name": s.Name, "namespace": "fernhill"},
		"spec": map[string]any{
			"replicas": s.Run.Replicas,
			"selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels},
				"spec":     map[string]any{"containers": []any{map[string]any{"name": s.Name, "image": t.artifact(b)}}},
			},
		},
	}
}
