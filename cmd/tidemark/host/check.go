package host

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"os"

	"github.com/tidemark/tidemark/cmd/tidemark/local"
	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/server"
)

// Check asks the server that listens so on this machine whether it is ready.
func Check(ctx context.Context, l server.Listen) error {
	where, port, err := net.SplitHostPort(l.Address)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the address %q", l.Address)
	}
	switch ip := net.ParseIP(where); { // it listens everywhere, here too; a name may be known nowhere in a container
	case where == "" || ip.Equal(net.IPv4zero):
		where = "127.0.0.1"
	case ip.Equal(net.IPv6zero):
		where = "::1"
	}
	address := net.JoinHostPort(where, port) + "/readyz"
	if l.Cert == "" {
		return Ready(ctx, http.DefaultClient, "http://"+address)
	}
	config, err := own(l.Cert)
	if err != nil {
		return err
	}
	line := &http.Transport{TLSClientConfig: config}
	defer line.CloseIdleConnections()
	return Ready(ctx, &http.Client{Transport: line}, "https://"+address)
}

// own believes the first certificate of a file, and no other, whatever name it is
// for: the check asks this machine, not that name.
func own(file string) (*tls.Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "read the certificate")
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fault.New(fault.Invalid, "%s holds no certificate", file)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "read the certificate %s", file)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool(), ServerName: cert.Subject.CommonName}
	config.RootCAs.AddCert(cert)
	if len(cert.DNSNames) > 0 {
		config.ServerName = cert.DNSNames[0]
	} else if len(cert.IPAddresses) > 0 {
		config.ServerName = cert.IPAddresses[0].String()
	}
	return config, nil
}

// Ready asks a server whether it is.
func Ready(ctx context.Context, client *http.Client, url string) (err error) {
	ctx, stop := context.WithTimeout(ctx, local.LockWait)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the address %q", url)
	}
	res, err := client.Do(req)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "ask the server")
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if res.StatusCode != http.StatusOK {
		return fault.New(fault.Unavailable, "the server is not ready: %s", res.Status).WithHint("see %s", url)
	}
	return nil
}
