package admission

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/fault"
)

// asked is a review of an object.
func asked(operation, object string) []byte {
	return []byte(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-1","kind":{"group":"","version":"v1","kind":"Pod"},"namespace":"n","operation":"` +
		operation + `","userInfo":{"username":"ann"},"object":` + object + `,"oldObject":null,"dryRun":false,"options":{}}}`)
}

// changed is a review of an object that was another one before.
func changed(object, old string) []byte {
	return []byte(strings.Replace(string(asked("UPDATE", object)), `"oldObject":null`, `"oldObject":`+old, 1))
}

const podSpecText = `{"initContainers":[{"name":"i","image":"init@sha256:1"}],"containers":[{"name":"a","image":"a@sha256:2"},{"name":"b","image":"a@sha256:2"}],"ephemeralContainers":[{"name":"e","image":"debug:latest"}]}`

func TestImagesOfEveryKindOfObject(t *testing.T) {
	t.Parallel()
	all := []string{"init@sha256:1", "a@sha256:2", "debug:latest"}
	for name, c := range map[string]struct {
		body    []byte
		service string
		images  []string
	}{
		"pod":        {asked("CREATE", `{"metadata":{"name":"shop-xyz"},"spec":`+podSpecText+`}`), "", all},
		"pod_named":  {asked("CREATE", `{"metadata":{"name":"x","labels":{"app":"no","app.kubernetes.io/name":"shop"}},"spec":`+podSpecText+`}`), "shop", all},
		"deployment": {asked("UPDATE", `{"metadata":{"name":"shop"},"spec":{"replicas":2,"template":{"metadata":{"labels":{}},"spec":`+podSpecText+`}}}`), "shop", all},
		"template":   {asked("UPDATE", `{"metadata":{"name":"x"},"spec":{"template":{"metadata":{"labels":{"app":"shop"}},"spec":`+podSpecText+`}}}`), "shop", all},
		"cron_job":   {asked("CREATE", `{"metadata":{"name":"night"},"spec":{"jobTemplate":{"spec":{"template":{"spec":`+podSpecText+`}}}}}`), "night", all},
		"unchanged":  {changed(`{"metadata":{"name":"x","finalizers":[]},"spec":`+podSpecText+`}`, `{"metadata":{"name":"x"},"spec":`+podSpecText+`}`), "", []string{}},
		"scaled":     {changed(`{"spec":{"replicas":0,"template":{"spec":`+podSpecText+`}}}`, `{"spec":{"replicas":3,"template":{"spec":`+podSpecText+`}}}`), "", []string{}},
		"new_image":  {changed(`{"spec":`+podSpecText+`}`, `{"spec":{"containers":[{"image":"a@sha256:2"},{"image":"init@sha256:0"}]}}`), "", []string{"init@sha256:1", "debug:latest"}},
		"service":    {asked("CREATE", `{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}]}}`), "", nil},
		"deleted":    {asked("DELETE", `{"metadata":{"name":"shop"},"spec":`+podSpecText+`}`), "", nil},
		"nothing":    {asked("DELETE", `null`), "", nil},
	} {
		r, err := Parse(c.body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.images, r.Images); diff != "" || r.Service != c.service || r.UID != "u-1" {
			t.Errorf("%s: %+v %s", name, r, diff)
		}
	}
}

func TestWhatIsNoReviewIsRefused(t *testing.T) {
	t.Parallel()
	many := `{"spec":{"containers":[` + strings.TrimSuffix(strings.Repeat(`{"image":"IMG"},`, maxImages+1), ",") + `]}}`
	for i := 0; strings.Contains(many, "IMG"); i++ {
		many = strings.Replace(many, "IMG", "i"+strings.Repeat("x", i), 1)
	}
	for _, body := range []string{
		"", "null", "[]", `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1","request":{"uid":"u"}}`,
		`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}`, `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":""}}`,
		string(asked("CREATE", `{"spec":{"containers":"x"}}`)), string(asked("CREATE", many)),
		`{"kind":"AdmissionReview","kind":"x","apiVersion":"admission.k8s.io/v1","request":{"uid":"u"}}`,
	} {
		if _, err := Parse([]byte(body)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.60q: %v", body, err)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	fix := "2.0"
	pass := api.Gate{Verdict: "pass", Sentence: "GATE PASS"}
	fail := api.Gate{Verdict: "fail", Sentence: "GATE FAIL", Failed: []api.GateItem{{Weakness: "CVE-1", Component: "pkg:npm/left@1", Fix: &fix}}}
	unknown := api.Gate{Verdict: "unknown", Sentence: "GATE UNKNOWN"}
	excused := api.Gate{Verdict: "pass", Sentence: "GATE PASS", Suppressed: []api.GateItem{{Weakness: "CVE-2", By: "eve"}}}
	r := Review{UID: "u", Images: []string{"one", "two"}}
	for name, c := range map[string]struct {
		policy   Policy
		verdicts []api.Gate
		allowed  bool
		says     []string
		warnings int
	}{
		"pass":         {Policy{true}, []api.Gate{pass, pass}, true, nil, 0},
		"fail":         {Policy{}, []api.Gate{pass, fail}, false, []string{"two: GATE FAIL", "CVE-1", "fixed in 2.0"}, 0},
		"both":         {Policy{}, []api.Gate{fail, fail}, false, []string{"one: ", "two: "}, 0},
		"unknown":      {Policy{true}, []api.Gate{unknown, pass}, false, []string{"one: GATE UNKNOWN"}, 0},
		"unknown_let":  {Policy{}, []api.Gate{unknown, pass}, true, nil, 1},
		"fail_and_let": {Policy{}, []api.Gate{unknown, fail}, false, []string{"two"}, 1},
		"excused":      {Policy{true}, []api.Gate{excused, pass}, true, nil, 1},
	} {
		got := c.policy.Answer(r, c.verdicts)
		if got.Response.UID != "u" || got.Response.Allowed != c.allowed || len(got.Response.Warnings) != c.warnings || (got.Response.Status == nil) != c.allowed {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		for _, text := range c.says {
			if !strings.Contains(got.Response.Status.Message, text) {
				t.Errorf("%s: it does not say %q: %s", name, text, got.Response.Status.Message)
			}
		}
	}
	none := Policy{DenyUnknown: true}.Answer(Review{UID: "u"}, nil)
	b, err := json.Marshal(none)
	if err != nil || string(b) != `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u","allowed":true}}` {
		t.Errorf("%s, %v", b, err)
	}
}

// Whatever is asked, it is refused or has few images, and is answered with
// bounded text.
func FuzzParse(f *testing.F) {
	f.Add(asked("CREATE", `{"metadata":{"name":"x","labels":{"app":"shop"}},"spec":`+podSpecText+`}`))
	f.Add(asked("UPDATE", `{"spec":{"template":{"spec":`+podSpecText+`},"jobTemplate":{"spec":{"template":null}}}}`))
	f.Add(asked("DELETE", "null"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Parse(body)
		if err != nil {
			return
		}
		verdicts := make([]api.Gate, len(r.Images))
		for i := range verdicts {
			verdicts[i] = api.Gate{Verdict: []string{"fail", "unknown"}[i%2], Sentence: r.Images[i]}
		}
		a := Policy{}.Answer(r, verdicts)
		if a.Response.Allowed != (len(r.Images) == 0) {
			t.Errorf("%d images, allowed %v", len(r.Images), a.Response.Allowed)
		}
		for _, w := range a.Response.Warnings {
			if len(w) > maxWarning || !utf8.ValidString(w) {
				t.Errorf("warning of %d bytes", len(w))
			}
		}
		if s := a.Response.Status; s != nil && len(s.Message) > maxMessage {
			t.Errorf("message of %d bytes", len(s.Message))
		}
	})
}
