package main

import (
	"archive/zip"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// estate is the size of what is made.
type estate struct {
	services, components, weak, advisories int
	seed                                   uint64
	at                                     string
}

type object = map[string]any

// check refuses sizes that contradict each other.
func (e estate) check() error {
	if e.services < 1 || e.advisories < 1 || e.weak < 0 || e.components < e.weak || e.weak > e.advisories {
		return errors.New("the sizes contradict each other")
	}
	return nil
}

// write makes everything below dir.
func (e estate) write(dir string) error {
	if err := e.check(); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, part := range []func(string) error{e.feeds, e.sboms, e.records, e.scope} {
		if err := part(dir); err != nil {
			return err
		}
	}
	return nil
}

// random gives each thing a stream of its own, so that one size does not move
// all the others.
func (e estate) random(kind uint64, n int) *rand.Rand {
	return rand.New(rand.NewPCG(e.seed<<8|kind, uint64(n)))
}

// vectors are worth many different scores.
var vectors = []string{
	"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
	"CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:N",
	"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H",
	"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N",
}

func cve(i int) string  { return fmt.Sprintf("CVE-2026-%05d", 10_000+i) }
func weak(i int) string { return fmt.Sprintf("weak-%04d", i) }

// feeds writes OSV, KEV and EPSS. One in fifty is known to be exploited, one in
// ten has no vector, one in twenty has no fix.
func (e estate) feeds(dir string) error {
	records := make([]object, e.advisories)
	known := []object{}
	scores := "#model_version:v2026.06.15,score_date:2026-11-21T12:00:00Z\ncve,epss,percentile\n"
	for i := range records {
		r := e.random('a', i)
		events := []object{{"introduced": "0"}, {"fixed": fmt.Sprintf("2.%d.0", i%7)}}
		if i%20 == 19 {
			events = events[:1]
		}
		records[i] = object{
			"schema_version": "1.6.0", "id": cve(i), "published": fmt.Sprintf("2026-%02d-%02dT08:00:00Z", 1+i%10, 1+i%28),
			"modified": "2026-11-20T08:00:00Z", "summary": fmt.Sprintf("Made-up weakness %d of the package %s", i, weak(i)),
			"affected": []object{{
				"package": object{"ecosystem": "npm", "name": weak(i)},
				"ranges":  []object{{"type": "SEMVER", "events": events}},
			}},
		}
		if i%10 != 9 {
			records[i]["severity"] = []object{{"type": "CVSS_V3", "score": vectors[r.IntN(len(vectors))]}}
		}
		if i%50 == 7 {
			known = append(known, object{"cveID": cve(i), "dateAdded": fmt.Sprintf("2026-11-%02d", 1+i%20), "dueDate": "2026-12-01", "knownRansomwareCampaignUse": "Unknown"})
		}
		score := r.Float64()
		scores += fmt.Sprintf("%s,%.5f,%.5f\n", cve(i), score*score*score*score, score)
	}
	if err := zipped(filepath.Join(dir, "intel", "osv", "npm", "all.zip"), records); err != nil {
		return err
	}
	catalogue := object{"catalogVersion": "2026.11.20", "dateReleased": "2026-11-20T12:00:00Z", "count": len(known), "vulnerabilities": known}
	if err := writeJSON(filepath.Join(dir, "intel", "kev.json"), catalogue); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "intel", "epss.csv"), []byte(scores), 0o644)
}

func zipped(path string, records []object) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	archive := zip.NewWriter(f)
	for _, r := range records {
		w, err := archive.Create(r["id"].(string) + ".json")
		if err != nil {
			return err
		}
		if err := json.NewEncoder(w).Encode(r); err != nil {
			return err
		}
	}
	return archive.Close()
}

func writeJSON(path string, doc any) error {
	raw, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o644)
}

func service(i int) string { return fmt.Sprintf("service-%05d", i) }

// digest of a service's image, of nothing but its name.
func digest(i int) string {
	sum := sha256.Sum256([]byte(service(i)))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// environments and what each hundred services are in: most of them in
// production.
func environment(i int) string {
	switch {
	case i%10 < 5:
		return "prod-eu"
	case i%10 < 8:
		return "prod-us"
	}
	return "staging"
}

// sboms writes one bill of materials a service, named for the digest of its image.
func (e estate) sboms(dir string) error {
	if err := os.Mkdir(filepath.Join(dir, "sboms"), 0o755); err != nil {
		return err
	}
	for i := range e.services {
		if err := writeJSON(filepath.Join(dir, "sboms", service(i)+".cdx.json"), e.sbom(i)); err != nil {
			return err
		}
	}
	return nil
}

func (e estate) sbom(i int) object {
	r := e.random('s', i)
	parts := make([]object, 0, e.components)
	for _, n := range r.Perm(e.advisories)[:e.weak] {
		parts = append(parts, component("pkg:npm/"+weak(n)+"@1."+fmt.Sprint(r.IntN(9))+".0", weak(n)))
	}
	for n := e.weak; n < e.components; n++ {
		name := fmt.Sprintf("part-%05d-%03d", i, n)
		parts = append(parts, component("pkg:npm/"+name+"@1.0.0", name))
	}
	return object{
		"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": parts,
		"metadata": object{"component": object{
			"type": "container", "name": "registry.estate.example/" + service(i), "version": "1.0.0",
			"hashes": []object{{"alg": "SHA-256", "content": digest(i)[len("sha256:"):]}},
		}},
	}
}

func component(purl, name string) object {
	return object{"type": "library", "bom-ref": purl, "name": name, "purl": purl}
}

// records writes what runs where, seen by one source an environment; one service
// in five has a public door.
func (e estate) records(dir string) (err error) {
	f, err := os.Create(filepath.Join(dir, "running.ndjson"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	for i := range e.services {
		r := object{
			"service": service(i), "environment": environment(i), "replicas": 1 + i%4, "observed_at": e.at, "source": "cluster-" + environment(i),
			"artifact": "registry.estate.example/" + service(i) + ":1.0.0@" + digest(i), "doors_complete": i%3 != 0,
		}
		if i%5 == 0 {
			r["doors"] = []object{{"address": "https://" + service(i) + ".estate.example", "public": true}}
		}
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	return w.Flush()
}

// scope says what the services are worth and who owns them: forty products,
// twenty teams, one service in forty unowned.
//
// A failed write is told by the flush at the end.
func (e estate) scope(dir string) (err error) {
	f, err := os.Create(filepath.Join(dir, "scope.yaml"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	_, _ = fmt.Fprintln(w, "schema: tidemark.scope/v1\nowners:")
	for t := range 20 {
		_, _ = fmt.Fprintf(w, "  - {name: team-%02d, mail: team-%02d@estate.example}\n", t, t)
	}
	_, _ = fmt.Fprintln(w, "environments:\n  - {name: prod-eu, kind: production}\n  - {name: prod-us, kind: production}\n  - {name: staging, kind: staging}\nproducts:")
	for p := range 40 {
		_, _ = fmt.Fprintf(w, "  - {name: product-%02d, title: Product %d, tier: %d}\n", p, p, 1+p%5)
	}
	_, _ = fmt.Fprintln(w, "services:")
	for i := range e.services {
		owner := fmt.Sprintf(", owner: team-%02d", i%20)
		if i%40 == 39 {
			owner = ""
		}
		_, _ = fmt.Fprintf(w, "  - {name: %s, product: product-%02d%s}\n", service(i), i%40, owner)
	}
	return w.Flush()
}
