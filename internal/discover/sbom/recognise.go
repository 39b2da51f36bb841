package sbom

import (
	"bytes"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
)

// supported ends every refusal of a format.
const supported = "supported are CycloneDX 1.2 to 1.7 (JSON, XML) and SPDX 2.2 and 2.3 (JSON, tag-value) and 3.0 (JSON)"

type syntax int

const (
	syntaxJSON syntax = iota
	syntaxXML
	syntaxTags
)

// magic is how a file begins that is no text.
type magic struct {
	prefix, what, hint string
}

func magics() []magic {
	const unpack = "unpack it first; compressed documents are not opened"
	return []magic{
		{"\x1f\x8b", "gzip data", unpack},
		{"PK\x03\x04", "a zip archive", unpack},
		{"PK\x05\x06", "an empty zip archive", unpack},
		{"\x28\xb5\x2f\xfd", "zstd data", unpack},
		{"BZh", "bzip2 data", unpack},
		{"\xfd7zXZ", "xz data", unpack},
		{"\x00\x00\xfe\xff", "UTF-32 text", "convert it to UTF-8"},
		{"\xff\xfe\x00\x00", "UTF-32 text", "convert it to UTF-8"},
		{"\xfe\xff", "UTF-16 text", "convert it to UTF-8"},
		{"\xff\xfe", "UTF-16 text", "convert it to UTF-8"},
		{"{\x00", "UTF-16 text", "convert it to UTF-8"},
		{"<\x00", "UTF-16 text", "convert it to UTF-8"},
		{"\x00{", "UTF-16 text", "convert it to UTF-8"},
		{"\x00<", "UTF-16 text", "convert it to UTF-8"},
		{"\x7fELF", "a program (ELF)", "give the SBOM of it"},
	}
}

// recognise says in which syntax the document is written, and returns it
// without a byte order mark.
func recognise(data []byte) (syntax, []byte, error) {
	for _, m := range magics() {
		if bytes.HasPrefix(data, []byte(m.prefix)) {
			return 0, nil, fault.New(fault.Invalid, "this is %s, not an SBOM; %s", m.what, supported).WithHint("%s", m.hint)
		}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	text := bytes.TrimLeft(data, " \t\r\n")
	if len(text) == 0 {
		return 0, nil, fault.New(fault.Invalid, "the document is empty")
	}
	switch text[0] {
	case '{':
		return syntaxJSON, data, nil
	case '<':
		return syntaxXML, data, nil
	}
	what := plainText(text)
	if what == tagged {
		return syntaxTags, data, nil
	}
	return 0, nil, fault.New(fault.Invalid, "this is %s; %s", what, supported)
}

// tagged is what plainText says of a document in tag-value form.
const tagged = "an SPDX document in tag-value form"

// plainText names what neither is a JSON object nor XML, as far as its first lines tell.
func plainText(text []byte) string {
	if text[0] == '[' {
		return "a JSON array, not an SBOM (which is one object)"
	}
	head := string(text[:min(len(text), 4096)])
	for line := range strings.Lines(head) {
		word, _, found := strings.Cut(strings.TrimSpace(line), ":")
		if !found {
			continue
		}
		switch strings.Trim(word, `"'`) {
		case "SPDXVersion":
			return tagged
		case "spdxVersion", "SPDXID":
			return "an SPDX document in YAML form"
		case "bomFormat":
			return "a CycloneDX document in YAML form"
		}
	}
	return "neither a JSON object nor XML"
}

// unknownJSON names a JSON object that is no SBOM we read.
func unknownJSON(o outline) error {
	hint := ""
	what := "a JSON object that is neither CycloneDX (bomFormat) nor SPDX 2 (spdxVersion)"
	switch {
	case o.has("predicateType"), o.has("payloadType"):
		what = "an attestation"
		hint = "give the SBOM inside it (the predicate)"
	case o.has("sbom"):
		what = "a JSON object whose \"sbom\" is no SBOM"
	case o.has("artifacts") && o.has("schema"):
		what = "a document in Syft's own JSON"
		hint = "write it anew with: syft convert FILE -o cyclonedx-json"
	}
	err := fault.New(fault.Invalid, "this is %s; %s", what, supported)
	if hint == "" {
		return err
	}
	return err.WithHint("%s", hint)
}
