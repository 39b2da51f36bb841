package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/address"
	"github.com/tidemark/tidemark/internal/twin"
)

// The bounds of what one pod may say of itself: far above real ones, so that one
// object cannot fill the twin.
const (
	maxPodParts = 2000 // labels, ports, mounts, capabilities: of each
	maxPodText  = 4096
)

// podSpec is the part of a pod that is read.
type podSpec struct {
	InitContainers  []container  `json:"initContainers"`
	Containers      []container  `json:"containers"`
	Account         string       `json:"serviceAccountName"`
	OldAccount      string       `json:"serviceAccount"`
	Automount       *bool        `json:"automountServiceAccountToken"`
	HostNetwork     bool         `json:"hostNetwork"`
	HostPID         bool         `json:"hostPID"`
	HostIPC         bool         `json:"hostIPC"`
	Volumes         []volume     `json:"volumes"`
	SecurityContext *podSecurity `json:"securityContext"`
}

type container struct {
	Name            string             `json:"name"`
	Image           string             `json:"image"`
	RestartPolicy   string             `json:"restartPolicy"` // of an init container: "Always" makes it a sidecar
	Ports           []containerPort    `json:"ports"`
	VolumeMounts    []volumeMount      `json:"volumeMounts"`
	Command         []text             `json:"command"`
	Args            []text             `json:"args"`
	Env             []envVar           `json:"env"`
	EnvFrom         []envFrom          `json:"envFrom"`
	SecurityContext *containerSecurity `json:"securityContext"`
}

type containerPort struct {
	Name     string `json:"name"`
	Number   int    `json:"containerPort"`
	Protocol string `json:"protocol"`
	Host     int    `json:"hostPort"`
}

type volumeMount struct {
	Name     string `json:"name"`
	ReadOnly bool   `json:"readOnly"`
}

type named struct {
	Name string `json:"name"`
}

type envVar struct {
	Name      string `json:"name"`
	Value     text   `json:"value"`
	ValueFrom *struct {
		Secret    *named `json:"secretKeyRef"`
		ConfigMap *keyed `json:"configMapKeyRef"`
	} `json:"valueFrom"`
}

// keyed names one entry of a ConfigMap.
type keyed struct {
	named
	Key string `json:"key"`
}

type envFrom struct {
	Prefix    string `json:"prefix"`
	Secret    *named `json:"secretRef"`
	ConfigMap *named `json:"configMapRef"`
}

// volumeSource is where a volume comes from; a projected one has several.
type volumeSource struct {
	Secret *struct {
		Name  string `json:"name"`
		Named string `json:"secretName"`
	} `json:"secret"`
	ConfigMap *named    `json:"configMap"`
	Token     *struct{} `json:"serviceAccountToken"`
}

type volume struct {
	Name string `json:"name"`
	volumeSource
	Host *struct {
		Path string `json:"path"`
	} `json:"hostPath"`
	Claim *struct {
		Name string `json:"claimName"`
	} `json:"persistentVolumeClaim"`
	Projected *struct {
		Sources []volumeSource `json:"sources"`
	} `json:"projected"`
}

type seccomp struct {
	Type string `json:"type"`
}

type podSecurity struct {
	NonRoot *bool    `json:"runAsNonRoot"`
	User    *int64   `json:"runAsUser"`
	Seccomp *seccomp `json:"seccompProfile"`
}

type containerSecurity struct {
	podSecurity
	Privileged   bool  `json:"privileged"`
	Escalation   *bool `json:"allowPrivilegeEscalation"`
	ReadOnlyRoot bool  `json:"readOnlyRootFilesystem"`
	Capabilities *struct {
		Add  []string `json:"add"`
		Drop []string `json:"drop"`
	} `json:"capabilities"`
}

// all are the containers of a pod, whatever their time.
func (p *podSpec) all() []container { return slices.Concat(p.Containers, p.InitContainers) }

// readPod says what the pods of a template are like, which find in ConfigMaps of their
// namespace what was given of these.
func readPod(template *podTemplate, namespace string, in *configs) (*twin.Pod, error) {
	labels, p := template.Metadata.Labels, &template.Spec
	out := &twin.Pod{
		Account: cmp.Or(p.Account, p.OldAccount), HostNetwork: p.HostNetwork, HostPID: p.HostPID, HostIPC: p.HostIPC,
		NoToken: p.Automount != nil && !*p.Automount, Ports: p.ports(), Mounts: p.mounts(),
		Calls: p.calls(namespace, in),
	}
	for k, v := range labels {
		if out.Labels == nil {
			out.Labels = make(map[string]string, len(labels))
		}
		out.Labels[k] = string(v)
	}
	return out, checkPod(out)
}

func checkPod(p *twin.Pod) error {
	if len(p.Labels) > maxPodParts || len(p.Ports) > maxPodParts || len(p.Mounts) > maxPodParts {
		return fmt.Errorf("the pod has more than %d labels, ports or mounts", maxPodParts)
	}
	texts := []string{p.Account}
	for k, v := range p.Labels {
		texts = append(texts, k, v)
	}
	for _, m := range p.Mounts {
		texts = append(texts, m.Name)
	}
	for _, x := range p.Ports {
		texts = append(texts, x.Name, x.Protocol)
		if x.Number < 0 || x.Number > 65535 || x.Host < 0 || x.Host > 65535 {
			return fmt.Errorf("port %d (hostPort %d) is not between 1 and 65535", x.Number, x.Host)
		}
	}
	for _, t := range texts {
		if len(t) > maxPodText {
			return fmt.Errorf("%.40q… is longer than %d bytes", t, maxPodText)
		}
	}
	return nil
}

