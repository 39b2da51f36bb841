// Package trust judges the signatures of attestations by what the operator trusts:
// trusted roots of Sigstore, public keys, and rules that say which signer is
// expected for which repository or builder.
//
// The model. A signature is verified when it fits the document; when its
// certificate is of an authority of a trusted root and was valid at the time that
// the log or a timestamp proves; when the log's promise and inclusion hold, as far
// as the document has them and the root knows logs; when certificate and statement
// do not contradict each other; and when a rule expects the signer for what the
// statement speaks of. Of a key only the signature is asked, the log where it is
// there, and the rules. Without a rule no certificate is trusted: who else signs at
// the same Sigstore is anybody.
//
// Failed is a document that proves itself wrong, or that another signer was to
// sign. Unverified is what nothing here can prove. Either has its reason.
//
// Invariants. No network: a root is what the operator put there. A file that cannot
// be used is trouble that is shown, never a reason to trust more.
package trust

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore/pkg/signature"

	"github.com/tidemark/tidemark/internal/discover/pipeline"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/twin"
)

// Folder is whom the operator trusts: a folder with
//
//	trusted_root*.json    the authorities and logs of a Sigstore (one JSON a line
//	                      where it has several, as "gh attestation trusted-root" prints them)
//	NAME.pem, NAME.pub    public keys
//	signers.json          {"signers": [Rule, …]}
//
// A file that cannot be read is trouble: what would need it stays unverified.
type Folder struct {
	roots   []*root.TrustedRoot
	keys    []trustedKey
	rules   []Rule
	since   time.Time // when the newest of it was changed
	hash    string
	trouble []twin.Rejection
}

// Rule says which signer is expected. Issuer and Identity are of the signing
// certificate, or Key names a file of the folder. In patterns * stands for any
// text.
type Rule struct {
	Name     string `json:"name"`
	Issuer   string `json:"issuer,omitempty"`   // exactly: "https://token.actions.githubusercontent.com"
	Identity string `json:"identity,omitempty"` // pattern: "https://github.com/acme/*"
	Key      string `json:"key,omitempty"`      // "release.pem"
	// Repository and Builder are patterns of what the signer may speak of:
	// "github.com/acme/*". Left out, they hold for all.
	Repository string `json:"repository,omitempty"`
	Builder    string `json:"builder,omitempty"`
	// Image is a pattern of the images that the signer may sign, by the name in what
	// is signed: "ghcr.io/acme/*". With it the rule is about nothing else.
	Image string `json:"image,omitempty"`
	// Others says that the signer may speak of other repositories and commits than
	// those of its own certificate: a build service for all of them.
	Others bool `json:"others,omitempty"`
}

type trustedKey struct {
	name     string // of the file
	ids      []string
	verifier signature.Verifier
}

const (
	signersFile    = "signers.json"
	maxTrustFile   = 4 << 20
	maxTrustFiles  = 200
	maxRules       = 1_000
	rootFilePrefix = "trusted_root"
)

// Trouble is what of the folder could not be used, and why.
func (t *Folder) Trouble() []twin.Rejection { return t.trouble }

// Since is when the newest of it was changed.
func (t *Folder) Since() time.Time { return t.since }

// Hash names what is trusted: files with the same content have the same.
func (t *Folder) Hash() string { return t.hash }

// Load reads the folder; without one nobody is trusted.
func Load(folder fs.FS) *Folder {
	t := loading{&Folder{}}
	if folder == nil {
		return t.Folder
	}
	if info, err := fs.Stat(folder, "."); err == nil {
		t.changed(info.ModTime())
	}
	t.hash = walk(folder, func(f file) {
		t.changed(f.changed)
		if f.err == nil {
			f.err = t.reader(f.name)(f.name, f.body)
		}
		if f.err != nil {
			t.refuse(f.name, f.err)
		}
	})
	t.checkKeys()
	return t.Folder
}

