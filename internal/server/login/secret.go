package login

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"strings"
)

const (
	tokenPrefix  = "tdm_"
	secretBytes  = 32
	secretLength = 43 // 256 bits in base 62
	shownPrefix  = len(tokenPrefix) + 4

	codeBytes = 15 // 120 bits, 24 characters
	codeGroup = 6
	idBytes   = 10

	base = 62
)

// newSecret makes 256 random bits in letters and digits.
func newSecret(random io.Reader) (string, error) {
	b := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("make a secret: %w", err)
	}
	digits := new(big.Int).SetBytes(b).Text(base)
	return strings.Repeat("0", secretLength-len(digits)) + digits, nil
}

// isSecret reports whether a text has the form of a secret: what has not is
// refused without asking the store.
func isSecret(s string) bool {
	return len(s) == secretLength && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// newCode makes a code that people can type: groups of letters and digits.
func newCode(random io.Reader) (string, error) {
	text, err := newBase32(random, codeBytes)
	if err != nil {
		return "", err
	}
	var groups []string
	for ; len(text) > codeGroup; text = text[codeGroup:] {
		groups = append(groups, text[:codeGroup])
	}
	return strings.Join(append(groups, text), "-"), nil
}

// plainCode is a code as typed without what is there to make it readable; "" for
// what cannot be one.
func plainCode(typed string) string {
	if len(typed) > 4*codeBytes {
		return ""
	}
	s := strings.ToUpper(strings.NewReplacer("-", "", " ", "", "0", "O", "1", "I").Replace(typed))
	if b, err := base32.StdEncoding.DecodeString(s); err != nil || len(b) != codeBytes {
		return ""
	}
	return s
}

func newID(random io.Reader) (string, error) {
	text, err := newBase32(random, idBytes)
	return "TOK-" + text, err
}

func newBase32(random io.Reader, size int) (string, error) {
	b := make([]byte, size)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("make a code: %w", err)
	}
	return base32.StdEncoding.EncodeToString(b), nil
}

// hashOf is what is kept of a random secret. It needs no salt and no cost: 120
// bits and more are not guessed.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
