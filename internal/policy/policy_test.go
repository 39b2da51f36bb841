package policy

import (
	"encoding/csv"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/realdata"
	"github.com/tidemark/tidemark/internal/twin"
)

func TestTableIsTheirs(t *testing.T) {
	t.Parallel()
	f, err := os.Open(realdata.Dir(t, "conformance", "ssvc", "data", "csv", "cisa", "cisa_bod_26_04_1_0_0.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 17 {
		t.Fatalf("%d lines", len(rows))
	}
	for _, r := range rows[1:] {
		got := Lookup(r[1] == "yes", r[2] == "yes", r[3] == "yes", r[4] == "total")
		if got.Outcome != r[5] {
			t.Errorf("row %v: we say %s", r, got)
		}
	}
}

func TestTableByHand(t *testing.T) {
	t.Parallel()
	const no, yes = false, true
	for _, want := range []Row{
		{no, no, no, no, outcomeUpgrade, 0, false},
		{no, no, no, yes, outcomeUpgrade, 0, false},
		{no, no, yes, no, outcome60, 60, false},
		{no, no, yes, yes, outcome60, 60, false},
		{no, yes, no, no, outcome60, 60, false},
		{no, yes, no, yes, outcome14, 14, false},
		{no, yes, yes, no, outcome14, 14, false},
		{no, yes, yes, yes, outcome3, 3, false},
		{yes, no, no, no, outcome14, 14, false},
		{yes, no, no, yes, outcome14, 14, false},
		{yes, no, yes, no, outcome14, 14, false},
		{yes, no, yes, yes, outcomeForensic, 3, true},
		{yes, yes, no, no, outcome14, 14, false},
		{yes, yes, no, yes, outcomeForensic, 3, true},
		{yes, yes, yes, no, outcome3, 3, false},
		{yes, yes, yes, yes, outcomeForensic, 3, true},
	} {
		if diff := cmp.Diff(want, Lookup(want.KEV, want.Exposed, want.Automatable, want.Total)); diff != "" {
			t.Error(diff)
		}
	}
	if got := Lookup(yes, yes, no, yes).String(); got != "KEV yes, exposed yes, automatable no, impact total → 3 days & forensic investigation" {
		t.Error(got)
	}
}

var (
	seen  = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	worst = &advisory.Vector{Text: "CVSS:3.1/…", Name: "GHSA-1", Attack: "N", Privileges: "N", Interaction: "N", Total: true}
	mild  = &advisory.Vector{Text: "CVSS:3.1/…", Name: "GHSA-1", Attack: "N", Privileges: "L", Interaction: "N"}
)

func kevOn(at time.Time) []advisory.Signal {
	return []advisory.Signal{{Name: "CVE-1", KEV: &advisory.KEV{CVE: "CVE-1", Added: at}}, {Name: "GHSA-1"}}
}

func seenOn(at time.Time) *twin.Sighted {
	return &twin.Sighted{Source: "falco", Detection: twin.Detection{Tool: "falco", Rule: "r", First: at, Last: at}}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	old := seen.AddDate(-1, 0, 0)
	day := func(n int) time.Time { return seen.AddDate(0, 0, n) }
	none := time.Time{}
	for name, c := range map[string]struct {
		in   Case
		word ctem.Word
		due  time.Time
	}{
		"worst-open":         {Case{Reachable: ctem.Yes, Running: ctem.Yes, Vector: worst}, ctem.ActNow, day(3)},
		"worst-unknown-door": {Case{Reachable: ctem.Unknown, Running: ctem.Unknown, Vector: worst}, ctem.ActNow, day(3)},
		"worst-internal":     {Case{Reachable: ctem.No, Running: ctem.Yes, Vector: worst}, ctem.Schedule, day(60)},
		"mild-open":          {Case{Reachable: ctem.Yes, Running: ctem.Yes, Vector: mild}, ctem.Schedule, day(60)},
		"mild-internal":      {Case{Reachable: ctem.No, Running: ctem.Yes, Vector: mild}, ctem.Watch, none},
		"no-vector-open":     {Case{Reachable: ctem.Yes, Running: ctem.Yes}, ctem.Schedule, day(60)},
		"no-vector-internal": {Case{Reachable: ctem.No, Running: ctem.Yes}, ctem.Watch, none},
		"kev-no-vector":      {Case{Reachable: ctem.Yes, Running: ctem.Yes, Signals: kevOn(old)}, ctem.ActNow, day(3)},
		"kev-mild-internal":  {Case{Reachable: ctem.No, Running: ctem.Yes, Vector: mild, Signals: kevOn(old)}, ctem.Schedule, day(14)},
		"stopped":            {Case{Reachable: ctem.Yes, Running: ctem.No, Vector: worst}, ctem.NoAction, none},
		"vex":                {Case{Reachable: ctem.Yes, Running: ctem.Yes, Vector: worst, VEX: true}, ctem.NoAction, none},
		"closed":             {Case{Reachable: ctem.Yes, Running: ctem.Yes, Vector: worst, Closed: "fixed"}, ctem.NoAction, none},
		"malicious":          {Case{Kind: ctem.Malicious, Reachable: ctem.No, Running: ctem.Unknown}, ctem.ActNow, none},
		"malicious-vex":      {Case{Kind: ctem.Malicious, Reachable: ctem.No, Running: ctem.Yes, VEX: true}, ctem.ActNow, none},
		"malicious-stopped":  {Case{Kind: ctem.Malicious, Reachable: ctem.Yes, Running: ctem.No}, ctem.NoAction, none},
		// The listing makes the row (60 days become 14), so its date starts the clock…
		"kev-later": {Case{Reachable: ctem.No, Running: ctem.Yes, Vector: &advisory.Vector{Attack: "N", Privileges: "N", Interaction: "N"}, Signals: kevOn(day(10))}, ctem.Schedule, day(24)},
		// …but never makes the deadline later than it was.
		"kev-much-later": {Case{Reachable: ctem.No, Running: ctem.Yes, Vector: &advisory.Vector{Attack: "N", Privileges: "N", Interaction: "N"}, Signals: kevOn(day(50))}, ctem.Schedule, day(60)},
		// An attack seen here is the nearer proof of what a listing says.
		"attacked":       {Case{Reachable: ctem.No, Running: ctem.Yes, Vector: mild, Seen: seenOn(day(2))}, ctem.Schedule, day(16)},
		"attacked-worst": {Case{Reachable: ctem.No, Running: ctem.Yes, Vector: worst, Seen: seenOn(day(2))}, ctem.ActNow, day(5)},
		"attacked-kev":   {Case{Reachable: ctem.No, Running: ctem.Yes, Vector: mild, Seen: seenOn(day(20)), Signals: kevOn(day(10))}, ctem.Schedule, day(24)},
		"attacked-late":  {Case{Reachable: ctem.Yes, Running: ctem.Yes, Vector: mild, Seen: seenOn(day(59))}, ctem.Schedule, day(60)},
		"attacked-still": {Case{Reachable: ctem.Yes, Running: ctem.No, Vector: worst, Seen: seenOn(day(2))}, ctem.NoAction, none},
		// The row gives 3 days without the listing too: the clock is not its.
		"kev-later-worst": {Case{Reachable: ctem.Yes, Running: ctem.Yes, Vector: worst, Signals: kevOn(day(10))}, ctem.ActNow, day(3)},
		// Without the listing there was no deadline at all.
		"kev-later-mild": {Case{Reachable: ctem.No, Running: ctem.Yes, Vector: mild, Signals: kevOn(day(100))}, ctem.Schedule, day(114)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.in.FirstSeen = seen
			got := Decide(c.in)
			if got.Word != c.word || !got.Deadline.Equal(c.due) {
				t.Errorf("%s by %v, want %s by %v (%s)", got.Word, got.Deadline, c.word, c.due, got.Row)
			}
			if got.Why == "" || len(got.Inputs) != 4 {
				t.Errorf("why %q, inputs %v", got.Why, got.Inputs)
			}
		})
	}
}