// Hash names what a folder has us trust, as Hash of the loaded folder does, and is
// cheaper than loading it.
func Hash(folder fs.FS) string {
	if folder == nil {
		return ""
	}
	return walk(folder, func(file) {})
}

// file is one of the folder, or what is wrong with it.
type file struct {
	name    string
	body    []byte
	changed time.Time
	err     error
}

// judged is hashed first: it changes when documents are judged otherwise here.
const judged = "tidemark trust 1\n"

// walk reads the files of a folder that are ours, in the order of their names, and
// returns the hash of all that it read. Without any file it is "": nobody is trusted.
func walk(folder fs.FS, each func(file)) string {
	sum, used := sha256.New(), 0
	_, _ = io.WriteString(sum, judged) // a hash takes everything
	note := func(f file) {
		_, _ = fmt.Fprintf(sum, "%q %t %x\n", f.name, f.err == nil, sha256.Sum256(f.body))
		each(f)
	}
	list, err := fs.ReadDir(folder, ".")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		note(file{name: ".", err: err})
		used++
	}
	for _, entry := range list {
		if !ours(entry.Name()) || entry.IsDir() {
			continue
		}
		if used++; used > maxTrustFiles {
			note(file{name: entry.Name(), err: fault.New(fault.Invalid, "there are more than %d files", maxTrustFiles)})
			break
		}
		note(read(folder, entry.Name()))
	}
	if used == 0 {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func read(folder fs.FS, name string) (out file) {
	out.name = name
	f, err := folder.Open(name)
	if err != nil {
		out.err = err
		return out
	}
	defer func() { _ = f.Close() }() // nothing was written
	if info, err := f.Stat(); err == nil {
		out.changed = info.ModTime()
	}
	out.body, out.err = io.ReadAll(io.LimitReader(f, maxTrustFile+1))
	if out.err == nil && len(out.body) > maxTrustFile {
		out.err = fault.New(fault.Invalid, "larger than %d MiB", maxTrustFile>>20)
	}
	return out
}

// ours reports whether a file of the folder is read.
func ours(name string) bool { return loading{}.reader(name) != nil }

// loading is a folder while it is read.
type loading struct{ *Folder }

func (t loading) refuse(name string, err error) {
	t.trouble = append(t.trouble, twin.Rejection{Where: "trust/" + name, Reason: pipeline.Clean(err.Error())})
}

func (t loading) changed(at time.Time) {
	at = at.UTC().Truncate(time.Microsecond)
	if at.After(t.since) {
		t.since = at
	}
}

// reader says how a file of the folder is read; nil: it is none of ours.
func (t loading) reader(name string) func(name string, body []byte) error {
	switch {
	case name == signersFile:
		return t.addRules
	case strings.HasPrefix(name, rootFilePrefix) && strings.HasPrefix(path.Ext(name), ".json"):
		return t.addRoots
	case path.Ext(name) == ".pem" || path.Ext(name) == ".pub":
		return t.addKey
	}
	return nil
}

func (t loading) addRoots(_ string, body []byte) error {
	if err := hostile.CheckJSON(body, hostile.Limits{Stream: true}); err != nil {
		return err
	}
	in := json.NewDecoder(bytes.NewReader(body))
	for n := 1; ; n++ {
		var raw json.RawMessage
		err := in.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r, err := root.NewTrustedRootFromJSON(raw)
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "document %d is no trusted root", n)
		}
		t.roots = append(t.roots, r)
	}
}

func (t loading) addKey(name string, body []byte) error {
	block, _ := pem.Decode(body)
	if block == nil {
		return fault.New(fault.Invalid, "it is no PEM").WithHint("a public key begins with -----BEGIN PUBLIC KEY-----")
	}
	if strings.Contains(block.Type, "PRIVATE") {
		return fault.New(fault.Invalid, "it is a private key: take it away from here, and give the public one")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "it is no public key")
	}
	verifier, err := signature.LoadDefaultVerifier(public) // ECDSA, Ed25519 and RSA, with the hash that is usual for each
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "no use can be made of this kind of key")
	}
	sum := sha256.Sum256(block.Bytes)
	t.keys = append(t.keys, trustedKey{name: name, verifier: verifier, ids: []string{
		name, strings.TrimSuffix(name, path.Ext(name)), hex.EncodeToString(sum[:]), "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]),
	}})
	return nil
}

