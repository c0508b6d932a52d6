// Package remote reaches a host over SSH: it dials, checks and pins host keys,
// runs commands, jobs and a person's shell, copies files, and keeps a tunnel up.
// What a host prints is hostile until it went through package safe; only
// the shell's terminal gets it as it is.
//
// Errors that a person can meet are problems; see [Error], [KeyError],
// [ExitError], [JobError] and [CopyError].
package remote
