// Package discover turns what the world says into evidence, and evidence into
// the twin.
//
// The model. Ingest reads documents at once, so that bad input is refused at
// the door, and appends them to the evidence stream with its bodies. The step
// Resolve follows that stream: it folds evidence into claims (one timeline per
// source, scope and subject) and parses each bill of materials once. Fold is
// the whole rule, a pure function; a batch that comes after all that is known
// extends the timelines by the same rule without reading their past.
//
// Invariants. The order of arrival never matters: facts are ordered by when
// they were so, and late evidence mends what was believed. Only a complete
// snapshot, a repeat of one, or a tombstone ends a claim; a snapshot of which a
// member is missing proves nothing. Evidence that cannot be read is set aside
// by itself, with its reason, and the rest flows.
package discover
