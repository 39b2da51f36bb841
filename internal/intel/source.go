package intel

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel/fetch"
)

// Sources are the public addresses of the feeds. An empty address leaves that
// feed out.
type Sources struct {
	Cache      string   // folder for what was fetched
	OSV        string   // base address: <Ecosystem>/all.zip is below it
	Ecosystems []string // which archives to fetch
	KEV        string
	EPSS       string
	Metasploit string
	Nuclei     string
	SSVC       string
	Attack     string   // CTID's mappings of CVEs to techniques
	Groups     string   // a bundle of ATT&CK
	CSAF       []string // provider-metadata.json of suppliers; none by default
}

// DefaultSources are the publishers' own addresses, and every ecosystem that
// we can match.
func DefaultSources(cache string) Sources {
	return Sources{
		Cache: cache,
		OSV:   "https://osv-vulnerabilities.storage.googleapis.com",
		Ecosystems: []string{
			"AlmaLinux", "Alpine", "Bitnami", "CRAN", "ConanCenter", "Debian", "Go", "Hackage", "Hex", "Julia",
			"Maven", "NuGet", "Packagist", "Pub", "PyPI", "Red Hat", "Rocky Linux", "RubyGems", "SwiftURL",
			"Ubuntu", "crates.io", "npm",
		},
		KEV:  "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
		EPSS: "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",

		Metasploit: "https://raw.githubusercontent.com/rapid7/metasploit-framework/master/db/modules_metadata_base.json",
		Nuclei:     "https://raw.githubusercontent.com/projectdiscovery/nuclei-templates/main/cves.json",
		SSVC:       "https://github.com/cisagov/vulnrichment/archive/refs/heads/develop.zip",
		// CTID gives each edition a path of its own: this is the newest one that is known here.
		Attack: "https://raw.githubusercontent.com/center-for-threat-informed-defense/mappings-explorer/main/mappings/kev/attack-16.1/kev-07.28.2025/enterprise/kev-07.28.2025_attack-16.1-enterprise.json",
		Groups: "https://raw.githubusercontent.com/mitre-attack/attack-stix-data/master/enterprise-attack/enterprise-attack.json",
	}
}

// The largest files that are fetched.
const (
	maxArchive = 4 << 30
	maxSignals = 128 << 20
)

// wanted is one file to fetch.
type wanted struct {
	kind   advisory.FeedKind
	name   string
	target fetch.Target
}

// targets lists the files to fetch. They are laid out below the cache as in a
// folder that a user would give.
func (s Sources) targets() ([]wanted, error) {
	var list []wanted
	add := func(kind advisory.FeedKind, name, address, file string) {
		w := wanted{kind: kind, name: name, target: fetch.Target{URL: address, MaxBytes: maxSignals}}
		if kind == advisory.FeedOSV || kind == advisory.FeedSSVC {
			w.target.MaxBytes = maxArchive
		}
		w.target.Path = filepath.Join(s.Cache, "feeds", file)
		w.target.State = filepath.Join(s.Cache, "state", strings.ReplaceAll(file, string(filepath.Separator), "_"))
		list = append(list, w)
	}
	for _, e := range s.Ecosystems {
		if s.OSV == "" {
			break
		}
		if !filepath.IsLocal(e) || strings.ContainsAny(e, `/\`) {
			return nil, fault.New(fault.Invalid, "%q is not the name of an ecosystem", e)
		}
		add(advisory.FeedOSV, e, strings.TrimSuffix(s.OSV, "/")+"/"+url.PathEscape(e)+"/all.zip", filepath.Join("osv", e, "all.zip"))
	}
	for _, f := range []struct {
		kind          advisory.FeedKind
		address, file string
	}{
		{advisory.FeedKEV, s.KEV, "kev.json"},
		{advisory.FeedEPSS, s.EPSS, "epss.csv.gz"},
		{advisory.FeedMetasploit, s.Metasploit, "metasploit.json"},
		{advisory.FeedNuclei, s.Nuclei, "nuclei.json"},
		{advisory.FeedSSVC, s.SSVC, "vulnrichment.zip"},
		{advisory.FeedAttack, s.Attack, "attack.json"},
		{advisory.FeedGroups, s.Groups, "groups.json"},
	} {
		if f.address != "" {
			add(f.kind, "", f.address, f.file)
		}
	}
	return list, nil
}

// fetch brings the cache up to date and returns its folder of feeds. A feed
// that cannot be fetched is reported; what an earlier update fetched of it is
// still there.
func (u *update) fetch(ctx context.Context) (dir string, err error) {
	if u.Fetcher == nil || u.Sources.Cache == "" {
		return "", fault.New(fault.Invalid, "no folder of feeds was given, and none to fetch to")
	}
	if err := os.MkdirAll(filepath.Join(u.Sources.Cache, "state"), 0o700); err != nil {
		return "", fmt.Errorf("preparing the cache: %w", err)
	}
	sources := u.Sources
	if sources.Cache, err = filepath.EvalSymlinks(sources.Cache); err != nil { // as the scan will see it
		return "", fmt.Errorf("the cache: %w", err)
	}
	list, err := sources.targets()
	if err != nil {
		return "", err
	}
	for _, w := range list {
		if err := os.MkdirAll(filepath.Dir(w.target.Path), 0o700); err != nil {
			return "", fmt.Errorf("preparing the cache: %w", err)
		}
		u.names.origins[w.target.Path] = fetch.Mask(w.target.URL)
		w.target.Progress = func(done, total int64) {
			u.progress(Progress{Feed: label(w.kind, w.name), Stage: Fetching, Done: done, Total: total})
		}
		if err := u.bring(ctx, w); err != nil {
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
			if errors.Is(err, errStore) {
				return "", err
			}
			u.unreachable(w, err)
		}
	}
	for _, address := range sources.CSAF {
		if err := supplier(ctx, u, sources.Cache, address); err != nil {
			return "", err
		}
	}
	return filepath.Join(sources.Cache, "feeds"), nil
}

// supplier fetches the documents of a provider of CSAF. One that cannot be had is
// reported; what an earlier update fetched of it is still there.
func supplier(ctx context.Context, u *update, cache, address string) error {
	p, err := newProvider(u, cache, address)
	if err == nil {
		err = p.run(ctx)
		p.told()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		u.unreachable(wanted{kind: advisory.FeedCSAF, target: fetch.Target{URL: address}}, err)
	}
	return nil
}

// bring fetches one feed. What the store cannot take is the end of the update.
func (u *update) bring(ctx context.Context, w wanted) error {
	if w.kind == advisory.FeedOSV {
		return newRefresh(u, w).run(ctx)
	}
	_, err := u.Fetcher.Get(ctx, w.target)
	return err
}

func (u *update) unreachable(w wanted, err error) {
	u.report.Feeds = append(u.report.Feeds, FeedReport{
		Feed:     advisory.Feed{Kind: w.kind, Name: w.name, Origin: fetch.Mask(w.target.URL)},
		Status:   Refused,
		Rejected: []advisory.Rejection{{Where: fetch.Mask(w.target.URL), Reason: err.Error()}},
	})
}
