// Package triage is the list of exposures in memory: the query language,
// sorting, paging, facets, groups and the funnel, with exact counts.
//
// The model. A row is an exposure as lists show it. The table keeps rows as
// columns; texts and sets of texts are kept once and referred to by number. A
// term of a query is answered once for each different value, which gives a
// table of hits, and then by one pass over the column, which gives a set of
// slots. Counting is a pass over the set. Orders are kept sorted and follow
// the changes, so a page is a walk along an order.
//
// Invariants. Totals are exact. The count of a facet's value, a group or a bar
// is the total of the query that it carries. What the asker may not see is in
// no count and no name. A query sees all of a Put or nothing of it. Sorting
// ends with the id, so an order is total and a page can be continued after any
// change. No I/O, no clock: a query brings its time.
package triage

import "sync"

// Index is the list. It is safe for use by one writer and many readers.
type Index struct {
	mu      sync.RWMutex
	table   *table
	version int64
	orders  orders
	answers answers
}

// New returns an empty index.
func New() *Index { return &Index{table: newTable(), orders: orders{kept: map[string]*order{}}} }

// Put inserts rows, or replaces those with the same Num.
func (x *Index) Put(rows []Row) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range rows {
		x.table.put(&rows[i])
	}
	x.version++
}

// Remove takes rows out. Nums that are not there are ignored.
func (x *Index) Remove(nums []int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, num := range nums {
		x.table.remove(num)
	}
	x.version++
}

// Len is the number of rows.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.table.slots)
}

// Version grows with every Put and Remove: an answer to the same query at the
// same time and version is the same.
func (x *Index) Version() int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.version
}

// Bytes estimates the memory that the rows take, without the orders.
func (x *Index) Bytes() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.table.bytes()
}
