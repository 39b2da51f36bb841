package host

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/agent/host/proc"
	"github.com/tidemark/tidemark/api"
)

// sockets are those of one sample.
type sockets struct {
	owners map[uint64]string // process by inode
	listen []api.SeenSocket
	ports  map[string]bool // TCP ports that something listens on
}

// talk is a connection that was seen, without its number.
type talk struct {
	In      bool     `json:"in,omitempty"` // the other one called
	Address string   `json:"address"`      // of the other one
	Port    int      `json:"port"`         // that was called
	By      []string `json:"by,omitempty"`
	Last    int64    `json:"last"`
}

const (
	maxInodes  = 200_000
	maxListen  = 1_000
	maxFlows   = 500
	flowWindow = 24 * time.Hour // how far back a connection counts
)

func newSockets() sockets { return sockets{owners: map[uint64]string{}, ports: map[string]bool{}} }

// owner notes the sockets of a process. A socket that several share is of the
// first by name, so that it stays the same.
func (s sockets) owner(process string) func(uint64) {
	return func(inode uint64) {
		have, ok := s.owners[inode]
		if !ok && len(s.owners) < maxInodes || ok && process < have {
			s.owners[inode] = process
		}
	}
}

// network reads the sockets of the host's network.
func (s *sampler) network(now int64) {
	var connected []proc.Socket
	found := &s.watch.socks
	for _, proto := range []string{"tcp", "tcp6", "udp", "udp6"} {
		bad, err := s.proc.Sockets(0, proto, func(k proc.Socket) {
			switch {
			case k.Listens:
				found.listens(k, s.facts.user(k.UID))
			case k.Connected && strings.HasPrefix(proto, "tcp") && len(connected) < maxInodes:
				connected = append(connected, k)
			}
		})
		if err != nil || bad > 0 {
			s.watch.blind["some sockets cannot be read"] = true
		}
	}
	slices.SortFunc(found.listen, compareSockets)
	found.listen = slices.Compact(found.listen)
	for _, k := range connected {
		s.watch.talks(k, now)
	}
}

func compareSockets(x, y api.SeenSocket) int {
	return cmp.Or(cmp.Compare(x.Proto, y.Proto), cmp.Compare(x.Port, y.Port), cmp.Compare(x.Address, y.Address), cmp.Compare(x.Process, y.Process), cmp.Compare(x.User, y.User))
}

// ephemeral is where the ports begin that Linux gives to who asks for none. UDP
// sockets there come and go with each question to a name server.
const ephemeral = 32768

func (s *sockets) listens(k proc.Socket, user string) {
	proto := strings.TrimSuffix(k.Proto, "6")
	if proto == "udp" && k.Local.Port() >= ephemeral || len(s.listen) >= maxListen {
		return
	}
	if proto == "tcp" {
		s.ports[strconv.Itoa(int(k.Local.Port()))] = true
	}
	s.listen = append(s.listen, s.seen(k, user))
}

func (s *sockets) seen(k proc.Socket, user string) api.SeenSocket {
	return api.SeenSocket{
		Proto: strings.TrimSuffix(k.Proto, "6"), Address: k.Local.Addr().String(), Port: int(k.Local.Port()), Scope: scopeOf(k.Local.Addr()),
		Process: s.owners[k.Inode], User: user,
	}
}

// scopeOf says from how far an address can be reached.
func scopeOf(a netip.Addr) string {
	switch {
	case a.IsUnspecified():
		return "any"
	case a.IsLoopback():
		return "loopback"
	case a.IsPrivate() || a.IsLinkLocalUnicast() || slices.ContainsFunc(inner, func(p netip.Prefix) bool { return p.Contains(a) }):
		return "private"
	case a.IsGlobalUnicast():
		return "public"
	}
	return "private"
}

// inner are addresses that no router of the Internet forwards to, beside those
// that Go knows as private: the shared ones of providers (RFC 6598), and those for
// tests and documents (RFC 2544, 3849, 5737, 6890, 9637).
var inner = []netip.Prefix{
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("3fff::/20"),
}

// talks notes whom a connection is with. Which end called shows by the port that
// something here listens on.
func (w *watch) talks(k proc.Socket, now int64) {
	if k.Remote.Addr().IsLoopback() || k.Remote.Addr() == k.Local.Addr() {
		return
	}
	t := talk{Address: k.Remote.Addr().String(), Port: int(k.Remote.Port())}
	if w.socks.ports[strconv.Itoa(int(k.Local.Port()))] {
		t.In, t.Port = true, int(k.Local.Port())
		if scopeOf(k.Remote.Addr()) == "public" {
			t.Address = world // single strangers are not told apart
		}
	}
	key := strconv.FormatBool(t.In) + " " + t.Address + " " + strconv.Itoa(t.Port)
	have := w.Flows[key]
	if have == nil {
		if len(w.Flows) >= maxFlows {
			w.blind["it talks to more addresses than are told"] = true
			return
		}
		have = &t
		w.Flows[key] = have
	}
	have.Last = now
	if by := w.socks.owners[k.Inode]; by != "" {
		if i, found := slices.BinarySearch(have.By, by); !found && len(have.By) < maxBy {
			have.By = slices.Insert(have.By, i, by)
		}
	}
}

// world stands for every address of the Internet.
const world = "world"

// doors are the addresses at which the host can be reached from elsewhere. One
// that is bound to all of its addresses is public when one of these is.
func doors(listen []api.SeenSocket, addresses []netip.Addr) []api.SeenDoor {
	out := []api.SeenDoor{}
	for _, k := range listen {
		if k.Scope == "loopback" {
			continue
		}
		via := "Socket/" + k.Proto + "/" + strconv.Itoa(k.Port)
		if k.Process != "" {
			via += " (" + k.Process + ")"
		}
		for _, ip := range reachedAt(k, addresses) {
			out = append(out, api.SeenDoor{Address: netip.AddrPortFrom(ip, uint16(k.Port)).String(), Public: scopeOf(ip) == "public", Via: via})
		}
	}
	slices.SortFunc(out, func(x, y api.SeenDoor) int {
		return cmp.Or(cmp.Compare(x.Address, y.Address), cmp.Compare(x.Via, y.Via))
	})
	return slices.Compact(out)
}

// reachedAt are the public addresses of a socket that is bound to all; else the
// one that it is bound to.
func reachedAt(k api.SeenSocket, addresses []netip.Addr) (out []netip.Addr) {
	ip, err := netip.ParseAddr(k.Address)
	if err != nil {
		return nil
	}
	if k.Scope == "any" {
		for _, own := range addresses {
			if scopeOf(own) == "public" && (own.Is4() || ip.Is6()) {
				out = append(out, own)
			}
		}
	}
	if len(out) == 0 {
		out = append(out, ip)
	}
	return out
}
