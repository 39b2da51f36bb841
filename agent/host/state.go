package host

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/fault"
)

// maxState bounds the file of the watch.
const maxState = 32 << 20

// load reads what was watched before. Who cannot read it begins anew, and says so.
func (a *Agent) load() {
	if a.cfg.State == "" {
		return
	}
	w, err := read(a.stateFile())
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		a.cfg.Log.Warn("the watch begins anew: what was kept of it cannot be read", "error", err)
		a.out.Trouble("watch", []api.Rejection{{Where: a.stateFile(), Reason: "the watch began anew: " + err.Error()}})
		return
	}
	w.adopt("host/"+a.cfg.Name, a.host().Of)
	use(a, w)
}

func read(name string) (*watch, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxState+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(data) > maxState {
		return nil, fault.New(fault.Invalid, "it has more than %d bytes", maxState)
	}
	return parseWatch(data)
}

// parseWatch reads a watch, and fills in what it leaves out.
func parseWatch(data []byte) (*watch, error) {
	w := &watch{}
	if err := json.Unmarshal(data, w); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "read the watch")
	}
	if w.Targets == nil {
		w.Targets = map[string]*target{}
	}
	if w.Procs == nil {
		w.Procs = map[string]*ran{}
	}
	if w.Flows == nil {
		w.Flows = map[string]*talk{}
	}
	for name, t := range w.Targets {
		if t == nil || hasNil(t.Seen) || hasNil(t.Old) {
			return nil, fault.New(fault.Invalid, "the watch has holes at %s", name)
		}
		whole := newTarget(t.Of)
		for _, fill := range []struct {
			missing bool
			do      func()
		}{
			{t.Seen == nil, func() { t.Seen = whole.Seen }},
			{t.Paths == nil, func() { t.Paths = whole.Paths }},
			{t.Prev == nil, func() { t.Prev = whole.Prev }},
			{t.Old == nil, func() { t.Old = whole.Old }},
			{t.Ran == nil, func() { t.Ran = whole.Ran }},
			{t.Opens == nil, func() { t.Opens = whole.Opens }},
		} {
			if fill.missing {
				fill.do()
			}
		}
	}
	if hasNil(w.Procs) || hasNil(w.Flows) {
		return nil, fault.New(fault.Invalid, "the watch has holes")
	}
	return w, nil
}

func hasNil[V any](m map[string]*V) bool {
	for _, v := range m {
		if v == nil {
			return true
		}
	}
	return false
}

// save writes the watch: a whole new file in the place of the old one.
func (a *Agent) save() (err error) {
	if a.cfg.State == "" {
		return nil
	}
	if err := os.MkdirAll(a.cfg.State, 0o700); err != nil {
		return fault.Wrap(fault.Unavailable, err, "keep the watch")
	}
	f, err := os.CreateTemp(a.cfg.State, "watch-*.tmp")
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "keep the watch")
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the error is told already
		}
	}()
	err = json.NewEncoder(f).Encode(a.look.watch)
	if err = errors.Join(err, f.Close()); err != nil {
		return fault.Wrap(fault.Unavailable, err, "keep the watch")
	}
	return fault.Wrap(fault.Unavailable, os.Rename(f.Name(), a.stateFile()), "keep the watch")
}
