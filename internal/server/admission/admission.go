// Package admission reads what a Kubernetes API server asks before it takes an
// object (AdmissionReview, admission.k8s.io/v1), and writes what it is answered.
//
// The model. A Review has the images of the pods that an object makes: of a pod,
// of anything with a pod template, of a cron job. Of a changed object these are
// the images that it did not have before. A Policy says what an image of which
// nothing can be said means.
//
// Invariants. Input is hostile: it is bounded, and refused as a whole when it is
// no review. What makes no pod, and what is deleted, is allowed. So is a change
// that brings no image: what runs stays, and a controller may scale down, or
// take the last finalizer off, what should not run. A denial names every image
// that is a reason for it.
package admission

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
)

// The bounds of a review.
const (
	maxImages  = 200
	maxWarning = 256 // bytes: longer ones are cut by some clients
	maxMessage = 8 << 10
)

const (
	apiVersion = "admission.k8s.io/v1"
	kind       = "AdmissionReview"
)

// Review is one question of an API server.
type Review struct {
	UID       string
	Operation string
	Service   string // that the object says it is of; "": it does not
	Images    []string
}

type document struct {
	APIVersion string
	Kind       string
	Request    *struct {
		UID       string
		Operation string
		Object    *object
		OldObject *object
	}
}

type object struct {
	Metadata struct {
		Name   string
		Labels map[string]string
	}
	Spec spec
}

// spec is that of a pod, of what has a template of pods, or of a cron job.
type spec struct {
	podSpec
	Template    *template
	JobTemplate *struct {
		Spec struct{ Template *template }
	}
}

type template struct {
	Metadata struct{ Labels map[string]string }
	Spec     podSpec
}

type podSpec struct {
	Containers          []container
	InitContainers      []container
	EphemeralContainers []container
}

type container struct{ Image string }

// Parse reads a question.
func Parse(body []byte) (r Review, err error) {
	if err := hostile.CheckJSON(body, hostile.Limits{}); err != nil {
		return r, err
	}
	var d document
	if err := json.Unmarshal(body, &d); err != nil {
		return r, fault.Wrap(fault.Invalid, err, "the review")
	}
	if d.APIVersion != apiVersion || d.Kind != kind || d.Request == nil || d.Request.UID == "" {
		return r, fault.New(fault.Invalid, "it is no %s of %s", kind, apiVersion).WithHint("list v1 among admissionReviewVersions of the webhook")
	}
	r = Review{UID: d.Request.UID, Operation: d.Request.Operation}
	if o := d.Request.Object; o != nil && r.Operation != "DELETE" && r.Operation != "CONNECT" {
		r.take(o)
	}
	if len(r.Images) > maxImages {
		return r, fault.New(fault.Invalid, "the object has more than %d images", maxImages)
	}
	if old := d.Request.OldObject; old != nil {
		var had Review
		had.take(old)
		r.Images = slices.DeleteFunc(r.Images, func(image string) bool { return slices.Contains(had.Images, image) })
	}
	return r, nil
}

// take lists the images of an object, each once.
func (r *Review) take(o *object) {
	labels, pods := []map[string]string{o.Metadata.Labels}, []podSpec{o.Spec.podSpec}
	for _, t := range []*template{o.Spec.Template, o.jobTemplate()} {
		if t != nil {
			labels, pods = append(labels, t.Metadata.Labels), append(pods, t.Spec)
		}
	}
	for _, l := range labels {
		for _, key := range []string{"app.kubernetes.io/name", "app"} {
			if r.Service == "" {
				r.Service = l[key]
			}
		}
	}
	if r.Service == "" && len(pods) > 1 {
		r.Service = o.Metadata.Name // of what makes pods; a pod's own name is nobody's
	}
	for _, p := range pods {
		r.add(slices.Concat(p.InitContainers, p.Containers, p.EphemeralContainers))
	}
}

func (r *Review) add(list []container) {
	for _, c := range list {
		if c.Image != "" && !slices.Contains(r.Images, c.Image) && len(r.Images) <= maxImages {
			r.Images = append(r.Images, c.Image)
		}
	}
}

func (o *object) jobTemplate() *template {
	if o.Spec.JobTemplate == nil {
		return nil
	}
	return o.Spec.JobTemplate.Spec.Template
}

// Policy says what an image of which nothing can be said means: a denial, or a
// warning.
type Policy struct{ DenyUnknown bool }

// Answer allows or denies by the verdicts on the review's images, in their order.
func (p Policy) Answer(r Review, verdicts []api.Gate) api.AdmissionReview {
	out := api.AdmissionReview{APIVersion: apiVersion, Kind: kind, Response: api.AdmissionResponse{UID: r.UID, Allowed: true}}
	var denied []string
	for i, v := range verdicts {
		text := r.Images[i] + ": " + v.Sentence + detail(&v)
		switch {
		case v.Verdict == "fail", v.Verdict == "unknown" && p.DenyUnknown:
			denied = append(denied, text)
		case v.Verdict == "unknown", len(v.Suppressed) > 0:
			out.Response.Warnings = append(out.Response.Warnings, cut(text, maxWarning))
		}
	}
	if len(denied) > 0 {
		out.Response.Allowed = false
		out.Response.Status = &api.AdmissionStatus{Code: 403, Reason: "Forbidden", Message: cut(strings.Join(denied, "; "), maxMessage)}
	}
	return out
}

// detail names the worst of what a verdict rests on, with its fix, and who has
// let what pass.
func detail(v *api.Gate) string {
	const most = 3
	var parts []string
	for i, it := range v.Failed {
		if i == most {
			parts = append(parts, "…")
			break
		}
		text := it.Weakness + " in " + it.Component
		if it.Fix != nil {
			text += ", fixed in " + *it.Fix
		}
		parts = append(parts, text)
	}
	for i, it := range v.Suppressed {
		if i == most {
			break
		}
		parts = append(parts, it.Weakness+" suppressed by "+it.By)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

func cut(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) <= most {
		return s
	}
	const mark = "…"
	s = s[:most-len(mark)]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + mark
}