func TestInputsSayWhatIsAssumed(t *testing.T) {
	t.Parallel()
	assumed := func(c Case) (out []bool) {
		for _, in := range Decide(c).Inputs {
			out = append(out, in.Assumed)
		}
		return out
	}
	for name, c := range map[string]struct {
		in   Case
		want []bool
	}{
		"nothing":  {Case{Reachable: ctem.Unknown}, []bool{true, true, true, true}},
		"all":      {Case{Reachable: ctem.No, HaveKEV: true, Vector: mild}, []bool{false, false, false, false}},
		"kev-only": {Case{Reachable: ctem.Yes, Signals: kevOn(seen)}, []bool{false, false, true, true}},
	} {
		if diff := cmp.Diff(c.want, assumed(c.in)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestInfer(t *testing.T) {
	t.Parallel()
	with := func(change func(*advisory.Vector)) *advisory.Vector {
		v := *worst
		change(&v)
		return &v
	}
	for name, c := range map[string]struct {
		v           *advisory.Vector
		kev         bool
		auto, total bool
	}{
		"worst":       {worst, false, true, true},
		"local":       {with(func(v *advisory.Vector) { v.Attack = "L" }), false, false, true},
		"privileges":  {with(func(v *advisory.Vector) { v.Privileges = "L" }), true, false, true},
		"interaction": {with(func(v *advisory.Vector) { v.Interaction = "P" }), false, false, true},
		"conditions":  {with(func(v *advisory.Vector) { v.Hard = true }), false, false, true},
		"stated-yes":  {with(func(v *advisory.Vector) { v.Hard, v.Automatable = true, "Y" }), false, true, true},
		"stated-no":   {with(func(v *advisory.Vector) { v.Automatable = "N" }), false, false, true},
		"partial":     {with(func(v *advisory.Vector) { v.Total = false }), false, true, false},
		"none":        {nil, false, false, false},
		"none-kev":    {nil, true, true, true},
	} {
		got := Infer(c.v, c.kev)
		if got.Automatable != c.auto || got.Total != c.total || got.Assumed != (c.v == nil) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestExploitable(t *testing.T) {
	t.Parallel()
	epss := func(v float64) []advisory.Signal {
		return []advisory.Signal{{Name: "CVE-1", EPSS: &advisory.EPSS{Score: v, Date: seen}}}
	}
	for name, c := range map[string]struct {
		in   Exploit
		want ctem.Tri
	}{
		"nothing":   {Exploit{}, ctem.Unknown},
		"low":       {Exploit{Signals: epss(.0999)}, ctem.No},
		"tenth":     {Exploit{Signals: epss(.1)}, ctem.Yes},
		"kev":       {Exploit{Signals: kevOn(seen)}, ctem.Yes},
		"kev-low":   {Exploit{Signals: append(epss(.01), kevOn(seen)...)}, ctem.Yes},
		"two-names": {Exploit{Signals: append(epss(.01), epss(.5)...)}, ctem.Yes},
		"vex":       {Exploit{VEX: true}, ctem.No},
		"malicious": {Exploit{Kind: ctem.Malicious}, ctem.Yes},
	} {
		if got := Exploitable(c.in); got.Value != c.want || got.Reason == "" || got.Gate != "exploitable" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestMatters(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   Scope
		want ctem.Tri
	}{
		"not-scoped": {Scope{}, ctem.Unknown},
		"tier-3":     {Scope{Known: true, Tier: 3}, ctem.No},
		"tier-4":     {Scope{Known: true, Tier: 4}, ctem.Yes},
		"sensitive":  {Scope{Known: true, Tier: 1, Data: []string{"personal"}}, ctem.Yes},
		"jewel":      {Scope{Known: true, Tier: 1, Jewel: true}, ctem.Yes},
	} {
		if got := Matters(c.in); got.Value != c.want || got.Reason == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
