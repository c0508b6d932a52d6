//go:build !unix

package ui

func stopHere() error { return errNoShell }
