package host

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/agent/host/proc"
	"github.com/tidemark/tidemark/api"
)

// insides are the networks of containers that have one of their own, in one sample:
// each is read once, through one of its processes.
type insides struct {
	own     string                      // the network that the agent itself is in
	through map[string]inside           // by network
	cages   map[uint64]string           // container by the inode of a socket
	listen  map[string][]api.SeenSocket // by container
}

// inside is a process by which a network is read, and its container.
type inside struct {
	pid  int
	cage string
}

const (
	maxNetworks = 500
	maxInside   = 200 // sockets of an image that are told
)

func newInsides(d proc.Dir) insides {
	own, err := d.Network(0)
	if err != nil {
		own = "" // it cannot be told from others: none is read
	}
	return insides{own: own, through: map[string]inside{}, cages: map[uint64]string{}, listen: map[string][]api.SeenSocket{}}
}

// enter notes the network of a process that is in a container.
func (s *sampler) enter(pid int, cage proc.Cage) {
	in := &s.watch.insides
	if cage.ID == "" || in.own == "" {
		return
	}
	name, err := s.proc.Network(pid)
	switch {
	case proc.Denied(err):
		s.watch.blind["the networks of containers cannot be seen: the agent has no right to (CAP_SYS_PTRACE)"] = true
		return
	case err != nil || name == in.own || in.through[name].pid != 0:
		return
	case len(in.through) >= maxNetworks:
		s.watch.blind["there are more networks of containers than are looked at"] = true
		return
	}
	in.through[name] = inside{pid, cage.ID}
}

// inner notes whose a socket is that a process in a container has open.
func (i *insides) inner(cage proc.Cage) func(uint64) {
	return func(inode uint64) {
		if cage.ID != "" && len(i.cages) < maxInodes {
			i.cages[inode] = cage.ID
		}
	}
}

// networks reads the sockets that listen inside of containers. Of a pod several
// containers share a network: a socket is of the one that has it open.
func (s *sampler) networks(ctx context.Context) error {
	in := &s.watch.insides
	for _, at := range in.through {
		for _, proto := range []string{"tcp", "tcp6", "udp", "udp6"} {
			bad, err := s.proc.Sockets(at.pid, proto, func(k proc.Socket) {
				if k.Listens && (!strings.HasPrefix(k.Proto, "udp") || k.Local.Port() < ephemeral) {
					cage := cmp.Or(in.cages[k.Inode], at.cage)
					in.listen[cage] = append(in.listen[cage], s.watch.socks.seen(k, s.facts.user(k.UID)))
				}
			})
			if bad > 0 || err != nil && !proc.Gone(err) {
				s.watch.blind["some sockets of containers cannot be read"] = true
			}
		}
		if err := s.pace.pass(ctx); err != nil {
			return err
		}
	}
	return nil
}

// of are the sockets of the containers that run an image, each once: replicas on a
// host are one.
func (i *insides) of(cages []string) []api.SeenSocket {
	var out []api.SeenSocket
	for _, id := range cages {
		out = append(out, i.listen[id]...)
	}
	slices.SortFunc(out, compareSockets)
	out = slices.Compact(out)
	return out[:min(len(out), maxInside)]
}
