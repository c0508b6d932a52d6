// Package sshhost is the embedded host of the sandbox: an SSH server on a
// loopback address whose shell is this computer's own.
//
// A [Computer] is what this computer gives to its hosts: a python3 that works,
// the ordinary tools (without sudo, apt, systemctl and their like), the index,
// proxy and certificate settings of the environment, and, when the program
// runs as root, an unprivileged user to run as. A [Host] is one such machine
// with an address, a host key and a home directory of its own. Nothing outside
// that directory is changed, and everything listens on loopback alone.
//
// To a client a host behaves like sshd on an Ubuntu image of EC2: public keys
// only, the user "ubuntu" only, commands by $SHELL -c, exit-status sent when
// the command ends and the channel closed when its output does, processes that
// outlive their connection. Its poweroff, halt and shutdown switch it off, and
// nothing else.
//
// Of user data it does a small part of what cloud-init does, at its first boot
// and before it lets anybody in: ssh_keys gives it its host key, bootcmd is run.
// Everything else is named on its console, and not done. Its sandbox-host-key
// gives it another host key, as root does on a real machine.
package sshhost
