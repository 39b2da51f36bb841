// Package detect reads what sensors raised at run time: alerts of Falco in JSON
// (one a line), and findings of OCSF class 2004 (Detection Finding; one a line, an
// array, or one document).
//
// The model. Each alert is read by itself and becomes a twin.Detection; those that
// say the same of the same workload are folded into one, from the first to the
// last. Which weakness a detection is about, its rule says: Falco's rule name and
// tags, OCSF's vulnerabilities. The words of an alert hold what an attacker wrote,
// and name no weakness.
//
// Invariants. What is no attack (a check's result, another class, a suppressed or
// resolved finding, an alert below "notice") is passed over and counted by its
// reason; what cannot be read is refused with its place; neither stops the rest. No
// more than one alert is held at a time beside what was folded. Sizes and counts
// are bounded.
package detect

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/twin"
)

// The bounds of a document.
const (
	MaxBytes  = 64 << 20
	maxAlert  = 1 << 20
	maxAlerts = 1_000_000
	maxKinds  = 20_000 // different detections in one document
	maxText   = 256    // bytes that are kept of a name
	maxNotes  = 100
)

// Found is what a document held.
type Found struct {
	Detections []twin.Detection // by first time
	Rejected   []twin.Rejection
	Ignored    []twin.Rejection // by reason, each with how many there were and the first place
}

// errPassed is an alert that is none of ours, and why.
type errPassed string

func (e errPassed) Error() string { return string(e) }

// reading is a document that is being read.
type reading struct {
	Found
	now    time.Time
	of     map[string]*twin.Detection
	passed map[string]*passed
	alerts int
	bad    int
}

type passed struct {
	first string
	count int
}

// Parse reads a document. now bounds the times that are believed.
func Parse(r io.Reader, now time.Time) (Found, error) {
	d := &reading{now: now, of: map[string]*twin.Detection{}, passed: map[string]*passed{}}
	bounded := &io.LimitedReader{R: r, N: MaxBytes + 1}
	in := bufio.NewReaderSize(bounded, 1<<16)
	err := d.read(in)
	if bounded.N <= 0 {
		err = fault.New(fault.Invalid, "larger than %d MiB", MaxBytes>>20).WithHint("send it in parts: an alert that comes twice changes nothing")
	}
	if err != nil {
		return Found{}, err
	}
	if d.alerts == 0 {
		return Found{}, fault.New(fault.Invalid, "it holds no alert").WithHint("give Falco's JSON output, or OCSF findings of class 2004")
	}
	return d.done(), nil
}

func (d *reading) done() Found {
	for _, x := range d.of {
		d.Detections = append(d.Detections, *x)
	}
	slices.SortFunc(d.Detections, func(a, b twin.Detection) int {
		if c := a.First.Compare(b.First); c != 0 {
			return c
		}
		return strings.Compare(a.Key(), b.Key())
	})
	for _, reason := range slices.Sorted(maps.Keys(d.passed)) {
		p := d.passed[reason]
		if p.count > 1 {
			reason += " (and " + strconv.Itoa(p.count-1) + " more)"
		}
		d.Ignored = append(d.Ignored, twin.Rejection{Where: p.first, Reason: reason})
	}
	if d.bad > len(d.Rejected) {
		d.Rejected = append(d.Rejected, twin.Rejection{Where: "the document", Reason: fmt.Sprintf("%d more alerts could not be read", d.bad-len(d.Rejected))})
	}
	return d.Found
}

func (d *reading) read(in *bufio.Reader) error {
	first, err := firstByte(in)
	if err != nil {
		return err
	}
	if first == '[' {
		return d.array(json.NewDecoder(in))
	}
	return d.lines(in)
}

