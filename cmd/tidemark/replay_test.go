package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/realdata"
)

// rollout is one release of a real component, as its makers published it.
type rollout struct {
	version, digest, commit string
	at                      time.Time // when the test rolls it out
}

// rollouts reads five releases: the digest of the program and the commit that it
// was built from are those of the provenance.
func rollouts(t *testing.T, dir string) []rollout {
	t.Helper()
	var out []rollout
	for i, version := range []string{"v1.24.1", "v1.24.3", "v1.24.6", "v1.25.1", "v1.25.2"} {
		raw, err := os.ReadFile(filepath.Join(dir, "kube-slsa-"+version+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Subject []struct {
				Name   string
				Digest map[string]string
			}
			Predicate struct {
				Materials []struct {
					URI    string
					Digest map[string]string
				}
			}
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			t.Fatal(err)
		}
		u := rollout{version: version, at: on(10+7*i, 0), commit: strings.Trim(doc.Predicate.Materials[0].Digest["sha1"], "'")}
		for _, s := range doc.Subject {
			if strings.HasSuffix(s.Name, version+"/bin/linux/amd64/kube-apiserver") {
				u.digest = "sha256:" + s.Digest["sha256"]
			}
		}
		if len(u.digest) != 71 || len(u.commit) != 40 {
			t.Fatalf("%s: digest %q, commit %q", version, u.digest, u.commit)
		}
		out = append(out, u)
	}
	return out
}

// Five releases of a real component are rolled out a week apart; between them the
// twin is asked what ran, what it was made of and which commit it came from, and
// answers the same after all of it as it did then.
func TestReplayOfFiveReleases(t *testing.T) {
	t.Parallel()
	sboms, attestations := realdata.Dir(t, "sboms", "kubernetes-releases"), realdata.Dir(t, "attestations")
	releases := rollouts(t, attestations)
	c := &cli{t: t, where: []string{"--data", t.TempDir()}}
	for _, u := range releases {
		c.now = u.at
		image := "k8s.gcr.io/kube-apiserver:" + u.version + "@" + u.digest
		c.run(0, "ingest", "sbom", filepath.Join(sboms, "kube-apiserver-"+u.version+".spdx.json"), "--artifact", image)
		c.run(0, "ingest", "attestation", filepath.Join(attestations, "kube-slsa-"+u.version+".json"))
		c.run(0, "ingest", "deploy", file(t, "r.json", record("kube-apiserver", image, `,"doors":[{"address":"api:6443","public":true}]`)), "--source", "cluster")
		if d := cmp.Diff(u.image(), ranAt(t, c, "")); d != "" {
			t.Errorf("%s, on the day (-want +got):\n%s", u.version, d)
		}
	}
	c.now = on(10+7*len(releases), 0)
	for i, u := range releases {
		then := u.at.Add(3 * 24 * time.Hour).Format(time.RFC3339)
		if d := cmp.Diff(u.image(), ranAt(t, c, then)); d != "" {
			t.Errorf("%s, three days later as known now (-want +got):\n%s", u.version, d)
		}
		commit := chainCommit(t, c, then)
		if !strings.HasSuffix(commit.Name, "kubernetes/kubernetes@"+u.commit) || commit.Signature == "verified" {
			t.Errorf("%s came from %+v, want commit %s and no word of a proof", u.version, commit, u.commit)
		}
		parts := c.page("components", then)
		if parts.Total < 50 {
			t.Errorf("%s had %d components", u.version, parts.Total)
		}
		if i > 0 && releases[i-1].at.Before(u.at) {
			changed := c.changed(releases[i-1].at.Add(time.Hour).Format(time.RFC3339), then)
			if changed == 0 {
				t.Errorf("nothing differs between %s and %s", releases[i-1].version, u.version)
			}
		}
	}
	if got := ranAt(t, c, on(9, 0).Format(time.RFC3339)); got != "" {
		t.Errorf("before the first rollout ran %s", got)
	}
}

func (u rollout) image() string { return "k8s.gcr.io/kube-apiserver:" + u.version + "@" + u.digest }

// ranAt is the image that ran at a time; "": now.
func ranAt(t *testing.T, c *cli, at string) string {
	t.Helper()
	args := []string{"twin", "get", "workloads", "-o", "json"}
	if at != "" {
		args = append(args, "--as-of", at)
	}
	var list api.List[api.Workload]
	if err := json.Unmarshal([]byte(c.run(0, args...)), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) == 0 {
		return ""
	}
	return strings.Join(list.Items[0].Images, ", ")
}

// chainCommit is the commit at the head of the service's chain.
func chainCommit(t *testing.T, c *cli, at string) api.ChainLink {
	t.Helper()
	var chain api.Chain
	if err := json.Unmarshal([]byte(c.run(0, "twin", "chain", "kube-apiserver", "--as-of", at, "-o", "json")), &chain); err != nil {
		t.Fatal(err)
	}
	if len(chain.Items) != 1 {
		t.Fatalf("at %s: %d chains", at, len(chain.Items))
	}
	return chain.Items[0].Links[0]
}

func (c *cli) page(kind, at string) (list api.List[json.RawMessage]) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.run(0, "twin", "get", kind, "--as-of", at, "-o", "json", "--limit", "1")), &list); err != nil {
		c.t.Fatal(err)
	}
	return list
}

// changed is how many things differ between two times.
func (c *cli) changed(from, to string) int {
	c.t.Helper()
	var d struct{ Total int }
	if err := json.Unmarshal([]byte(c.run(0, "twin", "diff", "--from", from, "--to", to, "-o", "json")), &d); err != nil {
		c.t.Fatal(err)
	}
	return d.Total
}
