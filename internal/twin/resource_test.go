package twin_test

import (
	"testing"

	"github.com/tidemark/tidemark/internal/twin"
)

func TestRepositoryName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://github.com/acme/shop":                            "github.com/acme/shop",
		"git+https://GitHub.com/acme/Shop.git@refs/heads/main":    "github.com/acme/Shop",
		"git@github.com:acme/shop.git":                            "github.com/acme/shop",
		"ssh://git@gitlab.example.org:2222/group/sub/project.git": "gitlab.example.org:2222/group/sub/project",
		"https://user:secret@example.org/a/b/":                    "example.org/a/b",
		"github.com/acme/shop":                                    "github.com/acme/shop",
		"https://github.com/acme/shop?ref=main":                   "github.com/acme/shop",
		"pkg":                                                     "pkg",
		"":                                                        "",
	} {
		if got := twin.RepositoryName(in); got != want {
			t.Errorf("RepositoryName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCutResource(t *testing.T) {
	t.Parallel()
	kind, namespace, name, ok := twin.CutResource(twin.ResourceSubject("Role", "shop", "a/b"))
	if !ok || kind != "Role" || namespace != "shop" || name != "a/b" {
		t.Errorf("got %q %q %q %v", kind, namespace, name, ok)
	}
	for _, bad := range []string{"workload/Role/shop/x", "resource/", "resource/Role", "resource/Role/shop/", "resource//shop/x"} {
		if _, _, _, ok := twin.CutResource(bad); ok {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestSelf(t *testing.T) {
	t.Parallel()
	if got, want := (twin.Resource{Kind: "Service", Namespace: "shop", Name: "web"}).Self("prod"), (twin.End{Kind: "Service", Scope: "prod", Name: "shop/web"}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := (twin.Resource{Kind: twin.KindBuild, Name: "github/1"}).Self("ci"), (twin.End{Kind: twin.KindBuild, Name: "github/1"}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
