package host

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tidemark/tidemark/api"
)

// seen says of each connection that was seen since the last heartbeat when that was:
// it is measured, and changes nothing of what is told.
func (t *teller) seen(since time.Time) (out []api.Observation, err error) {
	told := t.flows() // one for each, in the order of their keys
	for i, key := range slices.Sorted(maps.Keys(t.watch.Flows)) {
		last := time.Unix(t.watch.Flows[key].Last, 0).UTC()
		if i >= len(told) || last.Before(since.Truncate(time.Second)) {
			continue
		}
		o := t.item("heartbeat")
		o.Subject, o.ObservedAt = "resource/"+told[i].kind+"//"+told[i].name, last
		if o.Body, err = json.Marshal(api.SeenAgain{Since: last}); err != nil {
			return nil, fmt.Errorf("write when %s was seen: %w", o.Subject, err)
		}
		out = append(out, o)
	}
	return out, nil
}
