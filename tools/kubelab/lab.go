package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// The parts of a control plane.
const (
	etcd        = "etcd"
	apiServer   = "kube-apiserver"
	controllers = "kube-controller-manager"
	schedule    = "kube-scheduler"
)

// startup is how long the API server may take until it is ready.
const startup = 3 * time.Minute

// The controllers that tests of a watcher need. Left out on purpose: that of the
// nodes' life, since made-up nodes have no lease, would turn unknown and lose
// their pods; and that of orphaned pods, which takes pods of nodes that are not.
const fewControllers = "deployment-controller,replicaset-controller,statefulset-controller,daemonset-controller," +
	"job-controller,cronjob-controller,namespace-controller,serviceaccount-controller," +
	"root-ca-certificate-publisher-controller,garbage-collector-controller,endpointslice-controller," +
	"clusterrole-aggregation-controller"

// lab is a control plane in a folder.
type lab struct {
	dir         string
	self        string // this program
	controllers bool
	extra       []string // flags of the API server

	url      string // of the API server
	children []*exec.Cmd
	ended    chan string // names of those that ended
}

// run starts a control plane, prints the path of its kubeconfig when it is
// ready, and stops it at a signal, or with -until-eof when standard input ends.
func run(args []string) error {
	runtime.LockOSThread() // children end with the thread that began them
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	var l lab
	untilEOF := flags.Bool("until-eof", false, "stop when standard input ends")
	flags.BoolVar(&l.controllers, "controllers", false, "run controllers and the scheduler as well")
	flags.Func("api", "a further flag of the API server; may be given several times", func(s string) error {
		l.extra = append(l.extra, s)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New(usage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *untilEOF {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			cancel()
		}()
	}
	defer l.stop()
	config, err := l.start(ctx, flags.Arg(0))
	if err != nil || ctx.Err() != nil {
		return err
	}
	fmt.Println(config)
	select {
	case <-ctx.Done():
		return nil
	case name := <-l.ended:
		return l.died(name)
	}
}

func (l *lab) start(ctx context.Context, dir string) (config string, err error) {
	l.ended = make(chan string, 4)
	if l.dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	if l.self, err = os.Executable(); err != nil {
		return "", err
	}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return "", err
	}
	if err := l.secrets(); err != nil {
		return "", err
	}
	store, err := l.startEtcd()
	if err != nil {
		return "", err
	}
	if err := l.startAPI(store); err != nil {
		return "", err
	}
	if err := l.ready(ctx, "/readyz"); err != nil {
		return "", err
	}
	config = l.path("admin.kubeconfig")
	if err := os.WriteFile(config, []byte(l.kubeconfig()), 0o600); err != nil || !l.controllers {
		return config, err
	}
	if err := l.startControllers(config); err != nil {
		return "", err
	}
	// No pod can be made before a namespace has its account.
	return config, l.ready(ctx, "/api/v1/namespaces/default/serviceaccounts/default")
}

func (l *lab) path(name string) string { return filepath.Join(l.dir, name) }

// secrets writes the key that signs accounts, and the tokens of two users: one
// may do everything, and one nothing until something is bound to it.
func (l *lab) secrets() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	der := x509.MarshalPKCS1PrivateKey(key)
	if err := os.WriteFile(l.path("sa.key"), pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return err
	}
	tokens := "admin-token,admin,admin,\"system:masters\"\nviewer-token,viewer,viewer,\"viewers\"\n"
	return os.WriteFile(l.path("tokens.csv"), []byte(tokens), 0o600)
}

