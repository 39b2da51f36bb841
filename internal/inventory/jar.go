package inventory

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/inventory/image"
	"github.com/tidemark/tidemark/internal/twin"
)

// The bounds of an archive of Java.
const (
	maxJarDepth   = 5         // archives in archives
	maxJarEntries = 200_000   // of one archive
	maxJarText    = 1 << 20   // of a file in it that is read
	maxJarBytes   = 512 << 20 // unpacked, of all archives in one
)

func isJar(f image.File) bool { return isJarName(f.Path) }

func isJarName(name string) bool {
	return slices.Contains([]string{".jar", ".war", ".ear", ".jpi", ".hpi", ".nar"}, strings.ToLower(path.Ext(name)))
}

// readJar reads what Maven writes into an archive about what it is made of, and
// so into each of those in it. One about which it wrote nothing has the name of
// its file, which has no group: it cannot be matched, and is undecided.
func readJar(_ context.Context, in input) ([]twin.Component, error) {
	j := jars{left: maxJarBytes, nestedMost: maxFile}
	if err := j.read(in.path, Places{bytes.NewReader(in.data), int64(len(in.data))}, 0); err != nil {
		return nil, err
	}
	out := make([]twin.Component, 0, len(j.found))
	for _, p := range j.found {
		out = append(out, p.Component)
	}
	return sorted(out), nil
}

// jars are an archive and those in it.
type jars struct {
	found      []Package
	left       int64
	nestedMost int64 // of one archive in another, unpacked
}

func (j *jars) read(name string, f Places, depth int) error {
	z, err := zip.NewReader(f, f.Size)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%s", base(name))
	}
	if depth > maxJarDepth || len(z.File) > maxJarEntries {
		return fault.New(fault.Invalid, "%s nests deeper than %d or has more than %d entries", base(name), maxJarDepth, maxJarEntries)
	}
	before, named := len(j.found), false
	for _, e := range z.File {
		switch {
		case isPomProperties(e.Name):
			named = true
			err = j.properties(name, e)
		case isJarName(e.Name):
			err = j.nested(name, e, f, depth)
		}
		if err != nil {
			return err
		}
	}
	if !named && before == len(j.found) {
		j.byName(name)
	}
	return nil
}

func isPomProperties(name string) bool {
	return strings.HasPrefix(name, "META-INF/maven/") && path.Base(name) == "pom.properties"
}

// unpack reads an entry within the bounds. What an entry says of its size may
// be wrong; what comes out counts.
func (j *jars) unpack(f *zip.File, most int64) (data []byte, err error) {
	r, err := f.Open()
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%s", f.Name)
	}
	data, err = io.ReadAll(io.LimitReader(r, min(most, j.left)+1))
	if e := r.Close(); err == nil {
		err = e
	}
	if j.left -= int64(len(data)); j.left < 0 || int64(len(data)) > most {
		return nil, bomb(f.Name)
	}
	return data, fault.Wrap(fault.Invalid, err, "%s", f.Name)
}

// nested reads an archive in an archive: where it stands, when it is not packed
// there, as those of programs that are one file are not.
func (j *jars) nested(name string, f *zip.File, in Places, depth int) error {
	inner := name + InArchive + f.Name
	offset, err := f.DataOffset()
	if size := int64(f.UncompressedSize64); err == nil && f.Method == zip.Store && size >= 0 && size == int64(f.CompressedSize64) {
		if j.left -= size; j.left < 0 {
			return bomb(f.Name)
		}
		return j.read(inner, Places{io.NewSectionReader(in, offset, size), size}, depth+1)
	}
	data, err := j.unpack(f, j.nestedMost)
	if err != nil {
		return err
	}
	return j.read(inner, Places{bytes.NewReader(data), int64(len(data))}, depth+1)
}

func bomb(name string) error {
	return fault.New(fault.Invalid, "%s unpacks to more than is read of one archive", name).WithHint("this looks like an archive bomb")
}

// properties reads a pom.properties: KEY=value lines.
func (j *jars) properties(name string, f *zip.File) error {
	data, err := j.unpack(f, maxJarText)
	if err != nil {
		return err
	}
	values := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, "="); ok {
			values[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	if group, artifact := values["groupId"], values["artifactId"]; group != "" && artifact != "" {
		j.found = append(j.found, Package{Component: component("maven", group+"/"+artifact, values["version"]), Path: name})
	}
	return nil
}

var jarName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(.+?)-([0-9][0-9A-Za-z.+_-]*)$`) })

func (j *jars) byName(name string) {
	stem := strings.TrimSuffix(base(name), path.Ext(name))
	c := twin.Component{Type: "library", Name: stem}
	if m := jarName().FindStringSubmatch(stem); m != nil {
		c.Name, c.Version = m[1], m[2]
	}
	j.found = append(j.found, Package{Component: c, Path: name})
}