// ports are those that containers say they listen on.
func (p *podSpec) ports() (out []twin.Port) {
	for _, c := range p.all() {
		for _, x := range c.Ports {
			port := twin.Port{Name: x.Name, Number: x.Number, Host: x.Host}
			if protocol := strings.ToUpper(x.Protocol); protocol != "TCP" {
				port.Protocol = protocol
			}
			out = append(out, port)
		}
	}
	slices.SortFunc(out, func(a, b twin.Port) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Host, b.Host))
	})
	return slices.Compact(out)
}

// mounts are what containers have in their file system or environment. A volume
// that some container may write is not read-only.
func (p *podSpec) mounts() (out []twin.Mount) {
	readOnly := map[string]bool{} // by volume that is used
	for _, c := range p.all() {
		for _, m := range c.VolumeMounts {
			had, used := readOnly[m.Name]
			readOnly[m.Name] = m.ReadOnly && (had || !used)
		}
	}
	for _, v := range p.Volumes {
		for _, m := range v.mounts() {
			m.ReadOnly = readOnly[v.Name]
			out = append(out, m)
		}
	}
	for _, c := range p.all() {
		out = append(out, c.environment()...)
	}
	slices.SortFunc(out, func(a, b twin.Mount) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), compareBool(a.Env, b.Env), compareBool(a.ReadOnly, b.ReadOnly))
	})
	return slices.Compact(out)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// mounts are what a volume holds; what is made for the pod alone is nothing.
func (v *volume) mounts() (out []twin.Mount) {
	out = v.volumeSource.mounts()
	if v.Host != nil {
		out = append(out, twin.Mount{Kind: twin.MountHost, Name: v.Host.Path})
	}
	if v.Claim != nil {
		out = append(out, twin.Mount{Kind: twin.MountClaim, Name: v.Claim.Name})
	}
	if v.Projected != nil {
		for i := range v.Projected.Sources {
			out = append(out, v.Projected.Sources[i].mounts()...)
		}
	}
	return out
}

func (s *volumeSource) mounts() (out []twin.Mount) {
	if s.Secret != nil {
		out = append(out, twin.Mount{Kind: twin.MountSecret, Name: cmp.Or(s.Secret.Named, s.Secret.Name)})
	}
	if s.ConfigMap != nil {
		out = append(out, twin.Mount{Kind: twin.MountConfigMap, Name: s.ConfigMap.Name})
	}
	if s.Token != nil {
		out = append(out, twin.Mount{Kind: twin.MountToken})
	}
	return out
}

// environment is what a container has of secrets and configuration in its variables.
func (c *container) environment() (out []twin.Mount) {
	add := func(secret, config *named) {
		if secret != nil {
			out = append(out, twin.Mount{Kind: twin.MountSecret, Name: secret.Name, Env: true})
		}
		if config != nil {
			out = append(out, twin.Mount{Kind: twin.MountConfigMap, Name: config.Name, Env: true})
		}
	}
	for _, e := range c.Env {
		if e.ValueFrom != nil {
			var config *named
			if e.ValueFrom.ConfigMap != nil {
				config = &e.ValueFrom.ConfigMap.named
			}
			add(e.ValueFrom.Secret, config)
		}
	}
	for _, e := range c.EnvFrom {
		add(e.Secret, e.ConfigMap)
	}
	return out
}

// calls are the addresses of others that variables, arguments and mounted files name.
// Their values are not kept.
func (p *podSpec) calls(namespace string, in *configs) []twin.Call {
	found := p.files(namespace, in)
	for _, c := range p.all() {
		found = append(found, c.found(namespace, in)...)
	}
	var out []twin.Call
	for _, f := range address.Sorted(found) {
		out = append(out, twin.Call{Where: f.Where, Address: f.Address, Scheme: f.Scheme})
	}
	return out
}

// security is what a container may do to its host; what it leaves open its pod
// says. Nil where neither says anything.
func (c *container) security(pod *podSecurity) *twin.Security {
	own := c.SecurityContext
	if own == nil && pod == nil {
		return nil
	}
	if pod == nil {
		pod = &podSecurity{}
	}
	if own == nil {
		own = &containerSecurity{}
	}
	out := &twin.Security{
		Privileged: own.Privileged, Escalation: own.Escalation, ReadOnlyRoot: own.ReadOnlyRoot, User: cmp.Or(own.User, pod.User),
	}
	if nonRoot := cmp.Or(own.NonRoot, pod.NonRoot); nonRoot != nil {
		out.NonRoot = *nonRoot
	}
	if s := cmp.Or(own.Seccomp, pod.Seccomp); s != nil {
		out.Seccomp = s.Type
	}
	if own.Capabilities != nil {
		out.Added, out.Dropped = sortedCopy(own.Capabilities.Add), sortedCopy(own.Capabilities.Drop)
	}
	return out
}

func sortedCopy(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
