package attack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/hostile"
)

// maxObject bounds one object of a bundle.
const maxObject = 4 << 20

// IsBundle reports whether a text begins like a bundle of ATT&CK.
func IsBundle(head string) bool {
	return strings.Contains(head, `"bundle"`) && strings.Contains(head, `"objects"`) &&
		(strings.Contains(head, "x-mitre-") || strings.Contains(head, "x_mitre_") || strings.Contains(head, "mitre-attack"))
}

// stixObject is what is read of an object.
type stixObject struct {
	Type        string    `json:"type"`
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Modified    time.Time `json:"modified"`
	Version     string    `json:"x_mitre_version"`
	Description string    `json:"description"`
	Relation    string    `json:"relationship_type"`
	From        string    `json:"source_ref"`
	To          string    `json:"target_ref"`
	Gone        bool      `json:"revoked"`
	Old         bool      `json:"x_mitre_deprecated"`
	References  []struct {
		Source string `json:"source_name"`
		ID     string `json:"external_id"`
	} `json:"external_references"`
}

// named is an object of ATT&CK with its id there.
type named struct{ id, name string }

// stixBundle is what is kept of a bundle while it is read.
type stixBundle struct {
	version    string // of the collection; "" when there is none
	at         time.Time
	techniques map[string]named
	groups     map[string]named
	campaigns  map[string]named
	blamed     map[string][]string // groups by campaign
	uses       []stixObject        // relations whose words name a CVE
	rejected   []advisory.Rejection
}

// ParseBundle reads a bundle of ATT&CK.
func ParseBundle(r io.Reader) (Uses, error) {
	b := stixBundle{techniques: map[string]named{}, groups: map[string]named{}, campaigns: map[string]named{}, blamed: map[string][]string{}}
	bounded := &io.LimitedReader{R: r, N: MaxBytes + 1}
	err := b.read(json.NewDecoder(bounded))
	if bounded.N == 0 {
		err = fmt.Errorf("larger than %d bytes", MaxBytes)
	}
	if err != nil {
		return Uses{}, fmt.Errorf("bundle of ATT&CK: %w", err)
	}
	d := newDraft(advisory.FeedGroups, strings.TrimSpace("MITRE ATT&CK "+b.version), b.at)
	d.Rejected = b.rejected
	for i := range b.uses {
		if err := b.join(d, &b.uses[i]); err != nil {
			return Uses{}, fmt.Errorf("bundle of ATT&CK: %w", err)
		}
	}
	return d.done(), nil
}

// read walks the bundle's own members, and its objects one by one.
func (b *stixBundle) read(in *json.Decoder) error {
	if err := expect(in, json.Delim('{')); err != nil {
		return err
	}
	seen := false
	for in.More() {
		key, err := in.Token()
		if err != nil {
			return err
		}
		if key == "objects" && !seen {
			seen = true
			if err := b.objects(in); err != nil {
				return err
			}
			continue
		}
		if key == "objects" {
			return errors.New("it has two lists of objects")
		}
		var skipped json.RawMessage
		if err := in.Decode(&skipped); err != nil {
			return err
		}
	}
	if err := expect(in, json.Delim('}')); err != nil {
		return err
	}
	if !seen {
		return errors.New("it has no objects")
	}
	return nil
}

func expect(in *json.Decoder, want json.Delim) error {
	got, err := in.Token()
	if err == nil && got != want {
		err = fmt.Errorf("%v where %v is expected", got, want)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

func (b *stixBundle) objects(in *json.Decoder) error {
	if err := expect(in, json.Delim('[')); err != nil {
		return err
	}
	for n := 1; in.More(); n++ {
		var raw json.RawMessage
		if err := in.Decode(&raw); err != nil {
			return fmt.Errorf("object %d: %w", n, err)
		}
		if n > maxEntries {
			return errMany
		}
		if err := b.object(raw); err != nil {
			b.rejected = advisory.AddRejection(b.rejected, "object "+strconv.Itoa(n), err)
		}
	}
	return expect(in, json.Delim(']'))
}

func (b *stixBundle) object(raw []byte) error {
	if len(raw) > maxObject {
		return fmt.Errorf("larger than %d bytes", maxObject)
	}
	var o stixObject
	if err := hostile.Unmarshal(raw, hostile.Limits{}, &o); err != nil {
		return err
	}
	if o.Gone || o.Old {
		return nil
	}
	switch o.Type {
	case "x-mitre-collection":
		b.version, b.at = short(o.Version), o.Modified.UTC().Truncate(time.Microsecond)
	case "attack-pattern":
		b.techniques[o.ID] = o.named()
	case "intrusion-set":
		b.groups[o.ID] = o.named()
	case "campaign":
		b.campaigns[o.ID] = o.named()
	case "relationship":
		b.relation(&o)
	}
	return nil
}

// named is the object by its id in ATT&CK.
func (o *stixObject) named() named {
	n := named{name: short(o.Name)}
	for _, r := range o.References {
		if strings.HasPrefix(r.Source, "mitre-") && n.id == "" { // mitre-attack, mitre-mobile-attack, mitre-ics-attack
			n.id = short(r.ID)
		}
	}
	return n
}

func (b *stixBundle) relation(o *stixObject) {
	switch {
	case o.Relation == "attributed-to" && strings.HasPrefix(o.From, "campaign--"):
		b.blamed[o.From] = append(b.blamed[o.From], o.To)
	case o.Relation == "uses" && strings.HasPrefix(o.To, "attack-pattern--") && cve.MatchString(o.Description):
		b.uses = append(b.uses, *o)
	}
}

// cve finds ids in prose.
var cve = regexp.MustCompile(`\bCVE-[0-9]{4}-[0-9]{4,19}\b`)

// join makes entries of a use: by a group itself, or by a campaign for which
// groups are blamed. Software attacks for whoever runs it, and names no group.
func (b *stixBundle) join(d *draft, o *stixObject) error {
	t, known := b.techniques[o.To]
	if !known || t.id == "" {
		return nil // it was revoked
	}
	groups := []string{o.From}
	if _, is := b.campaigns[o.From]; is {
		groups = b.blamed[o.From]
	}
	for _, id := range groups {
		g, known := b.groups[id]
		if !known || g.id == "" {
			continue
		}
		found := cve.FindAllString(o.Description, -1)
		slices.Sort(found)
		for _, name := range slices.Compact(found) {
			err := d.add(advisory.Use{CVE: name, Role: advisory.RoleGroup, Technique: t.id, Title: t.name, Group: g.id, GroupName: g.name})
			if errors.Is(err, errMany) {
				return err
			}
			if err != nil {
				d.reject(short(o.ID), err)
			}
		}
	}
	return nil
}
