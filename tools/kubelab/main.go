// Kubelab is a Kubernetes control plane in one program, for tests: etcd,
// kube-apiserver, kube-controller-manager and kube-scheduler as they are
// released, and "run", which starts them together in a folder.
//
//	kubelab run [-controllers] [-until-eof] [-api FLAG]... DIR
//	kubelab etcd|kube-apiserver|kube-controller-manager|kube-scheduler [FLAG]...
//
// It is a module of its own: what Kubernetes needs must not come into the
// product's.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	_ "time/tzdata" // of cron jobs

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

const usage = "usage: kubelab run [-controllers] [-until-eof] [-api FLAG]... DIR\n" +
	"       kubelab etcd|kube-apiserver|kube-controller-manager|kube-scheduler [FLAG]..."

func main() {
	// By another name, as tests expect the programs of Kubernetes, it is that one.
	if strings.HasPrefix(filepath.Base(os.Args[0]), "kubelab") {
		os.Args = os.Args[1:]
	}
	name := ""
	if len(os.Args) > 0 {
		name = filepath.Base(os.Args[0])
	}
	switch name {
	case "run":
		if err := run(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, "kubelab:", err)
			os.Exit(1)
		}
	case etcd:
		etcdmain.Main(os.Args)
	case apiServer:
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case controllers:
		os.Exit(cli.Run(manager.NewControllerManagerCommand()))
	case schedule:
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
}
