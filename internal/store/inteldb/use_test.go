package inteldb_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/store/storetest"
)

func TestUses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		t.Parallel()
		db, ctx := e.Fresh(t), context.Background()
		_, err := db.CommitAdvisories(ctx, advisory.Batch{Feed: "npm", Now: signalDay(1), Records: []advisory.Record{{ID: "GHSA-1", Aliases: []string{"CVE-2026-0001"}}}})
		if err != nil {
			t.Fatal(err)
		}
		_, at := news(t, db, 0)
		commit := func(feed advisory.FeedKind, list ...advisory.Use) advisory.Committed {
			did, err := db.CommitUses(ctx, advisory.UseBatch{Feed: feed, Entries: list, Now: signalDay(2)})
			if err != nil {
				t.Fatal(err)
			}
			return did
		}
		use := func(role advisory.Role, technique string) advisory.Use {
			return advisory.Use{CVE: "CVE-2026-0001", Feed: advisory.FeedAttack, Role: role, Technique: technique, Title: "t", Source: "CTID", Date: signalDay(1)}
		}
		impact, attack, nobodys := use(advisory.RoleImpact, "T1059"), use(advisory.RoleExploitation, "T1190"), use(advisory.RoleImpact, "T1059")
		nobodys.CVE = "CVE-1999-0001"
		if got := commit(advisory.FeedAttack, impact, attack, nobodys); got != (advisory.Committed{New: 3}) {
			t.Errorf("%+v", got)
		}
		got, at := news(t, db, at)
		if diff := cmp.Diff([]string{"attack CVE-2026-0001"}, got); diff != "" {
			t.Error(diff)
		}
		group := use(advisory.RoleGroup, "T1190")
		group.Feed, group.Group, group.GroupName = advisory.FeedGroups, "G0096", "APT41"
		if got := commit(advisory.FeedGroups, group); got != (advisory.Committed{New: 1}) {
			t.Errorf("another feed's are its own: %+v", got)
		}
		signals, err := db.Lore(ctx, []string{"CVE-2026-0001", "CVE-2026-0001"})
		if diff := cmp.Diff([]advisory.Use{attack, impact, group}, signals["CVE-2026-0001"].Uses); diff != "" || err != nil {
			t.Error(err, diff)
		}
		if got := commit(advisory.FeedAttack, impact, attack, nobodys); got != (advisory.Committed{Unchanged: 3}) {
			t.Errorf("again: %+v", got)
		}
		_, at = news(t, db, at)
		impact.Title = "other"
		if got := commit(advisory.FeedAttack, impact, nobodys); got != (advisory.Committed{Changed: 1, Unchanged: 1, Removed: 1}) {
			t.Errorf("%+v", got)
		}
		if got, _ := news(t, db, at); !cmp.Equal([]string{"attack CVE-2026-0001"}, got) {
			t.Errorf("%v", got)
		}
	})
}
