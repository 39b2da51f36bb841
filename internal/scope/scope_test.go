package scope

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

func TestExampleSaysWhatItMeans(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../examples/scope.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	type said struct {
		Owner, Rule string
		Tier        int
		Data        []string
	}
	got := map[string]said{}
	for _, name := range []string{"checkout", "catalogue", "reports", "unheard"} {
		owner, rule := s.Owner(name)
		got[name] = said{owner, rule, s.Tier(name), s.Data(name)}
	}
	want := map[string]said{
		"checkout":  {"team-shop", "product shop in the scope", 5, []string{"cardholder", "personal"}},
		"catalogue": {"team-shop", "product shop in the scope", 3, []string{"public"}},
		"reports":   {"team-office", "product back-office in the scope", 2, nil},
		"unheard":   {},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s.Known("unheard") || !s.Known("reports") {
		t.Error("known is not what the file names")
	}
}

const tenFaults = `schema: tidemark.scope/v2
products:
  - name: shop
    tier: 9
    owner: nobody
    colour: blue
    services: [checkout, chekout]
  - name: shop
services:
  - name: checkout
    product: office
    tier: high
  - tier: 3
environments:
  - name: prod
    kind: productive
owners:
  - name: team
    name: crew
`

func TestAllFaultsAtOnceWithTheirLines(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(tenFaults))
	if fault.KindOf(err) != fault.Invalid {
		t.Fatalf("%v", err)
	}
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("%v has no list", err)
	}
	var got []string
	for _, f := range faults {
		got = append(got, f.String())
	}
	want := []string{
		`line 1: the schema is "tidemark.scope/v2", not tidemark.scope/v1`,
		`line 4: the tier is 9: use 1 to 5, 5 for the most critical`,
		`line 5: the owner "nobody" is not among the owners`,
		`line 6: a product has no key colour`,
		`line 7: product "shop" lists the service "chekout", which is not among the services`,
		`line 8: "shop" appears twice among the products`,
		`line 11: service "checkout" is in the product "office", which is not among the products`,
		`line 12: "high" is written where a number is needed`,
		`line 13: one of the services has no name`,
		`line 16: environment "prod" has the kind "productive": use production, staging, test or development`,
		`line 19: the key name appears twice in one owner`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNoScope(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no-yaml": "a: [", "empty": "", "a-list": "- a\n- b\n", "binary": "\xff\xfe", "bell": "schema: tidemark.scope/v1\nowners:\n  - name: \"a\\ab\"\n",
		"too-long": "schema: tidemark.scope/v1\nowners:\n  - name: " + strings.Repeat("a", 301) + "\n", "huge": strings.Repeat("#", maxBytes+1),
	} {
		if s, err := Parse([]byte(text)); fault.KindOf(err) != fault.Invalid || cmp.Diff(ctem.Scope{}, s) != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(tenFaults))
	f.Add([]byte("schema: tidemark.scope/v1\nservices: [{name: a, products: [b]}]\nproducts: [{name: b}]\n"))
	f.Add([]byte("a: &a [*a, *a]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("%v is not the file's fault", err)
			}
			return
		}
		for _, x := range s.Services {
			if tier := s.Tier(x.Name); !s.Known(x.Name) || tier < 0 || tier > 5 || len(s.ProductsOf(x.Name)) != len(x.Products) {
				t.Fatalf("service %q: tier %d, products %v", x.Name, tier, x.Products)
			}
		}
	})
}
