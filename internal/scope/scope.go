// Package scope reads what the business says about the estate: products,
// services, environments and owners, how critical they are, and which classes
// of data they hold.
//
// The model. A scope is one YAML file of the schema tidemark.scope/v1. It is
// read whole and checked whole: every fault is named at once, with its line.
// Applying it makes it the next version, unless it says what is in force.
//
// Invariants. What has a fault is not stored, not even in part. Names are
// unique in their list, and whatever is referred to is there.
package scope

import (
	"context"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
)

// Store keeps the versions.
type Store interface {
	ApplyScope(ctx context.Context, s ctem.Scope, v ctem.ScopeVersion) (ctem.ScopeChange, error)
}

// Keeper applies scopes.
type Keeper struct {
	Store Store
	Now   func() time.Time
}

// Apply reads a file and makes it the scope in force. The steps then decide
// again whatever it concerns.
func (k Keeper) Apply(ctx context.Context, by string, file []byte) (ctem.ScopeChange, error) {
	s, err := Parse(file)
	if err != nil {
		return ctem.ScopeChange{}, err
	}
	c, err := k.Store.ApplyScope(ctx, s, ctem.ScopeVersion{At: k.Now().UTC().Truncate(time.Microsecond), By: by, Text: string(file)})
	if err != nil {
		return c, fmt.Errorf("apply the scope: %w", err)
	}
	return c, nil
}
