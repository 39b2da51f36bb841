package rpm

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"github.com/tidemark/tidemark/internal/fault"
)

// header writes the header of a package, padded with a file list of some size.
func header(p Package, padding int) []byte {
	type entry struct {
		tag, typ uint32
		value    []byte
	}
	text := func(s string) []byte { return append([]byte(s), 0) }
	entries := []entry{
		{tagName, typeString, text(p.Name)},
		{tagVersion, typeString, text(p.Version)},
		{tagRelease, typeString, text(p.Release)},
		{tagArch, typeString, text(p.Arch)},
		{tagSource, typeString, text(p.Source)},
		{1117, typeString, text(strings.Repeat("x", padding))},
	}
	if p.Epoch != 0 {
		entries = append(entries, entry{tagEpoch, typeInt32, binary.BigEndian.AppendUint32(nil, p.Epoch)})
	}
	var index, values []byte
	for _, e := range entries {
		for _, n := range []uint32{e.tag, e.typ, uint32(len(values)), 1} {
			index = binary.BigEndian.AppendUint32(index, n)
		}
		values = append(values, e.value...)
	}
	out := binary.BigEndian.AppendUint32(nil, uint32(len(entries)))
	out = binary.BigEndian.AppendUint32(out, uint32(len(values)))
	return append(append(out, index...), values...)
}

func packages() []Package {
	out := []Package{
		{"bash", "5.1.8", "6.el9", "x86_64", 0, "bash-5.1.8-6.el9.src.rpm"},
		{"openssl-libs", "3.0.7", "16.el9", "x86_64", 1, "openssl-3.0.7-16.el9.src.rpm"},
	}
	for i := range 300 { // enough for a tree with several levels
		out = append(out, Package{"p" + strings.Repeat("a", i%7), "1." + strings.Repeat("1", 1+i%9), "1", "noarch", 0, ""})
	}
	return out
}

// written makes a SQLite database as RPM does, with rows that need overflow pages.
func written(t testing.TB, list []Package) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rpmdb.sqlite")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	must := func(_ any, err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(db.ExecContext(t.Context(), "CREATE TABLE Name (key TEXT, hnum INTEGER)"))
	must(db.ExecContext(t.Context(), "CREATE TABLE 'Packages' ( hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL )"))
	must(db.ExecContext(t.Context(), "INSERT INTO Packages (blob) VALUES (?)", header(Package{Name: "gpg-pubkey", Version: "1"}, 0)))
	for i, p := range list {
		must(db.ExecContext(t.Context(), "INSERT INTO Packages (blob) VALUES (?)", header(p, i*97%9000)))
	}
	must(nil, db.Close())
	data, err := os.ReadFile(path)
	must(nil, err)
	return data
}

// slotted makes an NDB database.
func slotted(list []Package) []byte {
	le := binary.LittleEndian.AppendUint32
	data := append([]byte(ndbMagic), make([]byte, 2*ndbPage-4)...)
	binary.LittleEndian.PutUint32(data[ndbSlots:], 2)
	for at := 2 * ndbBlock; at < len(data); at += ndbBlock {
		copy(data[at:], slotMagic)
	}
	for i, p := range list {
		h := header(p, i%50)
		slot := data[(2+i)*ndbBlock:]
		binary.LittleEndian.PutUint32(slot[4:], uint32(i+1))
		binary.LittleEndian.PutUint32(slot[8:], uint32(len(data)/ndbBlock))
		data = append(data, blobMagic...)
		data = le(le(le(data, uint32(i+1)), 0), uint32(len(h)))
		data = append(data, h...)
		data = append(data, make([]byte, (ndbBlock-len(data)%ndbBlock)%ndbBlock)...)
	}
	return data
}

// hashed makes a Berkeley DB with one page of the table for each package.
func hashed(list []Package, put binary.ByteOrder) []byte {
	const size = 512
	data := make([]byte, size)
	put.PutUint32(data[magicAt:], berkeleyMagic)
	put.PutUint32(data[pageSizeAt:], size)
	for i, p := range list {
		h := header(p, i*13%2000)
		page := make([]byte, size)
		page[kindAt] = hashSorted
		put.PutUint16(page[entriesAt:], 2)
		put.PutUint16(page[pageHeader:], 500)
		put.PutUint16(page[pageHeader+2:], 400)
		page[400] = offPage
		put.PutUint32(page[404:], uint32(len(data)/size+1))
		data = append(data, page...)
		for len(h) > 0 {
			n := min(len(h), size-pageHeader)
			page := make([]byte, size)
			page[kindAt] = overflow
			put.PutUint16(page[usedAt:], uint16(n))
			copy(page[pageHeader:], h[:n])
			if h = h[n:]; len(h) > 0 {
				put.PutUint32(page[nextAt:], uint32(len(data)/size+1))
			}
			data = append(data, page...)
		}
	}
	return data
}

func TestRead(t *testing.T) {
	t.Parallel()
	list := packages()
	tests := map[string][]byte{
		"sqlite": written(t, list), "ndb": slotted(list),
		"berkeley": hashed(list, binary.LittleEndian), "berkeley_swapped": hashed(list, binary.BigEndian),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Read(data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(list, got); diff != "" {
				t.Error(diff)
			}
			if none, err := Read(data[:len(data)/2]); err == nil && len(none) == len(list) {
				t.Error("half a database has all packages")
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	loop := hashed(packages()[:1], binary.LittleEndian)
	binary.LittleEndian.PutUint32(loop[2*512+nextAt:], 2)
	long := header(packages()[0], 0)
	binary.BigEndian.PutUint32(long, 1<<31)
	tests := map[string][]byte{
		"nothing": nil, "text": []byte("no database"), "a_chain_without_end": loop,
		"a_page": []byte(sqliteMagic), "no_table": bytes.Replace(written(t, nil), []byte("Packages"), []byte("Packagez"), -1),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := Read(data); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	if _, err := parseHeader(long); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a header with 2^31 entries: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	list := packages()[:5]
	f.Add(written(f, list))
	f.Add(slotted(list))
	f.Add(hashed(list, binary.LittleEndian))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := Read(data)
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v", err)
		}
		for _, p := range list {
			if p.Name == "" || p.Version == "" {
				t.Errorf("%+v", p)
			}
		}
	})
}
