package report

import (
	"encoding/xml"
	"io"
	"slices"
	"strings"
)

// The parts of JUnit's XML that build servers read.
type junitSuites struct {
	XMLName xml.Name   `xml:"testsuites"`
	Name    string     `xml:"name,attr"`
	Suite   junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string     `xml:"name,attr"`
	Class   string     `xml:"classname,attr"`
	Time    string     `xml:"time,attr"`
	Failure *junitNote `xml:"failure,omitempty"`
	Error   *junitNote `xml:"error,omitempty"`
	Skipped *junitNote `xml:"skipped,omitempty"`
}

type junitNote struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// writeJUnit tells a verdict as tests: a finding that counts has failed, one
// that somebody let pass is skipped, and a verdict that cannot be reached is an
// error. Where nothing was found one test has passed.
func writeJUnit(w io.Writer, r Report) error {
	s := junitSuite{Name: "tidemark", Time: "0", Timestamp: r.AsOf.UTC().Format("2006-01-02T15:04:05")}
	s.add(r.verdictCase())
	for i := range r.Findings {
		s.add(r.Findings[i].junit())
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(junitSuites{Name: "tidemark", Suite: s}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(c junitCase) {
	c.Time = "0"
	s.Cases = append(s.Cases, c)
	s.Tests++
	for _, one := range []struct {
		is    bool
		count *int
	}{{c.Failure != nil, &s.Failures}, {c.Error != nil, &s.Errors}, {c.Skipped != nil, &s.Skipped}} {
		if one.is {
			*one.count++
		}
	}
}

// verdictCase fails with the verdict only where no finding says why.
func (r *Report) verdictCase() junitCase {
	c := junitCase{Name: "verdict", Class: "tidemark"}
	counts := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Standing == Counts })
	switch {
	case r.Verdict == "unknown":
		c.Error = &junitNote{Message: r.Sentence, Type: "cannot decide"}
	case r.Verdict == "fail" && !counts:
		c.Failure = &junitNote{Message: r.Sentence, Type: "fail"}
	}
	return c
}

func (f *Finding) junit() junitCase {
	c := junitCase{Name: f.Weakness + " in " + f.Component, Class: f.File}
	if c.Class == "" {
		c.Class = "tidemark"
	}
	if f.Standing != Counts {
		c.Skipped = &junitNote{Message: f.Stand()}
		return c
	}
	text := strings.TrimSpace(f.Decision + " " + f.Weakness)
	c.Failure = &junitNote{Message: text + ". " + f.Action(), Type: f.Decision, Text: f.Reason}
	return c
}
