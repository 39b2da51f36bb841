// Package kube holds "connect kube": a cluster is connected to a server with one
// command.
//
// The model. The server gives a token that may speak for the source kube/CLUSTER
// and nothing else. With it the agent runs here, against a kubeconfig, as the
// program tidemark-agent; or its manifests are printed with the token in them, to
// be applied by whoever may. Invariants. Kubernetes' client is not linked here:
// only the agent's program knows it. The token stands in a file of this user and
// in the manifests, and nowhere else.
package kube

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/client"
	"github.com/tidemark/tidemark/cmd/tidemark/command"
	"github.com/tidemark/tidemark/internal/fault"
)

// manifest is deploy/agent/tidemark-agent.yaml: a test holds them together.
//
//go:embed agent.yaml
var manifest string

// asked are the flags.
type asked struct {
	kubeconfig, cluster, agent, image string
	manifest                          bool
	expires                           time.Duration
	listen                            string
}

// Command is "connect kube".
func Command(app *command.App) *cobra.Command {
	var q asked
	c := &cobra.Command{
		Use: "kube --cluster NAME", Short: "Run the agent of a Kubernetes cluster here, or print its manifests",
		Long: `Make a token for the source kube/NAME at the server, and run the agent with it
against a kubeconfig until stopped; or with --manifest print what runs it in the
cluster. The agent reads, changes nothing, and reads no contents of secrets.

  tidemark connect kube --server https://tidemark.example.org --cluster prod
  tidemark connect kube --server https://tidemark.example.org --cluster prod --manifest --image REGISTRY/tidemark-agent | kubectl apply -f -`,
		Args: command.Args(0, 0, "no argument"), RunE: func(c *cobra.Command, _ []string) error { return verbs{app}.run(c.Context(), q) },
	}
	f := c.Flags()
	f.StringVar(&q.cluster, "cluster", "", "name of the cluster, as the twin shall call it")
	f.StringVar(&q.kubeconfig, "kubeconfig", "", "how to reach the cluster (default $KUBECONFIG, else ~/.kube/config)")
	f.StringVar(&q.agent, "agent", "", "the program tidemark-agent (default: beside this one, else in $PATH)")
	f.BoolVar(&q.manifest, "manifest", false, "print manifests with a token in them, and run nothing")
	f.StringVar(&q.image, "image", "tidemark-agent:devel", "image of the agent in the manifests")
	f.DurationVar(&q.expires, "expires", 365*24*time.Hour, "how long the token holds")
	f.StringVar(&q.listen, "listen", "127.0.0.1:8686", "address of the agent's /healthz, /readyz and /metrics; \"\" for none")
	return c
}

// verbs are what the command does.
type verbs struct{ *command.App }

const maxClusterName = 100

// clusterName has no count in it: that would be worked out at each start.
var clusterName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$`)

func (a verbs) run(ctx context.Context, q asked) error {
	switch {
	case len(q.cluster) > maxClusterName || !clusterName.MatchString(q.cluster):
		return fault.New(fault.Invalid, "--cluster %q is no name of a cluster", q.cluster).WithHint("letters, digits, dots, dashes and slashes, at most 100")
	case !a.IsRemote():
		return fault.New(fault.Invalid, "the agent speaks to a server, and --server is not given").WithHint("start one with tidemark serve, then give --server URL")
	case q.expires < time.Hour:
		return fault.New(fault.Invalid, "--expires: %s is less than an hour", q.expires)
	}
	if q.manifest {
		return a.print(ctx, q)
	}
	return a.start(ctx, q)
}

// token makes one for the source of the cluster.
func (a verbs) token(ctx context.Context, q asked) (string, error) {
	var made api.TokenDetail
	err := a.Remotely(func(c *client.Client) (err error) {
		made, err = c.CreateToken(ctx, api.TokenRequest{
			Name: "agent of " + q.cluster, Role: "source", Source: "kube/" + q.cluster, Expires: a.Present().Add(q.expires),
		})
		return err
	}, func() error { return fault.New(fault.Internal, "no server") })
	if err == nil && made.Secret == "" {
		err = fault.New(fault.Internal, "the server gave no token")
	}
	return made.Secret, err
}

// print writes the manifests with what belongs in them.
func (a verbs) print(ctx context.Context, q asked) error {
	token, err := a.token(ctx, q)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.Out, filled(q, a.Flags.Remote.Server, token))
	return err
}

func filled(q asked, server, token string) string {
	return strings.NewReplacer(
		"https://tidemark.example.org", server, "REPLACE_WITH_THE_NAME_OF_THE_CLUSTER", q.cluster, "REPLACE_WITH_THE_TOKEN", token,
		"image: tidemark-agent:devel", "image: "+fmt.Sprintf("%q", q.image),
	).Replace(manifest)
}

// start runs the agent until ctx ends. Its token and what it has not sent yet
// stay in the data folder, for the next time.
func (a verbs) start(ctx context.Context, q asked) error {
	program, err := find(q.agent)
	if err != nil {
		return err
	}
	dir, err := a.DataDir()
	if err != nil {
		return err
	}
	dir = filepath.Join(dir, "agent", strings.ReplaceAll(q.cluster, "/", "_"))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.Wrap(fault.Invalid, err, "make the folder of the agent")
	}
	file := filepath.Join(dir, "token")
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		token, err := a.token(ctx, q)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			return fault.Wrap(fault.Invalid, err, "keep the token of the agent")
		}
	}
	return a.follow(ctx, exec.CommandContext(ctx, program, a.args(q, dir, file)...))
}

func (a verbs) args(q asked, dir, token string) []string {
	config := q.kubeconfig
	if config == "" {
		config = a.Env("KUBECONFIG")
	}
	if home := a.Env("HOME"); config == "" && home != "" {
		config = filepath.Join(home, ".kube", "config")
	}
	out := []string{
		"kube", "--server=" + a.Flags.Remote.Server, "--token-file=" + token, "--cluster=" + q.cluster, "--state=" + dir,
		"--kubeconfig=" + config, "--listen=" + q.listen,
	}
	if a.Flags.Remote.AllowHTTP {
		out = append(out, "--allow-http")
	}
	return out
}

// follow runs the agent; it is asked to stop before it is stopped.
func (a verbs) follow(ctx context.Context, c *exec.Cmd) error {
	const patience = 10 * time.Second
	c.Stdout, c.Stderr = a.Err, a.Err
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = patience
	err := c.Run()
	select {
	case <-ctx.Done():
		return nil // it was stopped, as it should be
	default:
		return fault.Wrap(fault.Unavailable, err, "the agent has ended")
	}
}

// find finds the agent's program.
func find(given string) (string, error) {
	const name = "tidemark-agent"
	if given != "" {
		return given, nil
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), name)
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fault.New(fault.NotFound, "the program %s is neither beside this one nor in $PATH", name).
			WithHint("make build makes it; or say where it is with --agent FILE, or use --manifest")
	}
	return path, nil
}
