// Package egress says where a request of ours may go.
//
// Invariants. An address is looked at just before it is dialled, after its name
// was resolved: a name that resolves to another address the second time is caught.
// What is not known to belong to the public internet does not.
package egress

import (
	"fmt"
	"net/netip"
	"syscall"

	"github.com/tidemark/tidemark/internal/fault"
)

// Control is for a net.Dialer: it refuses what is not public.
func Control(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %q: %w", address, err)
	}
	if !Public(a.Addr()) {
		return fault.New(fault.Forbidden, "%s is not a public address", a.Addr())
	}
	return nil
}

// Public reports whether an address belongs to the public internet.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range []netip.Prefix{
		netip.PrefixFrom(netip.AddrFrom4([4]byte{0, 0, 0, 0}), 8),
		netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10), // shared by carriers
		netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 0, 0}), 24),
		netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 18, 0, 0}), 15), // benchmarks
		netip.PrefixFrom(netip.AddrFrom4([4]byte{240, 0, 0, 0}), 4),
		netip.PrefixFrom(netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b}), 96), // IPv4 behind NAT64
	} {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
