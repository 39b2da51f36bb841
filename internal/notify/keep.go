package notify

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/ctem"
	"github.com/tidemark/tidemark/internal/fault"
)

// Addresses keeps webhooks, with what the log says of each change.
type Addresses interface {
	AddWebhook(ctx context.Context, w ctem.Webhook, most int, e ctem.AuditEntry) error
	RemoveWebhook(ctx context.Context, id string, e ctem.AuditEntry) (ctem.Webhook, error)
	Webhook(ctx context.Context, id string) (ctem.Webhook, error)
	Audit(ctx context.Context, e ctem.AuditEntry) error
}

// Keeper adds and removes webhooks for somebody.
type Keeper struct {
	Store  Addresses
	Poster *Poster
	Render func(e ctem.Event, test bool) ([]byte, error)
	By     ctem.Signature
	Now    func() time.Time
	Random io.Reader // nil: the machine's
}

// Asked is a webhook that somebody wants.
type Asked struct {
	Name    string
	URL     string
	Kinds   []ctem.EventKind
	Private bool
}

// The bounds of webhooks.
const (
	mostWebhooks = 20
	longestURL   = 2000
	longestName  = 100
)

// Add adds an address. Its secret is in the answer, and shown nowhere else.
func (k *Keeper) Add(ctx context.Context, q Asked) (ctem.Webhook, error) {
	u, err := address(q)
	if err != nil {
		return ctem.Webhook{}, err
	}
	random := make([]byte, 32+5)
	source := k.Random
	if source == nil {
		source = rand.Reader
	}
	if _, err := io.ReadFull(source, random); err != nil {
		return ctem.Webhook{}, fmt.Errorf("make a secret: %w", err)
	}
	w := ctem.Webhook{
		ID: "HOOK-" + base32.StdEncoding.EncodeToString(random[32:]), Name: strings.TrimSpace(q.Name), URL: ctem.Secret(q.URL),
		Secret: ctem.Secret("tdmhook_" + hex.EncodeToString(random[:32])), Kinds: slices.Clone(q.Kinds), Private: q.Private,
		CreatedBy: k.By.Actor, CreatedAt: k.Now().UTC().Truncate(time.Microsecond),
	}
	if w.Name == "" {
		w.Name = u.Hostname()
	}
	if w.Kinds == nil {
		w.Kinds = []ctem.EventKind{}
	}
	e, err := k.entry("add", w.ID, Shown(w.URL))
	if err != nil {
		return w, err
	}
	return w, k.Store.AddWebhook(ctx, w, mostWebhooks, e)
}

func (k *Keeper) entry(what, id, after string) (ctem.AuditEntry, error) {
	return ctem.Deed{By: k.By, Verb: "webhook " + what, Object: id, After: after}.Entry(k.Now())
}

// address reads an address that may be told something.
func address(q Asked) (*url.URL, error) {
	u, err := url.Parse(q.URL)
	switch {
	case len(q.URL) > longestURL || len(q.Name) > longestName:
		return nil, fault.New(fault.Invalid, "a webhook has an address of at most %d bytes and a name of at most %d", longestURL, longestName)
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, fault.New(fault.Invalid, "that is not the address of a webhook").WithHint("give it whole, as https://hooks.example.org/tidemark")
	case u.Scheme == "http" && !q.Private:
		return nil, fault.New(fault.Invalid, "a webhook is told by https").WithHint("plain http is for addresses of private networks: --private")
	case u.User != nil:
		return nil, fault.New(fault.Invalid, "the address of a webhook has no user in it").WithHint("what is sent is signed; check the signature instead")
	}
	return u, nil
}

// Remove ends an address.
func (k *Keeper) Remove(ctx context.Context, id string) (ctem.Webhook, error) {
	e, err := k.entry("remove", id, "")
	if err != nil {
		return ctem.Webhook{}, err
	}
	return k.Store.RemoveWebhook(ctx, id, e)
}

// Test sends an address a message about nothing, once.
func (k *Keeper) Test(ctx context.Context, id string) (Answer, error) {
	w, err := k.Store.Webhook(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	now := k.Now()
	body, err := k.Render(ctem.Event{Kind: ctem.EventFeed, Subject: "test", Detail: "this is a test: nothing happened", At: now, Known: now}, true)
	if err != nil {
		return Answer{}, err
	}
	e, err := k.entry("test", id, "")
	if err != nil {
		return Answer{}, err
	}
	if err := k.Store.Audit(ctx, e); err != nil { // before anything leaves
		return Answer{}, err
	}
	return k.Poster.Post(ctx, w, Message{ID: "EVT-0", Body: body}), nil
}

// Shown is an address without what may be secret in it: its path too.
func Shown(address ctem.Secret) string {
	u, err := url.Parse(string(address))
	if err != nil || u.Host == "" {
		return "(an address that cannot be read)"
	}
	if u.Path == "" && u.RawQuery == "" {
		return u.Scheme + "://" + u.Host
	}
	return u.Scheme + "://" + u.Host + "/…"
}
