package api

import "encoding/json"

// SeenWorkload is the body of an observation with media "workload": a service in
// an environment as its source saw it. Containers, doors, ports and mounts are
// sorted, so that what is the same reads the same.
type SeenWorkload struct {
	Service       string          `json:"service"`
	Kind          string          `json:"kind"` // Deployment, StatefulSet, …
	Namespace     string          `json:"namespace,omitempty"`
	Replicas      int             `json:"replicas"` // that run; > 0: zero is a tombstone
	Containers    []SeenContainer `json:"containers"`
	Doors         []SeenDoor      `json:"doors,omitempty"`
	DoorsComplete bool            `json:"doors_complete,omitempty"` // no door was overlooked
	Pod           *SeenPod        `json:"pod,omitempty"`
}

// SeenContainer is one image of a workload, with how many replicas run it.
type SeenContainer struct {
	Name     string        `json:"name,omitempty"`
	Image    SeenImage     `json:"image"`
	Replicas int           `json:"replicas"`
	Init     bool          `json:"init,omitempty"`
	Role     string        `json:"role,omitempty"`   // sidecar, ephemeral
	Wanted   string        `json:"wanted,omitempty"` // the image as declared, where that is not what runs
	Security *SeenSecurity `json:"security,omitempty"`
}

// SeenImage names an image.
type SeenImage struct {
	Name   string `json:"name"` // without tag and digest
	Tag    string `json:"tag,omitempty"`
	Digest string `json:"digest,omitempty"` // "sha256:" and 64 hex digits
}

// SeenDoor is an address at which a workload can be reached.
type SeenDoor struct {
	Address string `json:"address"`
	Public  bool   `json:"public"`
	Via     string `json:"via,omitempty"` // "Ingress/shop/front"
}

// SeenPod is what the pods of a workload are like.
type SeenPod struct {
	Labels      map[string]string `json:"labels,omitempty"`
	Marks       map[string]string `json:"marks,omitempty"` // that name owners, parts and environments
	Account     string            `json:"account,omitempty"`
	Revision    string            `json:"revision,omitempty"`
	Wanted      int               `json:"wanted,omitempty"`
	Controller  string            `json:"controller,omitempty"`
	HostNetwork bool              `json:"host_network,omitempty"`
	HostPID     bool              `json:"host_pid,omitempty"`
	HostIPC     bool              `json:"host_ipc,omitempty"`
	NoToken     bool              `json:"no_token,omitempty"`
	Ports       []SeenPort        `json:"ports,omitempty"`
	Mounts      []SeenMount       `json:"mounts,omitempty"`
	Calls       []SeenCall        `json:"calls,omitempty"`
}

// SeenPort is a port that a container says it listens on.
type SeenPort struct {
	Name     string `json:"name,omitempty"`
	Number   int    `json:"number"`
	Protocol string `json:"protocol,omitempty"` // TCP where it is left out
	Host     int    `json:"host,omitempty"`
}

// SeenMount is something that pods have; of secrets and configuration only the name.
type SeenMount struct {
	Kind     string `json:"kind"` // Secret, ConfigMap, Host, Claim, Token
	Name     string `json:"name"`
	ReadOnly bool   `json:"read_only,omitempty"`
	Env      bool   `json:"env,omitempty"`
}

// SeenCall is an address that a configuration names: HOST[:PORT], never more.
type SeenCall struct {
	Where   string `json:"where"`
	Address string `json:"address"`
	Scheme  string `json:"scheme,omitempty"`
}

// SeenSecurity is what a container may do to its host, as it is declared.
type SeenSecurity struct {
	Privileged   bool     `json:"privileged,omitempty"`
	Escalation   *bool    `json:"escalation,omitempty"`
	ReadOnlyRoot bool     `json:"read_only_root,omitempty"`
	NonRoot      bool     `json:"non_root,omitempty"`
	User         *int64   `json:"user,omitempty"`
	Added        []string `json:"added,omitempty"`
	Dropped      []string `json:"dropped,omitempty"`
	Seccomp      string   `json:"seccomp,omitempty"`
}

// SeenResource is the body of an observation with media "resource": anything that
// is no workload.
type SeenResource struct {
	Kind      string          `json:"kind"`
	Namespace string          `json:"namespace,omitempty"`
	Name      string          `json:"name"`
	Spec      json.RawMessage `json:"spec,omitempty"`
	Links     []SeenLink      `json:"links,omitempty"`
}

// SeenAddresses is the spec of a resource of kind EndpointSlice: which addresses the
// pods of which workload have, behind a Service.
type SeenAddresses struct {
	Service   string              `json:"service"`
	Workloads map[string][]string `json:"workloads"` // sorted
	More      bool                `json:"more,omitempty"`
}

// SeenAgain is the body of a heartbeat about one thing: what was measured of it
// since, up to the time of the heartbeat. It is no history.
type SeenAgain struct {
	Since Time  `json:"since"`
	Calls int64 `json:"calls,omitempty"`
	Bytes int64 `json:"bytes,omitempty"`
}

// SeenLink is an edge to another thing (docs/evidence.md lists what edges mean).
type SeenLink struct {
	Rel string  `json:"rel"`
	To  SeenEnd `json:"to"`
}

// SeenEnd names the thing that an edge leads to. Scope "" is that of the
// observation, or none for kinds that are the same everywhere.
type SeenEnd struct {
	Kind  string `json:"kind"`
	Scope string `json:"scope,omitempty"`
	Name  string `json:"name"`
}
