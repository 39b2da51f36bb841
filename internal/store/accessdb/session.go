package accessdb

import (
	"context"
	"errors"
	"time"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

// maxSessions is how many sessions a user has at most; the oldest ends first.
const maxSessions = 50

// errNotStarted rolls back what a session began with.
var errNotStarted = errors.New("no session may begin")

// StartSession begins a session if it may, and says whether it did. It ends the
// session that it follows, uses the code up, and removes those that are over.
func (db *sessions) StartSession(ctx context.Context, b access.Beginning, e ctem.AuditEntry) (started bool, err error) {
	err = noted(ctx, db.db, func(t *tx) ([]ctem.AuditEntry, error) { return only(e), t.startSession(b) })
	if errors.Is(err, errNotStarted) {
		return false, nil
	}
	return err == nil, err
}

func (t *tx) startSession(b access.Beginning) error {
	s := b.Session
	n, err := t.Exec(`UPDATE access_user SET seen_at = ? WHERE name = ? AND password = ? AND disabled = 0`,
		sqldb.Micros(s.SeenAt), s.User, b.WasHash)
	if err != nil {
		return err
	}
	if n == 0 {
		return errNotStarted
	}
	if b.Code != "" {
		n, err := t.Exec(`DELETE FROM access_code WHERE hash = ? AND user_name = ? AND expires > ?`, b.Code, s.User, sqldb.Micros(s.SeenAt))
		if err != nil {
			return err
		}
		if n == 0 {
			return errNotStarted
		}
	}
	if err := t.endOld(s, b.Follows); err != nil {
		return err
	}
	return t.insertSession(s)
}

func (t *tx) insertSession(s access.Session) error {
	_, err := t.Exec(`INSERT INTO access_session (hash, user_name, created_at, seen_at, expires, must_set) VALUES (?, ?, ?, ?, ?, ?)`,
		s.Hash, s.User, sqldb.Micros(s.CreatedAt), sqldb.Micros(s.SeenAt), sqldb.Micros(s.Expires), sqldb.BoolCode(s.MustSetPassword))
	return err
}

func (t *tx) endOld(s access.Session, follows string) error {
	if _, err := t.Exec(`DELETE FROM access_session WHERE hash = ? OR expires <= ? OR seen_at <= ?`,
		follows, sqldb.Micros(s.SeenAt), sqldb.Micros(s.SeenAt.Add(-access.SessionIdle))); err != nil {
		return err
	}
	if _, err := t.Exec(`DELETE FROM access_code WHERE expires <= ?`, sqldb.Micros(s.SeenAt)); err != nil {
		return err
	}
	_, err := t.Exec(`DELETE FROM access_session WHERE user_name = ? AND hash NOT IN
		(SELECT hash FROM access_session WHERE user_name = ? ORDER BY created_at DESC, hash LIMIT ?)`, s.User, s.User, maxSessions-1)
	return err
}

// FindSession returns a session by its hash with its user, if it holds at a
// time and the user is not disabled.
func (db *sessions) FindSession(ctx context.Context, hash string, now time.Time) (s access.Session, u access.User, found bool, err error) {
	err = read(ctx, db.db, func(t *tx) error {
		found = false
		return t.Query(`SELECT s.created_at, s.seen_at, s.expires, s.must_set, u.name, u.role, u.team, u.products, u.password, u.disabled,
			u.created_at, u.seen_at, u.preferences FROM access_session s JOIN access_user u ON u.name = s.user_name
			WHERE s.hash = ?`, func(r sqldb.Scanner) error {
			var row userRow
			var created, seen, expires, mustSet int64
			err := r.Scan(append([]any{&created, &seen, &expires, &mustSet}, row.targets()...)...)
			if err != nil {
				return err
			}
			if u, err = row.user(); err != nil {
				return err
			}
			s = access.Session{
				Hash: hash, User: u.Name, CreatedAt: sqldb.FromMicros(created), SeenAt: sqldb.FromMicros(seen),
				Expires: sqldb.FromMicros(expires), MustSetPassword: mustSet != 0,
			}
			found = s.Alive(now) && !u.Disabled
			return nil
		}, hash)
	})
	return s, u, found && err == nil, err
}

// TouchSession notes that a session was used.
func (db *sessions) TouchSession(ctx context.Context, hash string, now time.Time) error {
	return write(ctx, db.db, func(t *tx) error {
		us, before := sqldb.Micros(now), sqldb.Micros(now.Add(-access.Coarse))
		n, err := t.Exec(`UPDATE access_session SET seen_at = ? WHERE hash = ? AND seen_at <= ?`, us, hash, before)
		if err != nil || n == 0 {
			return err
		}
		_, err = t.Exec(`UPDATE access_user SET seen_at = ? WHERE seen_at < ? AND name = (SELECT user_name FROM access_session WHERE hash = ?)`, us, us, hash)
		return err
	})
}

// EndSession ends one session; one that is over already is left alone.
func (db *sessions) EndSession(ctx context.Context, hash string, e ctem.AuditEntry) error {
	return noted(ctx, db.db, func(t *tx) ([]ctem.AuditEntry, error) {
		n, err := t.Exec(`DELETE FROM access_session WHERE hash = ?`, hash)
		if err != nil || n == 0 {
			return nil, err
		}
		return only(e), nil
	})
}

// PutCode gives a user a one-time code; the one before holds no more.
func (db *sessions) PutCode(ctx context.Context, c access.Code, e ctem.AuditEntry) error {
	return noted(ctx, db.db, func(t *tx) ([]ctem.AuditEntry, error) { return only(e), t.putCode(c) })
}

func (t *tx) putCode(c access.Code) error {
	_, err := t.Exec(`INSERT INTO access_code (user_name, hash, expires) VALUES (?, ?, ?)
		ON CONFLICT (user_name) DO UPDATE SET hash = excluded.hash, expires = excluded.expires`, c.User, c.Hash, sqldb.Micros(c.Expires))
	return err
}

// FindCode names the user whose code it is, if it holds at a time. The session
// that begins with it uses it up.
func (db *sessions) FindCode(ctx context.Context, hash string, now time.Time) (user string, found bool, err error) {
	err = read(ctx, db.db, func(t *tx) error {
		found, err = t.Get(`SELECT user_name FROM access_code WHERE hash = ? AND expires > ?`, []any{hash, sqldb.Micros(now)}, &user)
		return err
	})
	return user, found, err
}
