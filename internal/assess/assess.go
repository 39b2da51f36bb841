// Package assess turns the twin and the advisories into exposures: the step
// that opens, updates and closes them, by evidence alone.
//
// The model. A component is evaluated once against the records of its
// packages; places share what was found. For a place, the claims of its
// sources and the contents of what it runs cut time into segments; in each, a
// weakness at a locus is open, or closed in the way that the evidence says
// (Timelines). The whole timeline is computed anew whenever anything changed,
// so late and reordered evidence give what timely evidence would have given;
// the store writes only what differs.
//
// Invariants. Timelines is a function of its arguments and does not depend on
// their order. Absence closes only where the contents of all that runs are
// known. The age of the evidence is not considered here: it is derived when
// the question is asked.
package assess
