package local

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/discover"
	"github.com/tidemark/tidemark/internal/discover/pipeline"
	"github.com/tidemark/tidemark/internal/discover/pipeline/trust"
	"github.com/tidemark/tidemark/internal/store/storetest"
	"github.com/tidemark/tidemark/internal/twin"
)

// notary is a key, and a data folder in which it may be trusted.
type notary struct {
	*Session
	t   *testing.T
	now time.Time
	dir string
	key ed25519.PrivateKey
	pem []byte
}

func newNotary(t *testing.T, e *storetest.Engine) *notary {
	t.Helper()
	cfg := e.New(t)
	n := &notary{t: t, now: time.Now().UTC().Truncate(time.Second), dir: t.TempDir()}
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	n.key, n.pem = key, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	home := Home{
		Dir: func() (string, error) { return n.dir, nil }, URL: cfg.URL, Now: func() time.Time { return n.now }, Log: slog.New(slog.DiscardHandler), Err: io.Discard,
		Serves: true,
	}
	n.Session = home.On(e.Open(t, cfg))
	if err := os.Mkdir(filepath.Join(n.dir, trustFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	return n
}

// trusts lays the key into the folder, or takes it away, an hour later, and lets
// the loop notice.
func (n *notary) trusts(yes bool) {
	n.t.Helper()
	n.now = n.now.Add(time.Hour)
	file := filepath.Join(n.dir, trustFolder, "release.pem")
	err := os.Remove(file)
	if yes {
		err = os.WriteFile(file, n.pem, 0o600)
	}
	if err != nil {
		n.t.Fatal(err)
	}
	for _, path := range []string{filepath.Dir(file), file} {
		if err := os.Chtimes(path, n.now, n.now); err != nil && !os.IsNotExist(err) {
			n.t.Fatal(err)
		}
	}
	n.drained()
}

func (n *notary) drained() {
	n.t.Helper()
	if err := n.Drain(n.t.Context()); err != nil {
		n.t.Fatal(err)
	}
}

// says are the states of all attestations at a moment, with how many have each.
func (n *notary) says(at ctem.AsOf) string {
	n.t.Helper()
	at.Now = n.now
	terms := []ctem.Term{{Key: "kind", Op: ":", Values: []string{twin.KindAttestation}}}
	page, err := n.DB.Things(n.t.Context(), ctem.ListQuery{AsOf: at, Terms: terms})
	if err != nil {
		n.t.Fatal(err)
	}
	count := map[twin.SignatureState]int{}
	for i := range page.Items {
		var a twin.Attestation
		if err := json.Unmarshal(page.Items[i].Spec, &a); err != nil {
			n.t.Fatal(err)
		}
		count[a.Signature.State]++
	}
	return fmt.Sprintf("verified %d unverified %d failed %d", count[twin.SignatureVerified], count[twin.SignatureUnverified], count[twin.SignatureFailed])
}

func (n *notary) want(when string, at ctem.AsOf, want string) {
	n.t.Helper()
	if got := n.says(at); got != want {
		n.t.Errorf("%s: %s, want %s", when, got, want)
	}
}

// numbered is the shop's provenance with a number in it: so many documents.
func numbered(i int) string {
	return strings.Replace(shopProvenance(), `"id":"b"`, fmt.Sprintf(`"id":"builder-%d"`, i), 1)
}

// A changed trust reaches what is known already, by the loop alone. What was
// believed before stays, by both times; a document that proves itself wrong is
// never trusted.
func TestTrustReachesKnownAttestations(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		n := newNotary(t, e)
		n.trusts(true)
		taken(t, n.Session, "attestation", sealed(t, n.key, shopProvenance()))
		forged := strings.Replace(sealed(t, n.key, shopProvenance()), `"payload":"`, `"payload":"IA`, 1)
		taken(t, n.Session, "attestation", forged)
		n.want("trusted", ctem.AsOf{}, "verified 1 unverified 0 failed 1")
		trusted := n.now

		n.trusts(false)
		n.want("the key is gone", ctem.AsOf{}, "verified 0 unverified 1 failed 1")
		gone := n.now
		n.want("as of before", ctem.AsOf{At: trusted}, "verified 1 unverified 0 failed 1")
		n.want("known before", ctem.AsOf{At: gone, KnownAt: trusted.Add(time.Minute)}, "verified 1 unverified 0 failed 1")

		n.trusts(true)
		n.want("the key is back", ctem.AsOf{}, "verified 1 unverified 0 failed 1")
		n.want("in between", ctem.AsOf{At: gone.Add(time.Minute)}, "verified 0 unverified 1 failed 1")

		rep, err := n.Runner.Drain(t.Context())
		if err != nil || rep.Done["judge"]+rep.Done["resolve"] != 0 {
			t.Errorf("nothing has changed: %+v %v", rep, err)
		}
	})
}

