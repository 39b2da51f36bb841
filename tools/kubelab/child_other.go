//go:build !linux

package main

import "os/exec"

// endWithUs: elsewhere a part outlives a lab that is killed without a chance to stop it.
func endWithUs(*exec.Cmd) {}