// firstByte is the first that is no space, and is left to be read.
func firstByte(in *bufio.Reader) (byte, error) {
	if head, _ := in.Peek(3); bytes.Equal(head, []byte("\ufeff")) {
		_, _ = in.Discard(3) // it was peeked
	}
	for {
		b, err := in.ReadByte()
		if errors.Is(err, io.EOF) {
			return 0, nil
		}
		if err != nil {
			return 0, fault.Wrap(fault.Unavailable, err, "read the alerts")
		}
		if b != ' ' && b != '\t' && b != '\n' && b != '\r' {
			return b, in.UnreadByte()
		}
	}
}

func (d *reading) array(in *json.Decoder) error {
	if _, err := in.Token(); err != nil {
		return fault.Wrap(fault.Invalid, err, "read the alerts")
	}
	for n := 1; in.More(); n++ {
		var raw json.RawMessage
		if err := in.Decode(&raw); err != nil {
			return fault.Wrap(fault.Invalid, err, "read alert %d", n)
		}
		if err := d.alert(raw, "alert "+strconv.Itoa(n)); err != nil {
			return err
		}
	}
	_, err := in.Token()
	return fault.Wrap(fault.Invalid, err, "read the end of the alerts")
}

// lines reads an alert from each line; a document whose first line is none by
// itself is one alert.
func (d *reading) lines(in *bufio.Reader) error {
	for n := 1; ; n++ {
		line, long, err := readLine(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fault.Wrap(fault.Unavailable, err, "read the alerts")
		}
		where := "line " + strconv.Itoa(n)
		if long {
			d.reject(where, fmt.Errorf("longer than %d bytes", maxAlert))
			continue
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if n == 1 && !json.Valid(line) && bytes.HasPrefix(bytes.TrimSpace(line), []byte("{")) {
			return d.one(line, in)
		}
		if err := d.alert(line, where); err != nil {
			return err
		}
	}
}

// one reads a document that is one alert over several lines.
func (d *reading) one(begin []byte, in io.Reader) error {
	rest, err := io.ReadAll(io.LimitReader(in, maxAlert))
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "read the alerts")
	}
	whole := slices.Concat(begin, []byte("\n"), rest)
	if len(whole) > maxAlert {
		return fault.New(fault.Invalid, "it is neither an alert a line nor one alert of up to %d bytes", maxAlert)
	}
	if err := hostile.CheckJSON(whole, hostile.Limits{}); err != nil {
		return err
	}
	return d.alert(whole, "the document")
}

func readLine(in *bufio.Reader) (line []byte, long bool, err error) {
	for {
		part, more, err := in.ReadLine()
		if err != nil {
			return nil, false, err
		}
		if long = long || len(line)+len(part) > maxAlert; !long {
			line = append(line, part...)
		}
		if !more {
			return line, long, nil
		}
	}
}

func (d *reading) reject(where string, err error) {
	if d.bad++; d.bad <= maxNotes {
		d.Rejected = append(d.Rejected, twin.Rejection{Where: where, Reason: err.Error()})
	}
	d.alerts++
}

// alert takes one alert. An error ends the document.
func (d *reading) alert(raw []byte, where string) error {
	if d.alerts >= maxAlerts {
		return fault.New(fault.Invalid, "more than %d alerts", maxAlerts).WithHint("send them in parts")
	}
	if len(raw) > maxAlert {
		d.reject(where, fmt.Errorf("longer than %d bytes", maxAlert))
		return nil
	}
	x, err := read(raw)
	if err == nil {
		err = d.believable(x)
	}
	var pass errPassed
	switch {
	case errors.As(err, &pass):
		d.pass(where, string(pass))
	case err != nil:
		d.reject(where, err)
		return nil
	default:
		return d.fold(x)
	}
	return nil
}

func (d *reading) pass(where, reason string) {
	d.alerts++
	if p := d.passed[reason]; p != nil {
		p.count++
		return
	}
	d.passed[reason] = &passed{first: where, count: 1}
}

