package twin

import "time"

// Host is the spec of a resource of KindHost: a machine as an agent on it sees
// it. It holds no counts and no times, so that a machine on which nothing changes
// is one state. Lists are sorted by whoever writes them.
type Host struct {
	System     string          `json:"system,omitempty"` // distribution and release: "debian 12"
	Kernel     string          `json:"kernel,omitempty"` // release of the kernel that runs
	Arch       string          `json:"arch,omitempty"`   // amd64, arm64
	Runtimes   []HostRuntime   `json:"runtimes,omitempty"`
	Containers []HostContainer `json:"containers,omitempty"` // each image once
	Sockets    []HostSocket    `json:"sockets,omitempty"`    // that listen
	Processes  []HostProcess   `json:"processes,omitempty"`  // each program and user once, of the watch window
	// Unseen says what the agent has no right or no way to see, in sentences
	// without counts.
	Unseen []string `json:"unseen,omitempty"`
}

// HostRuntime is what runs containers on a host.
type HostRuntime struct {
	Name    string   `json:"name"` // containerd, cri-o, docker, podman
	Version string   `json:"version,omitempty"`
	Sockets []string `json:"sockets,omitempty"` // that it listens on
	State   []string `json:"state,omitempty"`   // folders with its state
}

// HostContainer is an image that containers on a host run.
type HostContainer struct {
	Image   string `json:"image,omitempty"`  // NAME[:TAG], where its runtime could be read
	Digest  string `json:"digest,omitempty"` // of the manifest; "" where only the config's is known
	Runtime string `json:"runtime,omitempty"`
	// Sockets listen in networks of the containers' own: their addresses are not the
	// host's.
	Sockets []HostSocket `json:"sockets,omitempty"`
}

// HostSocket is an address on which something on a host listens.
type HostSocket struct {
	Proto   string `json:"proto"`   // tcp, udp
	Address string `json:"address"` // IP address; 0.0.0.0 and :: are all of the host's
	Port    int    `json:"port"`
	Scope   string `json:"scope"`             // loopback, private, public, any
	Process string `json:"process,omitempty"` // "": the agent may not see whose it is
	User    string `json:"user,omitempty"`
}

// HostProcess is a program that runs on a host, outside of containers.
type HostProcess struct {
	Name    string `json:"name"`
	Path    string `json:"path,omitempty"` // of its program; "": the agent may not see it
	User    string `json:"user,omitempty"`
	Command string `json:"command,omitempty"` // with secrets masked, and only where that was asked for
}

// Loaded is the spec of a resource of KindLoaded: what of the contents of an
// artifact an agent saw loaded on its machine, by looking again and again. What
// its three lists name are package URLs without qualifiers. A part that is in none
// of them is not known to the agent.
//
// The window reaches from Since, or so far back as Window says, whichever is
// later, to the last sign of life of the source: the spec itself stays as it is as
// long as nothing changes.
type Loaded struct {
	Of     string       `json:"of"`    // the artifact's identity
	Since  time.Time    `json:"since"` // from then on it was looked without a gap
	Window int64        `json:"window_seconds"`
	Every  int64        `json:"every_seconds"` // how often it is looked
	Loaded []LoadedPart `json:"loaded,omitempty"`
	// NotSeen are the parts that a process would show if it had them loaded, and
	// none did.
	NotSeen LoadedParts `json:"not_seen,omitempty"`
	Unknown []LoadedGap `json:"unknown,omitempty"`
	// Old are files that were replaced or removed while processes went on with
	// what was in them.
	Old  []LoadedOld `json:"old,omitempty"`
	More int         `json:"more,omitempty"` // parts that are in no list for want of room
}

// LoadedPart is a part that was seen loaded.
type LoadedPart struct {
	Purl string   `json:"purl"`
	How  string   `json:"how"`           // LoadedMapped, …
	By   []string `json:"by,omitempty"`  // names of processes, not all of many
	Old  bool     `json:"old,omitempty"` // only in memory: what is installed is another version
}

// The ways to see that something is loaded.
const (
	LoadedMapped = "mapped" // a file of it is mapped into a process
	LoadedRun    = "run"    // it is built into a program that runs
	LoadedOpen   = "open"   // a process holds a file of it open
	LoadedKernel = "kernel" // it is the kernel that runs
)

// LoadedParts are parts by the beginning they share: "pkg:deb/debian" →
// ["adduser@3.134"].
type LoadedParts map[string][]string

// LoadedGap is why nothing can be said of some parts.
type LoadedGap struct {
	Reason string      `json:"reason"`
	Parts  LoadedParts `json:"parts"`
}

// LoadedOld is a file of which processes have an old version in memory.
type LoadedOld struct {
	Path string   `json:"path"`
	Purl string   `json:"purl,omitempty"` // what it was; "": it was replaced before the agent first looked
	By   []string `json:"by,omitempty"`
}
