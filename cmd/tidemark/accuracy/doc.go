// Package accuracy measures how right matching is, against other people's work:
// order fixtures, the purl specification's tests, a second evaluator that was
// written apart, and another scanner. It has nothing but tests; "make accuracy"
// runs them and docs/accuracy.md is what they print.
//
// Invariants. Every difference has a kind, and every kind an explanation and a
// side that is right: a difference without one fails. Figures may not fall below
// those of testdata/expected.json.
package accuracy
