package fetch

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"io"
	"net/http"
	"os"
	"strings"
)

// checksum is what a server says of the bytes of the whole file. It guards
// against damage on the way, not against the server.
type checksum struct {
	sum  hash.Hash
	want []byte
}

// offered finds the best checksum in an answer; nil where there is none. A file
// that is stored packed and sent unpacked has the sum of what is stored.
func offered(h http.Header) *checksum {
	for _, name := range []string{"Repr-Digest", "Digest"} {
		if want := digest(h.Values(name), "sha-256"); want != nil {
			return &checksum{sum: sha256.New(), want: want}
		}
	}
	if stored := h.Get("X-Goog-Stored-Content-Encoding"); stored != "" && stored != "identity" {
		return nil
	}
	if want := digest(h.Values("X-Goog-Hash"), "md5"); want != nil {
		return &checksum{sum: md5.New(), want: want}
	}
	return nil
}

// digest reads "algorithm=base64" or "algorithm=:base64:" from a list.
func digest(values []string, algorithm string) []byte {
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, text, found := strings.Cut(strings.TrimSpace(part), "=")
		if !found || !strings.EqualFold(name, algorithm) {
			continue
		}
		if b, err := base64.StdEncoding.DecodeString(strings.Trim(text, ":")); err == nil && len(b) > 0 {
			return b
		}
	}
	return nil
}

var errChecksum = errors.New("the file is not the one that the server's checksum is of")

// check reads the file and compares.
func (c *checksum) check(path string) (err error) {
	if c == nil {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(c.sum, f); err != nil {
		return err
	}
	if !bytes.Equal(c.sum.Sum(nil), c.want) {
		return errChecksum
	}
	return nil
}
