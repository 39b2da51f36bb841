// Package proc reads what Linux says in /proc of the processes of a machine:
// who they are, what they have mapped and open, and where they listen.
//
// The model. A Dir is the folder itself, so that a test can make one. Every file
// in it has a parser of its own that takes a reader and calls back for each entry,
// keeping nothing: a machine has many processes, and the one who looks may use
// little of it.
//
// Invariants. Nothing of another process is changed, and neither its memory nor
// its environment is read. What is gone between two looks is no error: see Gone.
// A line that makes no sense is counted, and never guessed at.
package proc

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/tidemark/tidemark/internal/fault"
)

// Dir is a folder like /proc.
type Dir string

// The bounds of what is read of one machine and one process.
const (
	maxProcesses = 65_536
	maxFDs       = 65_536
	maxText      = 64 << 10 // of a small file
	maxLine      = 16 << 10
)

// Gone reports whether an error means only that a process or file is there no more.
func Gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// Denied reports whether an error means that the reader has no right to look.
func Denied(err error) bool { return errors.Is(err, fs.ErrPermission) }

// PIDs lists the processes by their numbers; more says that there are others.
func (d Dir) PIDs() (list []int, more bool, err error) {
	f, err := os.Open(string(d))
	if err != nil {
		return nil, false, fault.Wrap(fault.Unavailable, err, "list the processes")
	}
	names, err := f.Readdirnames(-1)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, false, fault.Wrap(fault.Unavailable, err, "list the processes")
	}
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid > 0 && name[0] != '+' {
			list = append(list, pid)
		}
	}
	slices.Sort(list)
	if len(list) > maxProcesses {
		return list[:maxProcesses], true, nil
	}
	return list, false, nil
}

// path is that of a file of a process.
func (d Dir) path(pid int, name string) string {
	return string(d) + "/" + strconv.Itoa(pid) + "/" + name
}

// open opens a file of a process.
func (d Dir) open(pid int, name string) (*os.File, error) { return os.Open(d.path(pid, name)) }

// text reads a small file, cut at a bound.
func text(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxText))
	return data, errors.Join(err, f.Close())
}

// Status is what /proc/PID/status says of a process.
func (d Dir) Status(pid int) (Status, error) {
	data, err := text(d.path(pid, "status"))
	if err != nil {
		return Status{}, err
	}
	return ParseStatus(data)
}

// Exe is the program of a process, as it names it itself.
func (d Dir) Exe(pid int) (File, error) {
	target, err := os.Readlink(d.path(pid, "exe"))
	if err != nil {
		return File{}, err
	}
	return fileOf(target), nil
}

// Command is the command line of a process: secrets are in it.
func (d Dir) Command(pid int) ([]string, error) {
	data, err := text(d.path(pid, "cmdline"))
	if err != nil || len(data) == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimRight(string(data), "\x00"), "\x00"), nil
}

// Root is the folder that is the root of a process's files.
func (d Dir) Root(pid int) string { return d.path(pid, "root") }

// Program is the path at which the program of a process can be opened, even where
// it was removed.
func (d Dir) Program(pid int) string { return d.path(pid, "exe") }

// Cage is the container that a process is in.
func (d Dir) Cage(pid int) (Cage, error) {
	data, err := text(d.path(pid, "cgroup"))
	if err != nil {
		return Cage{}, err
	}
	return ParseCage(data), nil
}

// Maps goes through the files that a process has mapped, each once in a row;
// bad is how many lines made no sense.
func (d Dir) Maps(pid int, each func(File)) (bad int, err error) {
	f, err := d.open(pid, "maps")
	if err != nil {
		return 0, err
	}
	bad, err = ParseMaps(f, each)
	return bad, errors.Join(err, f.Close())
}

// Open goes through what a process has open: files, and sockets by their number.
func (d Dir) Open(pid int, file func(File), socket func(inode uint64)) error {
	f, err := d.open(pid, "fd")
	if err != nil {
		return err
	}
	names, err := f.Readdirnames(maxFDs)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	for _, name := range names {
		target, err := os.Readlink(d.path(pid, "fd/"+name))
		if err != nil {
			if Gone(err) {
				continue
			}
			return err
		}
		if inode, ok := socketOf(target); ok {
			socket(inode)
		} else if strings.HasPrefix(target, "/") {
			file(fileOf(target))
		}
	}
	return nil
}

// socketOf reads "socket:[123]".
func socketOf(target string) (uint64, bool) {
	rest, ok := strings.CutPrefix(target, "socket:[")
	number, closed := strings.CutSuffix(rest, "]")
	if !ok || !closed {
		return 0, false
	}
	inode, err := strconv.ParseUint(number, 10, 64)
	return inode, err == nil
}

// Network names the network that a process is in; pid 0 is the reader itself.
func (d Dir) Network(pid int) (string, error) {
	if pid == 0 {
		return os.Readlink(filepath.Join(string(d), "self", "ns", "net"))
	}
	return os.Readlink(d.path(pid, "ns/net"))
}

// Sockets goes through the sockets of the network that a process is in, or, with pid
// 0, the reader itself; proto is tcp, tcp6, udp or udp6. A machine without IPv6 has
// none of these.
func (d Dir) Sockets(pid int, proto string, each func(Socket)) (bad int, err error) {
	name := filepath.Join(string(d), "net", proto)
	if pid != 0 {
		name = d.path(pid, "net/"+proto)
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) && strings.HasSuffix(proto, "6") {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	bad, err = ParseSockets(f, proto, each)
	return bad, errors.Join(err, f.Close())
}

// Mounts lists where something is mounted in the files that a process sees, with
// its kind.
func (d Dir) Mounts(pid int) ([]Mount, error) {
	f, err := d.open(pid, "mountinfo")
	if err != nil {
		return nil, err
	}
	list, err := ParseMounts(f)
	return list, errors.Join(err, f.Close())
}

// Kernel is the release of the kernel, "" where it is not said.
func (d Dir) Kernel() string {
	data, err := text(filepath.Join(string(d), "sys/kernel/osrelease"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
