package prioritize

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// sentence says what a decision means in words that a person could say aloud.
func sentence(e *ctem.Exposure, d *ctem.Decision) string {
	what := weakness(e) + " in " + component(e)
	if e.Weakness.Kind == ctem.Malicious {
		what = "malicious package " + component(e) + " (" + weakness(e) + ")"
	}
	head := string(d.Word) + ": " + what + " "
	if !e.State.Live() {
		return head + ended(e) + "."
	}
	tail := "; " + remedy(e, d) + "." + said(d)
	if d.Word == ctem.NoAction {
		return head + where(e, d.Gates.Running) + tail
	}
	return head + where(e, d.Gates.Running) + ", " + joined(reach(d.Gates.Reachable), exploit(d)) + tail
}

// said adds what a person decided otherwise than the rules, or asks for.
func said(d *ctem.Decision) string {
	x := d.Exception
	switch {
	case x != nil && x.State == ctem.ExceptionInForce:
		return fmt.Sprintf(" Excepted until %s by %s, approved by %s; the rules say: %s.", x.Until.Format("2006-01-02"), x.By, x.ApprovedBy, d.Computed)
	case d.DecidedBy != "":
		return fmt.Sprintf(" Decided by %s; the rules say: %s.", d.DecidedBy, d.Computed)
	case x != nil:
		return fmt.Sprintf(" %s asks for: %s until %s; nobody has approved that yet.", x.By, x.Word, x.Until.Format("2006-01-02"))
	}
	return ""
}

// weakness is the name that people know it by.
func weakness(e *ctem.Exposure) string {
	if e.Weakness.Canonical != "" {
		return e.Weakness.Canonical
	}
	return e.Weakness.Key
}

// component names the affected component with its versions: "log4j-core 2.14.1".
func component(e *ctem.Exposure) string {
	name := spoken(e.Locus)
	var versions []string
	for _, i := range e.Instances {
		versions = append(versions, i.Version)
	}
	slices.Sort(versions)
	versions = slices.DeleteFunc(slices.Compact(versions), func(v string) bool { return v == "" })
	switch len(versions) {
	case 0:
		return name
	case 1, 2:
		return name + " " + strings.Join(versions, " and ")
	}
	return fmt.Sprintf("%s %s and %d other versions", name, versions[0], len(versions)-1)
}

// spoken is a locus as people say it: with its namespace where that is part of
// the name ("@angular/core"), without where it is not ("log4j-core").
func spoken(locus string) string {
	kind, name, found := strings.Cut(strings.TrimPrefix(locus, "pkg:"), "/")
	if !found {
		return locus
	}
	switch kind {
	case "maven", "deb", "apk", "rpm":
		name = twin.LocusName(locus)
	}
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}

func place(e *ctem.Exposure) string {
	if e.Environment == twin.NoEnvironment {
		return "the image " + e.Service
	}
	return e.Service + " (" + e.Environment + ")"
}

func where(e *ctem.Exposure, running ctem.Tri) string {
	nowhere := e.Environment == twin.NoEnvironment
	switch {
	case running == ctem.Yes:
		return "runs in " + place(e)
	case nowhere && running == ctem.No:
		return "is in " + place(e) + ", which is deployed nowhere"
	case running == ctem.No:
		return "is in " + place(e) + " but does not run"
	case nowhere:
		return "is in " + place(e) + ", which is deployed nowhere that we know of"
	}
	return "may run in " + place(e)
}

func ended(e *ctem.Exposure) string {
	words := map[ctem.State]string{
		ctem.Fixed: "is fixed in ", ctem.Retired: "is gone with ", ctem.Withdrawn: "was withdrawn as an advisory for ",
	}[e.State]
	if e.StateReason == "" {
		return words + place(e)
	}
	return words + place(e) + ": " + e.StateReason
}

func reach(t ctem.Tri) string {
	switch t {
	case ctem.Yes:
		return "reachable from the internet"
	case ctem.No:
		return "not reachable from outside"
	case ctem.Unknown:
	}
	return "perhaps reachable from the internet"
}

func exploit(d *ctem.Decision) string {
	for _, r := range d.Reasons {
		if r.Gate != "exploitable" {
			continue
		}
		switch {
		case d.Attack == ctem.AttackWeakness:
			return "attacked here"
		case r.Value == ctem.Yes && (r.Source == "kev" || r.Source == "ssvc"):
			return "known to be exploited"
		case r.Value == ctem.Yes && r.Source == "metasploit":
			return "with a public attack for anyone to run"
		case r.Value == ctem.Yes && r.Source == "osv":
			return "an attack in itself"
		case r.Value == ctem.Yes:
			return "likely to be exploited"
		case r.Value == ctem.No:
			return "unlikely to be exploited soon"
		}
	}
	return "with no exploit data"
}

// joined puts what helps an attacker together with "and", what hinders with "but".
func joined(reach, exploit string) string {
	open, likely := !strings.HasPrefix(reach, "not"), !strings.HasPrefix(exploit, "unlikely")
	if open == likely || strings.HasPrefix(exploit, "with no") {
		return reach + " and " + exploit
	}
	return reach + " but " + exploit
}

func remedy(e *ctem.Exposure, d *ctem.Decision) string {
	fix := "no fix is known"
	switch {
	case e.Fix != "":
		fix = "fix: " + e.Fix
	case e.Weakness.Kind == ctem.Malicious:
		fix = "remove it"
	}
	switch {
	case !d.Deadline.IsZero() && e.Fix == "" && e.Weakness.Kind != ctem.Malicious:
		return fix + ", act by " + d.Deadline.Format("2006-01-02")
	case !d.Deadline.IsZero():
		return fix + " by " + d.Deadline.Format("2006-01-02")
	case d.Word == ctem.Watch:
		return fix + " with the next upgrade"
	}
	return fix
}
