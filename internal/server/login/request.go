package login

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/tidemark/tidemark/internal/access"
	"github.com/tidemark/tidemark/internal/fault"
)

// The names that the browser and the server agree on.
const (
	CookieName = "tidemark_session"
	CSRFHeader = "X-Tidemark-CSRF" // "1" in every request of the pages that changes something
)

// touchTime bounds how long a request waits to note that its session was used:
// it does so once a minute, and a step that writes may be in the way.
const touchTime = 200 * time.Millisecond

// Caller is what a request says about where it comes from.
type Caller struct {
	Address string // of the client, an IPv6 one by its /64: what is counted by
	Secure  bool   // it came over TLS
	Secret  string // of the session that it shows; "": none
}

// Caller reads where a request comes from.
func (s *watch) Caller(r *http.Request) Caller {
	secret, _ := sessionSecret(r) // two of them are refused by Authenticate; here they count as none
	return Caller{Address: s.proxy.address(r), Secure: s.proxy.secure(r), Secret: secret}
}

// Authenticate says who is behind a request, or refuses it. With a token the
// session is nil. A request that changes something and comes with a cookie must
// come from pages of this server.
func (s *watch) Authenticate(r *http.Request) (access.Principal, *access.Session, error) {
	if values := r.Header.Values("Authorization"); len(values) > 0 {
		p, err := s.byToken(r.Context(), values)
		return p, nil, err
	}
	return s.bySession(r)
}

func errNobody() error {
	return fault.New(fault.Unauthenticated, "you are not signed in").WithHint("sign in, or send a token: Authorization: Bearer tdm_…")
}

func (s *watch) byToken(ctx context.Context, values []string) (access.Principal, error) {
	wrong := fault.New(fault.Unauthenticated, "the token is wrong, revoked or expired").WithHint("create a new one: Settings, Tokens, or tidemark token create")
	secret, ok := bearer(values)
	if !ok {
		return access.Principal{}, wrong
	}
	now := s.now()
	k, found, err := s.store.FindToken(ctx, hashOf(secret), now)
	if err != nil {
		return access.Principal{}, err
	}
	if !found {
		return access.Principal{}, wrong
	}
	p := k.Principal()
	if k.Grant.User != "" {
		u, err := s.store.FindUser(ctx, k.Grant.User)
		if fault.KindOf(err) == fault.NotFound || err == nil && u.Disabled {
			return access.Principal{}, wrong
		}
		if err != nil {
			return access.Principal{}, err
		}
		p = k.As(u)
	}
	if now.Sub(k.LastUsed) >= access.Coarse {
		s.touch(ctx, "token", func(ctx context.Context) error { return s.store.TouchToken(ctx, k.ID, now) })
	}
	return p, nil
}

// bearer reads the token of an Authorization header.
func bearer(values []string) (secret string, ok bool) {
	if len(values) != 1 {
		return "", false
	}
	scheme, rest, _ := strings.Cut(values[0], " ")
	secret = strings.TrimSpace(rest)
	random, prefixed := strings.CutPrefix(secret, tokenPrefix)
	return secret, strings.EqualFold(scheme, "Bearer") && prefixed && isSecret(random)
}

func (s *watch) bySession(r *http.Request) (access.Principal, *access.Session, error) {
	secret, ok := sessionSecret(r)
	if !ok {
		return access.Principal{}, nil, errNobody()
	}
	now := s.now()
	sess, u, found, err := s.store.FindSession(r.Context(), hashOf(secret), now)
	if err != nil {
		return access.Principal{}, nil, err
	}
	if !found {
		return access.Principal{}, nil, fault.New(fault.Unauthenticated, "your session has ended").WithHint("sign in again")
	}
	if err := s.CheckCSRF(r); err != nil {
		return access.Principal{}, nil, err
	}
	if now.Sub(sess.SeenAt) >= access.Coarse {
		s.touch(r.Context(), "session", func(ctx context.Context) error { return s.store.TouchSession(ctx, sess.Hash, now) })
	}
	p := u.Principal()
	p.MustSetPassword = sess.MustSetPassword
	return p, &sess, nil
}

// sessionSecret reads the one session cookie of a request. Two are none: the
// second may have been set by another site of the same domain.
func sessionSecret(r *http.Request) (secret string, ok bool) {
	cookies := r.CookiesNamed(CookieName)
	if len(cookies) != 1 || !isSecret(cookies[0].Value) {
		return "", false
	}
	return cookies[0].Value, true
}

// touch notes the last use. That it could not be noted is no reason to refuse
// what was asked.
func (s *watch) touch(ctx context.Context, what string, note func(context.Context) error) {
	ctx, stop := context.WithTimeout(ctx, touchTime)
	defer stop()
	if err := note(ctx); err != nil {
		s.log.DebugContext(ctx, "the last use was not noted", "of", what, "error", err)
	}
}

// CheckCSRF refuses a request that changes something unless pages of this server
// sent it. Authenticate does so for every session; signing in, which has none
// yet, needs it as well.
func (s *watch) CheckCSRF(r *http.Request) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return nil
	}
	if r.Header.Get(CSRFHeader) != "1" {
		return fault.New(fault.Forbidden, "the header %s is missing", CSRFHeader).WithHint("send %s: 1, or use a token", CSRFHeader)
	}
	if s.proxy.foreign(r) {
		return fault.New(fault.Forbidden, "the request comes from another site").WithHint("use the pages of this server, or a token")
	}
	return nil
}

// proxied says whether to believe what a proxy adds to a request.
type proxied bool

// foreign reports whether a browser says that another site sent the request. A
// client that says nothing is no browser.
func (p proxied) foreign(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site != "same-origin" && site != "none"
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || u.Host == "" || !strings.EqualFold(u.Host, p.host(r))
}

func (p proxied) host(r *http.Request) string {
	if host := r.Header.Get("X-Forwarded-Host"); bool(p) && host != "" {
		return host
	}
	return r.Host
}

func (p proxied) secure(r *http.Request) bool {
	return r.TLS != nil || bool(p) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// address is the client's, as it is counted.
func (p proxied) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if forwarded := r.Header.Values("X-Forwarded-For"); bool(p) && len(forwarded) > 0 {
		all := strings.Split(forwarded[len(forwarded)-1], ",")
		host = strings.TrimSpace(all[len(all)-1]) // the one that our own proxy added
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	const network = 64
	prefix, err := ip.Prefix(network)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}

// Cookie is the cookie of a session that has begun.
func (s *watch) Cookie(c Caller, e Entry) *http.Cookie {
	cookie := emptyCookie(c)
	cookie.Value, cookie.Expires = e.Secret, e.Session.Expires
	cookie.MaxAge = int(e.Session.Expires.Sub(s.now()).Seconds())
	return cookie
}

// NoCookie takes the cookie away.
func (s *watch) NoCookie(c Caller) *http.Cookie {
	cookie := emptyCookie(c)
	cookie.MaxAge = -1
	return cookie
}

// emptyCookie has what every cookie of ours has. Lax, not Strict: a link from a
// chat must find its reader signed in; what changes something is guarded by
// CheckCSRF.
func emptyCookie(c Caller) *http.Cookie {
	return &http.Cookie{Name: CookieName, Path: "/", HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteLaxMode}
}
