// Command estate makes a large estate as files for the ordinary doors: feeds,
// bills of materials, deployment records and a scope. The browser tests and the
// benchmarks load it. The same flags give the same bytes.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	e := estate{}
	flag.IntVar(&e.services, "services", 10_000, "services, each with an image of its own")
	flag.IntVar(&e.components, "components", 100, "components of each image")
	flag.IntVar(&e.weak, "weak", 10, "components of each image that have a weakness")
	flag.IntVar(&e.advisories, "advisories", 2_000, "advisories, each about a package of its own")
	flag.Uint64Var(&e.seed, "seed", 1, "of the random numbers")
	flag.StringVar(&e.at, "at", "2026-11-22T06:00:00Z", "when the estate was seen running")
	out := flag.String("out", "", "folder to write to; must not exist")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := e.write(*out); err != nil {
		fmt.Fprintln(os.Stderr, "estate:", err)
		os.Exit(1)
	}
}
