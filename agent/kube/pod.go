package kube

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/address"
)

type rawPod struct {
	NodeName                     string         `json:"nodeName"`
	ServiceAccountName           string         `json:"serviceAccountName"`
	AutomountServiceAccountToken *bool          `json:"automountServiceAccountToken"`
	HostNetwork                  bool           `json:"hostNetwork"`
	HostPID                      bool           `json:"hostPID"`
	HostIPC                      bool           `json:"hostIPC"`
	SecurityContext              rawSecurity    `json:"securityContext"`
	Volumes                      []rawVolume    `json:"volumes"`
	Containers                   []rawContainer `json:"containers"`
	InitContainers               []rawContainer `json:"initContainers"`
	EphemeralContainers          []rawContainer `json:"ephemeralContainers"`
}

type rawContainer struct {
	Name            string      `json:"name"`
	Image           string      `json:"image"`
	RestartPolicy   string      `json:"restartPolicy"`
	Command         []string    `json:"command"`
	Args            []string    `json:"args"`
	Ports           []rawPort   `json:"ports"`
	Env             []rawEnv    `json:"env"`
	EnvFrom         []rawRefs   `json:"envFrom"`
	SecurityContext rawSecurity `json:"securityContext"`
	VolumeMounts    []rawMount  `json:"volumeMounts"`
}

type rawPort struct {
	Name          string `json:"name"`
	ContainerPort int    `json:"containerPort"`
	HostPort      int    `json:"hostPort"`
	Protocol      string `json:"protocol"`
}

type rawEnv struct {
	Name      string  `json:"name"`
	Value     string  `json:"value"`
	ValueFrom rawRefs `json:"valueFrom"`
}

type rawRef struct {
	Name string `json:"name"`
}

type rawRefs struct {
	SecretRef       rawRef `json:"secretRef"`
	ConfigMapRef    rawRef `json:"configMapRef"`
	SecretKeyRef    rawRef `json:"secretKeyRef"`
	ConfigMapKeyRef rawRef `json:"configMapKeyRef"`
}

type rawMount struct {
	Name     string `json:"name"`
	ReadOnly bool   `json:"readOnly"`
}

type rawVolume struct {
	Name   string `json:"name"`
	Secret *struct {
		SecretName string `json:"secretName"`
	} `json:"secret"`
	ConfigMap *rawRef `json:"configMap"`
	HostPath  *struct {
		Path string `json:"path"`
	} `json:"hostPath"`
	Claim *struct {
		ClaimName string `json:"claimName"`
	} `json:"persistentVolumeClaim"`
	Projected *struct {
		Sources []struct {
			Secret              *rawRef   `json:"secret"`
			ConfigMap           *rawRef   `json:"configMap"`
			ServiceAccountToken *struct{} `json:"serviceAccountToken"`
		} `json:"sources"`
	} `json:"projected"`
}

type rawSecurity struct {
	Privileged               bool   `json:"privileged"`
	AllowPrivilegeEscalation *bool  `json:"allowPrivilegeEscalation"`
	ReadOnlyRootFilesystem   bool   `json:"readOnlyRootFilesystem"`
	RunAsNonRoot             *bool  `json:"runAsNonRoot"`
	RunAsUser                *int64 `json:"runAsUser"`
	Capabilities             struct {
		Add  []string `json:"add"`
		Drop []string `json:"drop"`
	} `json:"capabilities"`
	SeccompProfile struct {
		Type string `json:"type"`
	} `json:"seccompProfile"`
}

type rawStatus struct {
	Phase      string `json:"phase"`
	StartTime  string `json:"startTime"`
	Conditions []struct {
		Type               string `json:"type"`
		LastTransitionTime string `json:"lastTransitionTime"`
	} `json:"conditions"`
	ContainerStatuses          []rawState `json:"containerStatuses"`
	InitContainerStatuses      []rawState `json:"initContainerStatuses"`
	EphemeralContainerStatuses []rawState `json:"ephemeralContainerStatuses"`
}

type rawState struct {
	Name    string `json:"name"`
	Image   string `json:"image"`
	ImageID string `json:"imageID"`
	State   struct {
		Running *struct {
			StartedAt string `json:"startedAt"`
		} `json:"running"`
	} `json:"state"`
}

// readPod keeps what a pod is like and what it runs.
func readPod(r *reading) error {
	var spec rawPod
	var status rawStatus
	if err := r.into(&spec, "spec"); err != nil {
		return err
	}
	if err := r.into(&status, "status"); err != nil {
		return err
	}
	p := &pod{runs: status.Phase == "Running", node: strings.Clone(spec.NodeName), since: newest(status.StartTime)}
	for _, c := range status.Conditions {
		if t := moment(c.LastTransitionTime); c.Type == "Initialized" && t.After(p.since) {
			p.since = t
		}
	}
	p.facts = factsOf(&spec)
	p.facts.Labels = steady(r.out.Labels)
	p.facts.Revision = cmp.Or(r.out.Labels["pod-template-hash"], r.out.Labels["rollouts-pod-template-hash"], r.out.Labels["controller-revision-hash"])
	for _, group := range []struct {
		declared []rawContainer
		states   []rawState
		role     string
	}{
		{spec.Containers, status.ContainerStatuses, ""},
		{spec.InitContainers, status.InitContainerStatuses, "init"},
		{spec.EphemeralContainers, status.EphemeralContainerStatuses, "ephemeral"},
	} {
		for i := range group.declared {
			p.add(&spec, &group.declared[i], group.states, group.role)
		}
	}
	r.out.pod = p
	return nil
}

