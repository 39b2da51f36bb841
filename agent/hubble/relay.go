package hubble

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tidemark/tidemark/internal/fault"
)

// Relay asks an observer for its flows: the call GetFlows of gRPC, which over
// HTTP/2 is one POST whose answer goes on.
type Relay struct {
	address string
	http    *http.Client
	secure  bool
}

// maxMessage bounds one message: a flow has some kilobytes.
const maxMessage = 4 << 20

// NewRelay asks at HOST:PORT; without a configuration of TLS in plain HTTP/2.
func NewRelay(address string, secure *tls.Config) *Relay {
	const ping, pong = 30 * time.Second, 15 * time.Second
	transport := &http.Transport{TLSClientConfig: secure, Protocols: new(http.Protocols), HTTP2: &http.HTTP2Config{SendPingTimeout: ping, PingTimeout: pong}}
	transport.Protocols.SetHTTP2(secure != nil)
	transport.Protocols.SetUnencryptedHTTP2(secure == nil)
	return &Relay{address: address, http: &http.Client{Transport: transport}, secure: secure != nil}
}

// Follow gives each message from a time on until ctx, the relay or give ends it. It
// never returns nil.
func (r *Relay) Follow(ctx context.Context, since time.Time, give func(Response) error) error {
	scheme := "http"
	if r.secure {
		scheme = "https"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, scheme+"://"+r.address+"/observer.Observer/GetFlows", bytes.NewReader(framed(ask(since))))
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the relay's address")
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("Te", "trailers")
	answer, err := r.http.Do(request)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "ask the relay at %s", r.address)
	}
	defer func() { _ = answer.Body.Close() }() // what it has to say was read
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "application/grpc") {
		return fault.New(fault.Unavailable, "what answers at %s is no gRPC server: status %d, %.100q", r.address, answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	if err := messages(answer.Body, give); err != nil {
		return err
	}
	status := cmp.Or(answer.Trailer.Get("Grpc-Status"), answer.Header.Get("Grpc-Status"))
	if status != "" && status != "0" {
		return fault.New(fault.Unavailable, "the relay ends the stream: status %.10s, %.300q", status, cmp.Or(answer.Trailer.Get("Grpc-Message"), answer.Header.Get("Grpc-Message")))
	}
	return fault.New(fault.Unavailable, "the relay ends the stream")
}

// ask is a GetFlowsRequest: all flows from a time on, and those to come.
func ask(since time.Time) []byte {
	const follow, from = 3, 7
	out := protowire.AppendTag(nil, follow, protowire.VarintType)
	out = protowire.AppendVarint(out, 1)
	stamp := protowire.AppendTag(nil, 1, protowire.VarintType)
	stamp = protowire.AppendVarint(stamp, uint64(since.Unix()))
	stamp = protowire.AppendTag(stamp, 2, protowire.VarintType)
	stamp = protowire.AppendVarint(stamp, uint64(since.Nanosecond()))
	out = protowire.AppendTag(out, from, protowire.BytesType)
	return protowire.AppendBytes(out, stamp)
}

const frameHead = 5 // whether it is packed, and its length

func framed(message []byte) []byte {
	out := make([]byte, frameHead, frameHead+len(message))
	binary.BigEndian.PutUint32(out[1:], uint32(len(message)))
	return append(out, message...)
}

// messages reads the messages of a stream up to its end.
func messages(r io.Reader, give func(Response) error) error {
	var head [frameHead]byte
	var body []byte
	for {
		_, err := io.ReadFull(r, head[:])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fault.Wrap(fault.Unavailable, err, "the relay's stream breaks off")
		}
		size := binary.BigEndian.Uint32(head[1:])
		if head[0] != 0 || size > maxMessage {
			return fault.New(fault.Unavailable, "the relay sends a message that is packed (%d), or has %d bytes", head[0], size)
		}
		if int(size) > cap(body) {
			body = make([]byte, size)
		}
		if _, err := io.ReadFull(r, body[:size]); err != nil {
			return fault.Wrap(fault.Unavailable, err, "the relay's stream breaks off")
		}
		message, err := Decode(body[:size])
		if err != nil {
			message = Response{Unread: true}
		}
		if err := give(message); err != nil {
			return err
		}
	}
}
