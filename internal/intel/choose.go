package intel

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/intel/attack"
	"github.com/tidemark/tidemark/internal/intel/csaf"
	"github.com/tidemark/tidemark/internal/intel/epss"
	"github.com/tidemark/tidemark/internal/intel/exploit"
	"github.com/tidemark/tidemark/internal/intel/kev"
	"github.com/tidemark/tidemark/internal/intel/ssvc"
)

// signalFile is a file of signals that has been read.
type signalFile struct {
	input    Input
	hash     string
	date     time.Time // of the catalogue or the scores; zero when it does not say
	kev      []advisory.KEV
	epss     []advisory.EPSS
	exploits []advisory.Exploit
	ssvc     []advisory.SSVC
	uses     []advisory.Use
	said     csaf.Document
	rejected []advisory.Rejection
}

// choice is the newest of several files of one kind, and what became of the others.
type choice struct {
	best     *signalFile
	ignored  []Ignored
	rejected []advisory.Rejection // files that could not be read at all
}

// entries is how many the file gave.
func (f *signalFile) entries() int {
	return len(f.kev) + len(f.epss) + len(f.exploits) + len(f.ssvc) + len(f.uses) + len(f.said.Entries)
}

// chosen reads the inputs of one kind.
func chosen(inputs []Input) choice {
	if len(inputs) > 0 && together(inputs[0].Kind) {
		return merged(inputs)
	}
	return newest(inputs)
}

// together reports whether the files of a kind each say something else.
func together(kind advisory.FeedKind) bool {
	return slices.Contains([]advisory.FeedKind{advisory.FeedSSVC, advisory.FeedAttack, advisory.FeedGroups, advisory.FeedCSAF}, kind)
}

// merged reads all inputs of a kind whose files each say something else.
func merged(inputs []Input) choice {
	var c choice
	var points []ssvc.Points
	var uses []attack.Uses
	var said []csaf.Document
	sum := sha256.New()
	for _, in := range inputs {
		f, err := readSignals(in)
		if err != nil {
			c.refuse(in, err)
			continue
		}
		c.ignored = append(c.ignored, passedOver(in, f.said.Passed)...)
		if c.best == nil {
			c.best = &signalFile{input: in}
		}
		_, _ = io.WriteString(sum, f.hash) // a hash never fails
		points = append(points, ssvc.Points{Entries: f.ssvc})
		uses = append(uses, attack.Uses{Entries: f.uses, Date: f.date})
		said = append(said, f.said)
		c.best.rejected = append(c.best.rejected, placed(in.Path, f.rejected)...)
	}
	if c.best != nil {
		p, a := ssvc.Merge(points...), attack.Merge(uses...)
		c.best.ssvc, c.best.uses, c.best.hash = p.Entries, a.Entries, hex.EncodeToString(sum.Sum(nil))
		entries, date := csaf.Merge(said...)
		c.best.said = csaf.Document{Entries: entries}
		for _, t := range []time.Time{p.Date, a.Date, date} {
			if t.After(c.best.date) {
				c.best.date = t
			}
		}
	}
	return c
}

// refuse notes a file that was not read: one that is not for us is ignored.
func (c *choice) refuse(in Input, err error) {
	if errors.Is(err, csaf.ErrPassed) {
		c.ignored = append(c.ignored, Ignored{Path: in.Path, Reason: err.Error()})
		return
	}
	c.rejected = append(c.rejected, advisory.Rejection{Where: in.Path, Reason: err.Error()})
}

// passedOver says of what in a document nothing can be found in an estate.
func passedOver(in Input, list []advisory.Rejection) []Ignored {
	if len(list) == 0 {
		return nil
	}
	words := list[0].Where + ": " + list[0].Reason
	if n := len(list) - 1; n > 0 {
		words += fmt.Sprintf(", and %d more like it", n)
	}
	return []Ignored{{Path: in.Path, Reason: "a part of it says nothing of ours: " + words}}
}

// newest reads the inputs of one kind. The newest date wins; of two with the
// same date the first by path.
func newest(inputs []Input) choice {
	var c choice
	for _, in := range inputs {
		f, err := readSignals(in)
		if err != nil {
			c.rejected = append(c.rejected, advisory.Rejection{Where: in.Path, Reason: err.Error()})
			continue
		}
		if c.best == nil {
			c.best = f
			continue
		}
		loser := f
		if later(f.date, c.best.date) {
			c.best, loser = f, c.best
		}
		c.ignored = append(c.ignored, Ignored{Path: loser.input.Path, Reason: ""})
	}
	if c.best != nil {
		c.best.rejected = placed(c.best.input.Path, c.best.rejected)
	}
	for i := range c.ignored {
		c.ignored[i].Reason = fmt.Sprintf("not newer than %s (%s)", c.best.input.Path, dateText(c.best.date))
	}
	return c
}

