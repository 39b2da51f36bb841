package host

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/twin"
)

// filled sets every field of a value to something that is not its zero value.
func filled(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if !v.CanSet() || v.Type().String() == "time.Time" {
			return
		}
		for i := range v.NumField() {
			filled(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		filled(v.Index(0))
	case reflect.Map:
		one := reflect.New(v.Type().Elem()).Elem()
		filled(one)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("k"), one)
	case reflect.String:
		v.SetString("x")
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Bool:
		v.SetBool(true)
	default:
	}
}

// What the agent writes is what the twin reads, field by field.
func TestTheWireHasTheShapeOfTheTwin(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string][2]any{
		"host":   {&api.SeenHost{}, &twin.Host{}},
		"loaded": {&api.SeenLoaded{}, &twin.Loaded{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var texts [2][]byte
			for i, v := range pair {
				filled(reflect.ValueOf(v).Elem())
				raw, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				texts[i] = raw
			}
			if !bytes.Equal(texts[0], texts[1]) {
				t.Errorf("the wire has\n%s\nand the twin\n%s", texts[0], texts[1])
			}
		})
	}
}

func TestFlowsAreNamedAsTheTwinNamesThem(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"web 1%", strings.Repeat("long", 200)} {
		mine := flow{From: api.SeenEnd{Kind: "Workload", Scope: "prod", Name: name}, To: api.SeenEnd{Kind: "Address", Name: "10.0.0.6"}, Protocol: "tcp", Port: 443, How: "observed", Where: []string{"socket of x"}}
		raw, err := json.Marshal(mine)
		if err != nil {
			t.Fatal(err)
		}
		var theirs twin.Flow
		if err := json.Unmarshal(raw, &theirs); err != nil {
			t.Fatal(err)
		}
		if mine.name() != theirs.Name() || theirs.How != twin.FlowObserved {
			t.Errorf("%q, want %q", mine.name(), theirs.Name())
		}
		again, err := json.Marshal(theirs)
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("%s, want %s (%v)", raw, again, err)
		}
	}
}
