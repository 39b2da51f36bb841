// Package web holds the built user interface inside the binary.
//
// The folder dist is written by "npm run build" and is not in the repository,
// except for one empty file, so that the module builds where there is no Node.
// Invariant: what is served is what was embedded; nothing is read from disk.
package web

import (
	"embed"
	"io/fs"
)

// The prefix all: takes files that begin with a dot, of which .keep is the
// only one; without it an unbuilt checkout would have nothing to embed.
//
//go:embed all:dist
var dist embed.FS

// Dist is the built interface: index.html and the folder assets, each file of
// the latter also as .gz and .br. It has no index.html when the interface was
// not built; the server then says so on a plain page.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		// Only an invalid path can fail, and the path is a constant.
		return dist
	}
	return sub
}
