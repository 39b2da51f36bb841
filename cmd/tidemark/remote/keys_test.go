package remote_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/remote"
	"github.com/tidemark/tidemark/internal/fault"
)

func TestKeysAreOfOneServer(t *testing.T) {
	t.Parallel()
	k := remote.Keys{File: filepath.Join(t.TempDir(), "tidemark", "servers.json")}
	if err := k.Put("https://Tidemark.example:443/", "tdm_one", "TOK-1"); err != nil {
		t.Fatal(err)
	}
	if err := k.Put("http://127.0.0.1:8080", "tdm_two", ""); err != nil {
		t.Fatal(err)
	}
	for server, want := range map[string]string{
		"https://tidemark.example": "tdm_one", "https://tidemark.example/": "tdm_one", "https://TIDEMARK.example:443": "tdm_one",
		"http://127.0.0.1:8080/": "tdm_two",
		"http://127.0.0.1":       "", "http://tidemark.example": "", "https://tidemark.example.org": "", "https://tidemark.example/below": "",
		"https://tidemark.example:444": "", "https://[::1": "", "": "",
	} {
		if got, _, err := k.Get(server); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", server, got, err, want)
		}
	}
	info, err := os.Stat(k.File)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if had, err := k.Drop("https://tidemark.example"); !had || err != nil {
		t.Errorf("drop: %v, %v", had, err)
	}
	if had, err := k.Drop("https://tidemark.example"); had || err != nil {
		t.Errorf("drop again: %v, %v", had, err)
	}
	if got, _, _ := k.Get("http://127.0.0.1:8080"); got != "tdm_two" {
		t.Errorf("the other is %q", got)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(k.File), ".servers-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestABrokenFileOfKeysIsSaid(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"not_json": "{", "too_large": strings.Repeat(" ", 1<<20+1)} {
		file := filepath.Join(t.TempDir(), "servers.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := (remote.Keys{File: file}).Get("https://x"); fault.KindOf(err) != fault.Invalid || fault.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
		if err := (remote.Keys{File: file}).Put("https://x", "t", ""); err == nil {
			t.Errorf("%s: it was replaced", name)
		}
	}
}

func TestRefusalsBecomeFaults(t *testing.T) {
	t.Parallel()
	refusal := func(code string) error {
		return fmt.Errorf("ask: %w", &client.Error{Status: 400, Problem: api.Problem{Detail: "no", Hint: "do", Code: code, RequestID: "r1"}})
	}
	for code, want := range map[string]fault.Kind{
		"invalid": fault.Invalid, "not-found": fault.NotFound, "forbidden": fault.Forbidden, "unauthenticated": fault.Unauthenticated,
		"conflict": fault.Conflict, "too-many": fault.TooMany, "unavailable": fault.Unavailable, "internal": fault.Internal, "new": fault.Internal,
	} {
		err := remote.Fault(refusal(code))
		if fault.KindOf(err) != want || fault.HintOf(err) == "" || err.Error() != "ask: no" || remote.RequestID(err) != "r1" {
			t.Errorf("%s: %s, hint %q, request %q: %v", code, fault.KindOf(err), fault.HintOf(err), remote.RequestID(err), err)
		}
	}
	own := fault.Wrap(fault.Invalid, refusal("forbidden"), "file")
	if fault.KindOf(remote.Fault(own)) != fault.Invalid {
		t.Error("a fault lost its kind")
	}
	for _, err := range []error{nil, context.Canceled, errors.New("x")} {
		if got := remote.Fault(err); !errors.Is(got, err) || remote.RequestID(got) != "" {
			t.Errorf("%v became %v", err, got)
		}
	}
}
