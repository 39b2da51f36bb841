package prioritize

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
)

// maxChanges bounds how many changes of one decision are told: the newest.
const maxChanges = 100

// Changes tells how the decision about an exposure became what it was at the time
// asked, oldest first, each with why it differs from the one before.
func (x Explainer) Changes(ctx context.Context, e ctem.Exposure, at ctem.AsOf) (ctem.Page[ctem.DecisionChange], error) {
	page, err := x.History.PastDecisions(ctx, e.Num, ctem.ListQuery{AsOf: at, Limit: maxChanges})
	if err != nil {
		return page, fmt.Errorf("read the decisions on %s: %w", e.ID, err)
	}
	for i := range page.Items {
		page.Items[i].Because = because(&page.Items[i])
	}
	return page, nil
}

// because says what of a decision's grounds differs from those of the one
// before: who decided, the answers of the gates, else the table's inputs, else
// the rules.
func because(c *ctem.DecisionChange) string {
	if c.Before == nil {
		return c.Sentence
	}
	parts := decidedWords(c.Before, &c.Decision)
	grounds := gateWords(c.Before, &c.Decision)
	if len(grounds) == 0 {
		grounds = inputWords(c.Before, &c.Decision)
	}
	if parts = append(parts, grounds...); len(parts) == 0 && c.Rules != c.Before.Rules {
		parts = append(parts, "the rules changed from "+cmp.Or(c.Before.Rules, "none")+" to "+c.Rules)
	}
	if len(parts) == 0 {
		return c.Sentence
	}
	return strings.Join(parts, "; ")
}

// decidedWords say that a person's word began or ceased to count.
func decidedWords(before, after *ctem.Decision) []string {
	switch {
	case before.DecidedBy == after.DecidedBy:
		return nil
	case after.DecidedBy != "":
		return []string{fmt.Sprintf("decided by %s; the rules say: %s", after.DecidedBy, after.Computed)}
	}
	return []string{"what " + before.DecidedBy + " decided counts no more"}
}

func gateWords(before, after *ctem.Decision) (out []string) {
	was := map[string]ctem.Tri{}
	for _, r := range before.Reasons {
		was[r.Gate] = r.Value
	}
	for _, r := range after.Reasons {
		old, ok := was[r.Gate]
		if !ok || old == r.Value {
			continue
		}
		words := fmt.Sprintf("%s is %s, it was %s", r.Gate, r.Value, old)
		if r.Reason != "" {
			words += " (" + r.Reason + ")"
		}
		out = append(out, words)
	}
	return out
}

func inputWords(before, after *ctem.Decision) (out []string) {
	was := map[string]string{}
	for _, in := range before.Inputs {
		was[in.Name] = in.Value
	}
	for _, in := range after.Inputs {
		if old, ok := was[in.Name]; ok && old != in.Value {
			out = append(out, fmt.Sprintf("%s is %s, it was %s", in.Name, in.Value, old))
		}
	}
	return out
}
