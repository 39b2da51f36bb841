package access

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/fault"
)

var update = flag.Bool("update", false, "write testdata anew")

// TestTheTable holds every role against every verb, for a person and for a
// token, against the written table.
func TestTheTable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, kind := range []Kind{ByPassword, ByToken} {
		fmt.Fprintf(&b, "%-14s", kind)
		for _, r := range Roles() {
			fmt.Fprintf(&b, " %-8s", r)
		}
		b.WriteString("\n")
		for _, v := range Verbs() {
			fmt.Fprintf(&b, "%-14s", v)
			for _, r := range Roles() {
				mark := "-"
				if (Principal{Kind: kind, Role: r}).May(v) {
					mark = "yes"
				}
				fmt.Fprintf(&b, " %-8s", mark)
			}
			b.WriteString("\n")
		}
	}
	got := regexp.MustCompile(` +\n`).ReplaceAllString(b.String(), "\n")
	const golden = "testdata/table.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the rights changed (-update writes them; read the diff twice):\n%s", diff)
	}
}

// The laws of the table that the golden file cannot say.
func TestLawsOfTheTable(t *testing.T) {
	t.Parallel()
	if len(granted) != len(Roles()) || len(granted[Admin]) != len(Verbs()) {
		t.Error("a role or a verb is missing from its list")
	}
	for _, p := range []Principal{{}, {Role: Admin}, {Kind: "ghost", Role: Admin}, {Kind: ByPassword, Role: "boss"}, {Kind: ByPassword}} {
		if got := p.Granted(); len(got) != 0 {
			t.Errorf("%+v may %v", p, got)
		}
	}
	for _, v := range Verbs() {
		if !LocalUser("os:ann").May(v) {
			t.Errorf("the local user may not %s", v)
		}
	}
	first := Principal{Kind: ByPassword, Role: Admin, MustSetPassword: true}
	if diff := cmp.Diff([]Verb{ManageOwn}, first.Granted()); diff != "" || first.MayGrant(Viewer, nil) {
		t.Errorf("before the password is set: %s", diff)
	}
}

