//go:build !linux && !darwin

package project

// exchange would exchange two names; this system cannot.
func (h *here) exchange(string, string) (bool, error) { return false, nil }
