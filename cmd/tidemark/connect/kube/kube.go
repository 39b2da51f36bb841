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
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
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
	"github.com/tidemark/tidemark/cmd/tidemark/remote"
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
	listen, state                     string
}

// Command is "connect kube".
func Command(app *command.App) *cobra.Command {
	var q asked
	c := &cobra.Command{
		Use: "kube --cluster NAME", Short: "Run the agent of a Kubernetes cluster here, or print its manifests",
		Long: `Make a token for the source kube/NAME at the server, and run the agent with it
against a kubeconfig (in a pod: as its account) until stopped; or with --manifest
print what runs it in the cluster. The agent reads, changes nothing, and reads no
contents of secrets. While it runs here, it says how much of the cluster is in the
twin, of how much the contents are known, and what is exposed.

What is in the images is known from SBOMs: those that are sent (tidemark ingest
sbom), and where the server may ask registries (tidemark serve --registry HOST)
those that hang on the images, are attested, or are made from the layers.

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
	f.StringVar(&q.state, "state", "", "folder for the agent's token and what is not sent yet (default: in the data folder)")
	f.StringVar(&q.listen, "listen", "", "address of the agent's /healthz, /readyz and /metrics (default: none, so that several clusters can be connected from here)")
	return c
}

// verbs are what the command does.
type verbs struct{ *command.App }

const maxClusterName = 100

// clusterName has no count in it: that would be worked out at each start.
var clusterName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$`)

func (a verbs) run(ctx context.Context, q asked) error {
	switch {
	case q.cluster == "":
		return fault.New(fault.Invalid, "--cluster is not given").WithHint("the name by which the twin shall call it, for example --cluster prod")
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
	if err = remote.Fault(err); fault.KindOf(err) == fault.Forbidden {
		err = fault.New(fault.Forbidden, "you may not make a token for kube/%s: %v", q.cluster, err).
			WithHint("ask an administrator for one (tidemark token create --role source --source kube/%s), then: tidemark-agent kube --server URL --token-file FILE --cluster %[1]s", q.cluster)
	}
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

// start runs the agent until ctx ends, and says how far it is. Its token and what
// it has not sent yet stay in its folder, for the next time.
func (a verbs) start(ctx context.Context, q asked) error {
	program, err := find(q.agent)
	if err != nil {
		return err
	}
	if q.kubeconfig, err = a.config(q.kubeconfig); err != nil {
		return err
	}
	dir, err := a.folder(q)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "token")
	if err := a.keep(ctx, q, file); err != nil {
		return err
	}
	to, err := a.Client()
	if err != nil {
		return err
	}
	a.say("connecting the cluster %s to %s; Ctrl-C ends it, and it goes on with the same command", q.cluster, fault.Mask(a.Flags.Remote.Server))
	ctx, stop := context.WithCancel(ctx)
	told := make(chan struct{})
	go func() {
		defer close(told)
		(&progress{to: to, cluster: q.cluster, server: a.Flags.Remote.Server, say: a.say, pause: pause}).run(ctx)
	}()
	err = a.follow(ctx, exec.CommandContext(ctx, program, a.args(q, dir, file)...))
	stop()
	<-told
	return err
}

func (a verbs) say(format string, args ...any) { _, _ = fmt.Fprintf(a.Err, format+"\n", args...) }

// folder is that of the agent of one cluster for one server: what waits there is
// for that server, and so is its token.
func (a verbs) folder(q asked) (string, error) {
	dir := q.state
	if dir == "" {
		data, err := a.DataDir()
		if err != nil {
			return "", err
		}
		u, err := url.Parse(a.Flags.Remote.Server)
		if err != nil || u.Host == "" {
			return "", fault.New(fault.Invalid, "--server %q is no address", fault.Mask(a.Flags.Remote.Server)).WithHint("for example https://tidemark.example.org")
		}
		plain := strings.NewReplacer("/", "_", ":", "_")
		dir = filepath.Join(data, "agent", plain.Replace(u.Host), plain.Replace(q.cluster))
	}
	return dir, fault.Wrap(fault.Invalid, os.MkdirAll(dir, 0o700), "make the folder of the agent")
}

// keep makes the token where there is none, or where the server knows it no longer.
func (a verbs) keep(ctx context.Context, q asked, file string) error {
	raw, err := command.ReadBounded(file, command.MaxToken)
	if err == nil {
		known, err := a.ClientOf(strings.TrimSpace(string(raw)))
		if err != nil {
			return err
		}
		if _, err = known.Session(ctx); fault.KindOf(remote.Fault(err)) != fault.Unauthenticated {
			return err
		}
		a.say("the token in %s is no longer known to the server: another one is made", file)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	token, err := a.token(ctx, q)
	if err != nil {
		return err
	}
	return fault.Wrap(fault.Invalid, os.WriteFile(file, []byte(token+"\n"), 0o600), "keep the token of the agent")
}

// config is the path of the kubeconfig; "" in a pod of the cluster.
func (a verbs) config(given string) (string, error) {
	home := a.Env("HOME")
	path := cmp.Or(given, a.Env("KUBECONFIG"))
	if path == "" && home != "" {
		path = filepath.Join(home, ".kube", "config")
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if given == "" && a.Env("KUBERNETES_SERVICE_HOST") != "" {
		return "", nil
	}
	if path == "" {
		return "", fault.New(fault.Invalid, "no kubeconfig is given").WithHint("give --kubeconfig FILE")
	}
	return "", fault.New(fault.Invalid, "there is no kubeconfig at %s", path).WithHint("give --kubeconfig FILE; or use --manifest, and let who may apply it")
}

func (a verbs) args(q asked, dir, token string) []string {
	out := []string{
		"kube", "--server=" + a.Flags.Remote.Server, "--token-file=" + token, "--cluster=" + q.cluster, "--state=" + dir,
		"--kubeconfig=" + q.kubeconfig, "--listen=" + q.listen,
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
		if err == nil {
			err = errors.New("it was stopped by itself")
		}
		return fault.Wrap(fault.Unavailable, err, "the agent has ended: see what it said above")
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
