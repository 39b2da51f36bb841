package csaf

import (
	"bufio"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/advisory"
	"github.com/tidemark/tidemark/internal/hostile"
)

// MaxList bounds a provider's lists.
const MaxList = 64 << 20

const maxListed = 1_000_000

// Provider says where a provider's lists are. Those that are not for everybody
// (TLP) are left out.
type Provider struct {
	Publisher string
	Folders   []string // which have a changes.csv or an index.txt
	Feeds     []string // ROLIE
}

// Listed is a document of a list.
type Listed struct {
	URL  string
	At   time.Time // when it last changed; zero where the list does not say
	Hash string    // where its checksum is; "" where the list does not say
}

// List is what a list names.
type List struct {
	Documents []Listed // each address once, newest first
	Rejected  []advisory.Rejection
}

func bounded(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxList+1))
	if err == nil && len(b) > MaxList {
		err = fmt.Errorf("larger than %d bytes", MaxList)
	}
	return b, err
}

// ParseProvider reads provider-metadata.json.
func ParseProvider(r io.Reader) (Provider, error) {
	var w struct {
		Publisher struct {
			Name string `json:"name"`
		} `json:"publisher"`
		Distributions []struct {
			Folder    string `json:"directory_url"`
			Directory struct {
				URL string `json:"url"`
				TLP string `json:"tlp_label"`
			} `json:"directory"` // of version 2.1
			Rolie struct {
				Feeds []struct {
					URL string `json:"url"`
					TLP string `json:"tlp_label"`
				} `json:"feeds"`
			} `json:"rolie"`
		} `json:"distributions"`
	}
	b, err := bounded(r)
	if err == nil {
		err = hostile.Unmarshal(b, hostile.Limits{}, &w)
	}
	if err != nil {
		return Provider{}, fmt.Errorf("provider-metadata.json: %w", err)
	}
	p := Provider{Publisher: short(w.Publisher.Name)}
	for _, d := range w.Distributions {
		if d.Folder != "" {
			p.Folders = append(p.Folders, strings.TrimSuffix(d.Folder, "/")+"/")
		}
		if d.Directory.URL != "" && forAll(d.Directory.TLP) {
			p.Folders = append(p.Folders, strings.TrimSuffix(d.Directory.URL, "/")+"/")
		}
		for _, f := range d.Rolie.Feeds {
			if f.URL != "" && forAll(f.TLP) {
				p.Feeds = append(p.Feeds, f.URL)
			}
		}
	}
	if len(p.Folders)+len(p.Feeds) == 0 {
		return Provider{}, errors.New("provider-metadata.json: it names no list of documents that is for everybody")
	}
	return p, nil
}

func forAll(tlp string) bool { return tlp == "" || tlp == "WHITE" || tlp == "CLEAR" }

// ParseChanges reads changes.csv: a path below the folder and a time on each line.
func ParseChanges(r io.Reader, folder string) (List, error) {
	l := lister{at: map[string]Listed{}}
	limit := &io.LimitedReader{R: r, N: MaxList + 1}
	in := csv.NewReader(bufio.NewReader(limit))
	in.FieldsPerRecord, in.ReuseRecord = -1, true
	for n := 1; ; n++ {
		row, err := in.Read()
		if limit.N <= 0 {
			return List{}, fmt.Errorf("changes.csv: larger than %d bytes", MaxList)
		}
		if errors.Is(err, io.EOF) {
			return l.done(), nil
		}
		if err != nil {
			return List{}, fmt.Errorf("changes.csv: %w", err) // what follows a broken row is unknown
		}
		where := "line " + strconv.Itoa(n)
		if len(row) < 2 {
			l.reject(where, errors.New("no path and time"))
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(row[1]))
		if err != nil {
			l.reject(where, fmt.Errorf("%.40q is not a time", row[1]))
			continue
		}
		if err := l.below(folder, row[0], at.UTC(), where); err != nil {
			return List{}, fmt.Errorf("changes.csv: %w", err)
		}
	}
}

// ParseIndex reads index.txt: a path below the folder on each line.
func ParseIndex(r io.Reader, folder string) (List, error) {
	l := lister{at: map[string]Listed{}}
	in := bufio.NewScanner(io.LimitReader(r, MaxList))
	for n := 1; in.Scan(); n++ {
		if strings.TrimSpace(in.Text()) == "" {
			continue
		}
		if err := l.below(folder, in.Text(), time.Time{}, "line "+strconv.Itoa(n)); err != nil {
			return List{}, fmt.Errorf("index.txt: %w", err)
		}
	}
	if err := in.Err(); err != nil {
		return List{}, fmt.Errorf("index.txt: %w", err)
	}
	return l.done(), nil
}

