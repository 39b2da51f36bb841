// Package intel brings threat intelligence in: it recognises the feeds in a
// folder by what they are, reads those that changed, and hands them to a store
// in batches; or reads them straight into memory for a single question.
//
// The model. A feed is one OSV archive (<Ecosystem>/all.zip), the KEV
// catalogue, the EPSS scores, an index of public exploits (Metasploit, nuclei,
// lists of proofs of concept), CISA's SSVC points, how attackers use
// weaknesses (CTID's mappings, ATT&CK's groups), or what suppliers say of their
// products (CSAF). Sub-rooms parse (osv, kev, epss, exploit, ssvc, attack, csaf) and
// fetch; this room joins them.
//
// Invariants. An input is known by its hash: the same one is not read again.
// Nothing is skipped silently: files that are no feed, feeds that lost to a
// newer one and records that were refused are all listed with their reason.
// The newest catalogue and the newest score date win, within a folder and
// against what is stored; of SSVC points each CVE's newest, and of
// mappings to ATT&CK all that they say together. What is absent from
// an archive is never withdrawn by it. A feed that lost more than a fifth of its
// entries is held until somebody says that it is right.
package intel

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/intel/attack"
	"github.com/tidemark/tidemark/internal/intel/csaf"
	"github.com/tidemark/tidemark/internal/intel/epss"
	"github.com/tidemark/tidemark/internal/intel/exploit"
	"github.com/tidemark/tidemark/internal/intel/kev"
	"github.com/tidemark/tidemark/internal/intel/ssvc"
)

// form says how an input is to be parsed.
type form string

const (
	formZip        form = "zip"
	formKEVJSON    form = "kev-json"
	formKEVCSV     form = "kev-csv"
	formEPSS       form = "epss-csv"
	formMetasploit form = "metasploit-json"
	formNuclei     form = "nuclei-lines"
	formPoC        form = "poc-csv"
	formSSVC       form = "ssvc-table"
	formCVE        form = "cve-records"
	formCVEZip     form = "cve-archive"
	formMapping    form = "attack-mapping"
	formMapTable   form = "attack-table"
	formBundle     form = "attack-bundle"
	formCSAF       form = "csaf-json"
)

// Input is one feed's file in a folder.
type Input struct {
	Kind advisory.FeedKind
	Name string // the OSV archive's folder, "npm" or "Debian:11"; "" for all else
	Path string
	Size int64
	form form
}

// Ignored is a file that was not read, and why.
type Ignored struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Found is what a folder holds.
type Found struct {
	Inputs  []Input // OSV by path, then the others by kind
	Ignored []Ignored
}

// The bounds of a folder and of what is read of a file to recognise it.
const (
	maxFiles  = 200_000
	headBytes = 4096
)

// Scan recognises the feeds below a folder, at any depth.
func Scan(ctx context.Context, dir string) (Found, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return Found{}, fault.Wrap(fault.Invalid, err, "intelligence folder")
	}
	if !info.IsDir() {
		return Found{}, fault.New(fault.Invalid, "%s is not a folder", dir).WithHint("give the folder that holds OSV <Ecosystem>/all.zip, KEV and EPSS files")
	}
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return Found{}, fault.Wrap(fault.Invalid, err, "intelligence folder %s", dir)
	}
	s := scanner{folders: map[string]bool{}, signals: map[advisory.FeedKind][]Input{}}
	if err := s.walk(ctx, root); err != nil {
		return Found{}, fmt.Errorf("scanning %s: %w", dir, err)
	}
	return s.found(), nil
}

type scanner struct {
	osv     []Input
	signals map[advisory.FeedKind][]Input
	ignored []Ignored
	files   int
	folders map[string]bool // that were read, by their real path
	links   []string        // to folders
}

