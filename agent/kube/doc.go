// Package kube sees what runs in a Kubernetes cluster, and tells it.
//
// The model. One informer for each kind of object (kinds.go) keeps what is
// needed of each object and nothing else (read.go): no managed fields, no
// values of environment variables, no contents of secrets. World holds all
// objects by namespace. Pods stand behind the root that keeps them: a
// Deployment through its ReplicaSet, a CronJob through its Job, a controller of
// somebody else's (root.go); all pods of a root are one workload, with the
// images that really run counted by digest (fold.go). Doors lead from outside to
// workloads (door.go). Everything else is a resource with the object's own spec
// and its edges (resource.go). Agent.Run (tell.go) waits a moment after a change,
// writes the namespaces anew in which something changed, and sends what differs
// from what was told before. At the start, after a gap in watching and every few
// hours it tells everything: for each scope its members and a marker, then the
// list of scopes.
//
// Invariants. What the agent cannot see it says: a kind that is forbidden is
// trouble, doors are complete only where every kind of door that the cluster has
// can be read. It says that all is as it was (a heartbeat) only while every
// watch is sound. What ended while it was away ends with its marker. A state
// that was there before the agent is dated by the newest start among its pods,
// never before what was told of it last, never later than now. Chains of owners
// are followed eight steps at the most, and never in a circle.
//
// Not done here: electing one of several agents. Two of one cluster tell the
// same things twice, as two sequences of one source; run one.
package kube
