package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
)

// typing runs a command with text on standard input and wants an exit code.
func (c *cli) typing(want int, in string, args ...string) string {
	c.t.Helper()
	var out, errs bytes.Buffer
	s := command.Streams{In: strings.NewReader(in), Out: &out, Err: &errs, Env: func(string) string { return "" }}
	full := append(append([]string{}, c.where...), args...)
	full = append(full, "--now", c.now.Format(time.RFC3339))
	if got := run(context.Background(), s, time.Now, full); got != want {
		c.t.Fatalf("tidemark %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, want, out.String(), errs.String())
	}
	return out.String() + errs.String()
}

func TestUsersOnTheCommandLine(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}, now: on(10, 0)}
	const secret = "a long enough password"
	said := c.typing(0, secret+"\n", "user", "create", "ann", "--role", "triager", "--product", "shop", "--product", "pay")
	said += c.typing(command.ExitUsage, "short\n", "user", "passwd", "ann")
	said += c.typing(0, secret+"\r\n", "user", "passwd", "ann", "--password-stdin")
	if strings.Contains(said, secret) {
		t.Error("a password was printed")
	}
	c.typing(command.ExitUsage, "", "user", "create", "bob", "--role", "viewer")
	c.typing(command.ExitUsage, secret, "user", "create", "bob", "--role", "boss")
	c.typing(command.ExitUsage, secret, "user", "create", "Bob", "--role", "viewer")
	c.typing(command.ExitFailure, secret, "user", "create", "ann", "--role", "viewer")
	c.typing(command.ExitNotFound, secret, "user", "passwd", "cyd")
	c.typing(command.ExitNotFound, "", "user", "disable", "cyd")
	made := read[api.UserDetail](c, "user", "create", "bob", "--role", "owner", "--team", "web", "--invite")
	if made.Code == "" || made.HasPassword || !made.AllProducts || made.CodeExpires == nil {
		t.Errorf("%+v", made)
	}
	c.run(0, "user", "disable", "bob")
	list := read[api.List[api.User]](c, "user", "list")
	if list.Total != 2 || list.Items[0].Name != "ann" || !list.Items[0].HasPassword || strings.Join(list.Items[0].Products, " ") != "pay shop" || !list.Items[1].Disabled {
		t.Errorf("%+v", list.Items)
	}
	c.run(0, "user", "enable", "bob")
	if page := read[api.List[api.User]](c, "user", "list", "--limit", "1", "--cursor", "ann"); len(page.Items) != 1 || page.Items[0].Disabled {
		t.Errorf("%+v", page)
	}
	if v := read[api.Audit](c, "audit", "verify"); !v.OK || v.Entries != 5 {
		t.Errorf("%+v", v)
	}
}

func TestTokensOnTheCommandLine(t *testing.T) {
	t.Parallel()
	c := &cli{t: t, where: []string{"--data", t.TempDir()}, now: on(10, 0)}
	made := read[api.TokenDetail](c, "token", "create", "--role", "source", "--source", "ci", "--expires", "90d", "--name", "pipeline")
	if !strings.HasPrefix(made.Secret, "tdm_") || made.Expires == nil || !made.Expires.Equal(on(10, 0).AddDate(0, 0, 90)) || made.Name != "pipeline" {
		t.Errorf("%+v", made)
	}
	for _, bad := range [][]string{
		{"--role", "source", "--source", "ci"},
		{"--role", "source", "--expires", "90d"},
		{"--role", "viewer", "--source", "ci", "--expires", "90d"},
		{"--role", "boss", "--expires", "90d"},
		{"--role", "viewer", "--expires", "9999d"},
		{"--role", "owner", "--expires", "9d"},
	} {
		c.run(command.ExitUsage, append([]string{"token", "create"}, bad...)...)
	}
	if out := c.run(0, "token", "list", "-o", "json"); strings.Contains(out, made.Secret) || !strings.Contains(out, made.Prefix) {
		t.Errorf("the list: %s", out)
	}
	if gone := read[api.TokenDetail](c, "token", "revoke", made.ID); gone.State != "revoked" || gone.Secret != "" {
		t.Errorf("%+v", gone)
	}
	c.run(command.ExitNotFound, "token", "revoke", "TOK-NONE")
	c.now = on(10, 0).AddDate(1, 0, 0)
	if list := read[api.List[api.Token]](c, "token", "list"); list.Total != 1 || list.Items[0].State != "revoked" {
		t.Errorf("%+v", list)
	}
}
