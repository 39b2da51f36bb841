package doors

import (
	"path"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/twin"
)

// The facts about what a workload may do to its host.
const (
	factPrivileged  = "privileged"
	factHostPath    = "host path"
	factSocket      = "runtime socket"
	factCapability  = "added capabilities"
	factHostPID     = "host processes"
	factHostIPC     = "host memory"
	factHostNetwork = "host network"
	factSeccomp     = "system calls confined"
	factReadOnly    = "read-only root"
	factRoot        = "runs as root"
	factEscalation  = "may gain privileges"
)

// host is the proof of what a place's workloads may do to their host, with each
// fact and the field that says it. The answer is yes where one of them is a way out.
func (v *view) host(pl *place) []ctem.Proof {
	if len(pl.pods) == 0 {
		return nil
	}
	p := v.proof(pl, ctem.CheckHost, "")
	var ways []string
	for _, i := range pl.pods {
		x := v.pods[i]
		facts := x.facts()
		for _, f := range facts {
			if isWayOut(&f) && !slices.Contains(ways, f.Name) {
				ways = append(ways, f.Name)
			}
		}
		p.Body.Facts = mergeFacts(p.Body.Facts, facts)
	}
	p.Finding, p.Body.Why = ctem.Cannot, "nothing that is declared leads to its host"
	if len(ways) > 0 {
		p.Finding, p.Body.Why = ctem.Can, strings.Join(ways, ", ")
	}
	return []ctem.Proof{p}
}

// isWayOut reports whether a fact by itself gives the host away.
func isWayOut(f *ctem.Fact) bool {
	if f.Finding != ctem.Can {
		return false
	}
	switch f.Name {
	case factPrivileged, factSocket, factHostPID:
		return true
	case factHostPath:
		return !strings.HasSuffix(f.Value, readOnlyMark)
	case factCapability:
		return slices.ContainsFunc(strings.Split(f.Value, ", "), func(c string) bool { return slices.Contains(wayOut(), strings.TrimPrefix(c, "CAP_")) })
	}
	return false
}

// wayOut are the capabilities with which a container gets at its host.
func wayOut() []string {
	return []string{"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF"}
}

const readOnlyMark = " (read-only)"

// mergeFacts joins the facts of several workloads of one service: each place that
// says something stays.
func mergeFacts(have, more []ctem.Fact) []ctem.Fact {
	for _, f := range more {
		if !slices.Contains(have, f) {
			have = append(have, f)
		}
	}
	return have
}

// facts are all that is declared of the workload's pods and containers.
func (p *pod) facts() (out []ctem.Fact) {
	pod := func(name, field string, is bool) {
		out = append(out, ctem.Fact{Name: name, Finding: ctem.ByFact(ctem.TriOf(is)), Field: field})
	}
	pod(factHostNetwork, "hostNetwork", p.is.HostNetwork)
	pod(factHostPID, "hostPID", p.is.HostPID)
	pod(factHostIPC, "hostIPC", p.is.HostIPC)
	out = append(out, p.hostPaths()...)
	for i := range p.claim.Containers {
		out = append(out, containerFacts(&p.claim.Containers[i])...)
	}
	return out
}

// hostPaths are the folders of the host that the pod has, and the sockets of its
// container runtime among them.
func (p *pod) hostPaths() (out []ctem.Fact) {
	var sockets []ctem.Fact
	for _, m := range p.is.Mounts {
		if m.Kind != twin.MountHost {
			continue
		}
		value := m.Name
		if m.ReadOnly {
			value += readOnlyMark
		}
		out = append(out, ctem.Fact{Name: factHostPath, Finding: ctem.Can, Field: "volumes.hostPath", Value: value})
		if holdsSocket(m.Name) {
			sockets = append(sockets, ctem.Fact{Name: factSocket, Finding: ctem.Can, Field: "volumes.hostPath", Value: m.Name})
		}
	}
	if len(out) == 0 {
		out = append(out, ctem.Fact{Name: factHostPath, Finding: ctem.Cannot, Field: "volumes.hostPath"})
	}
	if len(sockets) == 0 {
		sockets = append(sockets, ctem.Fact{Name: factSocket, Finding: ctem.Cannot, Field: "volumes.hostPath"})
	}
	return append(out, sockets...)
}

// holdsSocket reports whether a path is the socket of a container runtime, or a
// folder that has one in it.
func holdsSocket(p string) bool {
	p = path.Clean(p)
	for _, s := range []string{
		"/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock",
		"/run/crio/crio.sock", "/var/run/crio/crio.sock", "/run/k3s/containerd/containerd.sock", "/run/podman/podman.sock",
	} {
		if p == s || p == "/" || strings.HasPrefix(s, p+"/") {
			return true
		}
	}
	return false
}

// containerFacts are what one container declares. What it leaves open is the
// cluster's default, which for some is not known here.
func containerFacts(c *twin.Container) []ctem.Fact {
	s := c.Security
	if s == nil {
		s = &twin.Security{}
	}
	field := func(name string) string { return "containers[" + c.Name + "].securityContext." + name }
	known := func(is, isNot bool) ctem.Finding {
		switch {
		case is:
			return ctem.Can
		case isNot:
			return ctem.Cannot
		}
		return ctem.NotKnown
	}
	return []ctem.Fact{
		{Name: factPrivileged, Finding: known(s.Privileged, true), Field: field("privileged")},
		{Name: factCapability, Finding: known(len(s.Added) > 0, true), Field: field("capabilities.add"), Value: strings.Join(s.Added, ", ")},
		{Name: factSeccomp, Finding: known(s.Seccomp == "RuntimeDefault" || s.Seccomp == "Localhost", s.Seccomp != "" || s.Privileged), Field: field("seccompProfile.type"), Value: s.Seccomp},
		{Name: factReadOnly, Finding: known(s.ReadOnlyRoot, true), Field: field("readOnlyRootFilesystem")},
		{Name: factRoot, Finding: known(s.User != nil && *s.User == 0, s.NonRoot || s.User != nil), Field: field("runAsUser, runAsNonRoot")},
		{Name: factEscalation, Finding: known(s.Privileged || s.Escalation != nil && *s.Escalation, s.Escalation != nil), Field: field("allowPrivilegeEscalation")},
	}
}
