package deploy

import (
	"bytes"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// Bundle is what several files say, as one document to be sent elsewhere.
type Bundle struct {
	Body    []byte
	Records bool             // records, else manifests
	Sourced bool             // a record says its source
	Ignored []twin.Rejection // what Read would leave out
}

// Join puts the manifests, or the records, at paths into one document that
// reads like all of them. It takes and refuses what Read does; one document
// holds manifests or records, not both.
func Join(ctx context.Context, paths []string) (Bundle, error) {
	sources, err := collect(ctx, paths)
	if err != nil {
		return Bundle{}, err
	}
	var j joint
	for _, s := range sources {
		j.out.Ignored = append(j.out.Ignored, s.ignored...)
		for _, f := range s.files {
			if err := j.add(f); err != nil {
				return Bundle{}, err
			}
		}
	}
	return j.bundle(strings.Join(paths, ", "))
}

// joint gathers the bodies of one document.
type joint struct {
	out                Bundle
	manifests, records [][]byte
	empty              []twin.Rejection // empty arrays: among manifests they say nothing
	yaml               bool
}

func (j *joint) add(f File) error {
	found, err := parse(f)
	if err != nil {
		return err
	}
	if found.neither != "" && f.Named {
		return fault.New(fault.Invalid, "%s: %s", f.Name, found.neither).WithHint("%s", found.hint)
	}
	body := bytes.TrimPrefix(f.Body, []byte("\xef\xbb\xbf"))
	switch {
	case found.neither != "":
		j.out.Ignored = append(j.out.Ignored, twin.Rejection{Where: f.Name, Reason: joined(found.neither, found.hint)})
	case found.isRecords && len(found.records) == 0:
		j.empty = append(j.empty, twin.Rejection{Where: f.Name, Reason: "an empty list of records among manifests"})
	case found.isRecords || len(found.records) > 0:
		j.records = append(j.records, body)
		j.out.Sourced = j.out.Sourced || slices.ContainsFunc(found.records, func(r twin.DeploymentRecord) bool { return r.Source != "" })
	default:
		j.yaml = j.yaml || !isJSON(f.Name, body)
		j.manifests = append(j.manifests, body)
	}
	return nil
}

func isJSON(name string, body []byte) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".json", ".ndjson", ".jsonl":
		return true
	}
	head := bytes.TrimLeft(body, " \t\r\n")
	return len(head) > 0 && (head[0] == '{' || head[0] == '[')
}

func (j *joint) bundle(where string) (Bundle, error) {
	switch {
	case len(j.manifests) > 0 && len(j.records) > 0:
		return Bundle{}, fault.New(fault.Invalid, "%s: manifests and records together", where).WithHint("send them in two calls, each with a --source of its own")
	case len(j.records) > 0:
		j.out.Records, j.out.Body = true, bytes.Join(j.records, []byte("\n"))
	case len(j.manifests) > 0:
		between := "\n"
		if j.yaml {
			between = "\n---\n"
		}
		j.out.Body = bytes.Join(j.manifests, []byte(between))
		j.out.Ignored = append(j.out.Ignored, j.empty...)
	case len(j.empty) > 0:
		j.out.Records, j.out.Body = true, []byte("[]")
	default:
		return Bundle{}, nothingRead(&input{name: where, ignored: j.out.Ignored})
	}
	return j.out, nil
}
