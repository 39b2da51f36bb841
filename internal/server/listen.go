package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/tidemark/tidemark/internal/fault"
)

// Listen says where and how a server listens.
type Listen struct {
	Address     string
	Cert, Key   string // files; "": no TLS
	Insecure    bool   // plain HTTP on an address that others reach
	Connections int    // at the same time; 0: the default
}

// The bounds of a connection. A line of events sets its own for writing.
const (
	defaultConnections = 2048
	headerTime         = 10 * time.Second
	writeTime          = 2 * time.Minute // a long list to a slow reader
	idleTime           = 60 * time.Second
	headerBytes        = 64 << 10
	stopTime           = 8 * time.Second // for requests that are being served
)

// Open begins to listen. Without TLS it does so only where nobody else hears:
// passwords and tokens would be on the wire.
func (l Listen) Open(ctx context.Context) (net.Listener, error) {
	host, _, err := net.SplitHostPort(l.Address)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the address %q", l.Address)
	}
	if (l.Cert == "") != (l.Key == "") {
		return nil, fault.New(fault.Invalid, "a certificate needs its key, and a key its certificate").WithHint("pass --tls-cert and --tls-key")
	}
	if l.Cert == "" && !l.Insecure && !loopback(host) {
		return nil, fault.New(fault.Invalid, "%s can be reached by others, and there is no TLS", l.Address).
			WithHint("pass --tls-cert and --tls-key; or listen on 127.0.0.1 behind a proxy; or say --insecure-http where the network itself is trusted")
	}
	var config net.ListenConfig
	in, err := config.Listen(ctx, "tcp", l.Address)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "listen on %s", l.Address)
	}
	most := l.Connections
	if most <= 0 {
		most = defaultConnections
	}
	return newCrowd(in, most), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Serve serves until ctx ends, then lets what is being served come to its end:
// hangUp ends the lines that would stay open.
func (l Listen) Serve(ctx context.Context, in net.Listener, h http.Handler, hangUp func()) error {
	srv := &http.Server{
		Handler: seated(h), ConnContext: known, ReadHeaderTimeout: headerTime, WriteTimeout: writeTime, IdleTimeout: idleTime, MaxHeaderBytes: headerBytes,
		ErrorLog:  slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug), // strangers fill it: bad handshakes, early ends
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	ended := make(chan error, 1)
	go func() {
		if l.Cert != "" {
			ended <- srv.ServeTLS(in, l.Cert, l.Key)
			return
		}
		ended <- srv.Serve(in)
	}()
	select {
	case err := <-ended:
		return fault.Wrap(fault.Unavailable, err, "serve %s", l.Address)
	case <-ctx.Done():
	}
	hangUp()
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer stop()
	err := srv.Shutdown(grace)
	if err != nil {
		err = srv.Close() // what has not ended by now is cut off
	}
	if served := <-ended; served != nil && !errors.Is(served, http.ErrServerClosed) {
		return errors.Join(err, served)
	}
	return err
}
