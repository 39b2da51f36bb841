package proc

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/netip"
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
)

// File is a file as a process names it.
type File struct {
	Path string
	// Gone says that the file has another content now, or none: it was removed or
	// replaced, and the process goes on with the old one.
	Gone bool
}

const deleted = " (deleted)"

func fileOf(target string) File {
	path, gone := strings.CutSuffix(target, deleted)
	return File{Path: path, Gone: gone}
}

// isFile reports whether a name stands for a file of a file system, and not for
// memory or a device.
func isFile(path []byte) bool {
	if len(path) == 0 || path[0] != '/' {
		return false
	}
	for _, other := range []string{"/memfd:", "/dev/", "/SYSV", "/anon_hugepage", "/i915", "/drm", "/[aio]"} {
		if bytes.HasPrefix(path, []byte(other)) {
			return false
		}
	}
	return true
}

// ParseMaps goes through the files of a /proc/PID/maps. Lines of the same file
// that follow each other are told once.
func ParseMaps(r io.Reader, each func(File)) (bad int, err error) {
	s := lines(r)
	var last []byte
	for s.Scan() {
		path, ok := mapped(s.Bytes())
		if !ok {
			bad++
			continue
		}
		if !isFile(path) || bytes.Equal(path, last) {
			continue
		}
		last = append(last[:0], path...)
		each(fileOf(unescaped(string(path))))
	}
	return bad, s.Err()
}

// mapped cuts the name out of a line: range, rights, offset, device, inode, name.
func mapped(line []byte) (path []byte, ok bool) {
	const before = 5
	rest := line
	for range before {
		rest = bytes.TrimLeft(rest, " ")
		if len(rest) == 0 {
			return nil, false
		}
		i := bytes.IndexByte(rest, ' ')
		if i < 0 {
			i = len(rest)
		}
		rest = rest[i:]
	}
	return bytes.TrimLeft(rest, " "), true
}

// unescaped undoes what the kernel does to a line feed in a name.
func unescaped(s string) string { return strings.ReplaceAll(s, `\012`, "\n") }

func lines(r io.Reader) *bufio.Scanner {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 4<<10), maxLine)
	return s
}

// Status is what a process is.
type Status struct {
	Name   string // of its program, cut to 15 bytes by the kernel
	UID    uint32 // effective
	Parent int
	Kernel bool // a thread of the kernel's own
}

// ParseStatus reads a /proc/PID/status.
func ParseStatus(data []byte) (Status, error) {
	out := Status{Kernel: true}
	named := false
	for line := range bytes.Lines(data) {
		key, value, _ := strings.Cut(strings.TrimRight(string(line), "\n"), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "Name":
			out.Name, named = clean(value), true
		case "PPid":
			out.Parent, _ = strconv.Atoi(value)
		case "VmSize": // who has memory is no thread of the kernel's
			out.Kernel = false
		case "Uid":
			const effective = 1
			fields := strings.Fields(value)
			if len(fields) <= effective {
				return out, fault.New(fault.Invalid, "a status with the users %q", value)
			}
			uid, err := strconv.ParseUint(fields[effective], 10, 32)
			if err != nil {
				return out, fault.Wrap(fault.Invalid, err, "a status")
			}
			out.UID = uint32(uid)
		}
	}
	if !named {
		return out, fault.New(fault.Invalid, "a status without a name")
	}
	return out, nil
}

// clean replaces what is no letter that can be shown: a process names itself.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\ufffd' {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

// Cage is the container that a process is in; ID "" where it is in none.
type Cage struct {
	ID      string // 64 hex digits
	Runtime string // containerd, cri-o, docker, podman; "" where the name does not say
	Pod     string // uid of the pod, where the name says it
}

// ParseCage reads a /proc/PID/cgroup: the innermost part of a path that is a
// container's.
func ParseCage(data []byte) (out Cage) {
	for line := range bytes.Lines(data) {
		_, rest, _ := strings.Cut(strings.TrimSpace(string(line)), ":")
		_, path, _ := strings.Cut(rest, ":")
		found := Cage{}
		for part := range strings.SplitSeq(path, "/") {
			found.read(part)
		}
		if found.ID != "" && (out.ID == "" || out.Runtime == "" && found.Runtime != "") {
			out = found
		}
	}
	return out
}