func (d *reading) fold(x twin.Detection) error {
	d.alerts++
	key := x.Key()
	if have := d.of[key]; have != nil {
		have.Join(x)
		return nil
	}
	if len(d.of) >= maxKinds {
		return fault.New(fault.Invalid, "more than %d different detections", maxKinds).WithHint("send them in parts")
	}
	d.of[key] = &x
	return nil
}

const maxAhead = 24 * time.Hour // how far a clock may be ahead of ours

func (d *reading) believable(x twin.Detection) error {
	switch {
	case x.First.IsZero():
		return errors.New("it does not say when it was seen")
	case x.First.Year() < 1971:
		return fmt.Errorf("seen at %s: too long ago to be true", x.First.Format(time.RFC3339))
	case x.Last.After(d.now.Add(maxAhead)):
		return fmt.Errorf("seen at %s, which is in the future", x.Last.Format(time.RFC3339))
	case x.Rule == "":
		return errors.New("it names no rule")
	}
	return nil
}

// read tells the two forms apart.
func read(raw []byte) (twin.Detection, error) {
	var head struct {
		Class  json.Number     `json:"class_uid"`
		Rule   json.RawMessage `json:"rule"`
		Output json.RawMessage `json:"output_fields"`
	}
	if err := hostile.Unmarshal(raw, hostile.Limits{}, &head); err != nil {
		return twin.Detection{}, err
	}
	switch {
	case head.Class == "2004":
		return readOCSF(raw)
	case head.Class != "":
		return twin.Detection{}, errPassed("OCSF class " + short(head.Class.String()) + " is no Detection Finding (2004)")
	case len(head.Rule) > 0 && len(head.Output) > 0:
		return readFalco(raw)
	}
	return twin.Detection{}, errors.New("neither an alert of Falco (rule, output_fields) nor an OCSF finding (class_uid)")
}

func short(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	s = strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return -1
	}, s)
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return strings.Clone(s)
}

var (
	cve       = regexp.MustCompile(`(?i)\bCVE-[0-9]{4}-[0-9]{4,19}\b`)
	technique = regexp.MustCompile(`^T[0-9]{4}(\.[0-9]{3})?$`)
)

// isDigest reports whether a text in small letters is the digest of an image.
func isDigest(s string) bool {
	algorithm, hash, _ := strings.Cut(s, ":")
	raw, err := hex.DecodeString(hash)
	return err == nil && (algorithm == "sha256" && len(raw) == sha256.Size || algorithm == "sha512" && len(raw) == sha512.Size)
}

// weaknesses are the CVEs that texts of a rule name.
func weaknesses(texts ...string) (found []string) {
	for _, s := range texts {
		for _, name := range cve.FindAllString(s, -1) {
			found = append(found, strings.ToUpper(name))
		}
	}
	return sorted(found)
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// image is NAME[:TAG]; a name that is none is left out.
func image(name, tag string) string {
	name, tag = short(name), short(tag)
	if name == "" || name == "<NA>" {
		return ""
	}
	if tag != "" && tag != "<NA>" {
		name += ":" + tag
	}
	if _, err := twin.ParseRef(name); err != nil {
		return ""
	}
	return name
}

// The ends that Kubernetes gives to the names of what it makes.
var generated = []*regexp.Regexp{
	regexp.MustCompile(`-[a-z0-9]{1,10}-[a-z0-9]{5}$`), // of a Deployment, by way of a ReplicaSet
	regexp.MustCompile(`-[0-9]{1,10}$`),                // of a StatefulSet
	regexp.MustCompile(`-[a-z0-9]{5}$`),                // of a DaemonSet or a Job
}

// owners are what a workload may be called that made a pod.
func owners(pod string) (names []string) {
	pod = short(pod)
	if pod == "" || pod == "<NA>" {
		return nil
	}
	for _, end := range generated {
		if at := end.FindStringIndex(pod); at != nil && at[0] > 0 {
			names = append(names, pod[:at[0]])
		}
	}
	return append(names, pod)
}
