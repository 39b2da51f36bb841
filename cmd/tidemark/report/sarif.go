package report

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/server/desk"
)

// The parts of SARIF 2.1.0 that we write.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	ColumnKind  string            `json:"columnKind"`
	Results     []sarifResult     `json:"results"`
	Properties  map[string]any    `json:"properties,omitempty"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID         string         `json:"id"`
	Short      sarifText      `json:"shortDescription"`
	Properties map[string]any `json:"properties"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	End           string              `json:"endTimeUtc"`
	Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	RuleIndex    int                `json:"ruleIndex"`
	Level        string             `json:"level"`
	Message      sarifText          `json:"message"`
	Locations    []sarifLocation    `json:"locations,omitempty"`
	Fingerprints map[string]string  `json:"partialFingerprints"`
	State        string             `json:"baselineState,omitempty"`
	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	Properties   map[string]any     `json:"properties"`
}

type sarifLocation struct {
	Physical *sarifPhysical `json:"physicalLocation,omitempty"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact struct {
		URI string `json:"uri"`
	} `json:"artifactLocation"`
}

type sarifLogical struct {
	FullyQualified string `json:"fullyQualifiedName"`
	Kind           string `json:"kind"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Justification string `json:"justification,omitempty"`
}

// fingerprintKey names our fingerprint and its version.
const fingerprintKey = "tidemarkWeakness/v1"

func writeSARIF(w io.Writer, r Report) error {
	rules, index := r.sarifRules()
	run := sarifRun{
		Tool: sarifTool{sarifDriver{Name: "Tidemark", Version: r.Maker.Version, Rules: rules}}, ColumnKind: "utf16CodeUnits",
		Invocations: []sarifInvocation{{Successful: true, End: stamp(r.AsOf), Notifications: r.sarifDoubts()}}, Results: []sarifResult{},
		Properties: map[string]any{"sentence": r.Sentence},
	}
	if r.Verdict != "" {
		run.Properties["verdict"] = r.Verdict
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		run.Results = append(run.Results, f.sarif(index[f.Weakness], r.Baseline != ""))
	}
	for _, v := range r.Vanished {
		f := Finding{Weakness: v.Weakness, Aliases: v.Aliases, Component: v.Component, Version: v.Version, Judgement: Judgement{Standing: Known}}
		gone := f.sarif(index[v.Weakness], false)
		gone.State, gone.Level, gone.Message.Text = "absent", "none", v.Weakness+" in "+v.Component+" is not found any more."
		run.Results = append(run.Results, gone)
	}
	return encode(w, sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	})
}

// sarifRules has one rule for each weakness, by name.
func (r *Report) sarifRules() (rules []sarifRule, index map[string]int) {
	worst, names := map[string]*float64{}, []string{}
	for i := range r.Findings {
		f := &r.Findings[i]
		have, ok := worst[f.Weakness]
		if !ok {
			names = append(names, f.Weakness)
		}
		if !ok || f.CVSS != nil && (have == nil || *f.CVSS > *have) {
			worst[f.Weakness] = f.CVSS
		}
	}
	for _, v := range r.Vanished {
		if _, ok := worst[v.Weakness]; !ok {
			worst[v.Weakness], names = nil, append(names, v.Weakness)
		}
	}
	slices.Sort(names)
	rules, index = []sarifRule{}, map[string]int{}
	for i, n := range names {
		about := map[string]any{"tags": []string{"security", "vulnerability"}}
		if score := worst[n]; score != nil {
			about["security-severity"] = strconv.FormatFloat(*score, 'f', 1, 64)
		}
		rules, index[n] = append(rules, sarifRule{ID: n, Short: sarifText{n}, Properties: about}), i
	}
	return rules, index
}

func (f *Finding) sarif(rule int, compared bool) sarifResult {
	out := sarifResult{
		RuleID: f.Weakness, RuleIndex: rule, Level: f.level(), Locations: locationsOf(f.File, f.Component),
		Message:      sarifText{f.Weakness + " in " + f.Component + ". " + f.Action()},
		Fingerprints: map[string]string{fingerprintKey: f.Fingerprint()},
		Properties:   map[string]any{"component": f.Component, "version": f.Version, "aliases": desk.List(f.Aliases), "fixed": desk.List(f.Fixed)},
	}
	if f.Decision != "" {
		out.Properties["decision"], out.Properties["score"] = f.Decision, f.Score
		out.Message.Text = f.Decision + ": " + out.Message.Text
	}
	if f.Reason != "" {
		out.Properties["reason"] = f.Reason
	}
	if f.Standing == Suppressed {
		out.Suppressions = []sarifSuppression{{Kind: "external", Status: "accepted", Justification: f.Stand()}}
	}
	if compared {
		out.State = "new"
		if f.Standing == Known {
			out.State = "unchanged"
		}
	}
	return out
}

// level follows the decision; what nobody has decided is a warning.
func (f *Finding) level() string {
	switch f.Decision {
	case "Act now":
		return "error"
	case "Watch":
		return "note"
	case "No action":
		return "none"
	}
	return "warning"
}

// sarifDoubts says of what the report says nothing.
func (r *Report) sarifDoubts() (out []sarifNotification) {
	for _, u := range r.Undecided {
		text := "Undecided: " + u.Component + ": " + u.Reason
		if u.Detail != "" {
			text += " (" + u.Detail + ")"
		}
		out = append(out, sarifNotification{Level: "warning", Message: sarifText{text}, Locations: locationsOf(u.SBOM, u.Component)})
	}
	return out
}

func locationsOf(file, component string) []sarifLocation {
	at := sarifLocation{Logical: []sarifLogical{{FullyQualified: component, Kind: "package"}}}
	if file != "" {
		at.Physical = &sarifPhysical{}
		at.Physical.Artifact.URI = uriOf(file)
	}
	return []sarifLocation{at}
}

// uriOf is a file's path as a reference: relative as it was given.
func uriOf(path string) string {
	u := url.URL{Path: filepath.ToSlash(path)}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
		u.Path = "/" + strings.TrimPrefix(u.Path, "/")
	}
	return u.String()
}

// ReadSARIF reads back which weaknesses a log of ours names; those that are
// absent are left out, and so is what other programs wrote.
func ReadSARIF(body []byte) (out []api.Vanished, err error) {
	var log struct {
		Runs []struct {
			Results []struct {
				RuleID       string            `json:"ruleId"`
				State        string            `json:"baselineState"`
				Fingerprints map[string]string `json:"partialFingerprints"`
				Properties   struct {
					Component, Version string
					Aliases            []string
				}
			}
		}
	}
	if err := json.Unmarshal(body, &log); err != nil {
		return nil, err
	}
	for _, run := range log.Runs {
		for _, r := range run.Results {
			if r.State == "absent" || r.Fingerprints[fingerprintKey] == "" {
				continue
			}
			about := r.Properties
			out = append(out, api.Vanished{Weakness: r.RuleID, Aliases: about.Aliases, Component: about.Component, Version: about.Version})
		}
	}
	return out, nil
}
