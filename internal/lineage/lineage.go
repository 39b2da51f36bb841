// Package lineage says where what runs comes from, and whether it is what was
// meant: the chain from commits to endpoints, drift, and what changed between two
// states of a thing.
//
// The model. Everything is computed from the claims of workloads and from things
// and their edges, as they stood at one time. A chain has six links: commit,
// build, digest, container, workload, endpoint. A drift check answers yes (it
// drifted), no or unknown, with who says what.
//
// Invariants. Pure: no I/O, no clock. What nobody told is unknown and says why; a
// missing link is never left out. Nothing is believed that was not proven: the
// state of a signature stands beside each link that rests on one.
package lineage
