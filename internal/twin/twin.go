// Package twin holds the nouns of the deployment digital twin: evidence and
// the coverage of its sources, artifacts and their contents, workloads,
// components, places.
//
// The model. Sources give evidence (Observation) about subjects. Evidence is
// folded into claims: one timeline per source, scope and subject, of half-open
// intervals in UTC microseconds that say when something was so (From, To) and
// when we believed it (RecordedFrom). A Place (a service in an environment)
// merges the claims of all sources. Artifacts are what runs there; their
// contents come from SBOMs and are stored once however often they run.
//
// Invariants. Unknown is a value: nothing here turns missing evidence into an
// answer. Only a marker, a repeat or a tombstone ends a claim. The package
// imports the standard library and fault only, does no I/O and has no clock.
package twin
