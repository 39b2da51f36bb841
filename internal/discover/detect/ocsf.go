package detect

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/twin"
)

// ocsfFinding is what is read of a Detection Finding, of the versions 1.0 to 1.5.
type ocsfFinding struct {
	Time     json.Number `json:"time"` // milliseconds
	Severity string      `json:"severity"`
	StatusID int         `json:"status_id"`
	Code     string      `json:"status_code"`
	Alert    *bool       `json:"is_alert"`
	Metadata struct {
		Product struct {
			Name string `json:"name"`
		} `json:"product"`
	} `json:"metadata"`
	Info struct {
		Title    string `json:"title"`
		Analytic struct {
			Name string `json:"name"`
		} `json:"analytic"`
		Attacks []ocsfAttack `json:"attacks"`
		First   json.Number  `json:"first_seen_time"`
		Last    json.Number  `json:"last_seen_time"`
	} `json:"finding_info"`
	Weaknesses []struct {
		CVE struct {
			ID string `json:"uid"`
		} `json:"cve"`
	} `json:"vulnerabilities"`
	Attacks   []ocsfAttack   `json:"attacks"`
	Container *ocsfContainer `json:"container"`
	Device    struct {
		Host      string         `json:"hostname"`
		Container *ocsfContainer `json:"container"`
	} `json:"device"`
	Evidences []struct {
		Container *ocsfContainer `json:"container"`
		Process   ocsfProcess    `json:"process"`
		Actor     struct {
			Process ocsfProcess `json:"process"`
		} `json:"actor"`
	} `json:"evidences"`
	Resources []struct {
		Name      string `json:"name"`
		Type      string `json:"type"`
		Namespace string `json:"namespace"`
	} `json:"resources"`
}

type ocsfAttack struct {
	Technique struct {
		ID string `json:"uid"`
	} `json:"technique"`
	Sub struct {
		ID string `json:"uid"`
	} `json:"sub_technique"`
	Techniques []struct {
		ID string `json:"uid"`
	} `json:"techniques"`
}

type ocsfContainer struct {
	Name  string `json:"name"`
	Image struct {
		Name string `json:"name"`
		ID   string `json:"uid"`
		Tag  string `json:"tag"`
	} `json:"image"`
}

type ocsfProcess struct {
	Name string `json:"name"`
	File struct {
		Path string `json:"path"`
	} `json:"file"`
	Container *ocsfContainer `json:"container"`
}

// The states of a finding in which it is no attack, or no longer one that counts.
const (
	ocsfSuppressed = 3
	ocsfResolved   = 4
)

func readOCSF(raw []byte) (twin.Detection, error) {
	var f ocsfFinding
	if err := json.Unmarshal(raw, &f); err != nil {
		return twin.Detection{}, fmt.Errorf("OCSF finding: %w", err)
	}
	if err := f.attack(); err != nil {
		return twin.Detection{}, err
	}
	d := twin.Detection{
		Tool: strings.ToLower(short(f.Metadata.Product.Name)), Rule: short(f.Info.Analytic.Name), Severity: strings.ToLower(short(f.Severity)),
		Host: short(f.Device.Host),
	}
	if d.Tool == "" {
		d.Tool = "ocsf"
	}
	if d.Rule == "" {
		d.Rule = short(f.Info.Title)
	}
	if err := f.times(&d); err != nil {
		return d, err
	}
	var ids []string
	for _, w := range f.Weaknesses {
		ids = append(ids, w.CVE.ID)
	}
	d.Weaknesses = weaknesses(ids...)
	d.Techniques = techniques(slices.Concat(f.Info.Attacks, f.Attacks))
	f.place(&d)
	return d, nil
}

// attack reports what is no attack: some products send the results of checks and
// scans as findings of this class.
func (f *ocsfFinding) attack() error {
	switch strings.ToUpper(f.Code) {
	case "PASS", "FAIL", "MANUAL", "MUTED", "PASSED", "FAILED", "WARNING", "NOT_AVAILABLE":
		return errPassed("it is the result of a check (status_code " + short(f.Code) + "), no attack")
	}
	switch {
	case f.StatusID == ocsfSuppressed:
		return errPassed("it was suppressed at its source")
	case f.StatusID == ocsfResolved:
		return errPassed("it was resolved at its source")
	case f.Alert != nil && !*f.Alert:
		return errPassed("it is no alert (is_alert is false)")
	case f.Alert == nil && len(f.Evidences) == 0 && len(f.Info.Attacks) == 0 && len(f.Attacks) == 0:
		return errPassed("nothing in it says that it is an attack: no alert, no evidence, no technique")
	}
	return nil
}

func (f *ocsfFinding) times(d *twin.Detection) (err error) {
	if d.Last, err = millis(f.Time); err != nil {
		return err
	}
	d.First = d.Last
	for _, n := range []json.Number{f.Info.First, f.Info.Last} {
		t, err := millis(n)
		if err != nil {
			return err
		}
		if !t.IsZero() {
			d.Join(twin.Detection{First: t, Last: t})
		}
	}
	return nil
}

// millis reads a time; none is zero.
func millis(n json.Number) (time.Time, error) {
	if n == "" {
		return time.Time{}, nil
	}
	ms, err := n.Int64()
	if err != nil || ms < 0 || ms > 1<<50 {
		return time.Time{}, fmt.Errorf("%.40q is not a time in milliseconds", n)
	}
	return time.UnixMilli(ms).UTC(), nil
}

func techniques(list []ocsfAttack) (out []string) {
	add := func(id string) {
		if id = strings.ToUpper(strings.TrimSpace(id)); technique.MatchString(id) {
			out = append(out, id)
		}
	}
	for _, a := range list {
		add(a.Technique.ID)
		add(a.Sub.ID)
		for _, t := range a.Techniques {
			add(t.ID)
		}
	}
	return sorted(out)
}

// place reads where it was: the first container that is told of, and resources
// that are things of Kubernetes.
func (f *ocsfFinding) place(d *twin.Detection) {
	containers := []*ocsfContainer{f.Container}
	for _, e := range f.Evidences {
		containers = append(containers, e.Container, e.Process.Container, e.Actor.Process.Container)
		for _, p := range []ocsfProcess{e.Process, e.Actor.Process} {
			if d.Process == "" {
				d.Process = short(p.File.Path)
			}
			if d.Process == "" {
				d.Process = short(p.Name)
			}
		}
	}
	for _, c := range append(containers, f.Device.Container) {
		if c != nil && d.Image == "" && d.Digest == "" {
			c.into(d)
		}
	}
	for _, r := range f.Resources {
		switch strings.ToLower(r.Type) {
		case "pod", "kubernetes pod":
			d.Names = append(d.Names, owners(r.Name)...)
		case "deployment", "statefulset", "daemonset", "cronjob", "job":
			d.Names = append([]string{short(r.Name)}, d.Names...)
		default:
			continue
		}
		if d.Namespace == "" {
			d.Namespace = short(r.Namespace)
		}
	}
	d.Names = slices.DeleteFunc(d.Names, func(n string) bool { return n == "" })
}

// into reads an image, whose name may have its tag and digest in it.
func (c *ocsfContainer) into(d *twin.Detection) {
	d.Container = short(c.Name)
	name, sum, _ := strings.Cut(c.Image.Name, "@")
	for _, s := range []string{sum, c.Image.ID} {
		if s = strings.ToLower(s); isDigest(s) && d.Digest == "" {
			d.Digest = s
		}
	}
	d.Image = image(name, "")
	if ref, err := twin.ParseRef(d.Image); err == nil && ref.Tag == "" {
		d.Image = image(name, c.Image.Tag)
	}
}
