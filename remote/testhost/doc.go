// Package testhost runs real machines for tests: booted Debian systems with
// systemd, OpenSSH, sudo and apt, each in a network namespace of its own, on
// one computer. They are started, stopped, rebooted, cut off and powered off,
// and their public addresses are translated and change with each start, as on
// EC2. It needs Linux and root; tests that cannot have it are skipped, or fail
// where CI=true.
//
// What it makes on the computer is named jupyter-ec2-test-SLOT-NUMBER (je… as
// network device) and belongs to a slot that one process holds. A helper
// process, which outlives that one even when it is killed, removes all of it
// at the end.
package testhost
