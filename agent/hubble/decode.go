package hubble

import (
	"fmt"
	"net/netip"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tidemark/tidemark/internal/fault"
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

var errWire = fault.New(fault.Invalid, "no message of the observer")

// field is one field of a message: number is set for varints, bytes for what has a
// length.
type field struct {
	id     int
	number uint64
	bytes  []byte
}

func (f field) text() string {
	if len(f.bytes) > maxText {
		return ""
	}
	return string(f.bytes)
}

// fields visits the fields of a message.
func fields(b []byte, visit func(field) error) error {
	for len(b) > 0 {
		id, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errWire
		}
		b = b[n:]
		f := field{id: int(id)}
		switch kind {
		case protowire.VarintType:
			f.number, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		case protowire.Fixed32Type, protowire.Fixed64Type, protowire.StartGroupType, protowire.EndGroupType:
			n = protowire.ConsumeFieldValue(id, kind, b)
		default:
			n = protowire.ConsumeFieldValue(id, kind, b)
		}
		if n < 0 {
			return errWire
		}
		b = b[n:]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// Decode reads a GetFlowsResponse.
func Decode(message []byte) (out Response, err error) {
	err = fields(message, func(f field) error {
		switch f.id {
		case responseFlow:
			out.Flow = &Flow{}
			return out.Flow.decode(f.bytes)
		case responseLost:
			return fields(f.bytes, func(f field) error {
				if f.id == lostEvents {
					out.Lost = f.number
				}
				return nil
			})
		}
		return nil
	})
	return out, err
}

func (f *Flow) decode(b []byte) error {
	return fields(b, func(x field) (err error) {
		switch x.id {
		case flowTime:
			f.Time, err = timestamp(x.bytes)
		case flowVerdict:
			f.Verdict = verdict(x.number)
		case flowIP:
			f.IP = &IP{}
			err = f.IP.decode(x.bytes)
		case flowL4:
			err = f.L4.decode(x.bytes)
		case flowSource:
			err = f.Source.decode(x.bytes)
		case flowDestination:
			err = f.Destination.decode(x.bytes)
		case flowSourceNames:
			f.SourceNames = appendText(f.SourceNames, x)
		case flowDestNames:
			f.DestNames = appendText(f.DestNames, x)
		case flowL7:
			f.L7 = &L7{}
			err = f.L7.decode(x.bytes)
		case flowReply:
			f.Reply = x.number != 0
		case flowIsReply:
			f.IsReply, err = boolean(x.bytes)
		}
		return err
	})
}

func appendText(list []string, f field) []string {
	if s := f.text(); s != "" && len(list) < maxMany {
		list = append(list, s)
	}
	return list
}

// timestamp reads a google.protobuf.Timestamp.
func timestamp(b []byte) (time.Time, error) {
	var sec, nanos int64
	err := fields(b, func(f field) error {
		switch f.id {
		case 1:
			sec = int64(f.number)
		case 2:
			nanos = int64(f.number)
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
	err := fields(b, func(f field) error {
		if f.id == 1 {
			v = f.number != 0
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
	return fields(b, func(f field) error {
		switch f.id {
		case 1:
			ip.Source = f.text()
		case 2:
			ip.Destination = f.text()
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
	return fields(b, func(f field) error {
		p := &Port{}
		switch f.id {
		case tcp:
			l.TCP = p
		case udp:
			l.UDP = p
		case sctp:
			l.SCTP = p
		default:
			return nil
		}
		return p.decode(f.bytes)
	})
}

func (p *Port) decode(b []byte) error {
	const number, flags, syn, ack = 2, 3, 2, 5
	return fields(b, func(f field) error {
		switch f.id {
		case number:
			if f.number > 65535 {
				return fmt.Errorf("%w: port %d", errWire, f.number)
			}
			p.Number = int(f.number)
		case flags:
			p.Flags = &Flags{}
			return fields(f.bytes, func(f field) error {
				switch f.id {
				case syn:
					p.Flags.SYN = f.number != 0
				case ack:
					p.Flags.ACK = f.number != 0
				}
				return nil
			})
		}
		return nil
	})
}

func (e *End) decode(b []byte) error {
	const namespace, labels, pod, workloads, cluster = 3, 4, 5, 6, 7
	return fields(b, func(f field) error {
		switch f.id {
		case namespace:
			e.Namespace = f.text()
		case labels:
			e.Labels = appendText(e.Labels, f)
		case pod:
			e.Pod = f.text()
		case cluster:
			e.Cluster = f.text()
		case workloads:
			var w Workload
			err := fields(f.bytes, func(f field) error {
				switch f.id {
				case 1:
					w.Name = f.text()
				case 2:
					w.Kind = f.text()
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
	return fields(b, func(f field) error {
		switch f.id {
		case kind:
			names := [...]string{"", "REQUEST", "RESPONSE", "SAMPLE"}
			if f.number < uint64(len(names)) {
				l.Type = names[f.number]
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
