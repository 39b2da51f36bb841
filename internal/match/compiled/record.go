package compiled

import (
	"github.com/tidemark/tidemark/internal/advisory"
)

// card writes what a record says about itself.
func (e *encoder) card(r *advisory.Record) {
	e.text(r.ID)
	e.number(int(r.Revision))
	e.moment(r.Modified)
	e.moment(r.Published)
	e.moment(r.Withdrawn)
	e.texts(r.Aliases)
	e.texts(r.Upstream)
	e.texts(r.Related)
	e.severities(r.Severity)
	e.text(r.Summary)
}

func (d *decoder) card() *advisory.Record {
	return &advisory.Record{
		ID: d.text(), Revision: int64(d.unsigned()), Modified: d.moment(), Published: d.moment(), Withdrawn: d.moment(),
		Aliases: d.texts(), Upstream: d.texts(), Related: d.texts(), Severity: d.severities(), Summary: d.text(),
	}
}

// entry writes what a record says about one package. The name is left out when
// it is that of the page; the release is a word of the segment.
func (e *encoder) entry(a *advisory.Affected, page string, words *words) {
	name := a.Name
	if name == page {
		name = ""
	}
	e.text(name)
	e.number(words.number(a.Release))
	e.number(len(a.Ranges))
	for _, r := range a.Ranges {
		e.number(words.number(r.Type))
		e.text(r.Repo)
		e.events(r.Events)
	}
	e.texts(a.Versions)
	e.severities(a.Severity)
}

// The kinds of events.
const (
	kindIntroduced = iota
	kindFixed
	kindLastAffected
	kindLimit
	kinds
)

// events writes each bound with its kind: an event has one field.
func (e *encoder) events(list []advisory.Event) {
	bounds := 0
	for i := range list {
		for _, s := range fieldsOf(&list[i]) {
			if *s != "" {
				bounds++
			}
		}
	}
	e.number(bounds)
	for i := range list {
		for kind, s := range fieldsOf(&list[i]) {
			if *s != "" {
				e.number(kind)
				e.text(*s)
			}
		}
	}
}

func fieldsOf(e *advisory.Event) [kinds]*string {
	return [kinds]*string{kindIntroduced: &e.Introduced, kindFixed: &e.Fixed, kindLastAffected: &e.LastAffected, kindLimit: &e.Limit}
}

func (d *decoder) events() []advisory.Event {
	n := d.count(2)
	if n == 0 {
		return nil
	}
	list := make([]advisory.Event, n)
	for i := range list {
		kind := d.unsigned()
		if kind >= kinds {
			d.fail()
			return nil
		}
		*fieldsOf(&list[i])[kind] = d.text()
	}
	return list
}

func (d *decoder) entry(key advisory.PackageKey, page string, words []string) advisory.Affected {
	a := advisory.Affected{Ecosystem: key.Ecosystem, Name: d.text(), Release: d.word(words)}
	if a.Name == "" {
		a.Name = page
	}
	if n := d.count(3); n > 0 {
		a.Ranges = make([]advisory.Range, n)
		for i := range a.Ranges {
			a.Ranges[i] = advisory.Range{Type: d.word(words), Repo: d.text(), Events: d.events()}
		}
	}
	a.Versions = d.texts()
	a.Severity = d.severities()
	return a
}

func (d *decoder) word(words []string) string {
	n := d.unsigned()
	if n >= uint64(len(words)) {
		d.fail()
		return ""
	}
	return words[n]
}

// words numbers what is said again and again: releases and kinds of ranges.
type words struct {
	list  []string
	known map[string]int
}

func (w *words) number(s string) int {
	if n, ok := w.known[s]; ok {
		return n
	}
	if w.known == nil {
		w.known = map[string]int{}
	}
	w.known[s] = len(w.list)
	w.list = append(w.list, s)
	return len(w.list) - 1
}