func (l *lab) startEtcd() (url string, err error) {
	client, err := freeAddress()
	if err != nil {
		return "", err
	}
	peer, err := freeAddress()
	if err != nil {
		return "", err
	}
	client, peer = "http://"+client, "http://"+peer
	return client, l.child(etcd, "--name=lab", "--data-dir="+l.path("etcd"), "--unsafe-no-fsync", "--log-level=warn",
		"--listen-client-urls="+client, "--advertise-client-urls="+client,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=lab="+peer)
}

// startAPI: TaintNodesByCondition is off, since it marks each new node as not
// ready, and only a controller that is not run here would lift that. Accounts
// are off without controllers: nothing would make each namespace's.
func (l *lab) startAPI(store string) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	l.url = "https://" + address
	off := "TaintNodesByCondition"
	if !l.controllers {
		off += ",ServiceAccount"
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	return l.child(apiServer, append([]string{
		"--etcd-servers=" + store, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port=" + port,
		"--endpoint-reconciler-type=none", "--cert-dir=" + l.path("certs"), "--service-cluster-ip-range=10.0.0.0/16",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-signing-key-file=" + l.path("sa.key"), "--service-account-key-file=" + l.path("sa.key"),
		"--token-auth-file=" + l.path("tokens.csv"), "--authorization-mode=RBAC", "--allow-privileged=true",
		"--enable-priority-and-fairness=false", "--disable-admission-plugins=" + off,
	}, l.extra...)...)
}

func (l *lab) startControllers(config string) error {
	err := l.child(controllers, "--kubeconfig="+config, "--leader-elect=false", "--secure-port=0", "--controllers="+fewControllers,
		"--service-account-private-key-file="+l.path("sa.key"), "--root-ca-file="+l.path("certs/apiserver.crt"),
		"--use-service-account-credentials=false", "--kube-api-qps=500", "--kube-api-burst=1000", "--concurrent-replicaset-syncs=20")
	if err != nil {
		return err
	}
	text := "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nleaderElection: {leaderElect: false}\n" +
		fmt.Sprintf("clientConnection: {kubeconfig: %q, qps: 500, burst: 1000}\n", config)
	if err := os.WriteFile(l.path("scheduler.yaml"), []byte(text), 0o600); err != nil {
		return err
	}
	return l.child(schedule, "--config="+l.path("scheduler.yaml"), "--secure-port=0")
}

// child starts one part; what it says goes to a file of its name.
func (l *lab) child(name string, args ...string) error {
	log, err := os.Create(l.path(name + ".log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	c := exec.Command(l.self, append([]string{name}, args...)...)
	c.Args[0] = "kubelab"
	c.Stdout, c.Stderr = log, log
	endWithUs(c)
	if err := c.Start(); err != nil {
		return err
	}
	l.children = append(l.children, c)
	go func() {
		_ = c.Wait()
		l.ended <- name
	}()
	return nil
}

// ready waits until a question to the API server is answered.
func (l *lab) ready(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, startup)
	defer cancel()
	for {
		if l.answers(ctx, path) {
			return nil
		}
		select {
		case name := <-l.ended:
			return l.died(name)
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil
			}
			return l.died(apiServer)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// answers asks with the certificate that the API server has made for itself.
func (l *lab) answers(ctx context.Context, path string) bool {
	ca, err := os.ReadFile(l.path("certs/apiserver.crt"))
	if err != nil {
		return false
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url+path, nil)
	if err != nil {
		return false
	}
	r.Header.Set("Authorization", "Bearer admin-token")
	resp, err := client.Do(r)
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
}

// died tells the end of what a part has said.
func (l *lab) died(name string) error {
	const most = 2000
	said, _ := os.ReadFile(l.path(name + ".log")) // the answer is an error already
	if len(said) > most {
		said = said[len(said)-most:]
	}
	return fmt.Errorf("%s is not ready, or ended:\n%s", name, said)
}

// stop ends the children, those that ask before those that are asked.
func (l *lab) stop() {
	for i := len(l.children) - 1; i >= 0; i-- {
		c := l.children[i]
		_ = c.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-l.ended:
		case <-time.After(10 * time.Second):
			_ = c.Process.Kill()
		}
	}
}

func (l *lab) kubeconfig() string {
	return strings.NewReplacer("URL", l.url, "CA", l.path("certs/apiserver.crt")).Replace(`apiVersion: v1
kind: Config
clusters: [{name: lab, cluster: {server: "URL", certificate-authority: "CA"}}]
users: [{name: admin, user: {token: admin-token}}, {name: viewer, user: {token: viewer-token}}]
contexts: [{name: lab, context: {cluster: lab, user: admin}}, {name: viewer, context: {cluster: lab, user: viewer}}]
current-context: lab
`)
}

// freeAddress is one that was free a moment ago.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
