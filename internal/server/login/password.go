package login

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/tidemark/tidemark/internal/fault"
)

// Cost is what one password costs to try: memory in KiB, passes over it, lanes.
type Cost struct {
	Memory uint32
	Passes uint32
	Lanes  uint8
}

// Recommended is what OWASP recommends for Argon2id: 19 MiB, two passes, one lane.
func Recommended() Cost { return Cost{Memory: 19 * 1024, Passes: 2, Lanes: 1} }

const (
	saltBytes = 16
	keyBytes  = 32

	// The most that a stored hash may ask for: a spoiled row takes no server down.
	maxMemory = 256 * 1024
	maxPasses = 16
	maxLanes  = 8

	turnsAtOnce = 2  // hashes at once: they bound the memory
	maxWaiting  = 64 // who waits for a turn beyond that is sent away

	leastPassword = 12
	mostPassword  = 256
)

// CheckPassword refuses what is no password for a user: too short, too long, or
// the name.
func CheckPassword(name, password string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return fault.New(fault.Invalid, "the password is not text").WithHint("use letters, digits and signs")
	case n < leastPassword || n > mostPassword:
		return fault.New(fault.Invalid, "the password has %d characters", n).WithHint("use %d to %d; four random words are easy to remember", leastPassword, mostPassword)
	case strings.EqualFold(strings.TrimSpace(password), name):
		return fault.New(fault.Invalid, "the password is the user's name").WithHint("use one that nobody guesses")
	case strings.Count(password, password[:1]) == len(password):
		return fault.New(fault.Invalid, "the password is one character many times").WithHint("use one that nobody guesses")
	}
	return nil
}

// hasher hashes passwords, few at a time.
type hasher struct {
	cost    Cost
	rand    io.Reader
	turns   chan struct{}
	waiting atomic.Int64
}

func newHasher(c Cost, random io.Reader) *hasher {
	return &hasher{cost: c, rand: random, turns: make(chan struct{}, turnsAtOnce)}
}

// turn waits for the right to take the memory of one hash.
func (h *hasher) turn(ctx context.Context) (leave func(), err error) {
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > maxWaiting {
		return nil, fault.New(fault.TooMany, "too many people sign in at once").WithHint("try again in a few seconds")
	}
	select {
	case h.turns <- struct{}{}:
		return func() { <-h.turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash gives a password in the PHC form, with a salt of its own.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(h.rand, salt); err != nil {
		return "", fmt.Errorf("make a salt: %w", err)
	}
	leave, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return phc{h.cost, salt, key(h.cost, password, salt, keyBytes)}.String(), nil
}

// verify reports whether a password is the one of a hash, and whether the hash
// is of another cost than is used now. Without a hash, and with a password that
// is too long, the same work is done and the answer is no.
func (h *hasher) verify(ctx context.Context, stored, password string) (ok, stale bool, err error) {
	want := phc{cost: h.cost, salt: make([]byte, saltBytes), key: make([]byte, keyBytes)}
	known := stored != "" && len(password) <= mostPassword*utf8.UTFMax
	if known {
		if want, err = parsePHC(stored); err != nil {
			return false, false, err
		}
	}
	leave, err := h.turn(ctx)
	if err != nil {
		return false, false, err
	}
	defer leave()
	if !known {
		password = ""
	}
	got := key(want.cost, password, want.salt, uint32(len(want.key)))
	ok = subtle.ConstantTimeCompare(got, want.key) == 1 && known
	return ok, ok && want.cost != h.cost, nil
}

func key(c Cost, password string, salt []byte, size uint32) []byte {
	return argon2.IDKey([]byte(password), salt, c.Passes, c.Memory, c.Lanes, size)
}

// phc is a hash with all that is needed to try a password against it.
type phc struct {
	cost Cost
	salt []byte
	key  []byte
}

// String is the PHC form.
func (p phc) String() string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.cost.Memory, p.cost.Passes, p.cost.Lanes,
		enc.EncodeToString(p.salt), enc.EncodeToString(p.key))
}

// parsePHC reads the PHC form, of Argon2id and of costs that the machine can bear.
func parsePHC(s string) (p phc, err error) {
	bad := fault.New(fault.Internal, "a stored password hash cannot be read").WithHint("set a new password: tidemark user passwd NAME")
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return p, bad
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return p, bad
	}
	m, okM := number(costs[0], "m=", maxMemory)
	t, okT := number(costs[1], "t=", maxPasses)
	l, okL := number(costs[2], "p=", maxLanes)
	if !okM || !okT || !okL || m < 8*l {
		return p, bad
	}
	p.cost = Cost{Memory: m, Passes: t, Lanes: uint8(l)}
	enc := base64.RawStdEncoding.Strict()
	salt, errSalt := enc.DecodeString(parts[4])
	hash, errHash := enc.DecodeString(parts[5])
	if errSalt != nil || errHash != nil || len(salt) < 8 || len(salt) > 64 || len(hash) < 16 || len(hash) > 64 {
		return p, bad
	}
	p.salt, p.key = salt, hash
	return p, nil
}

func number(s, prefix string, most uint64) (uint32, bool) {
	digits, ok := strings.CutPrefix(s, prefix)
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), ok && err == nil && n >= 1 && n <= most && digits[0] != '0'
}
