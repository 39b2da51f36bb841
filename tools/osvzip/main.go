// Command osvzip packs folders of OSV records as the public dumps are packed:
// FROM/<Ecosystem>/*.json becomes TO/<Ecosystem>/all.zip. The demo uses it, so
// that its records can be read and reviewed as text.
package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: osvzip FROM TO")
		os.Exit(2)
	}
	if err := packAll(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "osvzip:", err)
		os.Exit(1)
	}
}

// packAll packs every ecosystem of a folder; a folder without any is an error.
func packAll(from, to string) error {
	records, err := filepath.Glob(filepath.Join(from, "*", "*.json"))
	if err != nil {
		return fmt.Errorf("list the records: %w", err)
	}
	if len(records) == 0 {
		return fmt.Errorf("no records in %s/<Ecosystem>/", from)
	}
	byEcosystem := map[string][]string{}
	for _, r := range records {
		ecosystem := filepath.Base(filepath.Dir(r))
		byEcosystem[ecosystem] = append(byEcosystem[ecosystem], r)
	}
	for ecosystem, files := range byEcosystem {
		if err := pack(filepath.Join(to, ecosystem), files); err != nil {
			return fmt.Errorf("pack %s: %w", ecosystem, err)
		}
	}
	return nil
}

func pack(dir string, files []string) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(dir, "all.zip"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	archive := zip.NewWriter(out)
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		entry, err := archive.Create(filepath.Base(name))
		if err != nil {
			return err
		}
		if _, err := entry.Write(body); err != nil {
			return err
		}
	}
	return archive.Close()
}
