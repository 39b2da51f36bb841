package accessdb

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

const userColumns = `name, role, team, products, password, disabled, created_at, seen_at, preferences`

// CreateUser adds a user, with a one-time code unless its hash is ""; a name that
// is taken is a conflict.
func (db *users) CreateUser(ctx context.Context, u access.User, c access.Code, e ctem.AuditEntry) error {
	return noted(ctx, db.db, func(t *tx) ([]ctem.AuditEntry, error) {
		n, err := t.insertUser(u, "")
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "there is a user %s already", u.Name).WithHint("choose another name, or change that user")
		}
		if err == nil && c.Hash != "" {
			err = t.putCode(c)
		}
		return only(e), err
	})
}

// CreateFirstUser adds a user if there is none at all, and says whether it did.
func (db *users) CreateFirstUser(ctx context.Context, u access.User, e ctem.AuditEntry) (created bool, err error) {
	err = noted(ctx, db.db, func(t *tx) ([]ctem.AuditEntry, error) {
		n, err := t.insertUser(u, `WHERE NOT EXISTS (SELECT 1 FROM access_user)`)
		if created = n == 1; !created {
			return nil, err
		}
		return only(e), err
	})
	return created && err == nil, err
}

func (t *tx) insertUser(u access.User, only string) (int64, error) {
	products, preferences, err := userTexts(u)
	if err != nil {
		return 0, err
	}
	// The casts tell PostgreSQL the types of a list that is no VALUES.
	return t.Exec(`INSERT INTO access_user (`+userColumns+`)
		SELECT CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT),
			CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT)
		FROM (SELECT 1 AS one) AS o `+or(only, "WHERE 1 = 1")+` ON CONFLICT (name) DO NOTHING`,
		u.Name, string(u.Role), u.Team, products, u.PasswordHash, sqldb.BoolCode(u.Disabled),
		sqldb.Micros(u.CreatedAt), sqldb.Micros(u.LastSeen), preferences)
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func userTexts(u access.User) (products, preferences string, err error) {
	if products, err = productsText(u.Products); err != nil {
		return "", "", fmt.Errorf("write the products of %s: %w", u.Name, err)
	}
	b, err := json.Marshal(u.Preferences)
	if err != nil {
		return "", "", fmt.Errorf("write the preferences of %s: %w", u.Name, err)
	}
	return products, string(b), nil
}

// FindUser returns a user by name.
func (db *users) FindUser(ctx context.Context, name string) (u access.User, err error) {
	err = read(ctx, db.db, func(t *tx) error {
		u, err = t.user(name)
		return err
	})
	return u, err
}

func (t *tx) user(name string) (u access.User, err error) {
	found := false
	err = t.Query(`SELECT `+userColumns+` FROM access_user WHERE name = ?`, func(r sqldb.Scanner) error {
		found = true
		u, err = scanUser(r)
		return err
	}, name)
	if err == nil && !found {
		return u, fault.New(fault.NotFound, "no user %q", name).WithHint("tidemark user list shows them")
	}
	return u, err
}

func scanUser(r sqldb.Scanner) (u access.User, err error) {
	var row userRow
	if err := r.Scan(row.targets()...); err != nil {
		return u, err
	}
	return row.user()
}

// userRow is a user as its columns have it.
type userRow struct {
	name, role, team, products, password, preferences string
	disabled, created, seen                           int64
}

func (r *userRow) targets() []any {
	return []any{&r.name, &r.role, &r.team, &r.products, &r.password, &r.disabled, &r.created, &r.seen, &r.preferences}
}

func (r *userRow) user() (access.User, error) {
	u := access.User{
		Name: r.name, Role: access.Role(r.role), Team: r.team, PasswordHash: r.password, Disabled: r.disabled != 0,
		CreatedAt: sqldb.FromMicros(r.created), LastSeen: sqldb.FromMicros(r.seen),
	}
	var err error
	if u.Products, err = productsOf(r.products); err != nil {
		return u, fmt.Errorf("user %s: %w", r.name, err)
	}
	if err := json.Unmarshal([]byte(r.preferences), &u.Preferences); err != nil {
		return u, fmt.Errorf("read the preferences of %s: %w", r.name, err)
	}
	return u, nil
}

// Users lists users by name, from the one after a name on, and counts all.
func (db *users) Users(ctx context.Context, after string, limit int) (list []access.User, total int, err error) {
	err = read(ctx, db.db, func(t *tx) error {
		list = nil
		if _, err := t.Get(`SELECT COUNT(*) FROM access_user`, nil, &total); err != nil {
			return err
		}
		return t.Query(`SELECT `+userColumns+` FROM access_user WHERE name > ? ORDER BY name LIMIT ?`, func(r sqldb.Scanner) error {
			u, err := scanUser(r)
			list = append(list, u)
			return err
		}, after, limit)
	})
	return list, total, err
}

// Changed says what the log keeps of a change of a user.
type Changed = func(before, after access.User) (ctem.AuditEntry, error)

// ChangeUser changes what is given, and ends sessions when asked to, in one
// transaction with what the log says of it. It returns the user before and after.
// It refuses to take away the last admin who can sign in: changes wait for each
// other, so that two of them cannot each leave the other's admin as the last one.
func (db *users) ChangeUser(ctx context.Context, name string, c access.UserChange, note Changed) (before, after access.User, err error) {
	err = noted(ctx, db.db, func(t *tx) ([]ctem.AuditEntry, error) {
		if before, after, err = t.changeUser(name, c); err != nil {
			return nil, err
		}
		e, err := note(before, after)
		return only(e), err
	})
	return before, after, err
}

func (t *tx) changeUser(name string, c access.UserChange) (before, after access.User, err error) {
	// The row is locked before it is read: two changes follow one another.
	if _, err := t.Exec(`UPDATE access_user SET name = name WHERE name = ?`, name); err != nil {
		return before, after, err
	}
	if before, err = t.user(name); err != nil {
		return before, after, err
	}
	if c.WasHash != nil && *c.WasHash != before.PasswordHash {
		return before, after, fault.New(fault.Conflict, "the password of %s was changed by somebody else meanwhile", name).WithHint("sign in anew")
	}
	after = c.Apply(before)
	if err := t.keepAnAdmin(before, after); err != nil {
		return before, after, err
	}
	return before, after, t.updateUser(after, c)
}

func (t *tx) keepAnAdmin(before, after access.User) error {
	rules := func(u access.User) bool { return u.Role == access.Admin && !u.Disabled && u.Products == nil }
	if !rules(before) || rules(after) {
		return nil
	}
	var others int
	_, err := t.Get(`SELECT COUNT(*) FROM access_user WHERE role = ? AND disabled = 0 AND products = 'null' AND name <> ?`,
		[]any{string(access.Admin), before.Name}, &others)
	if err == nil && others == 0 {
		return fault.New(fault.Conflict, "%s is the last admin: nobody could manage users any more", before.Name).
			WithHint("make somebody else an admin first")
	}
	return err
}

func (t *tx) updateUser(u access.User, c access.UserChange) error {
	products, preferences, err := userTexts(u)
	if err != nil {
		return err
	}
	_, err = t.Exec(`UPDATE access_user SET role = ?, team = ?, products = ?, password = ?, disabled = ?, preferences = ? WHERE name = ?`,
		string(u.Role), u.Team, products, u.PasswordHash, sqldb.BoolCode(u.Disabled), preferences, u.Name)
	if err != nil || !c.EndSessions {
		return err
	}
	if _, err := t.Exec(`DELETE FROM access_session WHERE user_name = ? AND hash <> ?`, u.Name, c.Keep); err != nil {
		return err
	}
	if _, err := t.Exec(`DELETE FROM access_code WHERE user_name = ?`, u.Name); err != nil || c.Begin == nil {
		return err
	}
	return t.insertSession(*c.Begin)
}
