package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/server/reply"
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
	Full       sarifText      `json:"fullDescription"`
	Help       sarifHelp      `json:"help"`
	Properties map[string]any `json:"properties"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifHelp struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown"`
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
	Region *sarifRegion `json:"region,omitempty"`
}

type sarifRegion struct {
	Line int `json:"startLine"`
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

// fingerprintKey names our fingerprint and its version. The other key is the one
// by which code scanning tells that two results are the same: without it, it
// would take the text of the line.
const (
	fingerprintKey = "tidemarkWeakness/v1"
	scanningKey    = "primaryLocationLineHash"
)

// maxResults is what code scanning takes of one run.
const maxResults = 25_000

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
		if i == maxResults {
			run.Invocations[0].note(fmt.Sprintf("%d more results are left out: code scanning takes %d.", len(r.Findings)-maxResults, maxResults))
			break
		}
		f := &r.Findings[i]
		run.Results = append(run.Results, f.sarif(index[f.Weakness], r.Baseline != ""))
	}
	// No result of theirs: readers that do not know baselines would open them again.
	for _, v := range r.Vanished {
		run.Invocations[0].note(v.Weakness + " in " + v.Component + " is not found any more.")
	}
	return encode(w, sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	})
}

// note tells something that is no result.
func (i *sarifInvocation) note(text string) {
	i.Notifications = append(i.Notifications, sarifNotification{Level: "note", Message: sarifText{text}})
}

// sarifRules has one rule for each weakness, by name.
func (r *Report) sarifRules() (rules []sarifRule, index map[string]int) {
	about := map[string][]*Finding{}
	for i := range r.Findings {
		f := &r.Findings[i]
		about[f.Weakness] = append(about[f.Weakness], f)
	}
	rules, index = []sarifRule{}, map[string]int{}
	for i, name := range slices.Sorted(maps.Keys(about)) {
		rules, index[name] = append(rules, ruleOf(name, about[name])), i
	}
	return rules, index
}

// ruleOf says what a weakness is called, where it is and what to do. Of its
// vectors the worst counts.
func ruleOf(name string, found []*Finding) sarifRule {
	const most = 20
	rule := sarifRule{ID: name, Short: sarifText{name}, Properties: map[string]any{"tags": []string{"security", "vulnerability"}}}
	var worst *float64
	var others, places, help, marked []string
	for _, f := range found {
		if f.CVSS != nil && (worst == nil || *f.CVSS > *worst) {
			worst = f.CVSS
		}
		others = append(others, f.Aliases...)
		if !slices.Contains(places, f.Component) && len(places) < most {
			places = append(places, f.Component)
			help = append(help, f.Component+": "+f.Action())
			marked = append(marked, "- "+code(f.Component)+": "+plain(f.Action()))
		}
	}
	if worst != nil {
		rule.Properties["security-severity"] = strconv.FormatFloat(*worst, 'f', 1, 64)
	}
	rule.Full.Text = name
	if others = slices.Compact(slices.Sorted(slices.Values(others))); len(others) > 0 {
		rule.Full.Text += ", also called " + strings.Join(others[:min(len(others), most)], ", ")
	}
	rule.Full.Text += "."
	rule.Help = sarifHelp{Text: strings.Join(help, "\n"), Markdown: strings.Join(marked, "\n")}
	return rule
}

func (f *Finding) sarif(rule int, compared bool) sarifResult {
	out := sarifResult{
		RuleID: f.Weakness, RuleIndex: rule, Level: f.level(), Locations: locationsOf(f.File, f.Line, f.Component),
		Message:      sarifText{f.Weakness + " in " + f.Component + ". " + f.Action()},
		Fingerprints: map[string]string{fingerprintKey: f.Fingerprint(), scanningKey: f.Fingerprint() + ":1"},
		Properties:   map[string]any{"component": f.Component, "version": f.Version, "aliases": reply.List(f.Aliases), "fixed": reply.List(f.Fixed)},
	}
	if f.Decision != "" {
		out.Properties["decision"], out.Properties["score"] = f.Decision, f.Score
		out.Message.Text = f.Decision + ": " + out.Message.Text
	}
	if f.Reason != "" {
		out.Properties["reason"] = f.Reason
	}
	if f.Standing == Deferred {
		out.Properties["deferred"] = f.Stand()
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
		out = append(out, sarifNotification{Level: "warning", Message: sarifText{text}, Locations: locationsOf(u.SBOM, 0, u.Component)})
	}
	return out
}

// locationsOf has a line in every file: code scanning shows none without.
func locationsOf(file string, line int, component string) []sarifLocation {
	at := sarifLocation{Logical: []sarifLogical{{FullyQualified: component, Kind: "package"}}}
	if file != "" {
		at.Physical = &sarifPhysical{Region: &sarifRegion{max(line, 1)}}
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
