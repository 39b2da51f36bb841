package main

import (
	"strings"
	"testing"
)

func TestTally(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in     string
		want, absent []string
		broken       bool
	}{
		{
			name: "pass",
			in: `{"Action":"run","Package":"a","Test":"TestX"}
{"Action":"output","Package":"a","Test":"TestX","Output":"noise\n"}
{"Action":"pass","Package":"a","Test":"TestX"}
{"Action":"output","Package":"a","Output":"PASS\n"}
{"Action":"output","Package":"a","Output":"ok  \ta\t0.1s\n"}
{"Action":"pass","Package":"a"}
`,
			want:   []string{"ok  \ta\t0.1s", "\n1 passed, 0 failed, 0 skipped\n"},
			absent: []string{"noise", "PASS"},
		},
		{
			name: "fail_keeps_the_output",
			in: `{"Action":"output","Package":"a","Test":"TestX","Output":"a_test.go:1: got 2\n"}
{"Action":"fail","Package":"a","Test":"TestX"}
{"Action":"fail","Package":"a"}
`,
			want:   []string{"a_test.go:1: got 2", "  a TestX", "0 passed, 1 failed, 0 skipped"},
			broken: true,
		},
		{
			name: "skip_says_why",
			in: `{"Action":"output","Package":"a","Test":"TestX","Output":"=== RUN TestX\n"}
{"Action":"output","Package":"a","Test":"TestX","Output":"    a_test.go:7: shared data is absent: x\n"}
{"Action":"skip","Package":"a","Test":"TestX"}
`,
			want: []string{"1x shared data is absent: x", "0 passed, 0 failed, 1 skipped"},
		},
		{
			name: "build_error",
			in: `{"ImportPath":"a","Action":"build-output","Output":"a.go:1: syntax error\n"}
{"ImportPath":"a","Action":"build-fail"}
{"Action":"fail","Package":"a"}
`,
			want:   []string{"a.go:1: syntax error", "a (no test failed", "0 passed, 1 failed, 0 skipped"},
			broken: true,
		},
		{
			name: "test_that_never_ended",
			in: `{"Action":"output","Package":"a","Test":"TestX","Output":"panic: boom\n"}
{"Action":"fail","Package":"a"}
`,
			want:   []string{"unfinished: a TestX", "panic: boom", "0 passed, 1 failed"},
			broken: true,
		},
		{
			name: "other_lines_pass_through",
			in:   "go: downloading x\n",
			want: []string{"go: downloading x", "0 passed, 0 failed, 0 skipped"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			tally, err := read(strings.NewReader(test.in), &out)
			if err != nil {
				t.Fatal(err)
			}
			tally.print()
			for _, want := range test.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is missing from:\n%s", want, out.String())
				}
			}
			for _, absent := range test.absent {
				if strings.Contains(out.String(), absent) {
					t.Errorf("%q stands in:\n%s", absent, out.String())
				}
			}
			if tally.broken() != test.broken {
				t.Errorf("broken is %v", tally.broken())
			}
		})
	}
}
