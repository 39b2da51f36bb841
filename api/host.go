package api

// SeenHost is the spec of a resource of kind Host: a machine as an agent on it sees
// it. It holds no counts and no times, so that a machine on which nothing changes
// is one state. Lists are sorted by whoever writes them.
type SeenHost struct {
	System     string        `json:"system,omitempty"` // distribution and release: "debian 12"
	Kernel     string        `json:"kernel,omitempty"` // release of the kernel that runs
	Arch       string        `json:"arch,omitempty"`   // amd64, arm64
	Runtimes   []SeenRuntime `json:"runtimes,omitempty"`
	Containers []SeenHosted  `json:"containers,omitempty"` // each image once
	Sockets    []SeenSocket  `json:"sockets,omitempty"`    // that listen
	Processes  []SeenProcess `json:"processes,omitempty"`  // each program and user once, of the watch window
	// Unseen says what the agent has no right or no way to see, in sentences
	// without counts.
	Unseen []string `json:"unseen,omitempty"`
}

// SeenRuntime is what runs containers on a host.
type SeenRuntime struct {
	Name    string   `json:"name"` // containerd, cri-o, docker, podman
	Version string   `json:"version,omitempty"`
	Sockets []string `json:"sockets,omitempty"` // that it listens on
	State   []string `json:"state,omitempty"`   // folders with its state
}

// SeenHosted is an image that containers on a host run.
type SeenHosted struct {
	Image   string `json:"image,omitempty"`  // NAME[:TAG], where its runtime could be read
	Digest  string `json:"digest,omitempty"` // of the manifest; "" where only the config's is known
	Runtime string `json:"runtime,omitempty"`
	// Sockets listen in networks of the containers' own: their addresses are not the
	// host's.
	Sockets []SeenSocket `json:"sockets,omitempty"`
}

// SeenSocket is an address on which something on a host listens.
type SeenSocket struct {
	Proto   string `json:"proto"`   // tcp, udp
	Address string `json:"address"` // IP address; 0.0.0.0 and :: are all of the host's
	Port    int    `json:"port"`
	Scope   string `json:"scope"`             // loopback, private, public, any
	Process string `json:"process,omitempty"` // "": the agent may not see whose it is
	User    string `json:"user,omitempty"`
}

// SeenProcess is a program that runs on a host, outside of containers.
type SeenProcess struct {
	Name    string `json:"name"`
	Path    string `json:"path,omitempty"` // of its program; "": the agent may not see it
	User    string `json:"user,omitempty"`
	Command string `json:"command,omitempty"` // with secrets masked, and only where that was asked for
}

// SeenLoaded is the spec of a resource of kind Loaded: what of the contents of an
// artifact an agent saw loaded on its machine, by looking again and again. What
// its three lists name are package URLs without qualifiers. A part that is in none
// of them is not known to the agent.
//
// The window reaches from Since, or so far back as Window says, whichever is
// later, to the last sign of life of the source: the spec itself stays as it is as
// long as nothing changes.
type SeenLoaded struct {
	Of     string     `json:"of"`    // the artifact's identity
	Since  Time       `json:"since"` // from then on it was looked without a gap
	Window int64      `json:"window_seconds"`
	Every  int64      `json:"every_seconds"` // how often it is looked
	Loaded []SeenPart `json:"loaded,omitempty"`
	// NotSeen are the parts that a process would show if it had them loaded, and
	// none did.
	NotSeen SeenParts `json:"not_seen,omitempty"`
	Unknown []SeenGap `json:"unknown,omitempty"`
	// Old are files that were replaced or removed while processes went on with
	// what was in them.
	Old  []SeenOld `json:"old,omitempty"`
	More int       `json:"more,omitempty"` // parts that are in no list for want of room
}

// SeenPart is a part that was seen loaded.
type SeenPart struct {
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

// SeenParts are parts by the beginning they share: "pkg:deb/debian" →
// ["adduser@3.134"].
type SeenParts map[string][]string

// SeenGap is why nothing can be said of some parts.
type SeenGap struct {
	Reason string    `json:"reason"`
	Parts  SeenParts `json:"parts"`
}

// SeenOld is a file of which processes have an old version in memory.
type SeenOld struct {
	Path string   `json:"path"`
	Purl string   `json:"purl,omitempty"` // what it was; "": it was replaced before the agent first looked
	By   []string `json:"by,omitempty"`
}
