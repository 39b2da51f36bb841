package demo

import "context"

// scope gives what the business says about itself.
func (p *Player) scope(ctx context.Context, week int) error {
	if p.doors.Scope == nil {
		return nil
	}
	return nil
}

func (p *Player) rule(ctx context.Context, week int) error {
	return nil
}
