// Package sshbench has benchmarks only: what goes through SSH here, against
// OpenSSH's own programs, on the same server in the same run.
package sshbench
