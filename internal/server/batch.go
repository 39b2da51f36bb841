package server

import (
	"bytes"
	"compress/gzip"
	"io"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
)

// batchDepth is how deep a batch may nest: far above what an object of a cluster
// has.
const batchDepth = 80

// readBatch reads a batch of an agent, which may be packed. What it unpacks to
// is bounded like any document.
func readBatch(body []byte, encoding string, limit int64) (out api.Observations, err error) {
	if encoding == "gzip" {
		if body, err = unpacked(body, limit); err != nil {
			return out, err
		}
	}
	if err := hostile.Unmarshal(body, hostile.Limits{Depth: batchDepth}, &out); err != nil {
		return out, fault.Wrap(fault.Invalid, err, "read the batch")
	}
	if out.Schema != api.SchemaObservations {
		return out, fault.New(fault.Invalid, "%q is no schema of batches", out.Schema).WithHint("send %s", api.SchemaObservations)
	}
	return out, nil
}

func unpacked(body []byte, limit int64) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "unpack the batch")
	}
	out, err := io.ReadAll(io.LimitReader(z, limit+1))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "unpack the batch")
	}
	if int64(len(out)) > limit {
		return nil, fault.New(fault.Invalid, "the batch unpacks to more than %d MiB", limit>>20).WithHint("send smaller batches")
	}
	return out, nil
}
