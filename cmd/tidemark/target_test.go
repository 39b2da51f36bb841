package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemark/tidemark/api"

	"github.com/tidemark/tidemark/cmd/tidemark/command"
)

const weakLock = `{"name":"shop","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"shop"},"node_modules/left":{"version":"1.2.0","resolved":"https://npm.example/left/-/left-1.2.0.tgz"}}}`

// tarOf makes a tar of files by name.
func tarOf(t testing.TB, files ...[2]string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f[0], Typeflag: tar.TypeReg, Size: int64(len(f[1])), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipOf(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// savedImage is a docker archive with one layer.
func savedImage(t testing.TB, files ...[2]string) string {
	t.Helper()
	layer := tarOf(t, files...)
	sum := sha256.Sum256([]byte(layer))
	config := `{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":["sha256:` + hex.EncodeToString(sum[:]) + `"]}}`
	manifest := `[{"Config":"config.json","RepoTags":["shop:1.0"],"Layers":["layer.tar"]}]`
	return file(t, "shop.tar", tarOf(t, [2]string{"manifest.json", manifest}, [2]string{"config.json", config}, [2]string{"layer.tar", layer}))
}

func folderOf(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTargets(t *testing.T) {
	t.Parallel()
	feeds := smallIntel(t)
	image := savedImage(t, [2]string{"etc/os-release", "ID=debian\nVERSION_ID=12\n"},
		[2]string{"app/node_modules/left/package.json", `{"name":"left","version":"1.2.0"}`},
		[2]string{"app/package-lock.json", weakLock})
	tests := []struct {
		name, target, kind, said string
		matched, scan, gate      int
	}{
		{"sbom", file(t, "weak.json", weakSBOM), "SBOM", "", 1, 0, 1},
		{"lock_file", file(t, "package-lock.json", weakLock), "lock file (package-lock.json)", "", 1, 0, 1},
		{"docker_archive", image, "docker archive (linux/amd64)", "1 lock files were not read", 1, 0, 1},
		{"docker_archive_packed", file(t, "shop.tar.gz", gzipOf(t, content(t, image))), "docker archive (linux/amd64)", "1 lock files were not read", 1, 0, 1},
		{"packed_otherwise", file(t, "lock.tgz", gzipOf(t, tarOf(t, [2]string{"package/package-lock.json", weakLock}))), "", "no image", 0, 7, 2},
		{
			"folder_of_source", folderOf(t, map[string]string{"web/package-lock.json": weakLock, "web/tsconfig.json": "{}", "web/node_modules/x/package-lock.json": weakLock}),
			"lock file (package-lock.json)", "skipped", 1, 0, 1,
		},
		{"folder_of_sboms", folderOf(t, map[string]string{"a.json": weakSBOM, "b.json": "{}"}), "SBOM", "rejected", 1, 7, 1},
		{"folder_of_source_without_lock_files", folderOf(t, map[string]string{"package.json": "{}"}), "folder", "no packages found", 0, 6, 6},
		{"empty_folder", folderOf(t, map[string]string{"README": "x"}), "folder", "no packages found", 0, 6, 6},
		{"empty_lock_file", file(t, "yarn.lock", "# yarn lockfile v1\n"), "lock file (yarn.lock)", "no packages found", 0, 6, 6},
		{"empty_image", savedImage(t, [2]string{"etc/hostname", "x"}), "docker archive (linux/amd64)", "no packages found", 0, 6, 6},
		{"broken_lock_file", file(t, "package-lock.json", `{"packages":`), "", "rejected", 0, 7, 2},
		{"fifo_like_tar", file(t, "x.tar", tarOf(t, [2]string{"a", "b"})), "", "no image", 0, 7, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := &cli{t: t, where: []string{"--data", t.TempDir()}, now: on(10, 0)}
			var out, errs bytes.Buffer
			s := command.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Env: func(string) string { return "" }}
			code := run(t.Context(), s, time.Now, []string{"--data", t.TempDir(), "scan", tt.target, "--intel", feeds, "-o", "json", "--now", "2026-01-10"})
			if code != tt.scan {
				t.Errorf("exit %d, want %d", code, tt.scan)
			}
			said := errs.String()
			var doc api.Matches
			if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
				t.Fatal(err)
			}
			if len(doc.Items) != tt.matched || tt.kind != "" && (len(doc.Summary) != 1 || doc.Summary[0].Kind != tt.kind) || !strings.Contains(said, tt.said) {
				t.Errorf("%+v\n%s", doc, said)
			}
			c.run(tt.gate, "gate", tt.target, "--intel", feeds)
			c.run(tt.gate, "gate", "--sbom", tt.target, "--intel", feeds)
		})
	}
}