// walk reads a folder, then what the links in it lead to, each folder once.
func (s *scanner) walk(ctx context.Context, root string) error {
	for s.links = []string{root}; len(s.links) > 0; {
		next := s.links[0]
		s.links = s.links[1:]
		err := filepath.WalkDir(next, func(path string, d fs.DirEntry, err error) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return s.visit(path, d, err)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) found() Found {
	slices.SortStableFunc(s.osv, func(x, y Input) int { return strings.Compare(x.Path, y.Path) })
	found := Found{Inputs: s.osv, Ignored: s.ignored}
	for _, kind := range advisory.SignalFeeds() {
		found.Inputs = append(found.Inputs, s.signals[kind]...)
	}
	return found
}

func (s *scanner) visit(path string, d fs.DirEntry, err error) error {
	if err != nil {
		s.ignore(path, "cannot be read: "+reasonOf(err))
		if d != nil && d.IsDir() {
			return fs.SkipDir
		}
		return nil
	}
	if d.IsDir() {
		return s.enter(path)
	}
	if s.files++; s.files > maxFiles {
		return fault.New(fault.Invalid, "more than %d files: this is not a folder of feeds", maxFiles)
	}
	info, err := os.Stat(path) // follows a link to a file
	if err != nil {
		s.ignore(path, "cannot be read: "+reasonOf(err))
		return nil
	}
	if info.IsDir() {
		s.links = append(s.links, path+string(filepath.Separator)) // which leads into it
		return nil
	}
	if !info.Mode().IsRegular() {
		s.ignore(path, "not a regular file")
		return nil
	}
	return s.file(path, info.Size())
}

// enter reads each folder once, however many links lead to it.
func (s *scanner) enter(path string) error {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		s.ignore(path, "cannot be read: "+reasonOf(err))
		return fs.SkipDir
	}
	if s.folders[target] {
		return fs.SkipDir
	}
	s.folders[target] = true
	return nil
}

func (s *scanner) file(path string, size int64) error {
	in := Input{Path: path, Size: size}
	head, err := headOf(path)
	if err != nil {
		s.ignore(path, "cannot be read: "+reasonOf(err))
		return nil
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")):
		if filepath.Base(path) != "all.zip" {
			s.archive(in)
			return nil
		}
		in.Kind, in.Name, in.form = advisory.FeedOSV, filepath.Base(filepath.Dir(path)), formZip
		s.osv = append(s.osv, in)
	case filepath.Base(path) == "all.zip":
		// Its name says what it should be: it is refused later with a reason.
		in.Kind, in.Name, in.form = advisory.FeedOSV, filepath.Base(filepath.Dir(path)), formZip
		s.osv = append(s.osv, in)
	default:
		s.text(in, head)
	}
	return nil
}

// archive recognises a zip that is no ecosystem's.
func (s *scanner) archive(in Input) {
	f, err := os.Open(in.Path)
	if err != nil {
		s.ignore(in.Path, "cannot be read: "+reasonOf(err))
		return
	}
	defer func() { _ = f.Close() }() // it was only read
	if !ssvc.IsArchive(f, in.Size) {
		s.ignore(in.Path, "a zip archive that is not <Ecosystem>/all.zip")
		return
	}
	in.Kind, in.form = advisory.FeedSSVC, formCVEZip
	s.signals[in.Kind] = append(s.signals[in.Kind], in)
}

// text recognises the other feeds by their first bytes.
func (s *scanner) text(in Input, head []byte) {
	text := strings.TrimPrefix(string(head), "\ufeff")
	if in.Kind, in.form = recognise(text); in.Kind == "" {
		s.ignore(in.Path, notAFeed(text))
		return
	}
	s.signals[in.Kind] = append(s.signals[in.Kind], in)
}

func recognise(text string) (advisory.FeedKind, form) {
	line, rest, _ := strings.Cut(text, "\n")
	switch {
	case epss.IsComment(line) || epss.IsHeader(line) || strings.HasPrefix(line, "#") && epss.IsHeader(firstLine(rest)):
		return advisory.FeedEPSS, formEPSS
	case kev.IsHeader(line):
		return advisory.FeedKEV, formKEVCSV
	case exploit.IsPoCHeader(line):
		return advisory.FeedPoC, formPoC
	case ssvc.IsHeader(line):
		return advisory.FeedSSVC, formSSVC
	case attack.IsTable(line):
		return advisory.FeedAttack, formMapTable
	case !strings.HasPrefix(strings.TrimSpace(text), "{"):
		return "", ""
	}
	return recogniseJSON(text, line)
}

func recogniseJSON(text, line string) (advisory.FeedKind, form) {
	switch {
	case isKEVJSON(text):
		return advisory.FeedKEV, formKEVJSON
	case strings.HasPrefix(line, `{"ID":"CVE-`) && strings.Contains(line, `"Info"`):
		return advisory.FeedNuclei, formNuclei
	case strings.Contains(text, `"fullname"`) && strings.Contains(text, `"disclosure_date"`):
		return advisory.FeedMetasploit, formMetasploit
	case strings.Contains(text, `"CVE_RECORD"`):
		return advisory.FeedSSVC, formCVE
	case attack.IsMapping(text):
		return advisory.FeedAttack, formMapping
	case csaf.Is(text):
		return advisory.FeedCSAF, formCSAF
	case attack.IsBundle(text):
		return advisory.FeedGroups, formBundle
	}
	return "", ""
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// isKEVJSON looks for the catalogue's own keys; its schema has a "$schema" in
// front of them.
func isKEVJSON(text string) bool {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") || strings.Contains(text, `"$schema"`) && strings.Contains(text, `"properties"`) {
		return false
	}
	return strings.Contains(text, `"catalogVersion"`) || strings.Contains(text, `"cveID"`) && strings.Contains(text, `"vulnerabilities"`)
}

func notAFeed(text string) string {
	trimmed := strings.TrimSpace(text)
	if strings.HasPrefix(trimmed, "{") && strings.Contains(text, `"affected"`) && strings.Contains(text, `"modified"`) {
		return "a single OSV record: records are read from <Ecosystem>/all.zip"
	}
	if trimmed == "" {
		return "empty"
	}
	return "not recognised as OSV, KEV, EPSS, exploits, SSVC, ATT&CK or CSAF"
}

func (s *scanner) ignore(path, reason string) {
	s.ignored = append(s.ignored, Ignored{Path: path, Reason: reason})
}

// headOf returns the first bytes of a file, unpacked if it is compressed.
func headOf(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	head, err := firstBytes(f)
	if err != nil || !bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		return head, err
	}
	return unpackedHead(head), nil
}

// unpackedHead is the beginning of what is packed; the head itself where it is
// not gzip after all.
func unpackedHead(head []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(head))
	if err != nil {
		return head
	}
	b := make([]byte, headBytes)
	n, _ := io.ReadFull(z, b) // the head is cut, so an early end is expected
	return b[:n]
}

func firstBytes(r io.Reader) ([]byte, error) {
	b := make([]byte, headBytes)
	n, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return b[:n], err
}

// reasonOf drops the path that the reader of the message already has.
func reasonOf(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// later reports whether a is after b; a time that is not known is before all others.
func later(a, b time.Time) bool { return !a.IsZero() && a.After(b) }
