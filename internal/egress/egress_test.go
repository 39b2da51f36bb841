package egress

import (
	"net/netip"
	"testing"

	"github.com/tidemark/tidemark/internal/fault"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true,
		"127.0.0.1": false, "::1": false, "10.1.2.3": false, "192.168.1.1": false, "172.16.0.1": false, "169.254.169.254": false,
		"fe80::1": false, "fd00::1": false, "0.0.0.0": false, "0.1.2.3": false, "::": false, "100.64.0.1": false, "224.0.0.1": false, "::ffff:127.0.0.1": false,
		"64:ff9b::7f00:1": false, "255.255.255.255": false, "198.18.0.1": false,
	} {
		if got := Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
	if err := Control("tcp", "127.0.0.1:80", nil); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("this machine: %v", err)
	}
	if err := Control("tcp", "8.8.8.8:443", nil); err != nil {
		t.Error(err)
	}
	if err := Control("tcp", "somewhere", nil); err == nil {
		t.Error("no address is one")
	}
}
