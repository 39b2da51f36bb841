package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
)

const (
	weakDigest   = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	mendedDigest = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	nobodys      = "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
)

// An image is judged by its contents, whatever runs: also one that was replaced
// and comes back. Here and through a server the same is said.
func TestGateOfAnImage(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	c.now = on(11, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", weakImg, "")), "--source", "s")
	c.now = on(12, 0)
	c.run(0, "ingest", "deploy", file(t, "r.json", record("shop", mendedImg, "")), "--source", "s")
	f := serving(t, c)
	for _, x := range []struct {
		image string
		want  int
		more  []string
	}{
		{weakDigest, command.ExitBad, nil},
		{"example.org/shop@" + weakDigest, command.ExitBad, []string{"--service", "shop"}},
		{weakDigest, command.ExitBad, []string{"--fail-on", "kev", "--fail-on", "score>=1000"}},
		{weakDigest, 0, []string{"--fail-on", "score>=1000"}},
		{mendedDigest, 0, nil},
		{nobodys, command.ExitUndecided, nil},
		{nobodys, 0, []string{"--on-unknown", "pass"}},
		{"example.org/shop:1.0", command.ExitUndecided, nil},
	} {
		args := append([]string{"gate", "--image", x.image, "--environment", "prod", "-o", "json"}, x.more...)
		var here, there api.Gate
		if err := json.Unmarshal([]byte(c.run(x.want, args...)), &here); err != nil {
			t.Fatal(err)
		}
		code, out, errs := f.ask("", args...)
		if err := json.Unmarshal([]byte(out), &there); err != nil || code != x.want {
			t.Fatalf("%v through a server: exit %d, want %d, %v\n%s", args, code, x.want, err, errs)
		}
		if here.Verdict != there.Verdict || len(here.Failed) != len(there.Failed) {
			t.Errorf("%v: %s here, %s there", args, here.Sentence, there.Sentence)
		}
		if x.want == command.ExitBad && (len(here.Failed) != 1 || here.Failed[0].Weakness != "CVE-2026-0001" || here.Failed[0].Gates.Running != "yes") {
			t.Errorf("%v: %+v", args, here.Failed)
		}
	}
	c.run(command.ExitUsage, "gate", "--image", weakDigest)
	c.run(command.ExitUsage, "gate", "--image", weakDigest, "--environment", "prod", "--sbom", "x")
}

// A cluster is told what it may run.
func TestAdmissionReview(t *testing.T) {
	t.Parallel()
	c := smallWorld(t)
	viewer, source := c.token("viewer"), c.token("source", "--source", "ci")
	f := serving(t, c)
	pod := func(images ...string) string {
		list := make([]string, len(images))
		for i, image := range images {
			list[i] = `{"name":"c","image":"example.org/shop@` + image + `"}`
		}
		return `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1","operation":"CREATE","object":{"metadata":{"name":"x"},"spec":{"containers":[` + strings.Join(list, ",") + `]}}}}`
	}
	review := func(token, policy, body string) (status int, out api.AdmissionReview) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+"/api/v1/admission/review/"+policy, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode == http.StatusOK {
			if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
				t.Fatal(err)
			}
		}
		return resp.StatusCode, out
	}
	for _, x := range []struct {
		policy, body string
		allowed      bool
		warnings     int
	}{
		{"prod/deny-unknown/act", pod(mendedDigest), true, 0},
		{"prod/deny-unknown/act", pod(mendedDigest, weakDigest), false, 0},
		{"prod/deny-unknown/score%3E%3D1000", pod(weakDigest), true, 0},
		{"prod/deny-unknown/score%3E%3D1000,kev", pod(weakDigest), false, 0},
		{"prod/deny-unknown/act?timeout=5s", pod(nobodys), false, 0},
		{"prod/allow-unknown/act", pod(nobodys), true, 1},
		{"prod/allow-unknown/act", pod(nobodys, weakDigest), false, 1},
	} {
		status, got := review(viewer, x.policy, x.body)
		if status != http.StatusOK || got.Response.UID != "u-1" || got.Response.Allowed != x.allowed || len(got.Response.Warnings) != x.warnings {
			t.Errorf("%s: %d %+v", x.policy, status, got.Response)
		}
		if !x.allowed && (got.Response.Status == nil || !strings.Contains(got.Response.Status.Message, "GATE ")) {
			t.Errorf("%s does not say why: %+v", x.policy, got.Response.Status)
		}
	}
	for _, x := range []struct {
		token, policy, body string
		want                int
	}{
		{source, "prod/deny-unknown/act", pod(mendedDigest), http.StatusForbidden},
		{"", "prod/deny-unknown/act", pod(mendedDigest), http.StatusUnauthorized},
		{viewer, "prod/deny-unknown", pod(mendedDigest), http.StatusNotFound},
		{viewer, "prod/maybe/act", pod(mendedDigest), http.StatusUnprocessableEntity},
		{viewer, "prod/deny-unknown/act", `{}`, http.StatusUnprocessableEntity},
		{viewer, "prod/deny-unknown/never", pod(mendedDigest), http.StatusUnprocessableEntity},
	} {
		if got, _ := review(x.token, x.policy, x.body); got != x.want {
			t.Errorf("%q %q: %d, want %d", x.policy, x.body, got, x.want)
		}
	}
}