// A document that brings a bill of materials that nobody can read stops nothing: a
// key that is taken away is trusted no longer, and the source says what was refused.
func TestOneBadDocumentStopsNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		n := newNotary(t, e)
		n.trusts(true)
		taken(t, n.Session, "attestation", sealed(t, n.key, shopProvenance()))
		_, other, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		bad := shopStatement("https://cyclonedx.org/bom", `{"bomFormat":"CycloneDX","specVersion":"99","components":"x"}`)
		taken(t, n.Session, "attestation", sealed(t, other, bad))
		n.want("trusted", ctem.AsOf{}, "verified 1 unverified 0 failed 1")
		n.trusts(false)
		n.want("the key is gone", ctem.AsOf{}, "verified 0 unverified 2 failed 0")
		if waits, err := n.Untrusted(t.Context()); waits || err != nil {
			t.Errorf("something is still to be judged: %v", err)
		}
		n.left(discover.LeftAgain, 1)
	})
}

// What calls itself an attestation and cannot be read stops the sweep no more than a
// document does.
func TestSweepPassesOverJunk(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		n := newNotary(t, e)
		n.trusts(true)
		told := discover.Told{Source: "odd", Scope: twin.ScopeArtifacts, Class: twin.Declared, At: n.now, Things: []twin.Resource{
			{Kind: twin.KindAttestation, Name: "x", Spec: json.RawMessage(`"x"`)},
		}}
		if err := n.Ingest().IngestTold(t.Context(), &discover.Receipt{}, []discover.Told{told}); err != nil {
			t.Fatal(err)
		}
		n.drained()
		n.trusts(false)
		if waits, err := n.Untrusted(t.Context()); waits || err != nil {
			t.Errorf("the sweep did not end: %v", err)
		}
		n.left("an attestation cannot be read, so that it cannot be judged again", 1)
	})
}

// A document is judged again under the name by which it is known, however names are
// made today.
func TestNamesOfDocumentsStay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		n := newNotary(t, e)
		n.trusts(true)
		taken(t, n.Session, "attestation", sealed(t, n.key, shopProvenance()))
		kept, err := n.DB.Unjudged(t.Context(), "another", 10)
		if err != nil || len(kept) != 1 {
			t.Fatal(kept, err)
		}
		a := twin.Attestation{Document: "once", Subjects: []twin.Subject{}, Signature: twin.Signature{State: twin.SignatureVerified}}
		res, err := a.Resource()
		if err != nil {
			t.Fatal(err)
		}
		k := kept[0]
		k.Document, k.Verdict.At, k.Verdict.Hash = "once", n.now, twin.HashBytes(res.Spec)
		told := discover.Told{Source: k.Source, Scope: twin.ScopeArtifacts, Apart: true, Class: twin.Declared, At: n.now, Things: []twin.Resource{res}, Kept: &k}
		if err := n.Ingest().IngestTold(t.Context(), &discover.Receipt{}, []discover.Told{told}); err != nil {
			t.Fatal(err)
		}
		n.drained()
		n.want("trusted", ctem.AsOf{}, "verified 2 unverified 0 failed 0")
		n.trusts(false)
		n.want("the key is gone", ctem.AsOf{}, "verified 0 unverified 2 failed 0")
	})
}

// left wants that so many things were left out for a reason.
func (n *notary) left(reason string, want int64) {
	n.t.Helper()
	list, err := n.DB.SourceLives(n.t.Context(), ctem.AsOf{Now: n.now}, time.Time{})
	if err != nil {
		n.t.Fatal(err)
	}
	var got int64
	for _, life := range list {
		for _, l := range life.Left {
			if l.Reason == reason {
				got += l.Count
			}
		}
	}
	if got != want {
		n.t.Errorf("left out because %q: %d, want %d", reason, got, want)
	}
}

// stopped is evidence that takes so many writes and then none.
type stopped struct {
	discover.Evidence
	left int
}

func (s *stopped) Append(ctx context.Context, list []twin.Observation, now time.Time) (twin.Appended, error) {
	if s.left--; s.left < 0 {
		return twin.Appended{}, context.DeadlineExceeded
	}
	return s.Evidence.Append(ctx, list, now)
}

