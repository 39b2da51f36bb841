package ctem

import "time"

// PlaceImages are the images that run or are configured at a place now.
type PlaceImages struct {
	Place  int64
	Images []string // NAME[:TAG][@DIGEST] as references print, sorted, each once
}

// ImageLook is what a registry was asked about an image, and what came of it.
type ImageLook struct {
	Image string // NAME[:TAG][@DIGEST]
	Host  string // the registry's
	// Next is when it is looked at again; zero: at once.
	Next     time.Time
	LookedAt time.Time // the last time that it was answered; zero: never
	Failures int       // in a row
	Error    string    // of the last one; "" when it went well
	Digest   string    // that it was the last time
	// Said is the hash of what was told of it, so that the same is not told again.
	Said string
}

// HostPause is a registry that is not asked before a time.
type HostPause struct {
	Host     string
	Until    time.Time
	Failures int
	Reason   string
}

// LayerChain is an image by the layers that it is made of, so that images that
// are built upon it are found.
type LayerChain struct {
	Chain  string // hash of its layers, in order
	Digest string // of the image
	Name   string
	Layers int
}

// HostLooks counts the images in use that are in one registry.
type HostLooks struct {
	Host    string
	Images  int
	Looked  int // that it answered for, once at least
	Failing int
}
