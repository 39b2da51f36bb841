package rpm

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// filed writes the header of a package with files in folders.
func filed(p Package, folders, names []string, of []uint32) []byte {
	var index, values []byte
	add := func(tag, typ, count uint32, value []byte) {
		for _, n := range []uint32{tag, typ, uint32(len(values)), count} {
			index = binary.BigEndian.AppendUint32(index, n)
		}
		values = append(values, value...)
	}
	var numbers []byte
	for _, n := range of {
		numbers = binary.BigEndian.AppendUint32(numbers, n)
	}
	add(tagName, typeString, 1, []byte(p.Name+"\x00"))
	add(tagVersion, typeString, 1, []byte(p.Version+"\x00"))
	add(tagFolderOf, typeInt32, uint32(len(of)), numbers)
	add(tagFileNames, typeStrings, uint32(len(names)), []byte(strings.Join(names, "\x00")+"\x00"))
	add(tagFolders, typeStrings, uint32(len(folders)), []byte(strings.Join(folders, "\x00")+"\x00"))
	out := binary.BigEndian.AppendUint32(nil, uint32(len(index)/headerEntry))
	out = binary.BigEndian.AppendUint32(out, uint32(len(values)))
	return append(append(out, index...), values...)
}

func TestFilesOfAPackageHaveTheirFolders(t *testing.T) {
	t.Parallel()
	p := Package{Name: "openssl-libs", Version: "3.0.7"}
	h := filed(p, []string{"/usr/lib64/", "/etc/pki/"}, []string{"libssl.so.3", "openssl.cnf", "libcrypto.so.3"}, []uint32{0, 1, 0})
	var got []string
	if err := filesOf(h, func(path string) { got = append(got, path) }); err != nil {
		t.Fatal(err)
	}
	want := []string{"/usr/lib64/libssl.so.3", "/etc/pki/openssl.cnf", "/usr/lib64/libcrypto.so.3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestAFileInAFolderThatIsNotThereIsAnError(t *testing.T) {
	t.Parallel()
	h := filed(Package{Name: "a", Version: "1"}, []string{"/a/"}, []string{"b"}, []uint32{1})
	if err := filesOf(h, func(string) {}); err == nil {
		t.Error("no error")
	}
}

func TestFilesGoesThroughADatabase(t *testing.T) {
	t.Parallel()
	count := 0
	if err := Files(written(t, packages()), func(Package, string) { count++ }); err != nil {
		t.Fatal(err)
	}
	if count != 0 {
		t.Errorf("%d files in a database whose packages have none", count)
	}
}

func FuzzFilesOf(f *testing.F) {
	f.Add(filed(Package{Name: "a", Version: "1"}, []string{"/a/"}, []string{"b"}, []uint32{0}))
	f.Add(filed(Package{Name: "a", Version: "1"}, []string{"/a/"}, []string{"b"}, []uint32{9}))
	f.Fuzz(func(t *testing.T, h []byte) {
		if _, err := parseHeader(h); err != nil {
			return // its frame is broken
		}
		_ = filesOf(h, func(path string) {
			if len(path) > len(h) {
				t.Errorf("a path of %d bytes in a header of %d", len(path), len(h))
			}
		})
	})
}
