package hubble

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/tidemark/tidemark/internal/hostile/wire"
)

// The field numbers of observer/observer.proto and flow/flow.proto, the little that
// is read.
const (
	responseFlow = 1
	responseLost = 3

	flowTime        = 1
	flowVerdict     = 2
	flowIP          = 5
	flowL4          = 6
	flowSource      = 8
	flowDestination = 9
	flowSourceNames = 13
	flowDestNames   = 14
	flowL7          = 15
	flowReply       = 16
	flowIsReply     = 26

	lostEvents = 2
)

// Response is one message of the stream: a flow, how many events were lost, one that
// could not be read, or none of these.
type Response struct {
	Flow   *Flow
	Lost   uint64
	Unread bool
}

// The bounds of one message: of what may come several times so much is kept.
const (
	maxMany = 100
	maxText = 300
)

// textOf is a text of a message; one that is too long counts as none.
func textOf(f wire.Field) string {
	if len(f.Bytes) > maxText {
		return ""
	}
	return string(f.Bytes)
}

// Decode reads a GetFlowsResponse.
func Decode(message []byte) (out Response, err error) {
	err = wire.Fields(message, func(f wire.Field) error {
		switch f.ID {
		case responseFlow:
			out.Flow = &Flow{}
			return out.Flow.decode(f.Bytes)
		case responseLost:
			return wire.Fields(f.Bytes, func(f wire.Field) error {
				if f.ID == lostEvents {
					out.Lost = f.Number
				}
				return nil
			})
		}
		return nil
	})
	return out, err
}

func (f *Flow) decode(b []byte) error {
	return wire.Fields(b, func(x wire.Field) (err error) {
		switch x.ID {
		case flowTime:
			f.Time, err = timestamp(x.Bytes)
		case flowVerdict:
			f.Verdict = verdict(x.Number)
		case flowIP:
			f.IP = &IP{}
			err = f.IP.decode(x.Bytes)
		case flowL4:
			err = f.L4.decode(x.Bytes)
		case flowSource:
			err = f.Source.decode(x.Bytes)
		case flowDestination:
			err = f.Destination.decode(x.Bytes)
		case flowSourceNames:
			f.SourceNames = appendText(f.SourceNames, x)
		case flowDestNames:
			f.DestNames = appendText(f.DestNames, x)
		case flowL7:
			f.L7 = &L7{}
			err = f.L7.decode(x.Bytes)
		case flowReply:
			f.Reply = x.Number != 0
		case flowIsReply:
			f.IsReply, err = boolean(x.Bytes)
		}
		return err
	})
}

func appendText(list []string, f wire.Field) []string {
	if s := textOf(f); s != "" && len(list) < maxMany {
		list = append(list, s)
	}
	return list
}

// timestamp reads a google.protobuf.Timestamp.
func timestamp(b []byte) (time.Time, error) {
	var sec, nanos int64
	err := wire.Fields(b, func(f wire.Field) error {
		switch f.ID {
		case 1:
			sec = int64(f.Number)
		case 2:
			nanos = int64(f.Number)
		}
		return nil
	})
	const second, latest = 1_000_000_000, 253402300799
	if err != nil || sec < 0 || sec > latest || nanos < 0 || nanos >= second {
		return time.Time{}, err
	}
	return time.Unix(sec, nanos).UTC(), nil
}

// boolean reads a google.protobuf.BoolValue.
func boolean(b []byte) (*bool, error) {
	var v bool
	err := wire.Fields(b, func(f wire.Field) error {
		if f.ID == 1 {
			v = f.Number != 0
		}
		return nil
	})
	return &v, err
}

func verdict(n uint64) string {
	names := [...]string{"VERDICT_UNKNOWN", "FORWARDED", "DROPPED", "ERROR", "AUDIT", "REDIRECTED", "TRACED", "TRANSLATED"}
	if n < uint64(len(names)) {
		return names[n]
	}
	return names[0] // a word of tomorrow: it is not known whether it passed
}

func (ip *IP) decode(b []byte) error {
	return wire.Fields(b, func(f wire.Field) error {
		switch f.ID {
		case 1:
			ip.Source = textOf(f)
		case 2:
			ip.Destination = textOf(f)
		}
		return nil
	})
}

// isInner reports whether an address is one of a private network.
func isInner(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.IsPrivate()
}

func (l *L4) decode(b []byte) error {
	const tcp, udp, sctp = 1, 2, 5
	return wire.Fields(b, func(f wire.Field) error {
		p := &Port{}
		switch f.ID {
		case tcp:
			l.TCP = p
		case udp:
			l.UDP = p
		case sctp:
			l.SCTP = p
		default:
			return nil
		}
		return p.decode(f.Bytes)
	})
}

func (p *Port) decode(b []byte) error {
	const number, flags, syn, ack = 2, 3, 2, 5
	return wire.Fields(b, func(f wire.Field) error {
		switch f.ID {
		case number:
			if f.Number > 65535 {
				return fmt.Errorf("%w: port %d", wire.ErrMessage, f.Number)
			}
			p.Number = int(f.Number)
		case flags:
			p.Flags = &Flags{}
			return wire.Fields(f.Bytes, func(f wire.Field) error {
				switch f.ID {
				case syn:
					p.Flags.SYN = f.Number != 0
				case ack:
					p.Flags.ACK = f.Number != 0
				}
				return nil
			})
		}
		return nil
	})
}

func (e *End) decode(b []byte) error {
	const namespace, labels, pod, workloads, cluster = 3, 4, 5, 6, 7
	return wire.Fields(b, func(f wire.Field) error {
		switch f.ID {
		case namespace:
			e.Namespace = textOf(f)
		case labels:
			e.Labels = appendText(e.Labels, f)
		case pod:
			e.Pod = textOf(f)
		case cluster:
			e.Cluster = textOf(f)
		case workloads:
			var w Workload
			err := wire.Fields(f.Bytes, func(f wire.Field) error {
				switch f.ID {
				case 1:
					w.Name = textOf(f)
				case 2:
					w.Kind = textOf(f)
				}
				return nil
			})
			if err != nil || len(e.Workloads) >= maxMany {
				return err
			}
			e.Workloads = append(e.Workloads, w)
		}
		return nil
	})
}

func (l *L7) decode(b []byte) error {
	const kind, dns, http, kafka = 1, 100, 101, 102
	return wire.Fields(b, func(f wire.Field) error {
		switch f.ID {
		case kind:
			names := [...]string{"", "REQUEST", "RESPONSE", "SAMPLE"}
			if f.Number < uint64(len(names)) {
				l.Type = names[f.Number]
			}
		case dns:
			l.DNS = &struct{}{}
		case http:
			l.HTTP = &struct{}{}
		case kafka:
			l.Kafka = &struct{}{}
		}
		return nil
	})
}
