package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/cmd/tidemark/output"
	"github.com/tidemark/tidemark/cmd/tidemark/report"
	"github.com/tidemark/tidemark/internal/fault"
)

// withReports marks the commands whose answer has the formats of other tools.
const withReports = "reports"

// reportFlags are how a command writes for other tools.
type reportFlags struct {
	also   []string
	author string
}

func (r *reportFlags) register(c *cobra.Command) {
	c.Annotations = map[string]string{withReports: "yes"}
	c.Flags().StringArrayVar(&r.also, "report", nil, "write the answer to a file as well, as FORMAT=FILE; may be given several times (json, "+strings.Join(report.Formats(), ", ")+")")
	c.Flags().StringVar(&r.author, "author", "", "person or organisation in whose name a VEX document speaks")
}

// checkFormat refuses what is no form of the command's answer.
func checkFormat(c *cobra.Command, format string) error {
	if c.Annotations[withReports] == "" {
		return output.CheckFormat(format)
	}
	if slices.Contains(report.Formats(), report.Named(format)) {
		return nil
	}
	if output.CheckFormat(format) != nil {
		return fault.New(fault.Invalid, "no output format %q", format).WithHint("use -o table, json, ndjson, csv, %s", strings.Join(report.Formats(), ", "))
	}
	return nil
}

// check refuses wrong --report flags before anything is done.
func (r *reportFlags) check() error {
	for _, given := range r.also {
		format, path, _ := strings.Cut(given, "=")
		if path == "" || format != output.JSON && !slices.Contains(report.Formats(), report.Named(format)) {
			return fault.New(fault.Invalid, "--report: %q is no FORMAT=FILE", given).WithHint("as --report sarif=gate.sarif; the formats are json, %s", strings.Join(report.Formats(), ", "))
		}
	}
	return nil
}

// published is one answer: as a document, as a report, and as a table prints it.
type published struct {
	doc    any
	report func(report.Maker) report.Report
	print  func() error
	judged bool // it is a verdict: a workflow shows what counts at its lines
}

// publish writes an answer to the files that the flags name, and prints it.
func (a *app) publish(flags reportFlags, p published) error {
	form, annotate := report.Named(a.Print.Format), p.judged && a.Env("GITHUB_ACTIONS") == "true"
	plain := !slices.Contains(report.Formats(), form)
	if plain && !annotate && len(flags.also) == 0 {
		return p.print()
	}
	made := p.report(report.Maker{Version: version, Author: flags.author})
	made.Locate()
	for _, given := range flags.also {
		format, path, _ := strings.Cut(given, "=")
		if err := a.writeReport(format, path, p.doc, made); err != nil {
			return err
		}
	}
	if annotate {
		if err := report.Annotate(a.Err, made); err != nil {
			return err
		}
	}
	if plain {
		return p.print()
	}
	err := report.Write(a.Out, form, made)
	if errors.Is(err, report.ErrNothing) {
		_, err = fmt.Fprintf(a.Err, "tidemark: %v\n", err)
	}
	return err
}

func (a *app) writeReport(format, path string, doc any, made report.Report) (err error) {
	var b bytes.Buffer
	if format == output.JSON {
		err = (&output.Printer{Out: &b, Format: output.JSON}).Indented(doc)
	} else {
		err = report.Write(&b, report.Named(format), made)
	}
	if errors.Is(err, report.ErrNothing) {
		_, _ = fmt.Fprintf(a.Err, "tidemark: %s is not written: %v\n", path, err)
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return fault.Wrap(fault.Unavailable, err, "write the report %s", path)
	}
	return nil
}
