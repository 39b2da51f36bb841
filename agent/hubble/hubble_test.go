package hubble_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tidemark/tidemark/agent/hubble"
)

// message writes a message of the wire format: pairs of field number and value.
func message(fields ...any) []byte {
	var out []byte
	for i := 0; i < len(fields); i += 2 {
		id := protowire.Number(fields[i].(int))
		switch v := fields[i+1].(type) {
		case int:
			out = protowire.AppendVarint(protowire.AppendTag(out, id, protowire.VarintType), uint64(v))
		case string:
			out = protowire.AppendString(protowire.AppendTag(out, id, protowire.BytesType), v)
		case []byte:
			out = protowire.AppendBytes(protowire.AppendTag(out, id, protowire.BytesType), v)
		}
	}
	return out
}

const second = 1_772_359_200 // 2026-03-01T10:00:00Z

// recorded are messages of a relay with what "hubble observe -o jsonpb" writes of
// them, as far as it is read.
func recorded() (wire [][]byte, written []string) {
	front := message(1, 511, 2, 27001, 3, "shop", 4, "k8s:app=front", 5, "front-7d9-x", 6, message(1, "front", 2, "Deployment"), 7, "prod")
	cart := message(1, 512, 3, "shop", 4, "k8s:io.kubernetes.pod.namespace=shop", 5, "cart-5b6f8c9d4-abcde", 7, "prod")
	world := message(2, 2, 4, "reserved:world")
	flow := func(at int, more ...any) []byte {
		f := message(append([]any{1, message(1, second+at, 2, 500_000_000), 34, "u"}, more...)...)
		return message(1, f, 1000, "prod/n1", 1001, message(1, second+at))
	}
	tcp := func(port, flag int) []byte { return message(1, message(1, 41000, 2, port, 3, message(flag, 1))) }
	return [][]byte{
		flow(1, 2, 1, 5, message(1, "10.0.1.2", 2, "10.0.1.3", 3, 1), 6, tcp(7070, 2), 8, front, 9, cart, 10, 1, 11, "prod/n1", 26, message()),
		flow(2, 2, 1, 6, tcp(41000, 5), 8, cart, 9, front, 26, message(1, 1)),
		flow(3, 2, 2, 6, message(2, message(1, 1, 2, 53)), 8, front, 9, cart),
		flow(4, 2, 1, 5, message(1, "10.0.1.2", 2, "198.51.100.7"), 6, tcp(443, 2), 8, front, 9, world, 14, "b.example.com.", 14, "api.example.com", 26, message()),
		flow(5, 2, 5, 6, tcp(80, 5), 8, front, 9, cart, 15, message(1, 1, 2, 9, 101, message(1, 200, 2, "GET", 3, "http://x/secret"))),
		message(2, message(1, 2)),
		message(3, message(1, 1, 2, 7), 1000, "prod/n2"),
	}, []string{
		`{"time":"2026-03-01T10:00:01.5Z","verdict":"FORWARDED","source":{"cluster_name":"prod","namespace":"shop","labels":["k8s:app=front"],"pod_name":"front-7d9-x","workloads":[{"name":"front","kind":"Deployment"}]},"destination":{"cluster_name":"prod","namespace":"shop","labels":["k8s:io.kubernetes.pod.namespace=shop"],"pod_name":"cart-5b6f8c9d4-abcde"},"IP":{"source":"10.0.1.2","destination":"10.0.1.3"},"l4":{"TCP":{"destination_port":7070,"flags":{"SYN":true}}},"is_reply":false}`,
		`{"time":"2026-03-01T10:00:02.5Z","verdict":"FORWARDED","source":{"cluster_name":"prod","namespace":"shop","labels":["k8s:io.kubernetes.pod.namespace=shop"],"pod_name":"cart-5b6f8c9d4-abcde"},"destination":{"cluster_name":"prod","namespace":"shop","labels":["k8s:app=front"],"pod_name":"front-7d9-x","workloads":[{"name":"front","kind":"Deployment"}]},"l4":{"TCP":{"destination_port":41000,"flags":{"ACK":true}}},"is_reply":true}`,
		`{"time":"2026-03-01T10:00:03.5Z","verdict":"DROPPED","source":{"cluster_name":"prod","namespace":"shop","labels":["k8s:app=front"],"pod_name":"front-7d9-x","workloads":[{"name":"front","kind":"Deployment"}]},"destination":{"cluster_name":"prod","namespace":"shop","labels":["k8s:io.kubernetes.pod.namespace=shop"],"pod_name":"cart-5b6f8c9d4-abcde"},"l4":{"UDP":{"destination_port":53}}}`,
		`{"time":"2026-03-01T10:00:04.5Z","verdict":"FORWARDED","source":{"cluster_name":"prod","namespace":"shop","labels":["k8s:app=front"],"pod_name":"front-7d9-x","workloads":[{"name":"front","kind":"Deployment"}]},"destination":{"labels":["reserved:world"]},"destination_names":["b.example.com.","api.example.com"],"IP":{"source":"10.0.1.2","destination":"198.51.100.7"},"l4":{"TCP":{"destination_port":443,"flags":{"SYN":true}}},"is_reply":false}`,
		`{"time":"2026-03-01T10:00:05.5Z","verdict":"REDIRECTED","source":{"cluster_name":"prod","namespace":"shop","labels":["k8s:app=front"],"pod_name":"front-7d9-x","workloads":[{"name":"front","kind":"Deployment"}]},"destination":{"cluster_name":"prod","namespace":"shop","labels":["k8s:io.kubernetes.pod.namespace=shop"],"pod_name":"cart-5b6f8c9d4-abcde"},"l4":{"TCP":{"destination_port":80,"flags":{"ACK":true}}},"l7":{"type":"REQUEST","http":{}}}`,
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	wire, written := recorded()
	for i, text := range written {
		got, err := hubble.Decode(wire[i])
		if err != nil {
			t.Fatal(err)
		}
		var want hubble.Flow
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&want, got.Flow); diff != "" {
			t.Errorf("message %d: %s", i, diff)
		}
	}
	if got, err := hubble.Decode(wire[6]); err != nil || got.Lost != 7 || got.Flow != nil {
		t.Errorf("lost events: %+v (%v)", got, err)
	}
	for _, bad := range [][]byte{{0xff}, message(1, []byte{0x0a}), message(1, message(6, message(1, message(2, 70000))))} {
		if _, err := hubble.Decode(bad); err == nil {
			t.Errorf("%x is a message", bad)
		}
	}
}

