// Package compiled keeps advisories in one file that is asked without being
// read: nothing is parsed when it is opened, and a question touches only the
// pages that have its answer. It works on bytes and writers; whoever has files
// maps them.
//
// The model. A file is a chain of segments: the base, and after it the deltas,
// each with records that replace those of the same id before it. A segment is
// written front to back, so a compiler holds no more than its directory:
//
//	head    "TMIDX" and the version of the format, 8 bytes
//	cards   one for each record: id, revision, names, times, vectors, summary
//	pages   one for each package: its name, and of each record about it the
//	        entries that name it: ranges with typed events, versions, vectors
//	names   one for each name of a weakness of which signals are known, or
//	        vectors that records without one need
//	table   a hash table: hash of ecosystem and name, place of the page
//	names'  another one: hash of the name, place of its page
//	ids     in a delta: the ids of its records
//	about   JSON: the feeds, their ecosystems and releases, counts, words
//	foot    160 bytes: where each part is, their checksums, its own checksum
//
// A card or page is its length, its CRC-32C and its bytes. Numbers are varints
// or, in table and foot, little endian.
//
// Invariants. A file is whole or refused: the foot is written last, carries the
// length of its segment, and segments fill the file. A damaged page or card is
// an error of the question that meets it, never an answer without it. Input is
// taken as hostile: no length in it is believed before it is checked. Answers
// hold no part of the file's memory, so a file may be replaced while they live.
// An Index is safe for concurrent readers.
package compiled

// format is the version of the file format: another one is refused, and
// compiled anew.
const format = 4
