package host

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/tidemark/tidemark/internal/fault"
)

func TestHooksAreProven(t *testing.T) {
	t.Parallel()
	const secret = "a secret of some length"
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := readHooks([]string{"github=" + path})
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"action":"completed"}`)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	signed := func(s string) func(string) string {
		return func(name string) string { return map[string]string{"X-Hub-Signature-256": s}[name] }
	}
	good := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	if source, err := h.Proven("github", signed(good), body); err != nil || source != "ci/github" {
		t.Errorf("a signed event: %q %v", source, err)
	}
	if _, err := h.Proven("github", signed(good), append(body, ' ')); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("another body: %v", err)
	}
	if _, err := h.Proven("gitlab", signed(good), body); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a system without a secret: %v", err)
	}
	for _, bad := range []string{"github", "jenkins=" + path, "github=" + path + ".none"} {
		if _, err := readHooks([]string{bad}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
