// Package route says what can reach what: which workload may talk to which by
// the network policies of a cluster, and what an account may do by its roles.
//
// The model. A Network is a cluster's pods, namespaces and policies as they are
// declared, and whether the cluster's network enforces policies at all. A
// Plane is a compiled network. It answers for two ends and a port: traffic
// passes when the policies of the sender let it out and those of the receiver
// let it in (Kubernetes, NetworkPolicy v1: a pod that no policy selects for a
// direction is open in it; one that is selected is closed but for what some
// rule of some selecting policy allows).
//
// Three answers. Yes is policy-allowed, No is policy-denied. Unknown is where the
// specification leaves it to the implementation, or where it is not known
// whether policies are enforced: pods in the host's network, blocks of addresses
// that hold pods.
//
// Access is a cluster's roles and bindings. What an account may do are the rules
// of the roles that it has, with the binding and the role that give each. Powers
// are the rights from which more can be made than they say.
//
// Invariants. Pure: no I/O, no clock. The order of policies, rules and pods
// changes no answer. A policy more never closes what a selected pod was open
// for in that direction, and never opens what was closed by nobody.
package route
