package detect

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// falcoAlert is Falco's JSON output.
type falcoAlert struct {
	Host     string                     `json:"hostname"`
	Priority string                     `json:"priority"`
	Rule     string                     `json:"rule"`
	Tags     []string                   `json:"tags"`
	Time     time.Time                  `json:"time"`
	Fields   map[string]json.RawMessage `json:"output_fields"`
}

// quiet are the priorities below "notice": they tell of something, and raise nothing.
var quiet = []string{"informational", "info", "debug"}

func readFalco(raw []byte) (twin.Detection, error) {
	var a falcoAlert
	if err := json.Unmarshal(raw, &a); err != nil {
		return twin.Detection{}, fmt.Errorf("alert of Falco: %w", err)
	}
	if slices.Contains(quiet, strings.ToLower(a.Priority)) {
		return twin.Detection{}, errPassed("priority " + short(a.Priority) + " raises no alarm")
	}
	at := a.Time.UTC().Truncate(time.Microsecond)
	d := twin.Detection{
		Tool: "falco", Rule: short(a.Rule), Severity: strings.ToLower(short(a.Priority)), Host: short(a.Host), First: at, Last: at,
		Weaknesses: weaknesses(append([]string{a.Rule}, a.Tags...)...), Namespace: a.text("k8s.ns.name"), Container: a.text("container.name"),
		Image: image(a.text("container.image.repository"), a.text("container.image.tag")), Process: a.process(),
	}
	if s := strings.ToLower(a.text("container.image.digest")); isDigest(s) {
		d.Digest = s
	}
	for _, t := range a.Tags {
		if t = strings.ToUpper(strings.TrimSpace(t)); technique.MatchString(t) {
			d.Techniques = append(d.Techniques, t)
		}
	}
	d.Techniques = sorted(d.Techniques)
	for _, key := range []string{"k8s.deployment.name", "k8s.rc.name"} {
		if n := a.text(key); n != "" && !slices.Contains(d.Names, n) {
			d.Names = append(d.Names, n)
		}
	}
	for _, n := range owners(a.text("k8s.pod.name")) {
		if !slices.Contains(d.Names, n) {
			d.Names = append(d.Names, n)
		}
	}
	return d, nil
}

// text is a field's value; what is null, missing or "<NA>" is "".
func (a *falcoAlert) text(key string) string {
	var s string
	if json.Unmarshal(a.Fields[key], &s) != nil { // a number, or nothing
		return ""
	}
	if s = short(s); s == "<NA>" || s == "host" && strings.HasPrefix(key, "container.") {
		return ""
	}
	return s
}

func (a *falcoAlert) process() string {
	if p := a.text("proc.exepath"); p != "" {
		return p
	}
	return a.text("proc.name")
}
