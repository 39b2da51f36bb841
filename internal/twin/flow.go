package twin

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Flow is the spec of a resource of KindFlow: one thing talks to another. It
// holds no counts and no times, so that the same edge seen again is the same
// state: since when and until when it was so is said by its evidence.
type Flow struct {
	From     End    `json:"from"`
	To       End    `json:"to"`
	Protocol string `json:"protocol,omitempty"` // what is spoken, else the transport: http, grpc, postgresql, kafka, tcp
	Port     int    `json:"port,omitempty"`     // on which To is reached; 0: nobody said
	How      How    `json:"how"`
	// Denied says that it was tried and refused, by a policy or a firewall.
	Denied bool `json:"denied,omitempty"`
	// Data are the classes of the data that go over it, in the words of the
	// source, sorted.
	Data []string `json:"data,omitempty"`
	// Where says what in the source shows it: "env DATABASE_URL", "client and
	// server spans"; sorted, never a value.
	Where []string `json:"where,omitempty"`
}

// How says how a flow is known.
type How string

// The ways to know of a flow, from the strongest. Only observed ones age.
const (
	FlowObserved   How = "observed"   // seen: spans, network flows, sockets
	FlowDocumented How = "documented" // somebody wrote it down: a bill of services
	FlowInferred   How = "inferred"   // a configuration names the address
)

// Beside the kinds of resources, a flow may end at an address of which nothing
// more is known.
const (
	KindAddress = "Address" // only as an end: Name is a host, an IP address, or AddressWorld
	// AddressWorld stands for everything outside: single strangers are not told apart.
	AddressWorld = "world"
)

// Name is the flow's name, stable for its ends, protocol and port. How it is
// known is not in it: sources that tell the same edge use the same name.
func (f Flow) Name() string {
	name := endName(f.From) + " > " + endName(f.To)
	if f.Protocol != "" || f.Port != 0 {
		name += " " + escapeSpace.Replace(f.Protocol)
	}
	if f.Port != 0 {
		name += "/" + strconv.Itoa(f.Port)
	}
	if f.Denied {
		name += " denied"
	}
	return BoundName(name)
}

// escapeSpace keeps the parts of a name apart.
var escapeSpace = strings.NewReplacer("%", "%25", " ", "%20")

func endName(e End) string {
	return escapeSpace.Replace(e.Kind + "/" + e.Scope + "/" + e.Name)
}

// maxResourceName bounds names that are made of others.
const maxResourceName = 480

// BoundName is the name itself, or where it is too long to be a key its
// beginning and its hash.
func BoundName(name string) string {
	if len(name) <= maxResourceName {
		return name
	}
	return strings.ToValidUTF8(name[:maxResourceName-33], "") + "~" + HashBytes([]byte(name))[:32]
}

// Rel is what the flow means for who begins it: data is read from stores, all
// else is connected to.
func (f Flow) Rel() Rel {
	if f.To.Kind == KindDataStore || f.To.Kind == KindDataset {
		return RelReads
	}
	return RelConnectsTo
}

// Resource is the flow as a thing of the twin, in one form for the same content.
func (f Flow) Resource() (Resource, error) {
	f.Data, f.Where = Sorted(f.Data), Sorted(f.Where)
	spec, err := json.Marshal(f)
	if err != nil {
		return Resource{}, err
	}
	links := []Link{{Rel: RelFrom, To: f.From}, {Rel: f.Rel(), To: f.To}}
	SortLinks(links)
	return Resource{Kind: KindFlow, Name: f.Name(), Spec: spec, Links: links}, nil
}

// Sorted is the set of the words, sorted, without empty ones; nil where none is left.
func Sorted(words []string) []string {
	out := slices.DeleteFunc(slices.Clone(words), func(s string) bool { return s == "" })
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) == 0 {
		return nil
	}
	return out
}

// SortLinks brings links into the order in which they are written.
func SortLinks(links []Link) {
	slices.SortFunc(links, func(a, b Link) int {
		return cmp.Or(cmp.Compare(a.Rel, b.Rel), cmp.Compare(a.To.Kind, b.To.Kind),
			cmp.Compare(a.To.Scope, b.To.Scope), cmp.Compare(a.To.Name, b.To.Name))
	})
}
