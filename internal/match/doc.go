// Package match answers whether an advisory is about a component, and why.
//
// The model. A component's package URL gives a Package: an OSV ecosystem, the
// release of a distribution, a name and a version, and for distributions the
// source package that it was built from. An Index finds the records that speak
// of its names; Evaluate applies OSV's range rules to each and returns a Match
// with its reason, or says what it could not decide. Group joins the matches
// of one component that are about one weakness; ClearingVersion finds the
// smallest version that none of them affects.
//
// Invariants. The package is pure: no I/O, no clock. Evaluation knows no time,
// so records that are withdrawn are matched too, and marked. Nothing is
// skipped silently: a component without purl, version or feed, or with a
// version that has no order, is Undecided with its reason, and so is a record
// that cannot be evaluated. Version order is that of osv-scalibr/semantic; the
// ecosystems it lacks have a stated substitute (see version.go).
//
// Commits. A component that names its commit is decided by records that name
// the same one; of any other commit nobody here knows whether it came before or
// after, and the component is undecided (see commit.go).
//
// Which name is looked up. The records of Debian, Ubuntu, Alpine and the
// source-based RPM distributions name source packages, so a binary is looked
// up by its source ("upstream" qualifier) with the source's version, and by its own
// name only when no source is given. AlmaLinux, Red Hat and Photon OS name
// binaries. Wolfi, Chainguard and MinimOS name both.
package match

// Rules is the version of the matching rules: it changes when the same
// component and records would give another answer.
const Rules = "match 3"
