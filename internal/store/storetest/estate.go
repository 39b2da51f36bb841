package storetest

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/store"
)

// Estate is a made-up landscape: workloads that run, each from one of some
// images, and what these are made of. Every image has the package "everywhere",
// one in a hundred also "somewhere"; the rest is shared by a few images each.
type Estate struct {
	Workloads, Images, PerImage int
	Start                       time.Time
}

// FillEstate writes an estate straight into the tables of the twin and of what
// was evaluated: through evidence it would take minutes. Nothing in it is
// affected by anything yet.
func FillEstate(b testing.TB, e *Engine, cfg store.Config, x Estate) {
	b.Helper()
	f := filler{b: b, db: e.Raw(b, cfg), numbered: e.Name == "postgres"}
	at := x.Start.UnixMicro()
	f.exec(`INSERT INTO watch (id, source, scope) VALUES (1, 'agent', 'prod')`)
	f.exec(fmt.Sprintf(`INSERT INTO coverage (watch, class, since, seen, every) VALUES (1, 'observed', %d, %d, 0)`, at, at))
	f.components(x)
	f.images(x, at)
	f.workloads(x, at)
	for table, last := range map[string]int{
		"component": x.libraries() + 2, "sbom": x.Images, "artifact": x.Images, "place": x.Workloads + x.Images, "claim": x.Workloads, "state": x.Workloads, "watch": 1,
	} {
		f.exec(fmt.Sprintf(`INSERT INTO sequence (name, last) VALUES ('%s', %d)`, table, last))
	}
}

// libraries is how many components there are beside the two that all know:
// each is in ten images.
func (x Estate) libraries() int { return max(x.Images*(x.PerImage-2)/10, x.PerImage) }

// component returns the name and version of the nth component.
func (x Estate) component(n int) (name, version string) {
	switch n {
	case 0:
		return "everywhere", "1.0.0"
	case 1:
		return "somewhere", "1.0.0"
	}
	return fmt.Sprintf("library-%d", n/20), fmt.Sprintf("1.%d.0", n%20)
}

// parts lists the components of an image, in order.
func (x Estate) parts(image int) []int {
	parts := []int{0}
	if image%100 == 0 {
		parts = append(parts, 1)
	}
	for i := len(parts); i < x.PerImage; i++ {
		parts = append(parts, 2+(image*(x.PerImage-2)+i)%x.libraries())
	}
	return parts
}

func (f *filler) components(x Estate) {
	n := x.libraries() + 2
	purl := func(i int) (locus, full string) {
		name, version := x.component(i)
		return "pkg:npm/" + name, "pkg:npm/" + name + "@" + version
	}
	f.rows(`INSERT INTO component (id, ident, purl, type, namespace, name, version)`, 7, n, func(i int) []any {
		name, version := x.component(i)
		_, full := purl(i)
		h := fnv.New128a()
		_, _ = h.Write([]byte(full))
		return []any{i + 1, h.Sum(nil), full, "library", "", name, version}
	})
	f.rows(`INSERT INTO component_eval (component, purl, version, compared, locus, ecosystem, rules)`, 7, n, func(i int) []any {
		_, version := x.component(i)
		locus, full := purl(i)
		return []any{i + 1, full, version, version, locus, "npm", "bench"}
	})
	f.rows(`INSERT INTO component_package (ecosystem, name, component)`, 3, n, func(i int) []any {
		name, _ := x.component(i)
		return []any{"npm", name, i + 1}
	})
}

func digestOf(image int) string { return fmt.Sprintf("sha256:%064x", image+1) }

func (f *filler) images(x Estate, at int64) {
	f.rows(`INSERT INTO sbom (id, hash, format, spec, created, recorded, components, quality, parts)`, 9, x.Images, func(i int) []any {
		parts := x.parts(i)
		packed, last := binary.AppendUvarint(nil, uint64(len(parts))), 0
		for _, p := range parts {
			packed, last = binary.AppendVarint(packed, int64(p+1-last)), p+1
		}
		return []any{i + 1, fmt.Sprintf("sbom-%d", i), "CycloneDX", "1.6", at, at, len(parts), []byte("{}"), append(packed, 0)}
	})
	f.rows(`INSERT INTO content (component, sbom)`, 2, x.Images*x.PerImage, func(i int) []any {
		return []any{x.parts(i / x.PerImage)[i%x.PerImage] + 1, i/x.PerImage + 1}
	})
	f.rows(`INSERT INTO artifact (id, artifact, name, tag, digest, nametag, place, recorded)`, 8, x.Images, func(i int) []any {
		name := fmt.Sprintf("registry.example.com/team/app-%05d", i)
		return []any{i + 1, digestOf(i), name, "1.0", digestOf(i), name + ":1.0", x.Workloads + i + 1, at}
	})
	f.rows(`INSERT INTO place (id, service, environment)`, 3, x.Images, func(i int) []any {
		return []any{x.Workloads + i + 1, fmt.Sprintf("registry.example.com/team/app-%05d", i), "(none)"}
	})
	f.rows(`INSERT INTO listing (artifact, observed, epoch, source_seq, ord, sbom, recorded)`, 7, x.Images, func(i int) []any {
		return []any{i + 1, at, 0, 0, i + 1, i + 1, at}
	})
}

func (f *filler) workloads(x Estate, at int64) {
	image := func(i int) int { return i % x.Images }
	name := func(i int) string { return fmt.Sprintf("registry.example.com/team/app-%05d", image(i)) }
	f.rows(`INSERT INTO place (id, service, environment)`, 3, x.Workloads, func(i int) []any {
		return []any{i + 1, fmt.Sprintf("svc-%06d", i), "prod"}
	})
	f.rows(`INSERT INTO state (id, hash, class, media, body)`, 5, x.Workloads, func(i int) []any {
		body := fmt.Sprintf(`{"service":"svc-%06d","kind":"Deployment","replicas":2,"containers":[{"name":"main","image":{"name":"%s","tag":"1.0","digest":"%s"},"replicas":2}]}`, i, name(i), digestOf(image(i)))
		return []any{i + 1, fmt.Sprintf("state-%d", i), "observed", "workload", []byte(body)}
	})
	f.rows(`INSERT INTO claim (id, watch, subject, place)`, 4, x.Workloads, func(i int) []any {
		return []any{i + 1, 1, fmt.Sprintf("workload/Deployment//svc-%06d", i), i + 1}
	})
	f.rows(`INSERT INTO claim_current (claim, state, valid_from, recorded_from)`, 4, x.Workloads, func(i int) []any {
		return []any{i + 1, i + 1, at, at}
	})
	f.rows(`INSERT INTO place_image (place, digest, nametag, name, since)`, 5, x.Workloads, func(i int) []any {
		return []any{i + 1, digestOf(image(i)), name(i) + ":1.0", name(i), at}
	})
	f.rows(`INSERT INTO presence (place, claim, since, until, class)`, 5, x.Workloads, func(i int) []any {
		return []any{i + 1, i + 1, at, int64(math.MaxInt64), "observed"}
	})
}
