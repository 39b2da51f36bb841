package intel

import (
	"path/filepath"
	"strings"

	"github.com/tidemark/tidemark/internal/advisory"
)

// sender knows the paths of a folder by the names that whoever sent it has for
// them: where it was unpacked is nobody's affair.
type sender struct {
	as      string // what the folder is called; "": by its own path
	root    string
	origins map[string]string // by path, where it was fetched
}

// shown is a path in the sender's words.
func (s sender) shown(path string) string {
	if s.as == "" {
		return path
	}
	rel, err := filepath.Rel(s.root, path)
	switch {
	case err != nil || !filepath.IsLocal(rel):
		return filepath.Base(path)
	case rel == ".":
		return s.as
	}
	return filepath.ToSlash(rel)
}

// said is a text in the sender's words.
func (s sender) said(text string) string {
	if s.as == "" {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, s.root+string(filepath.Separator), ""), s.root, s.as)
}

func (s sender) rejections(list []advisory.Rejection) []advisory.Rejection {
	for i := range list {
		list[i].Where, list[i].Reason = s.said(list[i].Where), s.said(list[i].Reason)
	}
	return list
}

// origin is where a file came from.
func (s sender) origin(path string) string {
	if o, ok := s.origins[path]; ok {
		return o
	}
	return s.shown(path)
}
