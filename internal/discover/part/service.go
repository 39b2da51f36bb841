package part

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/twin"
)

// bom reads a CycloneDX document.
type bom struct {
	*collector
	doc  cyclonedx
	own  string
	ends map[string]twin.End // by bom-ref
	list []*service          // all services, also nested ones
	refs map[string]*service
}

type cyclonedx struct {
	Metadata struct {
		Component    component    `json:"component"`
		Supplier     organization `json:"supplier"`
		Manufacture  organization `json:"manufacture"`
		Manufacturer organization `json:"manufacturer"`
	} `json:"metadata"`
	Components   []component  `json:"components"`
	Services     []service    `json:"services"`
	Dependencies []dependency `json:"dependencies"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

type organization struct {
	Name string `json:"name"`
}

type service struct {
	Ref           string        `json:"bom-ref"`
	Provider      *organization `json:"provider"`
	Group         string        `json:"group"`
	Name          string        `json:"name"`
	Version       string        `json:"version"`
	Endpoints     many          `json:"endpoints"`
	Authenticated *bool         `json:"authenticated"`
	Boundary      *bool         `json:"x-trust-boundary"`
	Data          []serviceData `json:"data"`
	Services      []service     `json:"services"`
}

type serviceData struct {
	Class       string `json:"classification"`
	Flow        string `json:"flow"`
	Source      many   `json:"source"`
	Destination many   `json:"destination"`
}

func (b *bom) read(body []byte) error {
	if err := json.Unmarshal(body, &b.doc); err != nil {
		return err
	}
	root := &b.doc.Metadata.Component
	b.subject = clean(root.Name)
	b.collect(b.doc.Services)
	b.own = b.owner()
	b.ends, b.refs = map[string]twin.End{}, map[string]*service{}
	if name := cmp.Or(clean(b.in.Service), b.subject); name != "" && root.Type != typeModel && len(b.list) > 0 {
		b.ends[root.Ref] = b.workload(name)
	}
	for _, s := range b.list {
		end, err := b.service(s)
		if err != nil {
			return err
		}
		if s.Ref != "" {
			b.ends[s.Ref], b.refs[s.Ref] = end, s
		}
	}
	b.depends()
	for _, s := range b.list {
		b.data(s)
	}
	return b.models()
}

// collect lists services, each before those nested in it.
func (b *bom) collect(list []service) {
	for i := range list {
		b.list = append(b.list, &list[i])
		b.collect(list[i].Services)
	}
}

// owner is whose product the document is about: who supplies it, else the
// provider that most services name, if two or more do.
func (b *bom) owner() string {
	m := &b.doc.Metadata
	if own := cmp.Or(m.Supplier.Name, m.Manufacturer.Name, m.Manufacture.Name, m.Component.Supplier.Name, m.Component.Publisher); own != "" {
		return own
	}
	count := map[string]int{}
	for _, s := range b.list {
		if s.Provider != nil && s.Provider.Name != "" {
			count[s.Provider.Name]++
		}
	}
	most, n := "", 1
	for _, name := range slices.Sorted(maps.Keys(count)) {
		if count[name] > n {
			most, n = name, count[name]
		}
	}
	return most
}

func (b *bom) workload(name string) twin.End {
	return twin.End{Kind: twin.KindWorkload, Scope: b.scope(), Name: name}
}

// service adds what a service is, and returns by which end it is known.
func (b *bom) service(s *service) (twin.End, error) {
	host, port := s.address()
	if system := s.system(host, port); system != "" {
		return b.store(s, system, twin.JoinPort(cmp.Or(host, hostOf(s.Name)), port))
	}
	name := clean(s.Name)
	provider := ""
	if s.Provider != nil {
		provider = clean(s.Provider.Name)
	}
	foreign := twin.AnswerOf(s.Boundary) == twin.AnswerYes
	if provider != "" && b.own != "" {
		foreign = provider != clean(b.own)
	}
	if !foreign {
		return b.workload(name), nil
	}
	end := twin.End{Kind: twin.KindSaaS, Name: cmp.Or(host, strings.Trim(strings.ToLower(provider+"/"+name), "/"))}
	return end, b.thing(twin.KindSaaS, end.Name, twin.SaaS{
		Title: name, Provider: provider, Version: clean(s.Version), Endpoints: s.endpoints(),
		Authenticated: twin.AnswerOf(s.Authenticated), Boundary: twin.AnswerOf(s.Boundary), Data: s.going(),
	})
}

func (b *bom) store(s *service, system, address string) (twin.End, error) {
	d := twin.DataStore{System: system, Address: address, Title: clean(s.Name), Version: clean(s.Version), Data: s.classes()}
	host, port := twin.CutPort(address)
	end := twin.OutsideEnd(b.scope(), system, host, port)
	d.Within = twin.CutStore(end.Name).Within
	return end, b.thing(twin.KindDataStore, end.Name, d)
}

// hostOf is a name where a data store has no address: its own.
func hostOf(name string) string { return strings.ReplaceAll(strings.ToLower(clean(name)), " ", "-") }

// address is the host and port of the first endpoint that has one.
func (s *service) address() (string, int) {
	for _, endpoint := range s.endpoints() {
		u, err := url.Parse(endpoint)
		if err == nil && u.Host != "" {
			host, port := twin.CutPort(u.Host)
			return strings.ToLower(host), port
		}
	}
	return "", 0
}

// endpoints are its URLs without user, query and fragment.
func (s *service) endpoints() []string {
	var out []string
	for _, e := range s.Endpoints[:min(len(s.Endpoints), maxList)] {
		u, err := url.Parse(strings.TrimSpace(e))
		if err != nil || clean(e) != strings.TrimSpace(e) {
			continue
		}
		u.User, u.RawQuery, u.Fragment, u.ForceQuery = nil, "", "", false
		out = append(out, u.String())
	}
	return twin.Sorted(out)
}

// system is the data system that a service is, by name, group, host or port.
func (s *service) system(host string, port int) string {
	if system := cmp.Or(twin.SystemOfHost(host), twin.SystemOfPort(port)); system != "" {
		return system
	}
	for _, word := range strings.FieldsFunc(s.Group+" "+s.Name, func(r rune) bool { return strings.ContainsRune(" ./_-", r) }) {
		if system := twin.SystemOf(word); system != "" {
			return system
		}
	}
	return ""
}

func (s *service) classes() []string {
	var out []string
	for _, d := range s.Data[:min(len(s.Data), maxList)] {
		out = append(out, clean(d.Class))
	}
	return twin.Sorted(out)
}

// going is the data of a service with the way that it takes.
func (s *service) going() []twin.DataGoing {
	var out []twin.DataGoing
	for _, d := range s.Data[:min(len(s.Data), maxList)] {
		g := twin.DataGoing{Class: clean(d.Class), Way: wayOf(d.Flow)}
		if g.Class != "" && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b twin.DataGoing) int { return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Way, b.Way)) })
	return out
}

func wayOf(flow string) string {
	switch flow {
	case "inbound":
		return "in"
	case "outbound":
		return "out"
	case "bi-directional":
		return "both"
	}
	return "unknown"
}

// depends makes a flow of each dependency between services, with the data of the
// one that is depended on.
func (b *bom) depends() {
	for _, d := range b.doc.Dependencies {
		from, ok := b.ends[d.Ref]
		if !ok {
			continue
		}
		for _, ref := range d.DependsOn {
			if to, ok := b.refs[ref]; ok {
				b.flow(twin.Flow{From: from, To: b.ends[ref], Data: to.classes(), Where: []string{"dependency"}})
			}
		}
	}
}

// data makes flows of the sources and destinations of a service's data. Where
// data goes both ways, the dependency says who begins; without one it is the
// service that says so.
func (b *bom) data(s *service) {
	self, ok := b.ends[s.Ref]
	if !ok {
		return
	}
	for _, d := range s.Data {
		class := []string{clean(d.Class)}
		for _, ref := range d.Destination {
			if to, ok := b.peer(ref); ok && d.Flow != "inbound" {
				b.going(self, to, class)
			}
		}
		for _, ref := range d.Source {
			from, ok := b.peer(ref)
			if ok && (d.Flow == "inbound" || !slices.Contains(d.Destination, ref)) {
				b.going(from, self, class)
			}
		}
	}
}

// going adds a flow with a class of data, in the direction in which the
// dependency goes, where there is one.
func (b *bom) going(from, to twin.End, class []string) {
	f := twin.Flow{From: from, To: to, Data: class, Where: []string{"data of a service"}}
	if _, back := b.flows[twin.Flow{From: to, To: from}.Name()]; back {
		f.From, f.To = to, from
	}
	b.flow(f)
}

// peer is the other end of data: a service of the document, or a host.
func (b *bom) peer(ref string) (twin.End, bool) {
	if end, ok := b.ends[ref]; ok {
		return end, true
	}
	if _, fragment, ok := strings.Cut(ref, "#"); ok && strings.HasPrefix(ref, "urn:cdx:") {
		if plain, err := url.PathUnescape(fragment); err == nil {
			fragment = plain
		}
		end, ok := b.ends[fragment]
		return end, ok
	}
	u, err := url.Parse(ref)
	if err != nil || u.Host == "" || clean(u.Host) != u.Host {
		return twin.End{}, false
	}
	host, port := twin.CutPort(u.Host)
	if host == "" || host == "0.0.0.0" || host == "localhost" {
		return twin.End{}, false
	}
	for _, s := range b.list {
		if own, _ := s.address(); own == strings.ToLower(host) && s.Ref != "" {
			return b.ends[s.Ref], true
		}
	}
	return twin.OutsideEnd(b.scope(), twin.SystemOf(u.Scheme), host, port), true
}
