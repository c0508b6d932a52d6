// Package cli is the program's commands: one file each, an options struct and
// a run function. It is also the only place where everything is wired
// together: the guide, AWS, the sandbox, the wizard and this computer's
// terminal. Nothing in it knows how a step is done.
package cli
