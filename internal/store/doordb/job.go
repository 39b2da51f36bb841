package doordb

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/store/sqldb"
)

const jobColumns = `id, kind, object, actor, owner, state, began, ended, holds, progress, result, fault`

// jobs is the part of the room that keeps what takes long.
type jobs struct{ db *sqldb.DB }

// StartJob begins a job with its entry in the log, unless one runs: then it
// returns that one, and nothing was begun. Those of which nothing was heard any
// more are noted as interrupted.
func (db *jobs) StartJob(ctx context.Context, j ctem.Job, e ctem.AuditEntry) (running ctem.Job, started bool, err error) {
	err = db.db.Write(ctx, func(t *sqldb.Tx) error {
		if err := sqldb.LockAudit(t); err != nil { // who starts waits for who starts
			return err
		}
		list, err := runningJobs(t)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.At(j.Began).State == ctem.JobRunning {
				running, started = x, false
				return nil
			}
			if err := interrupt(t, x, x.Holds); err != nil {
				return err
			}
		}
		progress, err := json.Marshal(j.Progress)
		if err != nil {
			return fmt.Errorf("write how far job %s is: %w", j.ID, err)
		}
		started = true
		if _, err := t.Exec(`INSERT INTO job (`+jobColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, '', '')`,
			j.ID, j.Kind, j.Object, j.By, j.Owner, string(ctem.JobRunning), sqldb.Micros(j.Began), sqldb.Micros(j.Holds), string(progress)); err != nil {
			return err
		}
		return sqldb.AppendAudit(t, e)
	})
	return running, started && err == nil, err
}

// HoldJob says how far a job is, and that it still runs. Without an answer of
// ok somebody has taken it for interrupted.
func (db *jobs) HoldJob(ctx context.Context, j ctem.Job) (ok bool, err error) {
	progress, err := json.Marshal(j.Progress)
	if err != nil {
		return false, fmt.Errorf("write how far job %s is: %w", j.ID, err)
	}
	err = db.db.Write(ctx, func(t *sqldb.Tx) error {
		n, err := t.Exec(`UPDATE job SET progress = ?, holds = ? WHERE id = ? AND state = ?`,
			string(progress), sqldb.Micros(j.Holds), j.ID, string(ctem.JobRunning))
		ok = n == 1
		return err
	})
	return ok, err
}

// EndJob ends a job with its entry in the log; one that has ended is left alone.
func (db *jobs) EndJob(ctx context.Context, j ctem.Job, e ctem.AuditEntry) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		if err := sqldb.LockAudit(t); err != nil {
			return err
		}
		n, err := t.Exec(`UPDATE job SET state = ?, ended = ?, result = ?, fault = ? WHERE id = ? AND state = ?`,
			string(j.State), sqldb.Micros(j.Ended), j.Result, j.Fault, j.ID, string(ctem.JobRunning))
		if err != nil || n == 0 {
			return err
		}
		return sqldb.AppendAudit(t, e)
	})
}

// LoseJobs notes as interrupted what ran in a process that is no more: its
// successor of the same name calls it before it begins anything.
func (db *jobs) LoseJobs(ctx context.Context, owner string, now time.Time) error {
	return db.db.Write(ctx, func(t *sqldb.Tx) error {
		if err := sqldb.LockAudit(t); err != nil {
			return err
		}
		list, err := runningJobs(t)
		for _, j := range list {
			if err == nil && j.Owner == owner {
				err = interrupt(t, j, now)
			}
		}
		return err
	})
}

func interrupt(t *sqldb.Tx, j ctem.Job, at time.Time) error {
	e, err := ctem.Deed{By: ctem.Signature{Actor: j.By}, Verb: j.Kind, Object: j.Object, Outcome: string(ctem.JobInterrupted)}.Entry(at)
	if err != nil {
		return err
	}
	if _, err := t.Exec(`UPDATE job SET state = ?, ended = ? WHERE id = ?`, string(ctem.JobInterrupted), sqldb.Micros(at), j.ID); err != nil {
		return err
	}
	return sqldb.AppendAudit(t, e)
}

func runningJobs(t *sqldb.Tx) (list []ctem.Job, err error) {
	err = t.Query(`SELECT `+jobColumns+` FROM job WHERE state = ? ORDER BY began, id`, func(r sqldb.Scanner) error {
		j, err := scanJob(r)
		list = append(list, j)
		return err
	}, string(ctem.JobRunning))
	return list, err
}

// FindJob returns a job as its row has it: see ctem.Job.At.
func (db *jobs) FindJob(ctx context.Context, id string) (j ctem.Job, err error) {
	found := false
	err = db.db.Read(ctx, func(t *sqldb.Tx) error {
		return t.Query(`SELECT `+jobColumns+` FROM job WHERE id = ?`, func(r sqldb.Scanner) error {
			found = true
			j, err = scanJob(r)
			return err
		}, id)
	})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "no job %s", id).WithHint("a job is kept for 90 days")
	}
	return j, err
}

func scanJob(r sqldb.Scanner) (j ctem.Job, err error) {
	var progress string
	var began, ended, holds int64
	if err := r.Scan(&j.ID, &j.Kind, &j.Object, &j.By, &j.Owner, &j.State, &began, &ended, &holds, &progress, &j.Result, &j.Fault); err != nil {
		return j, err
	}
	j.Began, j.Ended, j.Holds = sqldb.FromMicros(began), sqldb.FromMicros(ended), sqldb.FromMicros(holds)
	if err := json.Unmarshal([]byte(progress), &j.Progress); err != nil {
		return j, fmt.Errorf("read how far job %s is: %w", j.ID, err)
	}
	return j, nil
}
