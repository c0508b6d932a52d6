// Package cloudinit makes the user data that a machine is launched with: a
// document for cloud-init, which gives the machine its host key and begins a
// job at its first boot.
package cloudinit
