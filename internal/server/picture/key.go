package picture

import (
	"strconv"
	"strings"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/server/reply"
)

// momentKey names a time; the present is one, whatever the clock says.
func momentKey(at ctem.AsOf) string {
	if at.At.IsZero() && at.KnownAt.IsZero() {
		return "now "
	}
	return strconv.FormatInt(at.At.UnixMicro(), 36) + "/" + strconv.FormatInt(at.KnownAt.UnixMicro(), 36) + " "
}

// viewerKey names what a viewer may see.
func viewerKey(v reply.Viewer) string {
	if v.Products == nil && v.Owner == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString(strconv.Quote(v.Owner))
	if v.Products == nil {
		b.WriteString("*")
	}
	for _, p := range v.Products {
		b.WriteString(strconv.Quote(p))
	}
	b.WriteByte(' ')
	return b.String()
}
