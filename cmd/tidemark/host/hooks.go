package host

import (
	"os"
	"strings"

	"github.com/tidemark/tidemark/internal/discover/pipeline"
	"github.com/tidemark/tidemark/internal/fault"
)

// ciHooks has the secrets of webhooks by their system.
type ciHooks map[string]string

// Proven checks a webhook against the secret of its system.
func (h ciHooks) Proven(system string, header func(string) string, body []byte) (string, error) {
	return "ci/" + system, pipeline.CheckHook(system, h[system], header, body)
}

// readHooks reads the secrets of webhooks, given as SYSTEM=FILE. They are not
// given on the command line themselves, where other users of the machine see them.
func readHooks(given []string) (ciHooks, error) {
	out := ciHooks{}
	for _, g := range given {
		system, path, ok := strings.Cut(g, "=")
		if !ok || system != "github" && system != "gitlab" {
			return nil, fault.New(fault.Invalid, "--ci-hook: %q is no SYSTEM=FILE", g).WithHint("as --ci-hook github=/etc/tidemark/github.secret; the systems are github and gitlab")
		}
		secret, err := os.ReadFile(path)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "--ci-hook: read the secret")
		}
		out[system] = strings.TrimSpace(string(secret))
	}
	return out, nil
}
