package pipeline

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
)

// minSecret is the least length of a webhook's secret that is worth the name.
const minSecret = 16

// CheckHook says whether a webhook came from whom it says: GitHub signs the body
// with the secret (X-Hub-Signature-256), GitLab sends the secret itself
// (X-Gitlab-Token). header gives a request's header by its name. The error is of
// kind Unauthenticated and does not say what would have been right.
//
// A webhook that is sent again is no matter: its events tell what is known.
func CheckHook(system, secret string, header func(name string) string, body []byte) error {
	if len(secret) < minSecret {
		return fault.New(fault.Unavailable, "no secret for webhooks of %s is set", system).WithHint("it needs at least %d characters", minSecret)
	}
	switch system {
	case systemGitHub:
		given, ok := strings.CutPrefix(header("X-Hub-Signature-256"), "sha256=")
		sum, err := hex.DecodeString(given)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		if ok && err == nil && hmac.Equal(sum, mac.Sum(nil)) {
			return nil
		}
		return fault.New(fault.Unauthenticated, "the webhook's signature (X-Hub-Signature-256) is absent or wrong")
	case systemGitLab:
		given, want := sha256.Sum256([]byte(header("X-Gitlab-Token"))), sha256.Sum256([]byte(secret))
		if subtle.ConstantTimeCompare(given[:], want[:]) == 1 {
			return nil
		}
		return fault.New(fault.Unauthenticated, "the webhook's token (X-Gitlab-Token) is absent or wrong")
	}
	return fault.New(fault.Invalid, "webhooks of %q cannot be proven", system).WithHint("github and gitlab can; others send their events with a token of their source")
}
