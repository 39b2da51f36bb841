package ctem

import "time"

// FunnelRow is how many live exposures answer the gates alike under one
// decision, as they show at the time asked for.
type FunnelRow struct {
	Gates Gates
	Word  Word // "" while not decided
	Count int
}

// WorkloadCover says how far one live workload could be looked into.
type WorkloadCover struct {
	Place                int64
	Service, Environment string
	Covered              bool      // the contents of all that it runs are known
	Seen                 time.Time // newest sign of life of its sources; zero: none
}
