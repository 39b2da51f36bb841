package twin

import (
	"strings"
	"testing"
)

func TestParseRef(t *testing.T) {
	t.Parallel()
	digest := "sha256:" + strings.Repeat("a", 64)
	for _, c := range []struct{ in, name, tag, digest, err string }{
		{in: "redis", name: "redis"},
		{in: "host:5000/shop/cart:1.2@" + digest, name: "host:5000/shop/cart", tag: "1.2", digest: digest},
		{in: "shop@sha256:beef", err: "is not a digest"},
		{in: ":1.0", err: "has no usable name"},
		{in: "a b", err: "has no usable name"},
		{in: "../../etc/passwd:1", err: "steps out of its folder"},
		{in: "shop/../cart", err: "steps out of its folder"},
		{in: "shop..cart", name: "shop..cart"},
		{in: strings.Repeat("a", 1025), err: "longer than"},
	} {
		got, err := ParseRef(c.in)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%.40q: %v, want %q", c.in, err, c.err)
			}
			continue
		}
		if err != nil || got != (ArtifactRef{Name: c.name, Tag: c.tag, Digest: c.digest}) {
			t.Errorf("%q: %+v, %v", c.in, got, err)
		}
	}
}
