package host

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tidemark/tidemark/agent/host/proc"
	"github.com/tidemark/tidemark/api"
	"github.com/tidemark/tidemark/internal/hostile"
	"github.com/tidemark/tidemark/internal/inventory"
)

// container is what the state of its runtime says of a container.
type container struct {
	image    string // NAME[:TAG]
	digest   string // of the manifest
	runtime  string
	artifact string // identity
}

// maxContainers bounds how many containers are remembered.
const maxContainers = 5_000

// disk is the root folder of the host, where runtimes keep their state.
type disk string

// container finds the image of a container in the state of its runtime. What was
// found once stays so: a container does not change its image.
func (s *sampler) container(cage proc.Cage) (container, bool) {
	if c, ok := s.facts.images[cage.ID]; ok {
		return c, true
	}
	d := disk(s.cfg.Machine.Root)
	for _, read := range []func(string) (container, bool){d.ofDocker, d.ofContainerd, d.ofCRIO, d.ofPodman} {
		c, ok := read(cage.ID)
		if !ok {
			continue
		}
		c.runtime = cmp.Or(cage.Runtime, c.runtime)
		c.artifact = artifactOf(c.image, c.digest)
		if s.facts.images == nil || len(s.facts.images) >= maxContainers {
			s.facts.images = map[string]container{}
		}
		s.facts.images[cage.ID] = c
		return c, true
	}
	return container{}, false
}

// artifactOf is the identity of an image by what its runtime says of it.
func artifactOf(image, digest string) string {
	ref := image
	if digest != "" && !strings.Contains(image, "@") {
		ref += "@" + digest
	}
	id, err := inventory.ArtifactID(ref)
	if err != nil {
		return ""
	}
	return id
}

// maxStateFile bounds a file of a runtime.
const maxStateFile = 8 << 20

// document reads a JSON file of the host.
func (d disk) document(name string, v any) error {
	f, err := os.Open(filepath.Join(string(d), filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxStateFile))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	data = bytes.TrimSpace(data)
	if err := hostile.CheckJSON(data, hostile.Limits{}); err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// ofDocker reads the configuration that Docker keeps of a container.
func (d disk) ofDocker(id string) (container, bool) {
	var doc struct {
		Config struct {
			Image string
		}
		ImageManifest struct {
			Digest string `json:"digest"`
		}
	}
	if d.document("var/lib/docker/containers/"+id+"/config.v2.json", &doc) != nil || doc.Config.Image == "" {
		return container{}, false
	}
	image, digest := parted(doc.Config.Image)
	return container{image: image, digest: cmp.Or(digest, doc.ImageManifest.Digest), runtime: "docker"}, true
}

// parted cuts a reference into its name and its digest.
func parted(ref string) (image, digest string) {
	image, digest, _ = strings.Cut(ref, "@")
	if strings.HasPrefix(image, "sha256:") {
		return "", "" // the id of a configuration, which no registry knows
	}
	return image, digest
}

// ofContainerd reads the annotations of a container's bundle, in any namespace.
func (d disk) ofContainerd(id string) (container, bool) {
	const tasks = "run/containerd/io.containerd.runtime.v2.task"
	spaces, err := os.ReadDir(filepath.Join(string(d), tasks))
	if err != nil {
		return container{}, false
	}
	for _, s := range spaces {
		c, ok := d.bundle(path.Join(tasks, s.Name(), id, "config.json"), "containerd")
		if ok {
			return c, true
		}
	}
	return container{}, false
}

// ofCRIO reads the annotations of a container's bundle.
func (d disk) ofCRIO(id string) (container, bool) {
	for _, dir := range []string{"run/containers/storage/overlay-containers/", "var/lib/containers/storage/overlay-containers/"} {
		if c, ok := d.bundle(dir+id+"/userdata/config.json", "cri-o"); ok {
			return c, true
		}
	}
	return container{}, false
}

func (d disk) bundle(name, runtime string) (container, bool) {
	var doc struct {
		Annotations map[string]string `json:"annotations"`
	}
	if d.document(name, &doc) != nil {
		return container{}, false
	}
	for _, key := range []string{"io.kubernetes.cri-o.ImageName", "io.kubernetes.cri.image-name", "nerdctl/image-name", "io.kubernetes.cri-o.Image"} {
		if ref := doc.Annotations[key]; ref != "" {
			image, digest := parted(ref)
			_, named := parted(doc.Annotations["io.kubernetes.cri-o.ImageRef"])
			return container{image: image, digest: cmp.Or(digest, named), runtime: runtime}, image != ""
		}
	}
	return container{}, false
}

// ofPodman reads the lists of containers and images that Podman keeps.
func (d disk) ofPodman(id string) (container, bool) {
	const storage = "var/lib/containers/storage/"
	var containers []struct {
		ID    string `json:"id"`
		Image string `json:"image"`
	}
	var images []struct {
		ID     string   `json:"id"`
		Digest string   `json:"digest"`
		Names  []string `json:"names"`
	}
	if d.document(storage+"overlay-containers/containers.json", &containers) != nil || d.document(storage+"overlay-images/images.json", &images) != nil {
		return container{}, false
	}
	for _, c := range containers {
		for _, im := range images {
			if c.ID != id || im.ID != c.Image || len(im.Names) == 0 {
				continue
			}
			image, digest := parted(im.Names[0])
			return container{image: image, digest: cmp.Or(digest, im.Digest), runtime: "podman"}, image != ""
		}
	}
	return container{}, false
}

// runtimes finds what runs containers on the host, by its sockets and folders.
func (d disk) runtimes(x *index) (out []api.SeenRuntime) {
	for _, known := range []struct {
		name           string
		sockets, state []string
	}{
		{"containerd", []string{"/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock"}, []string{"/var/lib/containerd", "/var/lib/rancher/k3s/agent/containerd"}},
		{"cri-o", []string{"/run/crio/crio.sock"}, []string{"/run/crio"}},
		{"docker", []string{"/run/docker.sock"}, []string{"/var/lib/docker"}},
		{"podman", []string{"/run/podman/podman.sock"}, []string{"/var/lib/containers/storage"}},
	} {
		r := api.SeenRuntime{Name: known.name, Sockets: d.there(known.sockets, fs.ModeSocket), State: d.there(known.state, fs.ModeDir)}
		if len(r.Sockets)+len(r.State) > 0 {
			r.Version = x.version(known.name)
			out = append(out, r)
		}
	}
	return out
}

// there are those paths that are of a kind.
func (d disk) there(paths []string, kind fs.FileMode) (out []string) {
	for _, p := range paths {
		if info, err := os.Stat(filepath.Join(string(d), p)); err == nil && info.Mode().Type() == kind {
			out = append(out, p)
		}
	}
	return out
}

// version is that of the package that brought a runtime, where one did.
func (x *index) version(runtime string) string {
	names := map[string][]string{
		"containerd": {"containerd", "containerd.io"}, "cri-o": {"cri-o"}, "docker": {"docker-ce", "docker.io", "moby-engine", "docker"}, "podman": {"podman"},
	}[runtime]
	for i := range x.parts {
		if p := &x.parts[i]; slices.Contains(names, p.name) && kindOf(p.purl) != "golang" {
			return p.ver
		}
	}
	return ""
}