func (t loading) addRules(_ string, body []byte) error {
	if err := hostile.CheckJSON(body, hostile.Limits{}); err != nil {
		return err
	}
	var doc struct {
		Signers []Rule `json:"signers"`
	}
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	if err := in.Decode(&doc); err != nil {
		return fault.Wrap(fault.Invalid, err, "reading the rules")
	}
	if len(doc.Signers) > maxRules {
		return fault.New(fault.Invalid, "it has more than %d rules", maxRules)
	}
	for i, r := range doc.Signers {
		if err := r.check(); err != nil {
			return fault.Wrap(fault.Invalid, err, "signers[%d]", i)
		}
	}
	t.rules = doc.Signers
	return nil
}

// check refuses rules that would trust whoever comes.
func (r Rule) check() error {
	switch byKey := r.Key != ""; {
	case strings.Contains(r.Image, "*") && !endsPart(r.Image):
		return fault.New(fault.Invalid, "%q: the image %q would hold for strangers too", r.Name, r.Image).
			WithHint("let * stand after a slash: ghcr.io/OWNER/*")
	case r.Name == "" || pipeline.Clean(r.Name) != r.Name:
		return fault.New(fault.Invalid, "it has no name")
	case byKey && (r.Issuer != "" || r.Identity != ""):
		return fault.New(fault.Invalid, "%q names a key, and an issuer or identity: one or the other", r.Name)
	case byKey:
		return nil
	case r.Issuer == "" || r.Identity == "":
		return fault.New(fault.Invalid, "%q needs an issuer and an identity, or a key", r.Name)
	case strings.Contains(r.Issuer, "*"):
		return fault.New(fault.Invalid, "%q: an issuer is given exactly", r.Name)
	case !narrow(r.Identity):
		return fault.New(fault.Invalid, "%q: the identity %q would trust strangers too", r.Name, r.Identity).
			WithHint("let it begin with an owner, as https://github.com/OWNER/*, or end with a domain, as *@example.com")
	case strings.Contains(r.Repository, "*") && !endsPart(r.Repository):
		return fault.New(fault.Invalid, "%q: the repository %q would hold for strangers too", r.Name, r.Repository).
			WithHint("let * stand after a slash: github.com/OWNER/*")
	}
	return nil
}

// narrow reports whether a pattern of identities is bound to an owner or domain.
func narrow(pattern string) bool {
	fixed, rest, has := strings.Cut(pattern, "*")
	if !has {
		return true
	}
	if domain, ok := strings.CutPrefix(rest, "@"); fixed == "" && ok {
		return strings.Contains(domain, ".") && !strings.Contains(domain, "*")
	}
	return endsPart(pattern) && strings.Count(fixed, "/") >= 4
}

// endsPart reports whether the first * of a pattern stands where a part begins, so
// that "acme/*" is never "acme-evil".
func endsPart(pattern string) bool {
	fixed, _, _ := strings.Cut(pattern, "*")
	return fixed == "" || strings.ContainsAny(fixed[len(fixed)-1:], "/@")
}

// checkKeys finds rules of keys that are not there.
func (t loading) checkKeys() {
	for _, r := range t.rules {
		if r.Key != "" && t.key(r.Key) == nil {
			t.refuse(signersFile, fault.New(fault.Invalid, "rule %q: there is no key %q", r.Name, r.Key))
		}
	}
}

func (t *Folder) key(name string) *trustedKey {
	for i := range t.keys {
		if t.keys[i].name == name {
			return &t.keys[i]
		}
	}
	return nil
}

// fits reports whether a text is as a pattern says, in which * stands for any text.
func fits(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
