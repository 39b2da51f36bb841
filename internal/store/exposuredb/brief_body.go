package exposuredb

import (
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
)

// briefBody reads of an exposure's body what an index needs: the fix, and of
// each instance the version, image, artifact and source. The texts share the
// bytes of the body.
//
// It walks the text itself, because a hundred thousand of these are read at each
// start, and does not fear what it does not know: a body that is not written as
// encodeBody writes it is read in full, and cut down.
func briefBody(text string, e *ctem.Exposure) error {
	w := walker{text: text}
	instances, fix := w.body()
	if w.lost || w.text != "" {
		var full ctem.Exposure
		full.ID = e.ID
		if err := decodeBody(text, &full); err != nil {
			return err
		}
		instances, fix = full.Instances, full.Fix
		for i := range instances {
			in := &instances[i]
			*in = ctem.Instance{Version: in.Version, Image: in.Image, Artifact: in.Artifact, Source: in.Source}
		}
	}
	e.Instances, e.Fix = instances, fix
	return nil
}

// walker walks along a JSON text without white space and escapes. It is lost
// when it meets something else, and then stays so.
type walker struct {
	text string
	lost bool
}

func (w *walker) body() (instances []ctem.Instance, fix string) {
	w.object(func(key string) {
		switch key {
		case "instances":
			instances = w.instances()
		case "fix":
			fix = w.quoted()
		default:
			w.skip()
		}
	})
	return instances, fix
}

func (w *walker) instances() []ctem.Instance {
	if strings.HasPrefix(w.text, "null") {
		w.text = w.text[len("null"):]
		return nil
	}
	list := make([]ctem.Instance, 0, 1)
	w.list(func() {
		var in ctem.Instance
		w.object(func(key string) {
			switch key {
			case "version":
				in.Version = w.quoted()
			case "image":
				in.Image = w.quoted()
			case "artifact":
				in.Artifact = w.quoted()
			case "source":
				in.Source = w.quoted()
			default:
				w.skip()
			}
		})
		list = append(list, in)
	})
	return list
}

// object calls member for each key; member takes the value.
func (w *walker) object(member func(key string)) {
	w.between('{', '}', func() {
		key := w.quoted()
		w.take(':')
		member(key)
	})
}

func (w *walker) list(item func()) { w.between('[', ']', item) }

func (w *walker) between(open, end byte, item func()) {
	w.take(open)
	for first := true; !w.lost; first = false {
		if w.next() == end {
			w.take(end)
			return
		}
		if !first {
			w.take(',')
		}
		item()
	}
}

// next is the byte that comes, 0 at the end.
func (w *walker) next() byte {
	if w.text == "" {
		return 0
	}
	return w.text[0]
}

func (w *walker) take(want byte) {
	if w.next() != want {
		w.lost = true
		return
	}
	w.text = w.text[1:]
}

// quoted takes a text in which nothing is escaped.
func (w *walker) quoted() string {
	w.take('"')
	end := strings.IndexByte(w.text, '"')
	if end < 0 || strings.IndexByte(w.text[:end], '\\') >= 0 {
		w.lost = true
		return ""
	}
	out := w.text[:end]
	w.text = w.text[end+1:]
	return out
}

// skip passes over a value of any kind.
func (w *walker) skip() {
	switch w.next() {
	case '"':
		w.quoted()
	case '{':
		w.object(func(string) { w.skip() })
	case '[':
		w.list(w.skip)
	default:
		n := strings.IndexAny(w.text, ",]}")
		if n <= 0 {
			w.lost = true
			return
		}
		w.text = w.text[n:]
	}
}
