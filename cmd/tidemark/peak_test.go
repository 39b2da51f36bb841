package main

import (
	"os/exec"
	"syscall"
)

// peak is the largest resident size of a finished process, in KiB.
func peak(cmd *exec.Cmd) int64 {
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		return u.Maxrss
	}
	return 0
}
