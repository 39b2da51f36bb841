// Package sqldb is the ground that every aggregate of the store stands on: the
// open database, its schema, transactions, streams, cursors, leases, the audit
// log, and the forms that values have in rows.
//
// The model. A database is a folder (embedded engine) or a URL. A transaction
// counts its statements; one that writes begins as the only writer, or is tried
// again when the engine says that it lost. Each stream is a numbered table with
// one sequencer row, whose lock gives numbers and record times.
//
// Invariants. Every query is one text for both engines: placeholders are "?",
// lists go in chunks. Record time never runs backwards. A step's commit begins
// with the compare-and-swap of its cursors, under its fencing token. The schema
// is here as a whole, since it is migrated as a whole; what its tables mean is
// known to the rooms above only, but for what several of them share: the codes
// of columns, the retention floor, coverage at a time, and which doors are closed.
package sqldb
