package flow

import (
	"cmp"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// Past are the Services and EndpointSlices of an earlier time.
type Past struct {
	At     time.Time
	Things []ctem.Thing
}

// maxPast bounds the earlier times that are asked for.
const maxPast = 8

// held is an address that somebody had in a cluster, as is known from since to until.
type held struct {
	cluster      string
	since, until time.Time
	service      serviceKey // whose cluster IP it is; else
	workload     twin.End   // of whose pods it is
}

// book is who had which address when.
type book map[netip.Addr][]held

func (b book) add(address string, h held) {
	if ip, err := netip.ParseAddr(address); err == nil {
		b[ip.Unmap()] = append(b[ip.Unmap()], h)
	}
}

// thing takes what a Service or an EndpointSlice says of addresses, as it was up to a time.
func (b book) thing(t *ctem.Thing, until time.Time) {
	h := held{cluster: cluster(t.Scope, t.Namespace), since: t.Since, until: until}
	switch t.Kind {
	case twin.KindK8sService:
		s, ok := ServiceOf(t.Scope, &t.Resource)
		if !ok {
			return
		}
		h.service = serviceKey{h.cluster, s.Namespace, s.Name}
		for _, address := range s.Addresses {
			b.add(address, h)
		}
	case twin.KindEndpointSlice:
		var spec twin.EndpointSliceSpec
		if json.Unmarshal(t.Spec, &spec) != nil {
			return
		}
		for name, list := range spec.Workloads {
			h.workload = twin.End{Kind: twin.KindWorkload, Scope: t.Scope, Name: name}
			for _, address := range list {
				b.add(address, h)
			}
		}
	}
}

// at is who had an address at a time, seen from some scopes: in their cluster, where
// one of them is in one of which addresses are known; else in the only cluster that
// has it. Nobody where that is not clear.
func (b book) at(ip netip.Addr, when time.Time, scopes ...string) []held {
	var out []held
	for _, h := range b[ip.Unmap()] {
		if (when.IsZero() || !h.since.After(when) && !when.After(h.until)) && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	for _, scope := range scopes {
		name, _, _ := strings.Cut(scope, "/")
		if b.knows(name) {
			return slices.DeleteFunc(out, func(h held) bool { return h.cluster != name })
		}
	}
	for _, h := range out {
		if h.cluster != out[0].cluster {
			return nil
		}
	}
	return out
}

// clusters is where the book notes of which clusters it knows addresses: no flow
// leads to the zero address.
func (b book) knows(name string) bool {
	return slices.ContainsFunc(b[netip.Addr{}], func(h held) bool { return h.cluster == name })
}

func (b book) note(name string) {
	if !b.knows(name) {
		b[netip.Addr{}] = append(b[netip.Addr{}], held{cluster: name})
	}
}

func bookOf(at time.Time, things []ctem.Thing, past []Past) book {
	b := book{}
	for _, p := range append([]Past{{at, things}}, past...) {
		for i := range p.Things {
			if t := &p.Things[i]; t.Kind == twin.KindK8sService || t.Kind == twin.KindEndpointSlice {
				b.note(cluster(t.Scope, t.Namespace))
				b.thing(t, p.At)
			}
		}
	}
	return b
}

// Unheld are the times at which flows were seen with an inner address of which it is
// not known who had it then, the newest first: one for each hour, not more than are
// asked for. Without any Service there is nobody to ask for.
func Unheld(at time.Time, things []ctem.Thing) (out []time.Time) {
	b := bookOf(at, things, nil)
	if len(b) == 0 {
		return nil
	}
	byHour := map[time.Time]time.Time{}
	p := parts{at: at}
	for i := range things {
		if things[i].Kind == twin.KindFlow {
			p.flow(&things[i])
		}
	}
	for _, t := range p.told {
		for _, e := range []twin.End{t.Flow.From, t.Flow.To} {
			ip, ok := innerAddress(e)
			hour := t.Seen.Truncate(time.Hour)
			if ok && !t.Seen.IsZero() && len(b.at(ip, t.Seen, t.Flow.From.Scope, t.Flow.To.Scope)) == 0 && t.Seen.After(byHour[hour]) {
				byHour[hour] = t.Seen
			}
		}
	}
	for _, seen := range byHour {
		out = append(out, seen)
	}
	slices.SortFunc(out, func(a, b time.Time) int { return b.Compare(a) })
	return out[:min(len(out), maxPast)]
}

// innerAddress is the address that an end stands for, where it is one that different
// networks may use for different things.
func innerAddress(e twin.End) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(hostOf(e))
	return ip, err == nil && !twin.IsPublicHost(ip.String())
}

// hostOf is the host that an end is, or of a data store at which it is.
func hostOf(e twin.End) string {
	switch e.Kind {
	case twin.KindAddress, twin.KindSaaS:
		return e.Name
	case twin.KindDataStore:
		host, _ := twin.CutPort(twin.CutStore(e.Name).Address)
		return host
	}
	return ""
}

// addressed are the workloads, or the Services without any, that had the address of
// an end when a flow was seen; none where that is not known.
func (r *resolver) addressed(e, beside twin.End, seen time.Time) (out []twin.End) {
	ip, err := netip.ParseAddr(hostOf(e))
	if err != nil {
		return nil
	}
	for _, h := range r.book.at(ip, seen, e.Scope, beside.Scope) {
		switch list := r.behind[h.service]; {
		case h.workload.Name != "":
			out = append(out, h.workload)
		case len(list) > 0:
			out = append(out, ends(list)...)
		default:
			out = append(out, twin.End{Kind: twin.KindK8sService, Scope: cmp.Or(r.services[h.service].Scope, h.cluster), Name: namespaced(h.service.namespace, h.service.name)})
		}
	}
	slices.SortFunc(out, compareEnds)
	return slices.Compact(out)
}
