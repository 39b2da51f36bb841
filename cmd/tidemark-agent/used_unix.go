//go:build unix

package main

import (
	"syscall"
	"time"
)

// used is the time that this process has used of all cores.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // then nothing is bounded: it does not happen on the systems that have it
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