func dateText(t time.Time) string {
	if t.IsZero() {
		return "no date"
	}
	return t.Format(time.RFC3339)
}

func readSignals(in Input) (*signalFile, error) {
	f, err := os.Open(in.Path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	out := &signalFile{input: in}
	if in.form == formCVEZip {
		return out, out.unpack(f)
	}
	sum := sha256.New()
	tee := io.TeeReader(f, sum)
	if err := out.parse(tee); err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, tee); err != nil { // what the parser did not need is still part of the hash
		return nil, err
	}
	out.hash = hex.EncodeToString(sum.Sum(nil))
	return out, nil
}

// unpack reads an archive of CVE records.
func (f *signalFile) unpack(from *os.File) (err error) {
	if f.hash, err = hashFile(from); err != nil {
		return err
	}
	p, err := ssvc.ParseArchive(from, f.input.Size)
	f.date, f.ssvc, f.rejected = p.Date, p.Entries, p.Rejected
	return err
}

func (f *signalFile) parse(r io.Reader) error {
	if f.input.Kind == advisory.FeedEPSS {
		s, err := epss.Parse(r, filepath.Base(f.input.Path))
		f.date, f.epss, f.rejected = s.Date, s.Entries, s.Rejected
		return err
	}
	r, err := unpacked(r)
	if err != nil {
		return err
	}
	switch f.input.Kind {
	case advisory.FeedKEV:
		return f.parseKEV(r)
	case advisory.FeedSSVC:
		return f.parseSSVC(r)
	case advisory.FeedAttack, advisory.FeedGroups:
		return f.parseUses(r)
	case advisory.FeedCSAF:
		d, err := csaf.Parse(r)
		f.date, f.said = d.Date, d
		return err
	case advisory.FeedOSV, advisory.FeedEPSS, advisory.FeedMetasploit, advisory.FeedNuclei, advisory.FeedPoC, advisory.NewFeed, advisory.FeedLoaded:
	}
	return f.parseExploits(r)
}

func (f *signalFile) parseKEV(r io.Reader) error {
	parse := kev.Parse
	if f.input.form == formKEVCSV {
		parse = kev.ParseCSV
	}
	c, err := parse(r)
	f.date, f.kev, f.rejected = c.Released, c.Entries, c.Rejected
	return err
}

func (f *signalFile) parseSSVC(r io.Reader) error {
	parse := ssvc.ParseRecords
	if f.input.form == formSSVC {
		parse = ssvc.ParseTable
	}
	p, err := parse(r)
	f.date, f.ssvc, f.rejected = p.Date, p.Entries, p.Rejected
	return err
}

func (f *signalFile) parseUses(r io.Reader) error {
	parse := map[form]func(io.Reader) (attack.Uses, error){
		formMapping: attack.ParseMapping, formMapTable: attack.ParseTable, formBundle: attack.ParseBundle,
	}[f.input.form]
	u, err := parse(r)
	f.date, f.uses, f.rejected = u.Date, u.Entries, u.Rejected
	return err
}

func (f *signalFile) parseExploits(r io.Reader) error {
	parse := map[form]func(io.Reader) (exploit.Index, error){
		formMetasploit: exploit.ParseMetasploit, formNuclei: exploit.ParseNuclei, formPoC: exploit.ParsePoC,
	}[f.input.form]
	x, err := parse(r)
	f.date, f.exploits, f.rejected = x.Date, x.Entries, x.Rejected
	return err
}

// unpacked recognises gzip; the parser behind it bounds what comes out.
func unpacked(r io.Reader) (io.Reader, error) {
	br := bufio.NewReader(r)
	head, _ := br.Peek(2) // a short file is the parser's affair
	if !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return br, nil
	}
	z, err := gzip.NewReader(br)
	if err != nil {
		return nil, fmt.Errorf("unpacking: %w", err)
	}
	return z, nil
}

func hashFile(f io.ReadSeeker) (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("hashing: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// ofKind keeps the inputs of one kind.
func ofKind(inputs []Input, kind advisory.FeedKind) []Input {
	var out []Input
	for _, in := range inputs {
		if in.Kind == kind {
			out = append(out, in)
		}
	}
	return out
}

// placed puts the file in front of the places in it.
func placed(path string, list []advisory.Rejection) []advisory.Rejection {
	out := make([]advisory.Rejection, len(list))
	for i, r := range list {
		out[i] = advisory.Rejection{Where: path + ": " + r.Where, Reason: r.Reason}
	}
	return out
}
