package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/cmd/tidemark/local"
)

// spoil runs a statement on the database behind a folder.
func (c *cli) spoil(query string, args ...any) {
	c.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(c.where[1], "tidemark.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		c.t.Fatal(err)
	}
	res, err := db.ExecContext(context.Background(), query, args...)
	if err != nil {
		c.t.Fatal(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		c.t.Fatalf("%s changed %d rows, %v", query, n, err)
	}
	if err := db.Close(); err != nil {
		c.t.Fatal(err)
	}
}

// setAside is what doctor says about quarantine.
func (c *cli) setAside() api.Check {
	c.t.Helper()
	for _, check := range read[api.Doctor](c, "doctor").Checks {
		if check.Name == "quarantine" {
			return check
		}
	}
	c.t.Fatal("doctor does not speak of quarantine")
	return api.Check{}
}

func three(images ...string) string {
	var out []string
	for i, image := range images {
		out = append(out, strings.Trim(record(string(rune('a'+i)), image, ""), "[]"))
	}
	return "[" + strings.Join(out, ",") + "]"
}

// One stored item that cannot be read is set aside and shown, in whichever step
// it turns up; everything else goes on.
func TestOneUnreadableItemStopsNothing(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]string{
		"assess":     `UPDATE state SET body = '{' WHERE id = (SELECT h.state FROM claim c JOIN claim_current h ON h.claim = c.id JOIN place p ON p.id = c.place WHERE p.service = 'b')`,
		"prioritize": `UPDATE exposure_body SET body = '{' WHERE exposure = (SELECT num FROM exposure WHERE service = 'b')`,
		"mobilize":   `UPDATE action_history SET body = '{' WHERE action = (SELECT num FROM action WHERE service = 'b')`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := smallWorld(t)
			deploy := func(day int, images ...string) {
				t.Helper()
				c.now = on(day, 0)
				c.run(0, "ingest", "deploy", file(t, "r.json", three(images...)), "--source", "s")
			}
			deploy(11, weakImg, weakImg, weakImg)
			c.spoil(spoil)
			c.now = on(11, 6)
			c.run(0, "intel", "update", "--from", osvFolder(t, "npm", map[string]string{
				"GHSA-left-left-left": leftRecord("GHSA-left-left-left", "2026-01-11T00:00:00Z", `,"aliases":["CVE-2026-0001"]`, "1.2.4"),
			}))
			deploy(12, mendedImg, mendedImg, mendedImg)
			for _, service := range []string{"a", "c"} {
				if e := c.only("env:prod is:open,fixed svc:" + service); e.State != "fixed" || e.Decision != "No action" {
					t.Errorf("%s is %s, %s", service, e.State, e.Decision)
				}
				if a := read[api.List[api.Action]](c, "actions", "list", "-q", "state:verified svc:"+service); len(a.Items) != 1 {
					t.Errorf("%s has %d verified actions", service, len(a.Items))
				}
			}
			if check := c.setAside(); check.Status == local.CheckOK || !strings.Contains(check.Detail, name) {
				t.Errorf("doctor says %+v", check)
			}
			for _, check := range read[api.Doctor](c, "doctor").Checks {
				if check.Name == "backlog" && check.Status != local.CheckOK {
					t.Errorf("doctor says %+v", check)
				}
			}
		})
	}
}