func TestNarrowings(t *testing.T) {
	t.Parallel()
	owner := Principal{Kind: ByPassword, Role: Owner, Owner: "shop-team"}
	src := Principal{Kind: ByToken, Role: Source, Source: "ci"}
	cases := map[string]struct{ got, want bool }{
		"owner_decides_on_own":     {owner.MayOn(Decide, "shop-team"), true},
		"owner_works_on_own":       {owner.MayOn(Work, "shop-team"), true},
		"owner_not_on_others":      {owner.MayOn(Decide, "pay-team"), false},
		"owner_not_on_unowned":     {Principal{Kind: ByPassword, Role: Owner}.MayOn(Decide, ""), false},
		"owner_reads_others":       {owner.MayOn(Read, "pay-team"), true},
		"triager_on_any":           {Principal{Kind: ByPassword, Role: Triager}.MayOn(Decide, ""), true},
		"viewer_on_none":           {Principal{Kind: ByPassword, Role: Viewer}.MayOn(Decide, ""), false},
		"source_own":               {src.MayIngest("ci"), true},
		"source_other":             {src.MayIngest("cluster"), false},
		"source_without_one":       {Principal{Kind: ByToken, Role: Source}.MayIngest(""), false},
		"operator_any_source":      {Principal{Kind: ByPassword, Role: Operator}.MayIngest("x"), true},
		"sees_all":                 {Principal{}.Sees(), true},
		"sees_none":                {Principal{Products: []string{}}.Sees("shop"), false},
		"sees_one_of_two":          {Principal{Products: []string{"shop"}}.Sees("pay", "shop"), true},
		"narrow_sees_no_unscoped":  {Principal{Products: []string{"shop"}}.Sees(), false},
		"operator_gives_source":    {Principal{Role: Operator}.MayGrant(Source, nil), true},
		"operator_gives_no_admin":  {Principal{Role: Operator}.MayGrant(Admin, nil), false},
		"operator_gives_no_triage": {Principal{Role: Operator}.MayGrant(Triager, nil), false},
		"narrow_gives_not_all":     {Principal{Role: Admin, Products: []string{"shop"}}.MayGrant(Viewer, nil), false},
		"narrow_gives_own":         {Principal{Role: Admin, Products: []string{"shop"}}.MayGrant(Viewer, []string{"shop"}), true},
		"nobody_gives_the_unknown": {Principal{Role: Admin}.MayGrant("boss", nil), false},
	}
	for name, c := range cases {
		if c.got != c.want {
			t.Errorf("%s: %v", name, c.got)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	users := map[string]bool{
		"ann": true, "ann.b@example.org": true, "7": true, "": false, "Ann": false, "ann b": false, "-rf": false,
		"аnn": false, "a\u202enn": false, "a/b": false, "a:b": false, strings.Repeat("a", 64): true, strings.Repeat("a", 65): false,
	}
	for name, want := range users {
		if err := CheckUserName(name); (err == nil) != want {
			t.Errorf("user %q: %v", name, err)
		}
	}
	labels := map[string]bool{
		"Web shop": true, "köln": true, "🚢": true, "": false, " x": false, "a\u202eb": false, "a\u200fb": false, "a\nb": false,
		"a\x00": false, "\xff": false, strings.Repeat("ä", 200): true, strings.Repeat("ä", 201): false,
	}
	for label, want := range labels {
		if err := CheckLabel("team", label); (err == nil) != want {
			t.Errorf("label %q: %v", label, err)
		}
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	user := User{Name: "A B", Role: "boss", Products: []string{""}, Preferences: Preferences{Theme: "pink"}}
	token := Token{Name: "", Grant: Grant{Role: Viewer, Source: "ci", Products: []string{"a\u202e"}}, Expires: now.AddDate(3, 0, 0)}
	for _, c := range []struct {
		err  error
		want []string
	}{
		{user.Validate(), []string{"user name", "no role", "product", "no theme", "lower-case"}},
		{User{Name: "ann", Role: Source}.Validate(), []string{"for tokens"}},
		{User{Name: "ann", Role: Owner}.Validate(), []string{"needs a team"}},
		{token.Validate(now), []string{"name", "has no source", "product", "end 2029"}},
		{Token{Name: "x", Grant: Grant{Role: Source}, Expires: now.Add(time.Hour)}.Validate(now), []string{`source ""`}},
		{Token{Name: "x", Grant: Grant{Role: Owner}, Expires: now.Add(time.Hour)}.Validate(now), []string{"needs a team"}},
		{Token{Name: "x", Grant: Grant{Role: Viewer}, Expires: now}.Validate(now), []string{"end 2026"}},
	} {
		if fault.KindOf(c.err) != fault.Invalid {
			t.Errorf("%v", c.err)
			continue
		}
		text := c.err.Error() + " " + fault.HintOf(c.err)
		for _, part := range c.want {
			if !strings.Contains(text, part) {
				t.Errorf("%q does not say %q", text, part)
			}
		}
	}
	good := Token{Name: "ci", Grant: Grant{Role: Source, Source: "ci"}, Expires: now.AddDate(0, 0, 90)}
	if err := errorsOf(good.Validate(now), User{Name: "ann", Role: Viewer, Products: []string{}}.Validate()); err != nil {
		t.Error(err)
	}
}

func errorsOf(errs ...error) error { return joined("all", errs) }

func TestWhatEnds(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := Session{CreatedAt: at, SeenAt: at, Expires: at.Add(SessionLife)}
	if !s.Alive(at) || !s.Alive(at.Add(SessionIdle-1)) || s.Alive(at.Add(SessionIdle)) {
		t.Error("a session ends when it was idle for 8 hours")
	}
	s.SeenAt = s.Expires
	if s.Alive(s.Expires) {
		t.Error("a session ends after 7 days however busy it is")
	}
	tok := Token{Expires: at}
	if tok.State(at.Add(-1)) != "active" || tok.State(at) != "expired" || tok.Alive(at) {
		t.Error("a token ends when it says")
	}
	tok.Revoked = at.Add(-time.Hour)
	if tok.State(at.Add(-1)) != "revoked" || tok.Alive(at.Add(-1)) {
		t.Error("a revoked token does not hold")
	}
}

func TestActors(t *testing.T) {
	t.Parallel()
	tok := Token{ID: "TOK-1", Name: "ci", Grant: Grant{User: "ann", Role: Viewer}}
	as := tok.As(User{Name: "ann", Role: Triager, Products: []string{"shop"}})
	want := Principal{Name: "ann", Kind: ByToken, Role: Triager, Products: []string{"shop"}, TokenID: "TOK-1"}
	if diff := cmp.Diff(want, as); diff != "" {
		t.Error(diff)
	}
	got := []string{as.Actor(), tok.Principal().Actor(), User{Name: "ann"}.Principal().Actor(), LocalUser("os:root").Actor(), Principal{}.Actor()}
	if diff := cmp.Diff([]string{"token:TOK-1 ann", "token:TOK-1 ci", "user:ann", "os:root", "nobody"}, got); diff != "" {
		t.Error(diff)
	}
}
