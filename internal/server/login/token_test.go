package login

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
)

func (d *door) token(p access.Principal, q api.TokenRequest) api.TokenDetail {
	d.t.Helper()
	if q.Expires.IsZero() {
		q.Expires = d.now().Add(90 * 24 * time.Hour)
	}
	doc, err := d.Admin().CreateToken(context.Background(), p, q)
	if err != nil {
		d.t.Fatal(err)
	}
	return doc
}

func TestTokens(t *testing.T) {
	t.Parallel()
	d, ctx := newDoor(t, false), context.Background()
	made := d.token(root, api.TokenRequest{Role: "source", Source: "ci", Products: []string{"shop", "pay"}})
	if !strings.HasPrefix(made.Secret, made.Prefix) || len(made.Prefix) != 8 || made.Name != "source ci" || made.State != "active" || made.CreatedBy != "os:root" {
		t.Errorf("%+v", made)
	}
	p, sess, err := d.Authenticate(request(http.MethodPost, made.Secret)) // needs no CSRF header
	want := access.Principal{Name: "source ci", Kind: access.ByToken, Role: access.Source, Source: "ci", Products: []string{"pay", "shop"}, TokenID: made.ID}
	if diff := cmp.Diff(want, p); diff != "" || err != nil || sess != nil {
		t.Error(diff, err)
	}
	listed, err := d.Admin().Tokens(ctx, root, "", 0)
	if err != nil || len(listed.Items) != 1 || listed.Items[0].LastUsed == nil || listed.Total != 1 {
		t.Errorf("%+v, %v", listed, err)
	}
	if k, found, err := d.db.FindToken(ctx, hashOf(made.Secret), d.now()); err != nil || !found || strings.Contains(k.Hash, made.Secret) {
		t.Errorf("kept: %+v, %v", k, err)
	}
	for name, secret := range map[string]string{
		"none": tokenPrefix, "other": tokenPrefix + strings.Repeat("a", secretLength), "no_prefix": made.Secret[4:], "longer": made.Secret + "a",
	} {
		r := request(http.MethodGet, "", "Authorization", "Bearer "+secret)
		_, _, err := d.Authenticate(r)
		d.want(name, err, fault.Unauthenticated)
	}
	if _, err := d.Admin().RevokeToken(ctx, root, made.ID); err != nil || d.kind(made.Secret) != fault.Unauthenticated {
		t.Errorf("holds after it was revoked: %v", err)
	}
	short := d.token(root, api.TokenRequest{Role: "viewer", Expires: d.now().Add(time.Hour)})
	d.wait(time.Hour - 1000)
	if d.kind(short.Secret) != "" {
		t.Error("expired too early")
	}
	d.wait(1000)
	if d.kind(short.Secret) != fault.Unauthenticated {
		t.Error("holds after its end")
	}
	_, err = d.Admin().CreateToken(ctx, root, api.TokenRequest{Role: "boss", Expires: d.now()})
	d.want("boss", err, fault.Invalid)
	_, err = d.Admin().RevokeToken(ctx, root, "TOK-NONE")
	d.want("none", err, fault.NotFound)
}

// A header with a token that does not hold is refused, though there is a cookie
// that does: who sends a token means it.
func TestTheTokenDecides(t *testing.T) {
	t.Parallel()
	d := newDoor(t, false)
	d.user("ann", access.Viewer)
	e := d.in("ann")
	for _, header := range []string{"Bearer tdm_x", "Basic YTpi", ""} {
		r := request(http.MethodGet, e.Secret)
		r.Header["Authorization"] = []string{header}
		_, _, err := d.Authenticate(r)
		d.want(header, err, fault.Unauthenticated)
	}
}

