package login

import (
	"context"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Admin is the desk for users and tokens. Each method asks first whether the
// principal may.
type Admin struct{ s *Service }

// Admin is the service's desk for users and tokens.
func (s *Service) Admin() *Admin { return &Admin{s} }

// mayUsers lets in who manages users: who sees all products only, since a user
// of some of them would otherwise be made by one who may not see the others.
func mayUsers(p access.Principal) error {
	if p.May(access.ManageUsers) && p.Products == nil {
		return nil
	}
	return refusal(p, access.ManageUsers)
}

func refusal(p access.Principal, v access.Verb) error {
	if p.MustSetPassword {
		return fault.New(fault.Forbidden, "set a password first").WithHint("this session began with a one-time code")
	}
	return fault.New(fault.Forbidden, "%s may not %s", p.Actor(), v).WithHint("ask an admin, or use a token that may")
}

// CreateUser makes a user. Without a password they get a one-time code.
func (a *Admin) CreateUser(ctx context.Context, p access.Principal, q api.UserRequest) (api.UserDetail, error) {
	if err := mayUsers(p); err != nil {
		return api.UserDetail{}, err
	}
	u := access.User{Name: q.Name, Role: access.Role(q.Role), Team: q.Team, Products: access.SortedProducts(q.Products), CreatedAt: a.s.now()}
	if err := u.Validate(); err != nil {
		return api.UserDetail{}, err
	}
	if q.Password != "" {
		if err := CheckPassword(q.Name, q.Password); err != nil {
			return api.UserDetail{}, err
		}
		var err error
		if u.PasswordHash, err = a.s.hasher.hash(ctx, q.Password); err != nil {
			return api.UserDetail{}, err
		}
	}
	e, err := a.s.entry(ctx, p, ctem.Deed{Verb: "user create", Object: u.Name, After: brief(userItem(u))})
	if err != nil {
		return api.UserDetail{}, err
	}
	var c access.Code
	code := ""
	if q.Password == "" {
		if c, code, err = a.s.newCode(u.Name); err != nil {
			return api.UserDetail{}, err
		}
	}
	if err := a.s.store.CreateUser(ctx, u, c, e); err != nil {
		return api.UserDetail{}, err
	}
	return withCode(u, code, c.Expires), nil
}

func withCode(u access.User, code string, expires time.Time) api.UserDetail {
	doc := userDetail(u)
	doc.Code, doc.CodeExpires = code, at(expires)
	return doc
}

// IssueCode gives a user a one-time code to set a new password with. The
// password of before holds until then.
func (a *Admin) IssueCode(ctx context.Context, p access.Principal, name string) (api.UserDetail, error) {
	u, err := a.user(ctx, p, name)
	if err != nil {
		return api.UserDetail{}, err
	}
	if u.Disabled {
		return api.UserDetail{}, fault.New(fault.Conflict, "user %s is disabled", name).WithHint("enable them first")
	}
	code, expires, err := a.s.issue(ctx, p, u.Name)
	return withCode(u, code, expires), err
}

func (a *Admin) user(ctx context.Context, p access.Principal, name string) (access.User, error) {
	if err := mayUsers(p); err != nil {
		return access.User{}, err
	}
	if err := access.CheckUserName(name); err != nil {
		return access.User{}, err
	}
	return a.s.store.FindUser(ctx, name)
}

// User is one user.
func (a *Admin) User(ctx context.Context, p access.Principal, name string) (api.UserDetail, error) {
	u, err := a.user(ctx, p, name)
	return userDetail(u), err
}

// Users lists users by name, from the one after a name on; limit 0 is all.
func (a *Admin) Users(ctx context.Context, p access.Principal, after string, limit int) (api.List[api.User], error) {
	out := api.List[api.User]{Schema: api.SchemaUsers, AsOf: a.s.now(), Items: []api.User{}}
	if err := mayUsers(p); err != nil {
		return out, err
	}
	list, total, err := a.s.store.Users(ctx, after, oneMore(limit))
	out.Total = total
	for _, u := range list {
		if limit > 0 && len(out.Items) == limit {
			out.Truncated, out.Next = true, &out.Items[limit-1].Name
			break
		}
		out.Items = append(out.Items, userItem(u))
	}
	return out, err
}

// most is how many users or tokens a list has at most.
const most = 100_000

// oneMore tells whether a page follows.
func oneMore(limit int) int {
	if limit <= 0 || limit > most {
		return most
	}
	return limit + 1
}

// ChangeUser changes rights, or takes all of them away. It ends the user's
// sessions, so that nobody goes on with what was shown under other rights.
func (a *Admin) ChangeUser(ctx context.Context, p access.Principal, name string, q api.UserChange) (before, after api.UserDetail, err error) {
	u, err := a.user(ctx, p, name)
	if err != nil {
		return before, after, err
	}
	c := access.UserChange{Team: q.Team, Disabled: q.Disabled, EndSessions: true}
	if q.Role != nil {
		role := access.Role(*q.Role)
		c.Role = &role
	}
	if q.AllProducts || q.Products != nil {
		if q.AllProducts && q.Products != nil {
			return before, after, fault.New(fault.Invalid, "products and all_products are both given").WithHint("give one of them")
		}
		c.Products = &q.Products
	}
	if err := c.Apply(u).Validate(); err != nil {
		return before, after, err
	}
	if q.Password != nil {
		if c.PasswordHash, err = a.hash(ctx, name, *q.Password); err != nil {
			return before, after, err
		}
	}
	was, is, err := a.s.store.ChangeUser(ctx, name, c, a.s.comparing(ctx, p, ctem.Deed{Verb: "user change", Object: name}))
	return userDetail(was), userDetail(is), err
}

// SetPassword gives a user a password and ends their sessions.
func (a *Admin) SetPassword(ctx context.Context, p access.Principal, name, password string) (api.UserDetail, error) {
	if _, err := a.user(ctx, p, name); err != nil {
		return api.UserDetail{}, err
	}
	hash, err := a.hash(ctx, name, password)
	if err != nil {
		return api.UserDetail{}, err
	}
	note := a.s.noting(ctx, p, ctem.Deed{Verb: "user passwd", Object: name})
	_, u, err := a.s.store.ChangeUser(ctx, name, access.UserChange{PasswordHash: hash, EndSessions: true}, note)
	return userDetail(u), err
}

// hash checks a new password, and gives what is kept of it.
func (a *Admin) hash(ctx context.Context, name, password string) (*string, error) {
	if err := CheckPassword(name, password); err != nil {
		return nil, err
	}
	phc, err := a.s.hasher.hash(ctx, password)
	return &phc, err
}

func userDetail(u access.User) api.UserDetail {
	return api.UserDetail{Schema: api.SchemaUser, User: userItem(u)}
}

func userItem(u access.User) api.User {
	return api.User{
		Name: u.Name, Role: string(u.Role), Team: u.Team, Products: orEmpty(u.Products), AllProducts: u.Products == nil,
		Disabled: u.Disabled, HasPassword: u.PasswordHash != "", CreatedAt: at(u.CreatedAt), LastSeen: at(u.LastSeen),
	}
}

func orEmpty(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

// at turns a time into one that may be absent.
func at(t time.Time) *api.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}