func FuzzDecode(f *testing.F) {
	wire, _ := recorded()
	for _, m := range wire {
		f.Add(m)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := hubble.Decode(b)
		if err != nil || got.Flow == nil {
			return
		}
		text, err := json.Marshal(got.Flow)
		if err != nil {
			t.Fatalf("it cannot be written: %v", err)
		}
		if len(text) > 12*len(b)+4096 {
			t.Errorf("%d bytes became %d", len(b), len(text))
		}
	})
}

// bytesCodec hands messages on as they are.
type bytesCodec struct{}

func (bytesCodec) Name() string                       { return "proto" }
func (bytesCodec) Marshal(v any) ([]byte, error)      { return *v.(*[]byte), nil }
func (bytesCodec) Unmarshal(data []byte, v any) error { *v.(*[]byte) = bytes.Clone(data); return nil }

// relay is a gRPC server that speaks what was recorded: first some messages, then it
// breaks off; at the next call the rest, and it goes on.
type relay struct {
	mu    sync.Mutex
	asked [][]byte
}

// clock moves on when the first call has come.
func (r *relay) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Unix(second+60*int64(min(len(r.asked), 1)), 0)
}

func (r *relay) start(t *testing.T) string {
	t.Helper()
	server := grpc.NewServer(grpc.ForceServerCodec(bytesCodec{}), grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		method, _ := grpc.MethodFromServerStream(stream)
		if method != "/observer.Observer/GetFlows" {
			return status.Error(codes.Unimplemented, method)
		}
		var request []byte
		if err := stream.RecvMsg(&request); err != nil {
			return err
		}
		r.mu.Lock()
		r.asked = append(r.asked, request)
		n := len(r.asked)
		r.mu.Unlock()
		wire, _ := recorded()
		if n == 1 {
			wire = wire[:1]
		}
		for _, m := range wire {
			if err := stream.SendMsg(&m); err != nil {
				return err
			}
		}
		if n == 1 {
			return status.Error(codes.Unavailable, "the relay restarts")
		}
		<-stream.Context().Done()
		return nil
	}))
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

