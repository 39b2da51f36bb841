package osv

import (
	"fmt"
	"testing"
	"time"
)

// A rejected record is taken back with its reason, a disputed one stands and says
// so; what speaks of such things elsewhere is neither. The texts are those of
// real records.
func TestDisputes(t *testing.T) {
	t.Parallel()
	changed := time.Date(2025, 3, 2, 7, 44, 48, 0, time.UTC)
	for name, x := range map[string]struct {
		summary, details, withdrawn string
		title                       string
		gone                        time.Time
	}{
		"rejected":  {"", "Rejected reason: This CVE record has been withdrawn due to a duplicate entry CVE-2025-23083.", "", "Rejected reason: This CVE record has been withdrawn due to a duplicate entry CVE-2025-23083.", changed},
		"old_form":  {"A title", "** REJECT **  DO NOT USE THIS CANDIDATE NUMBER.", "", "** REJECT **  DO NOT USE THIS CANDIDATE NUMBER.", changed},
		"already":   {"", "Rejected reason: a duplicate", "2024-01-01T00:00:00Z", "Rejected reason: a duplicate", time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)},
		"disputed":  {"", "** DISPUTED ** OpenStack Keystone has a user enumeration vulnerability.", "", "** DISPUTED ** OpenStack Keystone has a user enumeration vulnerability.", time.Time{}},
		"titled":    {"User enumeration", "** DISPUTED ** OpenStack Keystone has one.", "", "** DISPUTED ** User enumeration", time.Time{}},
		"elsewhere": {"", "A request is rejected reason: none. ** REJECT ** is no mark here.", "", "A request is rejected reason: none. ** REJECT ** is no mark here.", time.Time{}},
		"nothing":   {"", "", "", "", time.Time{}},
	} {
		text := fmt.Sprintf(`{"id":"CVE-1","modified":"2025-03-02T07:44:48Z","summary":%q,"details":%q,"withdrawn":%q}`, x.summary, x.details, x.withdrawn)
		r, err := ParseRecord([]byte(text))
		if err != nil || r.Summary != x.title || !r.Withdrawn.Equal(x.gone) {
			t.Errorf("%s: %q, withdrawn %s, %v", name, r.Summary, r.Withdrawn, err)
		}
	}
}
