package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/cmd/tidemark/host"
	"github.com/tidemark/tidemark/internal/server"
)

// check runs the health check of a container, with more of its command line.
func check(args ...string) (code int, said string) {
	var out, errs bytes.Buffer
	s := command.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Env: func(string) string { return "" }}
	code = run(context.Background(), s, time.Now, append([]string{"serve", "--check"}, args...))
	return code, out.String() + errs.String()
}

// The health check says whether the server at --listen is ready, in whatever
// form that address is given, and starts nothing.
func TestTheHealthCheck(t *testing.T) {
	t.Parallel()
	s := start(t, "--data", t.TempDir())
	s.quiet()
	address := strings.TrimPrefix(s.url, "http://")
	_, port, _ := strings.Cut(address, ":")
	for _, listen := range []string{address, "0.0.0.0:" + port, ":" + port, "localhost:" + port} {
		if code, said := check("--listen", listen, "--insecure-http"); code != 0 {
			t.Errorf("--listen %s: exit %d\n%s", listen, code, said)
		}
	}
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			t.Errorf("it asks %s", r.URL.Path)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(busy.Close)
	if code, said := check("--listen", strings.TrimPrefix(busy.URL, "http://")); code != command.ExitFailure || !strings.Contains(said, "not ready") {
		t.Errorf("not ready: exit %d\n%s", code, said)
	}
	if code, said := check("--listen", freeAddress(t)); code != command.ExitFailure {
		t.Errorf("nobody there: exit %d\n%s", code, said)
	}
	if code, said := check("--listen", "nonsense"); code != command.ExitUsage {
		t.Errorf("no address: exit %d\n%s", code, said)
	}
}

// With a certificate the check goes over TLS, and believes that certificate alone.
func TestTheHealthCheckOverTLS(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t, "tidemark.example")
	other, _ := certificate(t, "tidemark.example")
	up, ended := make(chan string, 1), make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	h := host.Host{Home: homeOf([]string{"--data", t.TempDir()}, time.Now), Clock: time.Now, Version: "test"}
	h.Err, h.Log = io.Discard, slog.New(slog.DiscardHandler)
	go func() {
		ended <- h.Serve(ctx, host.Options{
			Listen: server.Listen{Address: "127.0.0.1:0", Cert: cert, Key: key}, Started: func(url, _ string) { up <- url },
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	address := strings.TrimPrefix(<-up, "https://")
	code, said := 0, ""
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		if code, said = check("--listen", address, "--tls-cert", cert, "--tls-key", key); code == 0 {
			break
		}
	}
	if code != 0 {
		t.Errorf("exit %d\n%s", code, said)
	}
	if code, _ := check("--listen", address, "--tls-cert", other, "--tls-key", key); code != command.ExitFailure {
		t.Errorf("another certificate: exit %d", code)
	}
	if code, _ := check("--listen", address, "--tls-cert", key, "--tls-key", key); code != command.ExitUsage {
		t.Errorf("no certificate: exit %d", code)
	}
}

// certificate writes one that nobody has signed, for a name.
func certificate(t *testing.T, name string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	public, err := x509.CreateCertificate(rand.Reader, &about, &about, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: public}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
