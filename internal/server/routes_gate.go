package server

import (
	"context"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/admission"
)

// gateRoutes judge images before they run.
func gateRoutes(s *Server) {
	im := s.cfg.Doors.Images
	handle(s, read("judgeImage", "images/verdict", tagExposures, "Judge an image as if it ran in an environment").whole(),
		func(ctx context.Context, _ access.Principal, in *struct {
			Image       string   `query:"image" required:"true" minLength:"1" maxLength:"1000" doc:"by digest: sha256:…, or a name with @sha256:…"`
			Environment string   `query:"environment" required:"true" minLength:"1" maxLength:"200" doc:"that it goes to"`
			Service     string   `query:"service" maxLength:"200" doc:"that it is for: its doors count, and what people decided about it"`
			FailOn      []string `query:"fail_on" maxItems:"10" doc:"act (the default), schedule, kev or score>=N"`
		},
		) (api.Gate, error) {
			if im == nil {
				return api.Gate{}, notOffered("verdicts on images")
			}
			return im.JudgeImage(ctx, api.ImageAsk{Image: in.Image, Environment: in.Environment, Service: in.Service, FailOn: in.FailOn})
		})
	review := post("reviewAdmission", "admission/review/{environment}/{unknown}/{fail_on}", tagExposures, "Admit or deny what a cluster is about to run (AdmissionReview v1)").needs(access.Read).whole()
	review.MaxBody = maxReview
	handle(s, review, s.review)
}

// maxReview bounds a review: an API server takes objects of at most 3 MB, and
// sends the old one as well.
const maxReview = 8 << 20

// reviewed is one review, and by which policy it is answered. That is in the
// path, since an API server takes no address with a query.
type reviewed struct {
	Environment string `path:"environment" minLength:"1" maxLength:"200" doc:"that the cluster, or the namespace, is"`
	Unknown     string `path:"unknown" enum:"deny-unknown,allow-unknown" doc:"what an image means of which nothing can be said: allow-unknown lets it in with a warning"`
	FailOn      string `path:"fail_on" minLength:"1" maxLength:"200" doc:"act, schedule, kev or score>=N; with commas between for several"`
	RawBody     []byte `contentType:"application/octet-stream" doc:"AdmissionReview of admission.k8s.io/v1, as JSON"`
}

// review judges every image of an object that it did not have before. It
// stores nothing.
func (s *Server) review(ctx context.Context, _ access.Principal, in *reviewed) (out api.AdmissionReview, err error) {
	if s.cfg.Doors.Images == nil {
		return out, notOffered("admission")
	}
	r, err := admission.Parse(in.RawBody)
	if err != nil {
		return out, fault.Wrap(fault.Invalid, err, "the review")
	}
	verdicts := make([]api.Gate, len(r.Images))
	for i, image := range r.Images {
		ask := api.ImageAsk{Image: image, Environment: in.Environment, Service: r.Service, FailOn: strings.Split(in.FailOn, ",")}
		if verdicts[i], err = s.cfg.Doors.Images.JudgeImage(ctx, ask); err != nil {
			return out, err
		}
	}
	return admission.Policy{DenyUnknown: in.Unknown != "allow-unknown"}.Answer(r, verdicts), nil
}
