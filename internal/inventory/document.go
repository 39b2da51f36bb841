package inventory

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// ToolName is the tool that a Document names: whoever reads it knows that it was
// made here, from the files of an image, and not by who built that.
const ToolName = "tidemark"

// bom is a CycloneDX document, as far as one is written here.
type bom struct {
	Format     string    `json:"bomFormat"`
	Spec       string    `json:"specVersion"`
	Version    int       `json:"version"`
	Metadata   bomAbout  `json:"metadata"`
	Components []bomPart `json:"components"`
}

type bomAbout struct {
	Tools      []bomTool     `json:"tools"`
	Component  bomPart       `json:"component"`
	Properties []bomProperty `json:"properties,omitempty"`
}

type bomTool struct {
	Vendor string `json:"vendor"`
	Name   string `json:"name"`
}

type bomPart struct {
	Type       string        `json:"type"`
	Ref        string        `json:"bom-ref"`
	Group      string        `json:"group,omitempty"`
	Name       string        `json:"name"`
	Version    string        `json:"version,omitempty"`
	Purl       string        `json:"purl,omitempty"`
	Hashes     []bomHash     `json:"hashes,omitempty"`
	Properties []bomProperty `json:"properties,omitempty"`
}

type bomHash struct {
	Alg     string `json:"alg"`
	Content string `json:"content"`
}

type bomProperty struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// maxRemarks bounds what a document says of files that were not read.
const maxRemarks = 200

// Document writes the packages as a bill of materials of an artifact: CycloneDX
// 1.5. The same packages give the same bytes: it has no time and no serial number.
func (f Found) Document(of twin.ArtifactRef) ([]byte, error) {
	doc := bom{Format: "CycloneDX", Spec: "1.5", Version: 1, Components: f.parts()}
	doc.Metadata = bomAbout{
		Tools: []bomTool{{"tidemark", ToolName}},
		Component: bomPart{
			Type: "container", Ref: "image", Name: of.Name, Version: cmp.Or(of.Digest, of.Tag),
			Hashes: imageHash(of.Digest),
		},
	}
	say := func(what string, list []Skipped) {
		for i, s := range list {
			if i == maxRemarks {
				doc.Metadata.Properties = append(doc.Metadata.Properties, bomProperty{"tidemark:" + what, fmt.Sprintf("and %d more", len(list)-i)})
				return
			}
			doc.Metadata.Properties = append(doc.Metadata.Properties, bomProperty{"tidemark:" + what, s.Path + ": " + s.Reason})
		}
	}
	doc.Metadata.Properties = append(doc.Metadata.Properties, bomProperty{"tidemark:made-from", "the files of the image"})
	for _, n := range f.Notes {
		doc.Metadata.Properties = append(doc.Metadata.Properties, bomProperty{"tidemark:note", n})
	}
	say("unread", f.Unread)
	say("skipped", f.Skipped)
	body, err := json.Marshal(doc)
	return body, fault.Wrap(fault.Internal, err, "write the bill of materials of %s", of)
}

func imageHash(digest string) []bomHash {
	const sha256 = "sha256:"
	if len(digest) < len(sha256) || digest[:len(sha256)] != sha256 {
		return nil
	}
	return []bomHash{{"SHA-256", digest[len(sha256):]}}
}

// parts are the packages, each once, with the file and the layer that hold it.
func (f Found) parts() []bomPart {
	out := []bomPart{}
	at := map[twin.Component]bool{}
	for _, p := range f.Packages {
		if at[p.Component] {
			continue
		}
		at[p.Component] = true
		part := bomPart{
			Type: cmp.Or(p.Type, "library"), Ref: strconv.Itoa(len(out) + 1), Group: p.Group, Name: p.Name, Version: p.Version, Purl: p.Purl,
			Properties: []bomProperty{{"tidemark:path", p.Path}},
		}
		if p.Layer != "" {
			part.Properties = append(part.Properties, bomProperty{"tidemark:layer", p.Layer})
		}
		out = append(out, part)
	}
	return slices.Clip(out)
}