// ParseROLIE reads a feed of documents.
func ParseROLIE(r io.Reader) (List, error) {
	var w struct {
		Feed *struct {
			Entries []struct {
				ID      string `json:"id"`
				Updated string `json:"updated"`
				Content struct {
					Source string `json:"src"`
				} `json:"content"`
				Links []struct {
					Relation string `json:"rel"`
					URL      string `json:"href"`
				} `json:"link"`
			} `json:"entry"`
		} `json:"feed"`
	}
	b, err := bounded(r)
	if err == nil {
		err = hostile.Unmarshal(b, hostile.Limits{}, &w)
	}
	if err == nil && w.Feed == nil {
		err = errors.New("it has no feed")
	}
	if err != nil {
		return List{}, fmt.Errorf("ROLIE feed: %w", err)
	}
	l := lister{at: map[string]Listed{}}
	for i, e := range w.Feed.Entries {
		d := Listed{URL: e.Content.Source}
		for _, link := range e.Links {
			if link.Relation == "self" && d.URL == "" {
				d.URL = link.URL
			}
			if link.Relation == "hash" && (d.Hash == "" || strings.HasSuffix(link.URL, ".sha512")) {
				d.Hash = link.URL
			}
		}
		where := "entry " + strconv.Itoa(i+1)
		at, bad := time.Parse(time.RFC3339Nano, e.Updated)
		if d.At = at; bad != nil {
			l.reject(where, fmt.Errorf("%.80s: %.40q is not a time", e.ID, e.Updated))
			continue
		}
		if err := l.add(d, where); err != nil {
			return List{}, fmt.Errorf("ROLIE feed: %w", err)
		}
	}
	return l.done(), nil
}

// lister is a list that is being read.
type lister struct {
	List
	at map[string]Listed
}

func (l *lister) reject(where string, err error) {
	l.Rejected = advisory.AddRejection(l.Rejected, where, err)
}

// below takes a path that has to stay below the folder.
func (l *lister) below(folder, name string, at time.Time, where string) error {
	name = strings.TrimSpace(name)
	if name == "" || path.IsAbs(name) || strings.ContainsAny(name, "\\?#%:") || path.Clean("/"+name) != "/"+name {
		l.reject(where, fmt.Errorf("%.120q is not a path below the folder", name))
		return nil
	}
	return l.add(Listed{URL: folder + name, At: at}, where)
}

func (l *lister) add(d Listed, where string) error {
	if !isDocument(d.URL) {
		l.reject(where, fmt.Errorf("%.120q is not the https address of a document", d.URL))
		return nil
	}
	if have, known := l.at[d.URL]; known && !d.At.After(have.At) {
		return nil
	}
	if len(l.at) >= maxListed {
		return fmt.Errorf("more than %d documents", maxListed)
	}
	d.At = d.At.UTC()
	l.at[d.URL] = d
	return nil
}

// isDocument reports whether an address can be that of a document.
func isDocument(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Host != "" && strings.HasSuffix(u.Path, ".json")
}

func (l *lister) done() List {
	for _, d := range l.at {
		l.Documents = append(l.Documents, d)
	}
	slices.SortFunc(l.Documents, func(a, b Listed) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return strings.Compare(b.URL, a.URL)
	})
	return l.List
}

// ParseHash reads a checksum file: the sum in hexadecimal, then the file's name.
func ParseHash(b []byte) ([]byte, error) {
	fields := strings.Fields(string(b[:min(len(b), 4096)]))
	if len(fields) == 0 {
		return nil, errors.New("the checksum file is empty")
	}
	sum, err := hex.DecodeString(fields[0])
	if err != nil || len(sum) != 32 && len(sum) != 64 {
		return nil, fmt.Errorf("%.40q is not a SHA-256 or SHA-512 sum", fields[0])
	}
	return sum, nil
}

// WriteApplied writes which documents were had, in which form.
func WriteApplied(w io.Writer, have map[string]time.Time) error {
	return json.NewEncoder(w).Encode(have)
}

// ParseApplied reads what WriteApplied wrote.
func ParseApplied(r io.Reader) (map[string]time.Time, error) {
	have := map[string]time.Time{}
	err := json.NewDecoder(io.LimitReader(r, MaxList)).Decode(&have)
	return have, err
}
