package login

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
)

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]bool{
		good: true, "elevenchars": false, "twelve chars": true, strings.Repeat("ab", 128): true, strings.Repeat("ab", 128) + "c": false,
		"Ann.Anderson": false, " ann.anderson ": false, "ann.anderson1": true, strings.Repeat("z", 20): false,
		"пароль-на-все": true, "abcdefghijk\x00l": false, "abcdefghijkl\xff": false, "": false,
	} {
		if err := CheckPassword("ann.anderson", password); (err == nil) != want || err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestHashes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	old := newHasher(Cost{16, 1, 1}, rand.NewChaCha8([32]byte{}))
	h := newHasher(Cost{8, 1, 1}, rand.NewChaCha8([32]byte{}))
	hash := func(h *hasher) string {
		t.Helper()
		s, err := h.hash(ctx, good)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	one, two, costly := hash(h), hash(h), hash(old)
	if one == two || !strings.HasPrefix(one, "$argon2id$v=19$m=8,t=1,p=1$") || strings.Contains(one, good) {
		t.Errorf("%s, %s", one, two)
	}
	for name, c := range map[string]struct {
		stored, password string
		ok, stale        bool
	}{
		"right": {one, good, true, false}, "wrong": {one, good + " ", false, false}, "of_before": {costly, good, true, true},
		"of_before_wrong": {costly, "x", false, false}, "none": {"", "", false, false}, "empty": {one, "", false, false},
		"too_long": {one, strings.Repeat("x", 100_000), false, false},
	} {
		ok, stale, err := h.verify(ctx, c.stored, c.password)
		if ok != c.ok || stale != c.stale || err != nil {
			t.Errorf("%s: %v, %v, %v", name, ok, stale, err)
		}
	}
	if _, _, err := h.verify(ctx, "spoiled", good); fault.KindOf(err) != fault.Internal {
		t.Errorf("a spoiled hash: %v", err)
	}
	if got := Recommended(); got != (Cost{19456, 2, 1}) {
		t.Errorf("%+v", got)
	}
}

// What no password costs is what a wrong one costs: who waits longer is no user.
func TestUnknownUsersCostTheSame(t *testing.T) {
	t.Parallel()
	h, ctx := newHasher(Recommended(), rand.NewChaCha8([32]byte{})), context.Background()
	stored, err := h.hash(ctx, good)
	if err != nil {
		t.Fatal(err)
	}
	fastest := func(stored string) time.Duration {
		best := time.Hour
		for range 5 {
			begun := time.Now()
			if _, _, err := h.verify(ctx, stored, "wrong password"); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(begun))
		}
		return best
	}
	known, unknown := fastest(stored), fastest("")
	if unknown*3 < known || known*3 < unknown {
		t.Errorf("a wrong password takes %s, an unknown user %s", known, unknown)
	}
}

// A hundred at once take turns, and no more memory than two; who cannot wait is
// told to come back.
func TestHashingTakesTurns(t *testing.T) {
	t.Parallel()
	h := newHasher(Cost{8, 1, 1}, rand.NewChaCha8([32]byte{}))
	leave := make([]func(), turnsAtOnce)
	for i := range leave {
		var err error
		if leave[i], err = h.turn(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	kinds := make(chan fault.Kind, 100)
	var all sync.WaitGroup
	for range cap(kinds) {
		all.Go(func() {
			_, _, err := h.verify(ctx, "", "x")
			kinds <- fault.KindOf(err)
		})
	}
	sent := 0
	for range cap(kinds) - maxWaiting {
		if <-kinds == fault.TooMany {
			sent++
		}
	}
	stop()
	all.Wait()
	if sent != cap(kinds)-maxWaiting || len(h.turns) != turnsAtOnce || h.waiting.Load() != 0 {
		t.Errorf("%d sent away, %d at work, %d waiting", sent, len(h.turns), h.waiting.Load())
	}
	for _, done := range leave {
		done()
	}
	if _, _, err := h.verify(context.Background(), "", "x"); err != nil {
		t.Errorf("after them: %v", err)
	}
}

// A password that was hashed at another cost is kept at the present one from
// the next sign-in on.
func TestOldCostsAreRenewed(t *testing.T) {
	t.Parallel()
	d, ctx := newDoor(t, false), context.Background()
	d.user("ann", access.Viewer)
	now := New(Config{Store: d.db, Now: d.now, Rand: rand.NewChaCha8([32]byte{}), Cost: Cost{16, 1, 1}})
	if _, err := now.Login(ctx, Attempt{Name: "ann", Password: good}); err != nil {
		t.Fatal(err)
	}
	u, err := d.db.FindUser(ctx, "ann")
	if err != nil || !strings.Contains(u.PasswordHash, "m=16,") {
		t.Errorf("%s, %v", u.PasswordHash, err)
	}
	d.in("ann")
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	zero, err := newSecret(strings.NewReader(strings.Repeat("\x00", secretBytes)))
	if err != nil || zero != strings.Repeat("0", secretLength) || !isSecret(zero) {
		t.Errorf("%q, %v", zero, err)
	}
	most, err := newSecret(strings.NewReader(strings.Repeat("\xff", secretBytes)))
	if err != nil || !isSecret(most) {
		t.Errorf("%q, %v", most, err)
	}
	code, err := newCode(rand.NewChaCha8([32]byte{}))
	if err != nil || plainCode(code) != strings.ReplaceAll(code, "-", "") || len(strings.Split(code, "-")) != 4 {
		t.Errorf("%q, %v", code, err)
	}
	if diff := cmp.Diff("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", hashOf("abc")); diff != "" {
		t.Error(diff)
	}
}

func FuzzPHC(f *testing.F) {
	for _, s := range []string{
		"$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2E$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g",
		"$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHRzb21lc2E$aGFzaGhhc2hoYXNoaGFzaA", "$argon2id$v=19$m=,t=,p=$$", "$$$$$", "",
		"$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2E$aGFzaGhhc2hoYXNoaGFzaA", "$argon2id$v=19$m=8,t=01,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePHC(s)
		if err != nil {
			return
		}
		if p.cost.Memory > maxMemory || p.cost.Passes > maxPasses || p.cost.Lanes > maxLanes || p.cost.Lanes == 0 || p.cost.Passes == 0 {
			t.Errorf("%q asks for %+v", s, p.cost)
		}
		if p.String() != s {
			t.Errorf("%q is written as %q", s, p.String())
		}
	})
}

func FuzzBearer(f *testing.F) {
	for _, s := range []string{"Bearer tdm_" + strings.Repeat("a", secretLength), "bearer  tdm_x", "Basic YTpi", "Bearer", "", "Bearer tdm_" + strings.Repeat("é", secretLength)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		secret, ok := bearer([]string{s})
		if ok && (len(secret) != len(tokenPrefix)+secretLength || !isSecret(secret[len(tokenPrefix):])) {
			t.Errorf("%q is taken for the token %q", s, secret)
		}
		if _, two := bearer([]string{s, s}); two {
			t.Error("two headers are taken for one")
		}
	})
}

func FuzzCookie(f *testing.F) {
	for _, s := range []string{CookieName + "=" + strings.Repeat("a", secretLength), CookieName + "=x; " + CookieName + "=y", "", ";;=", CookieName + "=\"" + strings.Repeat("a", secretLength) + "\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := request(http.MethodGet, "")
		r.Header.Set("Cookie", s)
		if secret, ok := sessionSecret(r); ok && !isSecret(secret) {
			t.Errorf("%q is taken for the session %q", s, secret)
		}
	})
}
