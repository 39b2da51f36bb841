package flow

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/tidemark/tidemark/internal/fault"
	"github.com/tidemark/tidemark/internal/twin"
)

// table reads flows in our own form.
type table struct{ *collector }

// plainFlow is a flow in our own form. From and To are ends: SERVICE,
// SERVICE@ENVIRONMENT, SYSTEM://HOST[:PORT] of a data store, a URL or the name
// of a host, an address, or "world".
type plainFlow struct {
	From     string   `json:"from"`
	To       string   `json:"to"`
	Protocol string   `json:"protocol"`
	Port     int      `json:"port"`
	Data     []string `json:"data"`
	How      string   `json:"how"` // observed, where it is left out; documented; inferred
	Denied   bool     `json:"denied"`
	At       string   `json:"at"` // RFC 3339; now where it is left out
}

func (c table) plain(raw json.RawMessage) error {
	var p plainFlow
	if err := json.Unmarshal(raw, &p); err != nil {
		return err
	}
	return c.add(&p)
}

func (c table) add(p *plainFlow) error {
	f := twin.Flow{Protocol: strings.ToLower(p.Protocol), Port: p.Port, How: twin.How(cmp.Or(p.How, string(twin.FlowObserved))), Denied: p.Denied}
	var err error
	if f.From, err = c.end(p.From, p.Port); err != nil {
		return fmt.Errorf("from: %w", err)
	}
	if f.To, err = c.end(p.To, p.Port); err != nil {
		return fmt.Errorf("to: %w", err)
	}
	switch f.How {
	case twin.FlowObserved, twin.FlowDocumented, twin.FlowInferred:
	default:
		return fmt.Errorf("how %.40q is none of observed, documented, inferred", p.How)
	}
	if p.Port < 0 || p.Port > 65535 {
		return fmt.Errorf("port %d is not between 1 and 65535", p.Port)
	}
	if len(p.Data) > maxReasons || slices.ContainsFunc(p.Data, func(s string) bool { return !shown(s) }) {
		return errors.New("a class of data that cannot be shown, or too many")
	}
	f.Data = p.Data
	var at time.Time
	if p.At != "" {
		if at, err = time.Parse(time.RFC3339, p.At); err != nil {
			return fmt.Errorf("at %.40q is no time like 2026-03-01T12:00:00Z", p.At)
		}
	}
	c.flow(SourceFlows, f, at)
	return nil
}

// end reads one end.
func (c table) end(s string, port int) (twin.End, error) {
	switch {
	case s == "" || !shown(s):
		return twin.End{}, fmt.Errorf("%.100q names nothing", s)
	case s == twin.AddressWorld:
		return twin.End{Kind: twin.KindAddress, Scope: twin.AddressWorld, Name: s}, nil
	}
	if scheme, rest, ok := strings.Cut(s, "://"); ok {
		authority, _, _ := strings.Cut(rest, "/")
		host, own := twin.CutPort(authority[strings.LastIndexByte(authority, '@')+1:])
		return twin.OutsideEnd(c.scope(), twin.SystemOf(scheme), host, cmp.Or(own, port)), nil
	}
	if service, scope, ok := strings.Cut(s, "@"); ok {
		if service == "" || scope == "" {
			return twin.End{}, fmt.Errorf("%.100q is not SERVICE@ENVIRONMENT", s)
		}
		return twin.End{Kind: twin.KindWorkload, Scope: scope, Name: service}, nil
	}
	host, own := twin.CutPort(s)
	if _, err := netip.ParseAddr(host); err == nil || strings.Contains(host, ".") && twin.IsPublicHost(host) {
		return twin.OutsideEnd(c.scope(), twin.SystemOfPort(cmp.Or(own, port)), host, cmp.Or(own, port)), nil
	}
	if c.in.Environment == "" {
		return twin.End{}, fault.New(fault.Invalid, "%q does not say in which environment", s).WithHint("write %s@ENVIRONMENT, or pass --environment E", s)
	}
	return twin.End{Kind: twin.KindWorkload, Scope: c.in.Environment, Name: s}, nil
}

func (c table) scope() string { return cmp.Or(c.in.Environment, twin.AddressWorld) }

// looksCSV knows the header of our own table.
func looksCSV(body []byte) bool {
	line, _, _ := bytes.Cut(body, []byte("\n"))
	names := strings.FieldsFunc(strings.ToLower(string(line[:min(len(line), maxText)])), func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	return slices.Contains(names, "from") && slices.Contains(names, "to")
}

// read reads a table with a header: from, to, protocol, port, data (classes
// separated by ";"), how, denied, at, in any order.
func (c table) read(ctx context.Context, body []byte) error {
	r := csv.NewReader(bytes.NewReader(body))
	r.TrimLeadingSpace, r.ReuseRecord = true, true
	header, err := r.Read()
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the header of the table")
	}
	column := map[string]int{}
	for i, name := range header {
		column[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for n := 0; n < maxLines; n++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "the table")
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.row(row, column); err != nil {
			line, _ := r.FieldPos(0)
			return fault.Wrap(fault.Invalid, err, "line %d", line)
		}
	}
	return fault.New(fault.Invalid, "more than %d lines in one document", maxLines).WithHint("split the file")
}

func (c table) row(row []string, column map[string]int) error {
	get := func(name string) string {
		if i, ok := column[name]; ok && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	p := plainFlow{From: get("from"), To: get("to"), Protocol: get("protocol"), How: get("how"), At: get("at")}
	var err error
	if port := get("port"); port != "" {
		if p.Port, err = strconv.Atoi(port); err != nil {
			return fmt.Errorf("port %.40q is no number", port)
		}
	}
	if denied := get("denied"); denied != "" {
		if p.Denied, err = strconv.ParseBool(denied); err != nil {
			return fmt.Errorf("denied %.40q is neither true nor false", denied)
		}
	}
	for class := range strings.SplitSeq(get("data"), ";") {
		if class = strings.TrimSpace(class); class != "" {
			p.Data = append(p.Data, class)
		}
	}
	return c.add(&p)
}
