package advisory

import "time"

// The ages from which a feed is stale. Daily feeds are judged by the date inside
// the data too: a publisher that stands still is as bad as nobody who fetches.
const (
	staleDaily   = 7 * 24 * time.Hour
	staleMonthly = 30 * 24 * time.Hour
	staleYearly  = 365 * 24 * time.Hour // of what its publishers renew twice a year
)

// StaleAfter is the age from which a feed of a kind is stale.
func StaleAfter(kind FeedKind) time.Duration {
	switch kind {
	case FeedOSV, FeedKEV, FeedEPSS:
		return staleDaily
	case FeedAttack, FeedGroups:
		return staleYearly
	case FeedNuclei, FeedPoC, FeedMetasploit, FeedSSVC, FeedCSAF, NewFeed, FeedLoaded:
	}
	return staleMonthly
}

// daily reports whether the data itself has a new date at least every few days.
func daily(kind FeedKind) bool { return kind == FeedKEV || kind == FeedEPSS }

// Stale reports whether a feed is too old at a time to be relied on.
func (f Feed) Stale(now time.Time) bool {
	if now.Sub(f.LoadedAt) > StaleAfter(f.Kind) {
		return true
	}
	return daily(f.Kind) && !f.DataTime.IsZero() && now.Sub(f.DataTime) > staleMonthly
}

// StaleEffect says what may be wrong while a feed is stale or missing.
func StaleEffect(kind FeedKind) string {
	switch kind {
	case FeedOSV:
		return "advisories since then are not known: exposures may be missing, and withdrawn ones may still be open"
	case FeedKEV:
		return "listings since then are not known: what is exploited may count as not listed, with too late a deadline"
	case FeedEPSS:
		return "scores have moved since: the order inside a deadline and the gate Exploitable may be wrong"
	case FeedSSVC:
		return "newer weaknesses have no stated automatable and impact: they are inferred from the vector"
	case FeedNuclei, FeedPoC, FeedMetasploit:
		return "exploits published since then are not known: threat may be too low"
	case FeedAttack, FeedGroups:
		return "techniques and groups named since then are not shown; no decision rests on them"
	case FeedCSAF:
		return "what suppliers stated since then is not shown; no decision rests on it"
	case NewFeed, FeedLoaded: // are changes, and no feeds
	}
	return ""
}
