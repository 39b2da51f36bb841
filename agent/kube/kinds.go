package kube

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The kinds that are read.
const (
	kindPod         = "Pod"
	kindReplicaSet  = "ReplicaSet"
	kindJob         = "Job"
	kindDeployment  = "Deployment"
	kindStatefulSet = "StatefulSet"
	kindDaemonSet   = "DaemonSet"
	kindCronJob     = "CronJob"
	kindNamespace   = "Namespace"
	kindService     = "Service"
	kindSlice       = "EndpointSlice"
	kindIngress     = "Ingress"
	kindGateway     = "Gateway"
	kindPolicy      = "NetworkPolicy"
	kindNode        = "Node"
	kindAccount     = "ServiceAccount"
	kindWorkload    = "Workload" // of the twin
)

// kind is one kind of object, and how it is read.
type kind struct {
	name     string
	resource schema.GroupVersionResource
	meta     bool // its metadata alone is read
	optional bool // only where the cluster serves it
	door     bool // without it, not all doors are known
	told     bool // as a resource of its own
	read     func(*reading) error
}

func (k *kind) String() string {
	if k.resource.Group == "" {
		return k.resource.Resource
	}
	return k.resource.Resource + "." + k.resource.Group
}

const (
	gatewayGroup = "gateway.networking.k8s.io"
	rbacGroup    = "rbac.authorization.k8s.io"
)

// kinds are all that are read. Their resources are those of the ClusterRole in
// deploy/agent: a test holds them together.
func kinds() []*kind {
	of := func(group, version, resource string) schema.GroupVersionResource {
		return schema.GroupVersionResource{Group: group, Version: version, Resource: resource}
	}
	out := []*kind{
		{name: kindPod, resource: of("", "v1", "pods"), door: true, read: readPod},
		{name: kindReplicaSet, resource: of("apps", "v1", "replicasets"), meta: true},
		{name: kindJob, resource: of("batch", "v1", "jobs"), meta: true},
		{name: kindDeployment, resource: of("apps", "v1", "deployments"), read: readController},
		{name: kindStatefulSet, resource: of("apps", "v1", "statefulsets"), read: readController},
		{name: kindDaemonSet, resource: of("apps", "v1", "daemonsets"), read: readController},
		{name: kindCronJob, resource: of("batch", "v1", "cronjobs"), told: true, read: readCronJob},
		{name: kindNamespace, resource: of("", "v1", "namespaces"), meta: true, told: true},
		{name: kindService, resource: of("", "v1", "services"), door: true, told: true, read: readService},
		{name: kindSlice, resource: of("discovery.k8s.io", "v1", "endpointslices"), door: true, told: true, read: readSlice},
		{name: kindIngress, resource: of("networking.k8s.io", "v1", "ingresses"), door: true, told: true, read: readIngress},
		{name: kindPolicy, resource: of("networking.k8s.io", "v1", "networkpolicies"), told: true, read: readPolicy},
		{name: kindNode, resource: of("", "v1", "nodes"), told: true, read: readNode},
		{name: kindAccount, resource: of("", "v1", "serviceaccounts"), told: true, read: readAccount},
		{name: kindGateway, resource: of(gatewayGroup, "v1", "gateways"), optional: true, door: true, told: true, read: readGateway},
	}
	for _, r := range [][2]string{{"Role", "roles"}, {"ClusterRole", "clusterroles"}, {"RoleBinding", "rolebindings"}, {"ClusterRoleBinding", "clusterrolebindings"}} {
		out = append(out, &kind{name: r[0], resource: of(rbacGroup, "v1", r[1]), told: true, read: readAccess})
	}
	for _, r := range [][3]string{{"HTTPRoute", "httproutes", "v1"}, {"GRPCRoute", "grpcroutes", "v1"}, {"TLSRoute", "tlsroutes", "v1alpha2"}, {"TCPRoute", "tcproutes", "v1alpha2"}, {"UDPRoute", "udproutes", "v1alpha2"}} {
		out = append(out, &kind{name: r[0], resource: of(gatewayGroup, r[2], r[1]), optional: true, door: true, told: true, read: readRoute})
	}
	return out
}

// otherDoors are groups of kinds that open doors and are not read: where one is
// served, nobody can say that all doors are known.
var otherDoors = [...]string{
	"networking.istio.io", "route.openshift.io", "traefik.io", "traefik.containo.us", "projectcontour.io", "configuration.konghq.com",
	"getambassador.io", "gateway.solo.io", "k8s.nginx.org", "networking.internal.knative.dev", "voyager.appscode.com", "networking.x-k8s.io",
}

// isRoot reports whether a kind keeps pods and is kept by nothing that runs.
func isRoot(kind string) bool {
	switch kind {
	case kindDeployment, kindStatefulSet, kindDaemonSet, kindCronJob:
		return true
	}
	return false
}

// isBetween reports whether a kind may stand between a pod and its root.
func isBetween(kind string) bool { return kind == kindReplicaSet || kind == kindJob }

func isRouteKind(kind string) bool {
	switch kind {
	case "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute":
		return true
	}
	return false
}
