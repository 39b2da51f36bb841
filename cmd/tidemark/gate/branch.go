package gate

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/fault"
)

// maxCheckout bounds what is read of a former state of the targets.
const maxCheckout = 4 << 30

// Branch is the targets as they were where a branch and the present one parted.
type Branch struct {
	Name string // "main@a1b2c3d4e5f6"
	Doc  Document
}

// ReadBranch reads the targets as they are in git at the commit where HEAD left
// a branch: what a branch does not have from there it brings itself. A target
// that is new in git was empty then; one that is not in git has no past there.
func ReadBranch(ctx context.Context, branch string, targets []string) (b Branch, err error) {
	g := git{dir: folderOf(targets[0])}
	if g.dir, err = g.ask(ctx, "rev-parse", "--show-toplevel"); err != nil {
		return b, notInGit(branch, targets[0]+" is in no work tree of git")
	}
	commit, err := g.parting(ctx, branch)
	if err != nil {
		return b, err
	}
	there, err := g.pathsAt(ctx, commit, targets)
	if err != nil {
		return b, err
	}
	b.Name = commit[:12]
	if !strings.HasPrefix(commit, branch) {
		b.Name = branch + "@" + b.Name
	}
	if len(there) == 0 {
		return b, nil
	}
	dir, err := os.MkdirTemp("", "tidemark-baseline-*")
	if err != nil {
		return b, fault.Wrap(fault.Unavailable, err, "read the baseline %s", b.Name)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := g.checkOut(ctx, commit, there, dir); err != nil {
		return b, err
	}
	for i := range there {
		there[i] = filepath.Join(dir, filepath.FromSlash(there[i]))
	}
	in, err := ReadTargets(ctx, there)
	b.Doc = in.Joined()
	return b, err
}

func folderOf(target string) string {
	if info, err := os.Stat(target); err == nil && info.IsDir() {
		return target
	}
	return filepath.Dir(target)
}

func notInGit(branch, why string) error {
	return fault.New(fault.Invalid, "the baseline %s: there is no such file, and %s", branch, why).
		WithHint("give a former answer of gate or scan as FILE, or the name of a branch that is fetched")
}

// BaselineOf is what was known at a branch, by what is known today.
func (k *Knowledge) BaselineOf(b Branch, now time.Time) *Baseline {
	j := Judge{Knowledge: k, Place: PlaceOf("", "", nil), Now: now}
	out := &Baseline{Name: b.Name, at: map[baselineKey][]int{}}
	var nobody api.Gate
	for _, f := range j.look(b.Doc, &nobody) {
		e := &f.exposure
		out.add(api.Vanished{Weakness: e.Weakness.Canonical, Aliases: e.Weakness.Aliases, Component: e.Instances[0].Purl, Version: e.Instances[0].Version})
	}
	return out
}

// git asks the program of that name about one work tree.
type git struct{ dir string }

func (g git) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, "git", append([]string{"--literal-pathspecs"}, args...)...)
	c.Dir = g.dir
	return c
}

func (g git) ask(ctx context.Context, args ...string) (string, error) {
	out, err := g.command(ctx, args...).Output()
	return strings.TrimSpace(string(out)), err
}

// parting is the commit where HEAD left the branch. In a pipeline the branch is
// often known only as that of its remote.
func (g git) parting(ctx context.Context, branch string) (string, error) {
	for _, name := range []string{branch, "origin/" + branch} {
		commit, err := g.ask(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
		if err != nil {
			continue
		}
		base, err := g.ask(ctx, "merge-base", commit, "HEAD")
		if err != nil || len(base) < 40 {
			return "", fault.New(fault.Invalid, "the baseline %s: git knows no commit from which both it and HEAD come", branch).
				WithHint("fetch more of the history, as with fetch-depth: 0")
		}
		return base, nil
	}
	return "", notInGit(branch, "git knows no such branch")
}

// pathsAt are the targets that a commit has, by their paths in the work tree.
func (g git) pathsAt(ctx context.Context, commit string, targets []string) (paths []string, err error) {
	for _, target := range targets {
		path, err := g.path(target)
		if err != nil {
			return nil, err
		}
		if _, err := g.ask(ctx, "cat-file", "-e", commit+":"+strings.TrimPrefix(path, "./")); err == nil {
			paths = append(paths, path)
			continue
		}
		if _, err := g.ask(ctx, "ls-files", "--error-unmatch", "--", path); err != nil {
			return nil, fault.New(fault.Invalid, "the baseline: %s is not in git, so it has no former state there", target).
				WithHint("give a former answer of gate or scan as FILE")
		}
	}
	return paths, ctx.Err()
}

// path is a target's path below the root of the work tree.
func (g git) path(target string) (string, error) {
	whole, err := filepath.Abs(target)
	if err == nil {
		whole, err = filepath.EvalSymlinks(whole)
	}
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "read the input")
	}
	path, err := filepath.Rel(g.dir, whole)
	if err != nil || path == ".." || strings.HasPrefix(path, ".."+string(filepath.Separator)) {
		return "", fault.New(fault.Invalid, "the baseline: %s is not in the work tree %s", target, g.dir)
	}
	if path == "." {
		return "./", nil
	}
	return filepath.ToSlash(path), nil
}

// checkOut writes the regular files of some paths below a folder, and nothing
// beside it.
func (g git) checkOut(ctx context.Context, commit string, paths []string, dir string) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	c := g.command(ctx, append([]string{"archive", "--format=tar", commit, "--"}, paths...)...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return fault.Wrap(fault.Unavailable, err, "run git")
	}
	err = writeFiles(root, tar.NewReader(out))
	if err != nil {
		_ = c.Process.Kill() // its end is of no more interest
	}
	if ended := c.Wait(); err == nil && ended != nil {
		err = fault.New(fault.Unavailable, "git archive: %v: %s", ended, strings.TrimSpace(said.String()))
	}
	return err
}

func writeFiles(root *os.Root, tr *tar.Reader) error {
	for left := int64(maxCheckout); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fault.Wrap(fault.Unavailable, err, "git archive")
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if left -= h.Size; left < 0 {
			return fault.New(fault.Invalid, "the former state of the targets has more than %d GB", maxCheckout>>30).WithHint("name lock files, not folders")
		}
		name := filepath.FromSlash(h.Name)
		if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := writeFile(root, name, tr); err != nil {
			return err
		}
	}
}

func writeFile(root *os.Root, name string, from io.Reader) (err error) {
	f, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(f, from)
	return err
}