// Many documents are judged again in bounded parts; cut off anywhere, the work
// goes on where it was.
func TestManyAreJudgedAgainInParts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		n := newNotary(t, e)
		n.trusts(true)
		var all bytes.Buffer
		for i := range 120 {
			all.WriteString(sealed(t, n.key, numbered(i)) + "\n")
		}
		taken(t, n.Session, "attestation", all.String())
		n.want("trusted", ctem.AsOf{}, "verified 120 unverified 0 failed 0")
		n.now = n.now.Add(time.Hour)
		if err := os.Remove(filepath.Join(n.dir, trustFolder, "release.pem")); err != nil {
			t.Fatal(err)
		}
		step := n.rejudge(n.DB)
		in := &stopped{n.DB, 1}
		step.Tell = func(ctx context.Context, told []discover.Told) error {
			var r discover.Receipt
			return (&discover.Ingest{Evidence: in, Now: n.Now}).IngestTold(ctx, &r, told)
		}
		for _, want := range []int{1, 50} { // it notices, and judges the first part
			if did, err := step.Run(t.Context()); did != want || err != nil {
				t.Fatalf("did %d, want %d: %v", did, want, err)
			}
		}
		if _, err := step.Run(t.Context()); err == nil {
			t.Fatal("it was not cut off")
		}
		n.drained()
		n.want("afterwards", ctem.AsOf{}, "verified 0 unverified 120 failed 0")
	})
}

// Two servers of one store that trust others: who came last stays, and the two do not
// take back each other's verdicts for ever. A change of a folder counts again.
func TestTwoFoldersOfOneStore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		n := newNotary(t, e)
		n.trusts(true)
		taken(t, n.Session, "attestation", sealed(t, n.key, shopProvenance()))
		n.want("trusted", ctem.AsOf{}, "verified 1 unverified 0 failed 0")
		other := n.Session.judge
		away := n.rejudge(n.DB)
		away.Hash, away.Trust = func() (string, bool) { return trust.Hash(nil), true }, func() pipeline.Trust { return trust.Load(nil) }
		did := 0
		for range 20 {
			for _, step := range []*pipeline.Rejudge{away, other} {
				n.now = n.now.Add(time.Minute)
				more, err := step.Run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				did += more
			}
		}
		if did == 0 || did > 5 {
			t.Errorf("%d turns and verdicts of 20 rounds", did)
		}
		for name, step := range map[string]*pipeline.Rejudge{"who came last": away, "who was first": other} {
			if waits, err := step.Waits(t.Context()); waits || err != nil {
				t.Errorf("%s still waits: %v", name, err)
			}
		}
		n.drained()
		n.want("who came last trusts nobody", ctem.AsOf{}, "verified 0 unverified 1 failed 0")
	})
}

// What is not kept cannot be judged again: it is not trusted any more.
func TestWhatIsNotKeptIsNotTrusted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, e *storetest.Engine) {
		n := newNotary(t, e)
		n.trusts(true)
		taken(t, n.Session, "attestation", sealed(t, n.key, shopProvenance()))
		taken(t, n.Session, "attestation", sealed(t, n.key, numbered(1)))
		kept, err := n.DB.Unjudged(t.Context(), "another", 10)
		if err != nil || len(kept) != 2 {
			t.Fatal(kept, err)
		}
		if err := n.DB.DropTestimony(t.Context(), kept[0].Source, kept[0].Document); err != nil {
			t.Fatal(err)
		}
		n.drained()
		n.want("nothing has changed", ctem.AsOf{}, "verified 2 unverified 0 failed 0")
		rules := filepath.Join(n.dir, trustFolder, "signers.json")
		if err := os.WriteFile(rules, []byte(`{"signers":[{"name":"r","key":"release.pem"}]}`), 0o600); err != nil {
			t.Fatal(err)
		}
		n.now = n.now.Add(time.Hour)
		n.drained()
		n.want("the rules have changed", ctem.AsOf{}, "verified 1 unverified 1 failed 0")
	})
}

// Where the store is elsewhere, who has no folder takes back nothing, and neither
// does a command that has another one than the server.
func TestNoFolderHasNoSay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := Home{Dir: func() (string, error) { return dir, nil }, URL: "postgres://elsewhere", Serves: true}
	if _, known := h.trustHash(); known {
		t.Error("it has a say")
	}
	if err := os.Mkdir(filepath.Join(dir, trustFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	if hash, known := h.trustHash(); !known || hash != "" {
		t.Errorf("an empty folder trusts nobody: %q %t", hash, known)
	}
	h.Serves = false
	if _, known := h.trustHash(); known {
		t.Error("a command has a say beside the server")
	}
	h.URL = ""
	if _, known := h.trustHash(); !known {
		t.Error("a command has no say in its own store")
	}
}
