package estate

import (
	"bytes"
	"context"
	"strings"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server/reply"
	"github.com/tidemark/tidemark/internal/twin"
)

// SBOM is the bill of materials that told what an artifact is made of at a time,
// as it came.
func (d placing) SBOM(ctx context.Context, artifact string, m api.Moment) (api.SBOM, error) {
	at := d.Time(m)
	out := api.SBOM{Schema: api.SchemaSBOM, AsOf: at.Time(), KnownAt: reply.When(at.KnownAt), Artifact: artifact}
	var err error
	if out.Computed, err = d.Computed(ctx); err != nil {
		return out, err
	}
	ask := d.Asks(at)
	ask.Limit, ask.Terms = 1, []ctem.Term{{Key: "id", Op: ":", Values: []string{artifact}}}
	seen, err := d.Estate.ArtifactsList(ctx, ask)
	if err != nil {
		return out, err
	}
	if len(seen.Items) == 0 { // or the viewer may not see it
		return out, reply.Missing(twin.KindArtifact, artifact)
	}
	known, err := d.Twin.Artifacts(ctx, []string{artifact})
	if err != nil {
		return out, err
	}
	c, ok := contentsAt(known[artifact].Contents, at)
	if !ok {
		return out, fault.New(fault.NotFound, "no bill of materials of %q is known at this time", artifact).WithHint("ask without a time, or give one: tidemark ingest sbom")
	}
	doc, err := d.Twin.SBOMDocument(ctx, c.SBOM)
	if err != nil {
		return out, err
	}
	if doc.Body == nil {
		return out, fault.New(fault.NotFound, "the bill of materials of %q is kept no longer: only what it said is", artifact).WithHint("of each artifact the newest document is kept, older ones for 90 days")
	}
	out.Format, out.Version, out.Hash, out.Size, out.Observed, out.Body = doc.Format, doc.Version, doc.Hash, len(doc.Body), reply.When(c.From), doc.Body
	out.Media, out.File = mediaOf(&doc, seen.Items[0].Ref)
	return out, nil
}

// contentsAt is what was known of an artifact's contents at a time.
func contentsAt(list []twin.Contents, at ctem.AsOf) (twin.Contents, bool) {
	when := at.Time()
	for i := len(list) - 1; i >= 0; i-- {
		c := list[i]
		if !c.From.After(when) && (c.To.IsZero() || c.To.After(when)) && (at.KnownAt.IsZero() || !c.RecordedAt.After(at.KnownAt)) {
			return c, true
		}
	}
	return twin.Contents{}, false
}

// mediaOf is the media type of a document and the name of a file for it.
func mediaOf(doc *twin.KeptSBOM, ref twin.ArtifactRef) (media, file string) {
	kind, ending := "cyclonedx", "cdx"
	if strings.EqualFold(doc.Format, "SPDX") {
		kind, ending = "spdx", "spdx"
	}
	name := safeName(ref)
	switch head := bytes.TrimLeft(doc.Body, "\xef\xbb\xbf \t\r\n"); {
	case bytes.HasPrefix(head, []byte("{")) && kind == "spdx":
		return "application/spdx+json", name + "." + ending + ".json"
	case bytes.HasPrefix(head, []byte("{")):
		return "application/vnd.cyclonedx+json", name + "." + ending + ".json"
	case bytes.HasPrefix(head, []byte("<")):
		return "application/vnd.cyclonedx+xml", name + "." + ending + ".xml"
	}
	return "text/spdx", name + "." + ending
}

// safeName is a name of an artifact of which any file system can make a file.
func safeName(ref twin.ArtifactRef) string {
	name := ref.Name[strings.LastIndex(ref.Name, "/")+1:]
	if ref.Tag != "" {
		name += "-" + ref.Tag
	}
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, name)
	if name = strings.TrimLeft(name, ".-"); name == "" {
		return "artifact"
	}
	return name[:min(len(name), maxFileName)]
}

const maxFileName = 100