// read takes what one part of a path says.
func (c *Cage) read(part string) {
	if pod, ok := podOf(part); ok {
		c.Pod = pod
		return
	}
	stem := strings.TrimSuffix(part, ".scope")
	id := stem[max(0, len(stem)-idLength):]
	before := strings.TrimSuffix(stem[:len(stem)-len(id)], "-")
	before = strings.TrimSuffix(before, ":")
	if len(id) != idLength || !isHex(id) || strings.HasSuffix(before, "conmon") {
		return
	}
	c.ID, c.Runtime = id, ""
	switch i := strings.LastIndexByte(before, ':'); before[i+1:] { // slice:prefix:ID, where systemd does not run
	case "cri-containerd", "nerdctl":
		c.Runtime = "containerd"
	case "crio":
		c.Runtime = "cri-o"
	case "docker":
		c.Runtime = "docker"
	case "libpod":
		c.Runtime = "podman"
	}
}

const idLength = 64

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == ""
}

// podOf reads "pod<uid>" and "kubepods-burstable-pod<uid with underscores>.slice".
func podOf(part string) (string, bool) {
	const uidLength = 36
	part = strings.TrimSuffix(part, ".slice")
	i := strings.LastIndex(part, "pod")
	if i < 0 || len(part)-i-len("pod") != uidLength || i > 0 && part[i-1] != '-' {
		return "", false
	}
	uid := strings.ReplaceAll(part[i+len("pod"):], "_", "-")
	return uid, isHex(strings.ReplaceAll(uid, "-", ""))
}

// Socket is a socket of a network.
type Socket struct {
	Proto         string // tcp, tcp6, udp, udp6
	Local, Remote netip.AddrPort
	Listens       bool // TCP that waits for others, UDP that is bound and not connected
	Connected     bool
	UID           uint32
	Inode         uint64
}

// The states of sockets in /proc/net, as far as they matter here.
const (
	established = 0x01
	unconnected = 0x07 // of UDP; of TCP: closed
	listening   = 0x0A
)

// ParseSockets goes through a /proc/net/tcp, tcp6, udp or udp6.
func ParseSockets(r io.Reader, proto string, each func(Socket)) (bad int, err error) {
	s := lines(r)
	s.Scan() // the heading
	for s.Scan() {
		socket, ok := parseSocket(strings.Fields(s.Text()), proto)
		if !ok {
			bad++
			continue
		}
		each(socket)
	}
	return bad, s.Err()
}

// parseSocket reads a line: number, local, remote, state, queues, timer,
// retransmits, user, timeout, inode.
func parseSocket(fields []string, proto string) (s Socket, ok bool) {
	const local, remote, state, user, inode, all = 1, 2, 3, 7, 9, 10
	if len(fields) < all {
		return s, false
	}
	s.Proto = proto
	var localOK, remoteOK bool
	s.Local, localOK = parseAddress(fields[local])
	s.Remote, remoteOK = parseAddress(fields[remote])
	st, err := strconv.ParseUint(fields[state], 16, 8)
	uid, err1 := strconv.ParseUint(fields[user], 10, 32)
	number, err2 := strconv.ParseUint(fields[inode], 10, 64)
	if !localOK || !remoteOK || err != nil || err1 != nil || err2 != nil {
		return s, false
	}
	s.UID, s.Inode = uint32(uid), number
	udp := strings.HasPrefix(proto, "udp")
	s.Listens = !udp && st == listening || udp && st == unconnected
	s.Connected = st == established
	return s, true
}

// parseAddress reads "0100007F:1F90": the address in words of four bytes, each in
// the order of the machine, and the port.
func parseAddress(text string) (netip.AddrPort, bool) {
	address, port, ok := strings.Cut(text, ":")
	const word = 4
	if !ok || len(address) != 2*word && len(address) != 8*word {
		return netip.AddrPort{}, false
	}
	var raw [16]byte
	n, err := hex.Decode(raw[:], []byte(address))
	if err != nil {
		return netip.AddrPort{}, false
	}
	for i := 0; i < n; i += word {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, false
	}
	ip, _ := netip.AddrFromSlice(raw[:n])
	return netip.AddrPortFrom(ip.Unmap(), uint16(number)), true
}

// Mount is something that is mounted.
type Mount struct {
	At   string // the folder
	Kind string // of the file system: ext4, overlay, nfs4
}

// ParseMounts reads a /proc/PID/mountinfo.
func ParseMounts(r io.Reader) (out []Mount, err error) {
	const at, least, maxMounts = 4, 6, 100_000
	s := lines(r)
	for s.Scan() && len(out) < maxMounts {
		before, after, ok := strings.Cut(s.Text(), " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if !ok || len(fields) < least || len(kind) == 0 {
			continue // a mount that is not known is not passed over: it is searched
		}
		out = append(out, Mount{At: octal.Replace(fields[at]), Kind: kind[0]})
	}
	return out, s.Err()
}

// octal undoes what the kernel does to a name in a list.
var octal = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
