#!/usr/bin/env bash
# A real Kubernetes API server for tests (tools/kubelab).
#
#   kubelab.sh                        build the program, once for each state of its module; prints its path
#   kubelab.sh cached                 print the path if it is built already, and nothing otherwise
#   kubelab.sh up DIR [-controllers]  start a control plane in DIR; prints the path of its kubeconfig
#   kubelab.sh down DIR               stop it
#
# The first build takes some 13 minutes of one core and 90 MB of modules. What
# it makes is kept outside of the repository.
set -euo pipefail
cd "$(dirname "$0")/.."

version=v1.36.3 # as in tools/kubelab/go.mod
hash=$({ go version; cat tools/kubelab/*.go tools/kubelab/go.*; } | sha256sum | cut -c1-16)
dir=${XDG_CACHE_HOME:-$HOME/.cache}/tidemark/kubelab/$hash

build() {
  if [ -x "$dir/kubelab" ]; then return; fi
  echo "building a Kubernetes API server $version for tests (once; 13 minutes of one core)" >&2
  mkdir -p "$dir"
  local new about=k8s.io/component-base/version
  new=$(mktemp -d "$dir/new-XXXXXX")
  # No -race and no cgo whatever the tests have, so that it is built once.
  CGO_ENABLED=0 GOFLAGS= go -C tools/kubelab build -trimpath -mod=readonly \
    -ldflags "-s -w -X $about.gitVersion=$version -X $about.gitMajor=1 -X $about.gitMinor=36 -X $about.gitTreeState=clean" \
    -o "$new/kubelab" . >&2
  mv "$new/kubelab" "$dir/kubelab"
  rmdir "$new"
  # Other tools look for the programs by their names in one folder.
  for name in etcd kube-apiserver kube-controller-manager kube-scheduler; do ln -sf kubelab "$dir/$name"; done
}

case ${1:-} in
"")
  build
  echo "$dir/kubelab"
  ;;
cached)
  if [ -x "$dir/kubelab" ]; then echo "$dir/kubelab"; fi
  ;;
up)
  build
  to=${2:?up needs a folder} && mkdir -p "$to" && to=$(cd "$to" && pwd)
  nohup "$dir/kubelab" run "${@:3}" "$to" >"$to/ready" 2>"$to/kubelab.log" </dev/null &
  echo $! >"$to/pid"
  until [ -s "$to/ready" ]; do
    kill -0 "$(cat "$to/pid")" 2>/dev/null || { cat "$to/kubelab.log" >&2 && exit 1; }
    sleep 0.1
  done
  cat "$to/ready"
  ;;
down)
  pid=$(cat "${2:?down needs a folder}/pid")
  kill "$pid" 2>/dev/null || exit 0
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  rm -f "$2/pid" "$2/ready"
  ;;
*)
  sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac
