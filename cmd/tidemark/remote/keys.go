package remote

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/tidemark/tidemark/internal/fault"
)

// Keys are the tokens that were saved on this machine, by server.
type Keys struct{ File string }

// saved is the file.
type saved struct {
	Servers map[string]key `json:"servers"`
}

type key struct {
	Token string `json:"token"`
	ID    string `json:"id,omitempty"` // by which it is revoked; "" where it was not made here
}

// maxKeys bounds the file.
const maxKeys = 1 << 20

// Get gives the token of a server; "" where none was saved.
func (k Keys) Get(server string) (token, id string, err error) {
	all, err := k.read()
	if err != nil {
		return "", "", err
	}
	found := all.Servers[nameOf(server)]
	return found.Token, found.ID, nil
}

// Put saves the token of a server in place of the one before.
func (k Keys) Put(server, token, id string) error {
	all, err := k.read()
	if err != nil {
		return err
	}
	all.Servers[nameOf(server)] = key{Token: token, ID: id}
	return k.write(all)
}

// Drop forgets the token of a server, and says whether there was one.
func (k Keys) Drop(server string) (bool, error) {
	all, err := k.read()
	if err != nil {
		return false, err
	}
	if _, ok := all.Servers[nameOf(server)]; !ok {
		return false, nil
	}
	delete(all.Servers, nameOf(server))
	return true, k.write(all)
}

// nameOf is one name for all ways to write an address.
func nameOf(server string) string {
	u, err := url.Parse(strings.TrimRight(server, "/"))
	if err != nil {
		return server
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if port := u.Port(); u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.String()
}

func (k Keys) read() (saved, error) {
	all := saved{Servers: map[string]key{}}
	info, err := os.Stat(k.File)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return all, fault.Wrap(fault.Invalid, err, "read the saved tokens")
	}
	if info.Size() > maxKeys {
		return all, fault.New(fault.Invalid, "%s is too large to be saved tokens", k.File).WithHint("remove it, and sign in again")
	}
	raw, err := os.ReadFile(k.File)
	if err != nil {
		return all, fault.Wrap(fault.Invalid, err, "read the saved tokens")
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		return all, fault.New(fault.Invalid, "%s cannot be read as saved tokens", k.File).WithHint("remove it, and sign in again")
	}
	if all.Servers == nil {
		all.Servers = map[string]key{}
	}
	return all, nil
}

// write replaces the file as a whole: whoever reads sees the one before or this
// one, and never one that others may read.
func (k Keys) write(all saved) (err error) {
	dir := filepath.Dir(k.File)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.Wrap(fault.Invalid, err, "make the folder of the saved tokens")
	}
	f, err := os.CreateTemp(dir, ".servers-*") // with mode 0600
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "save the token")
	}
	defer func() {
		if err != nil {
			err = errors.Join(fault.Wrap(fault.Unavailable, err, "save the token"), os.Remove(f.Name()))
		}
	}()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(all); err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = f.Write(b.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), k.File)
}
