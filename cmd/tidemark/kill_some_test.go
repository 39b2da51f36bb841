//go:build !integration

package main

const everyKill = false