// sink takes what is sent, the second time that it is tried.
type sink struct {
	mu     sync.Mutex
	tries  int
	bodies []string
	got    chan struct{}
}

func (s *sink) SendFlows(_ context.Context, environment string, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tries++; s.tries == 1 || environment != "prod" {
		return errors.New("not now")
	}
	s.bodies = append(s.bodies, string(body))
	if strings.Contains(strings.Join(s.bodies, ""), "lost") {
		select {
		case s.got <- struct{}{}:
		default:
		}
	}
	return nil
}

// A stream that breaks off is begun again, and all that it told reaches the server,
// gathered to edges.
func TestAgentFollows(t *testing.T) {
	t.Parallel()
	var r relay
	to := &sink{got: make(chan struct{}, 1)}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	agent := hubble.New(hubble.Config{
		Cluster: "prod", Stream: hubble.NewRelay(r.start(t), nil), Server: to, Every: time.Millisecond,
		Now: r.clock, Log: slog.New(slog.DiscardHandler),
		Pause: func(ctx context.Context, _ time.Duration) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(20 * time.Millisecond):
				return nil
			}
		},
	})
	done := make(chan error, 2)
	go func() { done <- agent.Follow(ctx) }()
	go func() { done <- agent.Send(ctx) }()
	select {
	case <-to.got:
	case <-ctx.Done():
		t.Fatalf("nothing came: %+v", agent.Stats())
	}
	stop()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	var calls int64
	all := strings.Join(to.bodies, "")
	for line := range strings.Lines(all) {
		var v struct {
			Flow *hubble.Flow `json:"flow"`
			Seen struct {
				Calls int64 `json:"calls"`
			} `json:"seen"`
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		if v.Flow != nil && v.Flow.L4.TCP != nil && v.Flow.L4.TCP.Number == 7070 {
			calls += v.Seen.Calls
		}
	}
	if calls != 2 {
		t.Errorf("the edge was seen %d times, want 2:\n%s", calls, all)
	}
	for _, hidden := range []string{"secret", "198.51.100.7", "41000", "front-7d9-x"} {
		if strings.Contains(all, hidden) {
			t.Errorf("%s is told:\n%s", hidden, all)
		}
	}
	for _, want := range []string{`"left_out":{"reason":"agent: events that the observer lost: some edges may be missing","count":7}`, `"destination_names":["api.example.com","b.example.com."]`} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not told:\n%s", want, all)
		}
	}
	// It asks to follow, the second time from where it was.
	if want := message(3, 1, 7, message(1, second+1, 2, 500_000_001)); len(r.asked) < 2 || !bytes.Equal(r.asked[1], want) {
		t.Errorf("asked %x, want %x", r.asked, want)
	}
}

// ahead gives one flow of a node whose clock is ahead, and keeps from when on it is asked.
type ahead struct {
	asked []time.Time
	stop  func()
}

func (a *ahead) Follow(_ context.Context, since time.Time, give func(hubble.Response) error) error {
	if a.asked = append(a.asked, since); len(a.asked) > 1 {
		a.stop()
	}
	return errors.Join(errors.New("the stream breaks off"), give(hubble.Response{Flow: &hubble.Flow{Time: time.Unix(second, 0).Add(24 * time.Hour)}}))
}

// A clock that is ahead does not make the agent ask for flows of the future.
func TestClockAhead(t *testing.T) {
	t.Parallel()
	now := time.Unix(second, 0)
	ctx, stop := context.WithCancel(t.Context())
	stream := &ahead{stop: stop}
	agent := hubble.New(hubble.Config{
		Cluster: "prod", Stream: stream, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
		Pause: func(ctx context.Context, _ time.Duration) error { now = now.Add(time.Second); return ctx.Err() },
	})
	if err := agent.Follow(ctx); err != nil {
		t.Fatal(err)
	}
	if len(stream.asked) < 2 || stream.asked[1].After(now) {
		t.Errorf("asked from %v on, at %v", stream.asked, now)
	}
}
