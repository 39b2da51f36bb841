//go:build !integration

package storetest

const everyStatement = false
