package twin

// Pod is what the pods of a workload are like, as far as its source sees it.
type Pod struct {
	// Labels are those of the pods: what services and policies select by.
	Labels map[string]string `json:"labels,omitempty"`
	// Marks are the labels and annotations of the workload itself that name
	// owners, parts and environments; others are left out.
	Marks    map[string]string `json:"marks,omitempty"`
	Account  string            `json:"account,omitempty"`  // service account
	Revision string            `json:"revision,omitempty"` // of the rollout: a template's hash or number
	Wanted   int               `json:"wanted,omitempty"`   // replicas that were asked for
	// Controller is who keeps the workload where that is no kind of Kubernetes'
	// own: "Rollout/shop/front".
	Controller  string  `json:"controller,omitempty"`
	HostNetwork bool    `json:"host_network,omitempty"`
	HostPID     bool    `json:"host_pid,omitempty"`
	HostIPC     bool    `json:"host_ipc,omitempty"`
	NoToken     bool    `json:"no_token,omitempty"` // no token of the account is mounted
	Ports       []Port  `json:"ports,omitempty"`
	Mounts      []Mount `json:"mounts,omitempty"`
	// Calls are addresses of others that its configuration names: environment
	// variables and arguments. They are inferred, never seen.
	Calls []Call `json:"calls,omitempty"`
}

// Port is a port that a container says it listens on.
type Port struct {
	Name     string `json:"name,omitempty"`
	Number   int    `json:"number"`
	Protocol string `json:"protocol,omitempty"` // TCP where it is left out
	Host     int    `json:"host,omitempty"`     // hostPort
}

// Mount is something that pods have in their file system or environment. Of
// secrets and configuration only the name is known, never what is in them.
type Mount struct {
	Kind     string `json:"kind"` // Secret, ConfigMap, Host, Claim (a volume), Token
	Name     string `json:"name"` // of the object, or the path on the host
	ReadOnly bool   `json:"read_only,omitempty"`
	Env      bool   `json:"env,omitempty"` // in the environment, not in the file system
}

// The kinds of mounts.
const (
	MountSecret    = "Secret"
	MountConfigMap = "ConfigMap"
	MountHost      = "Host"
	MountClaim     = "Claim"
	MountToken     = "Token"
)

// Call is an address that a configuration names.
type Call struct {
	Where   string `json:"where"`   // "env DATABASE_URL", "arg 2": never a value with a secret
	Address string `json:"address"` // HOST[:PORT], without user, password and path
	Scheme  string `json:"scheme,omitempty"`
}

// Security is what a container may do to its host, as it is declared. Unset
// pointers mean that nothing is said, which is the cluster's default.
type Security struct {
	Privileged   bool     `json:"privileged,omitempty"`
	Escalation   *bool    `json:"escalation,omitempty"` // allowPrivilegeEscalation
	ReadOnlyRoot bool     `json:"read_only_root,omitempty"`
	NonRoot      bool     `json:"non_root,omitempty"`
	User         *int64   `json:"user,omitempty"`
	Added        []string `json:"added,omitempty"`   // capabilities, sorted
	Dropped      []string `json:"dropped,omitempty"` // capabilities, sorted
	Seccomp      string   `json:"seccomp,omitempty"` // RuntimeDefault, Localhost, Unconfined; "": nothing is said
}

// The roles of containers beside the ordinary one.
const (
	RoleSidecar   = "sidecar"   // an init container that goes on running
	RoleEphemeral = "ephemeral" // added to a running pod for debugging
)

// Links are the edges that follow from what the workload says of itself: what it
// runs, as whom, and what it mounts.
func (w Workload) Links() []Link {
	var out []Link
	for _, c := range w.Containers {
		out = append(out, Link{RelRuns, End{Kind: KindArtifact, Name: c.Image.ID()}})
	}
	if w.Pod == nil {
		return out
	}
	named := func(kind, name string) End {
		if w.Namespace != "" {
			name = w.Namespace + "/" + name
		}
		return End{Kind: kind, Name: name}
	}
	if w.Pod.Account != "" {
		out = append(out, Link{RelRunsAs, named(KindServiceAccount, w.Pod.Account)})
	}
	for _, m := range w.Pod.Mounts {
		if m.Kind == MountSecret || m.Kind == MountConfigMap {
			out = append(out, Link{RelMounts, named(m.Kind, m.Name)})
		}
	}
	return out
}
