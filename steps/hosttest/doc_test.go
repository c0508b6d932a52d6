// Package hosttest runs whole guides on real machines (remote/testhost), with
// the embedded EC2 before them. It has tests only, and a folder of its own
// because they need root and take minutes.
package hosttest
