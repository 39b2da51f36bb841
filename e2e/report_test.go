package e2e

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write docs/ux-checks.md from what this run found")

// wanted are the checks that have to be green, each with what it says.
var wanted = [][2]string{
	{"N1", "each number of the overview opens a list of exactly that many rows"},
	{"N2", "each number of the coverage lists exactly the workloads that it counts"},
	{"N3", "the funnel never grows; yes, no and unknown of a gate are what came in"},
	{"N4", "every page shows its moment and how fresh the picture is; a silent source is named"},
	{"U1", "facets, sort, columns and group survive a reload"},
	{"U2", "Back finds the same place in the list, the same row, the same filters"},
	{"U3", "an address shows another person the same"},
	{"U5", "the default view has a clean address"},
	{"U6", "a wrong key of a query is answered with the right one, and no blank page"},
	{"E1", "from the list to a saved decision by keys alone"},
	{"E2", "after a decision the next row has the focus; z takes it back, with two entries of the log"},
	{"E3", "with the letter keys off, letters do nothing"},
	{"E4", "letters typed into a field are only letters"},
	{"E5", "100,000 rows: at most 150 in the page, and right numbers for a screen reader"},
	{"E6", "the row with the focus is found again after scrolling away"},
	{"E16", "the count of a facet is the total after the click; Alt-click leaves out; unknown is a value"},
	{"E18", "while a filter loads nothing jumps, and old rows are dimmed"},
	{"D1", "the sentence has the decision and its reasons, each a link to its evidence"},
	{"D2", "each rung has verdict, source, age and raw evidence; unknown stays unknown"},
	{"D3", "the parts of the score sum to it; the version of the formula is printed"},
	{"D5", "the command line explains with the same score and parts"},
	{"D6", "owner and due date each show the rule that set them"},
	{"D7", "the timeline is in order, with times for machines"},
	{"A1", "a pasted CVE is answered within a second"},
	{"A2", "NOT FOUND is never said without how far was looked"},
	{"A3", "where too little is covered, the answer is CANNOT SAY"},
	{"A4", "each place shows since when, its door to the internet, its owner"},
	{"A5", "CVE, GHSA, package URL, name and digest lead to the same places"},
	{"A6", "before the first deployment: not affected; today: affected"},
	{"G1", "a picture of hundreds of nodes stands in groups, nothing is dropped, and what is looked for is drawn"},
	{"G3", "the levels of the twin by keyboard: nodes that are drawn and those in groups are all there are; a missing link says so"},
	{"G5", "a picture drawn twice has the same places"},
	{"C1", "a cluster is connected, from the sources to its first exposures"},
	{"T1", "each door says whether policies let in what comes, by which, and what that rests on"},
	{"T2", "what an account may do, what of it leads to more, by which binding; how a workload is held from its host"},
	{"T3", "loaded, not seen loaded and not known are told apart, with the window"},
	{"T4", "the SBOM of an artifact is had byte for byte as it came"},
	{"T5", "the proof chain: times, signatures that hold and that do not, missing links, and what was known before"},
	{"T6", "the lens of change: what came, changed and is gone, since when"},
	{"T7", "facets of workloads count what they open, and stay in the address"},
	{"S1", "first-run, filtered, done and blind look and read differently"},
	{"S2", "one broken answer takes away one panel, with a number and a Retry that works"},
	{"S3", "a slow answer shows its place at once and says so; nothing jumps when it comes"},
	{"S4", "a session that ends leads to the login and back to the same address"},
	{"V1", "axe: nothing serious or critical on any page, light and dark"},
	{"V2", "the dark theme never paints a white frame"},
	{"V3", "no motion for those who want none"},
	{"V4", "contrast: 3:1 for marks, 4.5:1 for words"},
	{"V5", "320 px and 200 %: nothing but tables scrolls sideways, and all can be reached"},
	{"V6", "the focus shows, dialogs hold it and give it back, the skip link works"},
	{"V7", "targets of 24 by 24 px"},
	{"V8", "each page has a title of its own"},
	{"X1", "the CSV has all rows, a stable head, and no formula"},
	{"X2", "the JSON has query, moment and version of the rules"},
	{"X4", "the copied command gives the same ids in the same order"},
	{"M1", "nobody can set Verified by hand"},
	{"M2", "evidence of the fix verifies the action and lowers the numbers"},
	{"M3", "the version that comes back reopens the same action"},
	{"M6", "each change is in the log with actor, before, after and reason; a changed row breaks the chain"},
	{"O1", "requests go to the own origin only"},
	{"O2", "a policy without unsafe-, and no report of it"},
	{"O3", "hostile titles are inert and break no page"},
	{"O4", "the console is clean"},
	{"P1", "first load at most 180 kB gz, script 160, style 20"},
	{"P3", "first paint at most 800 ms, largest 1.2 s"},
	{"P5", "100,000 exposures: a page of 200 with its total at most 150 ms, facets 250 ms (p95)"},
	{"P6", "from a key in the filter to new rows at most 250 ms (p95)"},
	{"P7", "scrolling 100,000 rows: frames at most 60 ms (p95), at most 2,500 nodes and 120 MB"},
	{"P8", "one of a million components: the verdict at most 500 ms (p95)"},
	{"P10", "no task above 200 ms after load, layout shift at most 0.02"},
}

