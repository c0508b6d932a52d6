// Package remote reaches a host over SSH: it dials, checks and pins host keys,
// runs commands and jobs, copies files, and keeps a tunnel up. What a host
// prints is hostile until it went through [Lines] or [Clean].
//
// Errors that a person can meet implement Explain() (kind, title, text, next
// string); see [Error], [KeyError] and [ExitError].
package remote