const maxContainers = 250

// add takes a container of the pod. One of which the node has not said that it
// has its image does not run.
func (p *pod) add(spec *rawPod, c *rawContainer, states []rawState, role string) {
	i := slices.IndexFunc(states, func(s rawState) bool { return s.Name == c.Name })
	if i < 0 || states[i].ImageID == "" || len(p.containers) == maxContainers {
		return
	}
	s := states[i]
	if role == "ephemeral" && s.State.Running == nil {
		return // it was for a moment of debugging, and is over
	}
	if s.State.Running != nil {
		if t := moment(s.State.Running.StartedAt); t.After(p.since) {
			p.since = t
		}
	}
	out := container{name: strings.Clone(c.Name), declared: strings.Clone(c.Image), image: imageOf(c.Image, s.ImageID), security: securityOf(spec, c)}
	switch {
	case role == "ephemeral":
		out.role = role
	case role == "init" && c.RestartPolicy == "Always":
		out.role = "sidecar"
	case role == "init":
		out.init = true
	}
	p.containers = append(p.containers, out)
}

var digestText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$`) })

// imageOf names an image as it was declared, with the digest that runs. An id
// without a name in front is that of a configuration, not of a manifest: it
// proves nothing.
func imageOf(declared, id string) api.SeenImage {
	name, digest, _ := strings.Cut(declared, "@")
	out := api.SeenImage{Name: strings.Clone(name)}
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.Contains(name[i:], "/") {
		out.Name, out.Tag = strings.Clone(name[:i]), strings.Clone(name[i+1:])
	}
	if _, runs, found := strings.Cut(id, "@"); found && digestText().MatchString(runs) {
		digest = runs
	}
	if digestText().MatchString(digest) {
		out.Digest = strings.Clone(digest)
	}
	return out
}

// steady are the labels that all pods of a workload have alike.
func steady(labels map[string]string) map[string]string {
	out := map[string]string{}
	for name, value := range labels {
		switch name {
		case "pod-template-hash", "rollouts-pod-template-hash", "controller-revision-hash", "pod-template-generation",
			"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
			"controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "batch.kubernetes.io/job-completion-index":
			continue
		}
		out[name] = value
	}
	return nonEmpty(out)
}

// factsOf is what the pod may do and reach.
func factsOf(spec *rawPod) api.SeenPod {
	out := api.SeenPod{
		Account: strings.Clone(spec.ServiceAccountName), HostNetwork: spec.HostNetwork, HostPID: spec.HostPID, HostIPC: spec.HostIPC,
		NoToken: spec.AutomountServiceAccountToken != nil && !*spec.AutomountServiceAccountToken,
	}
	for _, list := range [][]rawContainer{spec.Containers, spec.InitContainers, spec.EphemeralContainers} {
		for i := range list {
			for _, port := range list[i].Ports {
				out.Ports = append(out.Ports, portOf(port, spec.HostNetwork))
			}
		}
	}
	slices.SortFunc(out.Ports, func(a, b api.SeenPort) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Host, b.Host))
	})
	out.Ports = firsts(slices.Compact(out.Ports))
	out.Mounts = mountsOf(spec)
	out.Calls = callsOf(spec)
	return out
}

// callsOf are the addresses of others that variables and arguments name. Of
// their values nothing else leaves this function.
func callsOf(spec *rawPod) (out []api.SeenCall) {
	var found []address.Found
	for _, c := range slices.Concat(spec.Containers, spec.InitContainers) {
		env := make([]address.Variable, 0, len(c.Env))
		for _, e := range c.Env {
			if e.ValueFrom == (rawRefs{}) {
				env = append(env, address.Variable{Name: e.Name, Value: e.Value})
			}
		}
		found = append(found, address.In(env, slices.Concat(c.Command, c.Args))...)
	}
	for _, f := range address.Sorted(found) {
		out = append(out, api.SeenCall{Where: strings.Clone(f.Where), Address: strings.Clone(f.Address), Scheme: strings.Clone(f.Scheme)})
	}
	return out
}

// maxFacts bounds each list of facts.
const maxFacts = 500

func firsts[T any](list []T) []T {
	if len(list) > maxFacts {
		return list[:maxFacts]
	}
	return list
}

// portOf: on the network of the host the API server sets hostPort by itself.
func portOf(p rawPort, hostNetwork bool) api.SeenPort {
	out := api.SeenPort{Name: strings.Clone(p.Name), Number: p.ContainerPort, Host: p.HostPort}
	if p.Protocol != "" && p.Protocol != "TCP" {
		out.Protocol = strings.Clone(p.Protocol)
	}
	if hostNetwork {
		out.Host = 0
	}
	return out
}

// mountsOf are the names of what the pod has; never what is in them. What the
// cluster itself adds for the account's token is left out.
func mountsOf(spec *rawPod) []api.SeenMount {
	var out []api.SeenMount
	add := func(m api.SeenMount) {
		if m.Name != "" || m.Kind == "Token" {
			m.Name = strings.Clone(m.Name)
			out = append(out, m)
		}
	}
	for i := range spec.Volumes {
		v := &spec.Volumes[i]
		if strings.HasPrefix(v.Name, "kube-api-access-") {
			continue
		}
		readOnly := readOnlyIn(spec, v.Name)
		for _, m := range v.mounts() {
			m.ReadOnly = readOnly
			add(m)
		}
	}
	for _, c := range slices.Concat(spec.Containers, spec.InitContainers, spec.EphemeralContainers) {
		refs := c.EnvFrom
		for _, e := range c.Env {
			refs = append(refs, e.ValueFrom)
		}
		for _, ref := range refs {
			add(api.SeenMount{Kind: "Secret", Name: cmp.Or(ref.SecretRef.Name, ref.SecretKeyRef.Name), Env: true})
			add(api.SeenMount{Kind: "ConfigMap", Name: cmp.Or(ref.ConfigMapRef.Name, ref.ConfigMapKeyRef.Name), Env: true})
		}
	}
	slices.SortFunc(out, compareMounts)
	return firsts(slices.Compact(out))
}

// mounts are what a volume holds.
func (v *rawVolume) mounts() (out []api.SeenMount) {
	switch {
	case v.Secret != nil:
		return []api.SeenMount{{Kind: "Secret", Name: v.Secret.SecretName}}
	case v.ConfigMap != nil:
		return []api.SeenMount{{Kind: "ConfigMap", Name: v.ConfigMap.Name}}
	case v.HostPath != nil:
		return []api.SeenMount{{Kind: "Host", Name: v.HostPath.Path}}
	case v.Claim != nil:
		return []api.SeenMount{{Kind: "Claim", Name: v.Claim.ClaimName}}
	case v.Projected == nil:
		return nil
	}
	for _, s := range v.Projected.Sources {
		switch {
		case s.Secret != nil:
			out = append(out, api.SeenMount{Kind: "Secret", Name: s.Secret.Name})
		case s.ConfigMap != nil:
			out = append(out, api.SeenMount{Kind: "ConfigMap", Name: s.ConfigMap.Name})
		case s.ServiceAccountToken != nil:
			out = append(out, api.SeenMount{Kind: "Token"})
		}
	}
	return out
}

// readOnlyIn reports whether a volume is mounted, and nowhere to be written.
func readOnlyIn(spec *rawPod, volume string) bool {
	used := false
	for _, c := range slices.Concat(spec.Containers, spec.InitContainers, spec.EphemeralContainers) {
		for _, m := range c.VolumeMounts {
			if m.Name == volume && !m.ReadOnly {
				return false
			}
			used = used || m.Name == volume
		}
	}
	return used
}

func compareMounts(a, b api.SeenMount) int {
	flag := func(x, y bool) int {
		switch {
		case x == y:
			return 0
		case y:
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), flag(a.Env, b.Env), flag(a.ReadOnly, b.ReadOnly))
}

// securityOf is what a container may do to its host: what it says itself, or
// else the pod. Nil where nothing is said at all.
func securityOf(spec *rawPod, c *rawContainer) *api.SeenSecurity {
	own, all := c.SecurityContext, spec.SecurityContext
	out := api.SeenSecurity{
		Privileged: own.Privileged, Escalation: own.AllowPrivilegeEscalation, ReadOnlyRoot: own.ReadOnlyRootFilesystem,
		User: own.RunAsUser, Added: sorted(own.Capabilities.Add), Dropped: sorted(own.Capabilities.Drop),
		Seccomp: cmp.Or(own.SeccompProfile.Type, all.SeccompProfile.Type),
	}
	if out.User == nil {
		out.User = all.RunAsUser
	}
	nonRoot := own.RunAsNonRoot
	if nonRoot == nil {
		nonRoot = all.RunAsNonRoot
	}
	out.NonRoot = nonRoot != nil && *nonRoot
	if !out.Privileged && out.Escalation == nil && !out.ReadOnlyRoot && !out.NonRoot && out.User == nil && out.Added == nil && out.Dropped == nil && out.Seccomp == "" {
		return nil
	}
	return &out
}

func sorted(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	out := slices.Clone(list)
	slices.Sort(out)
	return firsts(slices.Compact(out))
}
