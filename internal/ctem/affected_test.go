package ctem

import "testing"

func TestVerdict(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		a    Affected
		want Verdict
	}{
		{"one_runs", Affected{Page: ExposurePage{Total: 3}, Running: map[Tri]int{Yes: 1, Unknown: 1, No: 1}}, AffectedRunning},
		{"one_may_run", Affected{Page: ExposurePage{Total: 2}, Running: map[Tri]int{Unknown: 1, No: 1}}, CannotSay},
		{"none_runs", Affected{Page: ExposurePage{Total: 2}, Running: map[Tri]int{No: 2}}, AffectedNotRunning},
		{"looked_everywhere", Affected{Coverage: SearchCoverage{Searched: 2, Total: 2}}, NotFound},
		{"looked_not_everywhere", Affected{Coverage: SearchCoverage{Searched: 1, Total: 2}}, CannotSay},
		{"looked_nowhere", Affected{}, CannotSay},
		{"no_record_of_it", Affected{Unheard: true, Coverage: SearchCoverage{Searched: 2, Total: 2}}, CannotSay},
		{"there_without_known_weakness", Affected{Present: 1, Coverage: SearchCoverage{Searched: 2, Total: 2}}, CannotSay},
	}
	for _, tc := range tests {
		if got := tc.a.Verdict(); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}