// A personal token has the rights that its user has now.
func TestPersonalTokens(t *testing.T) {
	t.Parallel()
	d, ctx := newDoor(t, false), context.Background()
	d.user("ann", access.Triager, "shop")
	d.user("bob", access.Viewer)
	ann, bob := d.in("ann").Principal(), d.in("bob").Principal()
	made := d.token(ann, api.TokenRequest{Personal: true})
	p, _, err := d.Authenticate(request(http.MethodPost, made.Secret))
	if err != nil || p.Role != access.Triager || p.May(access.ManageOwn) || p.Actor() != "token:"+made.ID+" ann" {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = d.Admin().CreateToken(ctx, p, api.TokenRequest{Personal: true, Expires: d.now().Add(time.Hour)})
	d.want("a token makes no token", err, fault.Forbidden)
	_, err = d.Admin().CreateToken(ctx, ann, api.TokenRequest{Personal: true, Role: "admin", Expires: d.now().Add(time.Hour)})
	d.want("with a role", err, fault.Invalid)
	role := "viewer"
	if _, _, err := d.Admin().ChangeUser(ctx, root, "ann", api.UserChange{Role: &role, AllProducts: true}); err != nil {
		t.Fatal(err)
	}
	if p, _, err := d.Authenticate(request(http.MethodGet, made.Secret)); err != nil || p.Role != access.Viewer || p.Products != nil {
		t.Errorf("after the rights changed: %+v, %v", p, err)
	}
	theirs := d.token(bob, api.TokenRequest{Personal: true, Name: "laptop"})
	if list, err := d.Admin().Tokens(ctx, bob, "", 0); err != nil || list.Total != 1 || list.Items[0].ID != theirs.ID {
		t.Errorf("one's own only: %+v, %v", list, err)
	}
	_, err = d.Admin().RevokeToken(ctx, bob, made.ID)
	d.want("another's", err, fault.NotFound)
	if _, err := d.Admin().RevokeToken(ctx, bob, theirs.ID); err != nil {
		t.Errorf("one's own: %v", err)
	}
	off := true
	if _, _, err := d.Admin().ChangeUser(ctx, root, "ann", api.UserChange{Disabled: &off}); err != nil || d.kind(made.Secret) != fault.Unauthenticated {
		t.Errorf("the token of a disabled user holds: %v", err)
	}
}

// Nobody gives or takes away what they do not have.
func TestWhoMayManage(t *testing.T) {
	t.Parallel()
	d, ctx, desk := newDoor(t, false), context.Background(), (*Admin)(nil)
	desk = d.Admin()
	d.user("ann", access.Viewer)
	of := func(role access.Role, products ...string) access.Principal {
		return access.Principal{Name: "x", Kind: access.ByPassword, Role: role, Products: products}
	}
	strong := d.token(root, api.TokenRequest{Role: "admin"})
	for _, role := range append(access.Roles(), "boss", "") {
		kind := fault.Forbidden
		if role == access.Admin {
			kind = ""
		}
		p, yes := of(role), true
		_, err := desk.Users(ctx, p, "", 0)
		d.want("list users as "+string(role), err, kind)
		_, err = desk.User(ctx, p, "ann")
		d.want("a user as "+string(role), err, kind)
		_, err = desk.IssueCode(ctx, p, "ann")
		d.want("a code as "+string(role), err, kind)
		_, err = desk.SetPassword(ctx, p, "ann", good)
		d.want("a password as "+string(role), err, kind)
		_, err = desk.CreateUser(ctx, p, api.UserRequest{Name: "new", Role: "viewer"})
		d.want("a new user as "+string(role), err, kind)
		_, _, err = desk.ChangeUser(ctx, p, "ann", api.UserChange{Disabled: &yes})
		d.want("disable as "+string(role), err, kind)
	}
	expires := d.now().Add(time.Hour)
	for _, c := range []struct {
		p    access.Principal
		role string
		want fault.Kind
	}{
		{of(access.Operator), "source", ""},
		{of(access.Operator), "viewer", ""},
		{of(access.Operator), "admin", fault.Forbidden},
		{of(access.Operator), "triager", fault.Forbidden},
		{of(access.Operator), "auditor", fault.Forbidden},
		{of(access.Triager), "viewer", fault.Forbidden},
		{of(access.Operator, "shop"), "source", fault.Forbidden},
		{of(access.Admin), "admin", ""},
		{access.Principal{}, "viewer", fault.Forbidden},
	} {
		_, err := desk.CreateToken(ctx, c.p, api.TokenRequest{Role: c.role, Source: map[bool]string{true: "ci"}[c.role == "source"], Expires: expires})
		d.want(string(c.p.Role)+" makes "+c.role, err, c.want)
	}
	_, err := desk.RevokeToken(ctx, of(access.Operator), strong.ID)
	d.want("an operator revokes an admin's", err, fault.Forbidden)
	_, err = desk.Tokens(ctx, access.Principal{Kind: access.ByToken, Role: access.Source}, "", 0)
	d.want("a source lists", err, fault.Forbidden)
}

func TestUsersAreManaged(t *testing.T) {
	t.Parallel()
	d, ctx := newDoor(t, false), context.Background()
	desk := d.Admin()
	for _, name := range []string{"ann", "bob", "cyd"} {
		d.user(name, access.Viewer, "shop")
	}
	page, err := desk.Users(ctx, root, "", 2)
	if err != nil || page.Total != 3 || len(page.Items) != 2 || !page.Truncated || *page.Next != "bob" {
		t.Fatalf("%+v, %v", page, err)
	}
	if page, err = desk.Users(ctx, root, *page.Next, 2); err != nil || len(page.Items) != 1 || page.Truncated || page.Next != nil {
		t.Errorf("%+v, %v", page, err)
	}
	_, err = desk.CreateUser(ctx, root, api.UserRequest{Name: "ann", Role: "viewer", Password: good})
	d.want("taken", err, fault.Conflict)
	_, err = desk.CreateUser(ctx, root, api.UserRequest{Name: "dan", Role: "viewer", Password: "dan"})
	d.want("short", err, fault.Invalid)
	_, _, err = desk.ChangeUser(ctx, root, "ann", api.UserChange{Products: []string{"x"}, AllProducts: true})
	d.want("both", err, fault.Invalid)
	role := "owner"
	none := ""
	_, _, err = desk.ChangeUser(ctx, root, "ann", api.UserChange{Role: &role, Team: &none})
	d.want("an owner without a team", err, fault.Invalid)
	_, err = desk.User(ctx, root, "A\x00")
	d.want("no name", err, fault.Invalid)
	before, after, err := desk.ChangeUser(ctx, root, "ann", api.UserChange{Products: []string{}})
	if err != nil || before.AllProducts || len(before.Products) != 1 || after.AllProducts || len(after.Products) != 0 {
		t.Errorf("%+v, %+v, %v", before, after, err)
	}
	off := true
	if _, _, err := desk.ChangeUser(ctx, root, "bob", api.UserChange{Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	_, err = desk.IssueCode(ctx, root, "bob")
	d.want("a code for a disabled one", err, fault.Conflict)
}