// open are checks that do not hold yet, each with what is known. One that fails
// is listed as open and fails nothing; one that is not here must hold.
var open = map[string]string{}

var notes struct {
	sync.Mutex
	found map[string][]seen
}

type seen struct {
	suite string
	line  line
}

// note keeps what a check found, for the document.
func note(suite string, l line) {
	notes.Lock()
	defer notes.Unlock()
	if notes.found == nil {
		notes.found = map[string][]seen{}
	}
	notes.found[l.ID] = append(notes.found[l.ID], seen{suite, l})
}

const head = `# Checks of the interface

What is tried in a real browser (Chromium, headless) by ` + "`go test ./e2e`" + `, a part of
` + "`make test`" + `; the suites on the large estate run with ` + "`make e2e`" + `. Written by
` + "`make e2e UPDATE=1`" + `. Figures are of the machine of that run, which may have had other work to do;
they fail only when they miss their limit by far.

The suites: *look*, *demo* and *drill* on the demo's company, *empty* on a server to which nothing
is connected, *connect* where a cluster is connected, *blind* where every source has been silent for days, *done* where nothing needs
action, *loop* on a small estate that is fixed and broken again, *hostile* with titles that mean
harm, *twin* on pods with policies, attestations and an agent that watches, *big* on 10,000 services, a million components and 100,000 exposures.

| check | state | what | where, and measured |
| --- | --- | --- | --- |
`

const document = "../docs/ux-checks.md"

// write makes the document. A check that this run did not make keeps its row.
func write() error {
	notes.Lock()
	defer notes.Unlock()
	before, err := os.ReadFile(document)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	kept := map[string]string{}
	for row := range strings.Lines(string(before)) {
		if id, _, ok := strings.Cut(strings.TrimPrefix(row, "| "), " |"); ok {
			kept[id] = row
		}
	}
	var b strings.Builder
	b.WriteString(head)
	for _, w := range wanted {
		if len(notes.found[w[0]]) == 0 && kept[w[0]] != "" {
			b.WriteString(kept[w[0]])
			continue
		}
		state, where := "not run", []string{}
		for _, s := range notes.found[w[0]] {
			status := s.line.Status
			if status == "failed" && open[w[0]] != "" {
				status = "open"
			}
			state = worse(state, status)
			text := s.suite
			if len(s.line.Figures) > 0 {
				text += ": " + strings.Join(s.line.Figures, "; ")
			}
			if !slices.Contains(where, text) {
				where = append(where, text)
			}
		}
		if state == "open" {
			where = append(where, "open: "+open[w[0]])
		}
		_, _ = fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", w[0], state, w[1], strings.Join(where, ", "))
	}
	return os.WriteFile(document, []byte(b.String()), 0o644)
}

var badness = []string{"not run", "passed", "skipped", "open", "failed"}

func worse(a, b string) string {
	if slices.Index(badness, b) > slices.Index(badness, a) {
		return b
	}
	return a
}

// TestList says that no check is in two places of the list.
func TestList(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for _, w := range wanted {
		if ids[w[0]] {
			t.Errorf("%s is listed twice", w[0])
		}
		ids[w[0]] = true
	}
}
